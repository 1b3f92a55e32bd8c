"""The child process that reads risky formats: bounded, replaced after a failure, and never trusted with values."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.errors import UnreadableSource
from ingest.formats import sandbox
from ingest.limits import READER_BYTES
from ingest.types import Draft, LinkedPage, Part, RawSource, Skipped
from tests.ingest.documents import STORY, pdf, rtf

SLOW = b"{\\rtf1 " + b"{\\field{\\*\\fldinst{HYPERLINK " * 20_000
GOOD = RawSource("/articles/a.pdf", "a.pdf", pdf([STORY]))


@pytest.fixture
def worker() -> Iterator[sandbox._Worker]:
    made = sandbox._Worker()
    yield made
    made.stop()


def text(entries: list[sandbox.Entry]) -> str:
    [draft] = entries
    assert isinstance(draft, Draft)
    return " ".join(part.text for part in draft.parts)


def test_one_child_reads_one_source_after_the_other(worker: sandbox._Worker) -> None:
    assert STORY[0] in text(worker.read("pdf", GOOD))
    child = worker._process
    with pytest.raises(UnreadableSource, match="damaged") as caught:
        worker.read("pdf", RawSource("/articles/b.pdf", "b.pdf", b"%PDF-1.4 junk"))
    assert caught.value.source == "/articles/b.pdf"
    [draft] = worker.read("rtf", RawSource("/articles/c.rtf", "c.rtf", rtf()))
    assert isinstance(draft, Draft) and STORY[2] in draft.text
    assert worker._process is child


def test_a_source_that_takes_too_long_is_given_up_and_the_next_is_read(worker: sandbox._Worker) -> None:
    worker.read("pdf", GOOD)  # started: only the reading counts
    with pytest.raises(UnreadableSource, match=r"within 0\.5 seconds"):
        worker.read("rtf", RawSource("/articles/slow.rtf", "slow.rtf", SLOW), seconds=0.5)
    assert STORY[0] in text(worker.read("pdf", GOOD))


def test_a_crash_of_the_reader_is_named_and_the_next_source_is_read(worker: sandbox._Worker) -> None:
    worker.read("pdf", GOOD)
    with pytest.raises(UnreadableSource, match="crashed"):
        worker.read("no such format", GOOD)
    assert STORY[0] in text(worker.read("pdf", GOOD))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_the_child_may_neither_fill_the_memory_nor_write_files(worker: sandbox._Worker) -> None:
    worker.read("pdf", GOOD)
    assert worker._process is not None
    limits = {
        line[:25].strip(): line[26:46].strip()
        for line in Path(f"/proc/{worker._process.pid}/limits").read_text(encoding="ascii").splitlines()
    }
    assert limits["Max file size"] == limits["Max core file size"] == "0"
    assert READER_BYTES <= int(limits["Max address space"]) < 20 * READER_BYTES


def test_values_come_over_as_they_were() -> None:
    entries: list[sandbox.Entry] = [
        Draft("a", "b", ("c",), "2017", "en", "g", (Part("page 1", "d", True),), "row=1", (("e", "f"),)),
        Skipped("/a", "b"),
        LinkedPage("https://a.example/"),
    ]
    assert [sandbox._decoded(*sandbox.encoded(entry)) for entry in entries] == entries
