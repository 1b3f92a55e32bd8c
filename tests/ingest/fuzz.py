"""Fuzzing of every reader: bytes at random, and documents of each format cut, turned and spliced.

    python -m tests.ingest.fuzz --seconds 120

Whatever comes in, a reader gives articles whose text is clean and whose offsets hold, or an error for people.
Hypothesis makes the bytes, keeps those that failed in ``.hypothesis`` and tries them first the next time. The readers
run in this process, without the child that bounds them, so that a crash is a crash here.
"""

from __future__ import annotations

import argparse
import gzip
import io
import logging
import time
import zipfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from ingest.cleaning import clean
from ingest.errors import UnreadableSource
from ingest.formats import opened, read_articles, sandbox
from ingest.formats.archive import is_archive
from ingest.types import RawSource
from tests.ingest.documents import STORY, archive, atom, docx, epub, mhtml, odt, pdf, rss, rtf, sitemap, xhtml
from vectorstore import Article

TEXT = "\n\n".join(["The Last Ferry", "By Ada Finch", "5 May 2017", *STORY])
NAV = '<ol><li><a href="one.xhtml">One</a><ol><li><a href="one.xhtml#b">Two</a></li></ol></li></ol>'
_PAGE = xhtml(f"<nav>Home</nav><article><h1>Ferry</h1><p>{'</p><p>'.join(STORY)}</p></article>", "Ferry")
_CHAPTERS = xhtml(f"<h1>One</h1><p>{STORY[0]}</p><h2 id='b'>Two</h2><p>{STORY[1]}</p>")
_ENTRY = f"<published>2017-05-05T00:00:00Z</published><summary>{STORY[0]}</summary>"
SEEDS: dict[str, tuple[bytes, ...]] = {
    "a.txt": (TEXT.encode(), TEXT.encode("utf-16"), f"{TEXT}\n=====\n{TEXT}".encode()),
    "a.md": (f"---\ntitle: Ferry\nauthor: [Ada]\n---\n# Head\n\n{TEXT}\n\n| a | b |\n|---|---|\n| 1 | 2 |\n".encode(),),
    "a.html": (_PAGE.encode(),),
    "a.mhtml": (mhtml(_PAGE),),
    "a.pdf": (pdf([STORY, STORY[:1]], {"Title": "Ferry", "CreationDate": "D:2017"}), pdf([[], STORY], pictures=[1])),
    "a.docx": (docx([("Head", "Heading 1"), *STORY], rows=[["a", "b"]], title="Ferry"),),
    "a.odt": (odt(meta="<dc:title>Ferry</dc:title>"),),
    "a.epub": (epub({"one.xhtml": _CHAPTERS}, nav=NAV),),
    "a.rtf": (rtf(["Über “Straße” 🚢", *STORY], r"{\info{\title Ferry}{\author Ada Finch}}"),),
    "a.csv": (f'title,text,author,date\nFerry,"{STORY[0]}",Ada Finch,2017\nBridge;b,"{STORY[2]}",,\n'.encode(),),
    "a.jsonl": (
        f'{{"title": "Ferry", "text": "{STORY[0]}", "author": {{"name": "Ada"}}}}\n{{"body": "No."}}\n'.encode(),
        b'{"status": "ok", "articles": [{"title": {"main": "Ferry"}, "content": ["It rained.", {"text": "No."}]}]}',
    ),
    "a.xml": (
        rss(f"<item><title>Ferry</title><guid>1</guid><description>{STORY[0]}</description></item>"),
        atom(f"<entry><id>1</id><title>Ferry</title>{_ENTRY}</entry>"),
        sitemap("https://a.example/", "https://b.example/"),
    ),
    "a.gz": (gzip.compress(TEXT.encode()),),
    "a.zip": (archive({"a.txt": TEXT, "b.zip": archive({"c.md": "# Ferry\n\nIt rained."}), "d.csv": "a,b\nc,d\n"}),),
}
"""By file name: documents that mutations start from."""


_INSERTED = (b"\0", b"\xff\xfe", b"<!--", b"&x;", b"]]>", b"\\", b"{", b'"', b"\n\n", b"../")


@st.composite
def mutated(draw: st.DrawFn, name: str) -> bytes:
    """A document called ``name`` with a few pieces changed (of an archive, mostly of one member), or just bytes."""
    seeds = SEEDS[name]
    if draw(st.integers(0, 9)) == 0:
        return draw(st.binary(max_size=600))
    content = seeds[draw(st.integers(0, len(seeds) - 1))]  # not sampled_from(): it would print them
    if not is_archive(content) or draw(st.integers(0, 3)) == 0:
        return _changed(draw, content, seeds)
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        members: dict[str, str | bytes] = {name: file.read(name) for name in file.namelist()}
    changed = draw(st.sampled_from(sorted(members)))
    member = members[changed]
    assert isinstance(member, bytes)
    return archive(members | {changed: _changed(draw, member, (member,))})


def _changed(draw: st.DrawFn, content: bytes, others: tuple[bytes, ...]) -> bytes:
    """``content`` with a few pieces cut out, written over, doubled, put in or taken from another document."""
    made = bytearray(content)
    for _ in range(draw(st.integers(1, 6))):
        place = draw(st.integers(0, len(made)))
        length = draw(st.integers(0, 40))
        kind = draw(st.sampled_from(("cut", "write", "double", "insert", "end", "splice")))
        if kind == "cut":
            del made[place : place + length]
        elif kind == "write":
            made[place : place + length] = draw(st.binary(min_size=length, max_size=length))
        elif kind == "double":
            made[place:place] = made[place : place + length] * draw(st.integers(1, 20))
        elif kind == "insert":
            made[place:place] = draw(st.sampled_from(_INSERTED))
        elif kind == "end":
            del made[place:]
        else:
            other = others[draw(st.integers(0, len(others) - 1))]
            made[place:] = other[draw(st.integers(0, len(other))) :]
    return bytes(made)


def check(content: bytes, name: str, media_type: str | None = None) -> None:
    """What holds for every source whatsoever."""
    try:
        found = read_articles(RawSource(f"/articles/{name}", name, content, media_type))
    except UnreadableSource as error:
        assert error.reason and "\n" not in error.reason, error
        error.reason.encode()
        return
    assert found
    for article in found:
        if not isinstance(article, Article):
            continue
        body = article.text[article.body_start :]
        assert article.text == clean(article.text) and body and not body[0].isspace()
        assert article.title == article.title.strip() != ""
        assert article.body_start or not (article.authors or article.published)
        starts = [section.start for section in article.sections]
        assert starts == sorted(starts) and all(article.body_start <= start <= len(article.text) for start in starts)
        for text in (
            article.text,
            article.title,
            article.source,
            *article.authors,
            *(one.label for one in article.sections),
        ):
            text.encode()


@contextmanager
def in_this_process() -> Iterator[None]:
    """Readers without their child process."""
    kept = sandbox.read
    sandbox.read = opened.entries
    try:
        yield
    finally:
        sandbox.read = kept


def fuzz(name: str, examples: int, number: int = 0) -> None:
    """Tries so many files called ``name``; the same ones for the same number."""

    @seed(number)
    @settings(
        max_examples=examples,
        deadline=None,
        phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    @given(mutated(name), st.sampled_from((None, None, "text/html", "application/octet-stream")))
    def attempt(content: bytes, media_type: str | None) -> None:
        check(content, name, media_type)

    with in_this_process():
        attempt()


class _Caught(logging.Handler):
    """Counts the exceptions that a reader did not foresee and that were told as damage."""

    def __init__(self) -> None:
        super().__init__()
        self.kinds: Counter[str] = Counter()

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info and record.exc_info[0]:
            self.kinds[record.exc_info[0].__name__] += 1


def main() -> None:
    """Fuzzes every format for its share of the time."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--seconds", type=float, default=120.0, help="for all formats together")
    parser.add_argument("--only", metavar="NAME", help=f"one of {' '.join(SEEDS)}")
    given_arguments = parser.parse_args()
    names = [given_arguments.only] if given_arguments.only else list(SEEDS)
    logging.getLogger("ingest.formats.opened").setLevel(logging.INFO)
    for name in names:
        caught = _Caught()
        logging.getLogger("ingest.formats.opened").addHandler(caught)
        end = time.monotonic() + given_arguments.seconds / len(names)
        rounds = 0
        while time.monotonic() < end:
            fuzz(name, 100, number=time.time_ns())
            rounds += 1
        logging.getLogger("ingest.formats.opened").removeHandler(caught)
        unforeseen = ", ".join(f"{kind} {times}" for kind, times in caught.kinds.most_common())
        print(f"{name:8} {rounds * 100:6,} files; told as damage: {unforeseen or 'nothing unforeseen'}", flush=True)


if __name__ == "__main__":
    main()
