"""The child processes that read files: bounded, replaced after a failure, and never trusted with values."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.errors import UnreadableSource
from ingest.formats import read_articles, sandbox
from ingest.formats.opened import Entry
from ingest.limits import READER_BYTES
from ingest.types import LinkedPage, Origin, RawSource, Skipped
from tests.ingest.documents import STORY, archive, pdf, rtf
from vectorstore.types import Article, Section

SLOW = b"{\\rtf1 " + b"{\\field{\\*\\fldinst{HYPERLINK " * 20_000
GOOD = RawSource("/articles/a.pdf", "a.pdf", pdf([STORY]))
ORIGIN = Origin("/articles/a.pdf", "1-abc")


@pytest.fixture
def worker() -> Iterator[sandbox.Worker]:
    made = sandbox.Worker()
    yield made
    made.stop()


def text(entries: Iterator[Entry]) -> str:
    [article] = entries
    assert isinstance(article, Article)
    return article.text


def test_one_child_reads_one_source_after_the_other(worker: sandbox.Worker) -> None:
    assert STORY[0] in text(worker.read(GOOD, ORIGIN))
    child = worker.process
    with pytest.raises(UnreadableSource, match="damaged") as caught:
        list(worker.read(RawSource("/articles/b.pdf", "b.pdf", b"%PDF-1.4 junk"), ORIGIN))
    assert caught.value.source == "/articles/b.pdf"
    assert STORY[2] in text(worker.read(RawSource("/articles/c.rtf", "c.rtf", rtf()), ORIGIN))
    assert worker.process is child


def test_what_a_file_is_and_what_is_in_it_is_told_by_another_process(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("read in the serving process")

    for module in ("plain.read", "plain.unpack", "html.recognises", "markdown.read", "archive.unpack"):
        monkeypatch.setattr(f"ingest.formats.{module}", refuse)
    monkeypatch.setattr("ingest.formats.opened.entries", refuse)
    content = archive({"a.txt": "It rained.", "b.zip": archive({"c.md": "It *snowed*."})})
    found = read_articles(RawSource("/articles/a.zip", "a.zip", content))
    assert [article.text for article in found if isinstance(article, Article)] == ["It rained.", "It snowed."]


def test_a_source_that_takes_too_long_is_given_up_and_the_next_is_read(worker: sandbox.Worker) -> None:
    list(worker.read(GOOD, ORIGIN))  # started: only the reading counts
    with pytest.raises(UnreadableSource, match=r"within 0\.5 seconds"):
        list(worker.read(RawSource("/articles/slow.rtf", "slow.rtf", SLOW), ORIGIN, seconds=0.5))
    assert STORY[0] in text(worker.read(GOOD, ORIGIN))


def test_a_crash_of_the_reader_is_named_and_the_next_source_is_read(worker: sandbox.Worker) -> None:
    list(worker.read(GOOD, ORIGIN))
    assert worker.process is not None
    crash = threading.Timer(0.2, worker.process.kill)
    crash.start()
    with pytest.raises(UnreadableSource, match="crashed"):
        list(worker.read(RawSource("/articles/slow.rtf", "slow.rtf", SLOW), ORIGIN))
    assert STORY[0] in text(worker.read(GOOD, ORIGIN))


def test_a_file_made_to_be_hard_to_tell_is_told_at_once() -> None:
    content = b"<!---->" * 60 + b"\nx"
    with pytest.raises(UnreadableSource, match="no text"):
        read_articles(RawSource("/articles/a.txt", "a.txt", b"<!---->" * 60))
    [article] = read_articles(RawSource("/articles/a.txt", "a.txt", content))
    assert isinstance(article, Article) and article.text.endswith("x")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_the_child_may_neither_fill_the_memory_nor_write_files(worker: sandbox.Worker) -> None:
    list(worker.read(GOOD, ORIGIN))
    assert worker.process is not None
    limits = {
        line[:25].strip(): line[26:46].strip()
        for line in Path(f"/proc/{worker.process.pid}/limits").read_text(encoding="ascii").splitlines()
    }
    assert limits["Max file size"] == limits["Max core file size"] == "0"
    assert READER_BYTES <= int(limits["Max address space"]) < 20 * READER_BYTES


def test_values_come_over_as_they_were(tmp_path: Path) -> None:
    entries: list[Entry] = [
        Article("a", "b", "c", "d", "e", ("f", "g"), "2017", "h", "en", (Section(0, "page 1"),), 3),
        RawSource("/a.zip!/b.txt", "b.txt", b"\n\0\xff", "text/plain"),
        RawSource("/a.zip!/c.txt", "c.txt", b""),
        Skipped("/a", "b"),
        LinkedPage("https://a.example/"),
    ]
    with (tmp_path / "sent").open("wb") as stream:
        for entry in entries:
            sandbox.send(stream, *sandbox.encoded(entry))
    with (tmp_path / "sent").open("rb") as stream:
        received = [sandbox.receive(stream) for _ in entries]
        assert sandbox.receive(stream) is None
    assert [sandbox.decoded(*message) for message in received if message] == entries
