"""Four times the file takes about four times as long to read, whatever it is made of."""

from __future__ import annotations

import hashlib
import time

import pytest

from ingest.chunking import chunk_article
from ingest.errors import UnreadableSource
from ingest.formats.opened import entries
from ingest.types import Origin, RawSource
from vectorstore.types import Article

SHORT, LONG = 20_000, 160_000
RATIO = 24.0
"""Linear reading takes 8 times as long for 8 times the file, quadratic 64 times."""
ENOUGH = 0.1
"""Seconds for the long file that are not looked at closely."""

PIECES = {
    "a.txt": (
        b"<!---->",
        b"a\n\n",
        b"A. ",
        b"By A\n",
        b"\xbfa ",
        b"x\xb3 ",
        b"Jane Roe/",
        b"a, and ",
        b"=====\n",
        b"\n ",
    ),
    "a.md": (b"a<!-- ", b"[", b"![a](", b"*a _b ", b"<a ", b"`", b"> ", b"- ", b"|a|b|\n", b"<!--\n\n", b"\\", b"&"),
    "a.html": (b"<", b"<!--", b"<a ", b"<p>a", b"&", b"<b>", b"<li>a ", b"<br>"),
    "a.csv": (b"a,b\n", b'"', b"a;", b",", b'"a",\n'),
    "a.jsonl": (b'{"a": "b c"}\n', b"[", b'{"a":', b" ", b'"'),
    "a.rtf": (b"{\\b ", b"\\'e9", b"\\par ", b"}"),
    "a.rss": (b"<!--a-->", b"<?a?>", b"<!DOCTYPE [", b"<item><title>a</title></item>"),
    "a.mhtml": (b"a: b\r\n", b"--a\r\n", b"=41"),
}
HEADS = {
    "a.html": b"<html><body><p>It rained.</p>",
    "a.csv": b"title,text\n",
    "a.rtf": b"{\\rtf1 ",
    "a.rss": b"<rss><channel>",
    "a.mhtml": b"MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=a\r\n\r\n--a\r\n\r\n",
}


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize(("name", "piece"), [(name, piece) for name, pieces in PIECES.items() for piece in pieces])
@pytest.mark.parametrize("end", [b"", b"\nx?"])
def test_reading_takes_time_in_proportion_to_the_file(name: str, piece: bytes, end: bytes) -> None:
    def seconds(size: int) -> float:
        content = HEADS.get(name, b"") + piece * (size // len(piece)) + end
        started = time.thread_time()
        try:
            for entry in entries(RawSource(f"/{name}", name, content), Origin(f"/{name}", "1-x")):
                if isinstance(entry, Article):
                    chunk_article(entry)
        except UnreadableSource:
            pass
        return time.thread_time() - started

    seconds(SHORT)  # what is loaded on first use is not counted

    def in_proportion() -> bool:
        return seconds(LONG) < max(RATIO * seconds(SHORT), ENOUGH)

    # A machine that is busy with something else can spoil one try.
    assert any(in_proportion() for _ in range(5))


def test_a_file_of_many_articles_is_not_hashed_for_each(monkeypatch: pytest.MonkeyPatch) -> None:
    content = b"title,text\n" + b"Ferry,It rained all day.\n" * 500
    hashed: list[int] = []
    kept = hashlib.sha256

    def counting(data: bytes = b"") -> object:
        hashed.append(len(data))
        return kept(data)

    monkeypatch.setattr(hashlib, "sha256", counting)
    assert len(list(entries(RawSource("/a.csv", "a.csv", content), Origin("/a.csv", "1-x")))) == 500
    assert hashed and max(hashed) < 100
