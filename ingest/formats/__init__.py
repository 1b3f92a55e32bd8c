"""Bytes -> articles. ``known`` is the table of formats, ``opened`` reads one file, ``sandbox`` does that elsewhere."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from pathlib import Path

from ingest.errors import UnreadableSource
from ingest.formats import sandbox
from ingest.formats.known import FORMATS, SUFFIXES, may_be_article
from ingest.formats.opened import article_id
from ingest.limits import MAX_ARTICLES, MAX_NESTING, MAX_UNPACKED_BYTES, SOURCE_SECONDS
from ingest.types import LinkedPage, Origin, RawSource, Skipped
from vectorstore.types import Article

__all__ = [
    "FORMATS",
    "SUFFIXES",
    "Found",
    "article_id",
    "draw_page",
    "fingerprint",
    "may_be_article",
    "read_article",
    "read_articles",
]

READER_VERSION = 6
"""Part of every fingerprint; raise it whenever the same bytes would be read differently."""

Found = Article | LinkedPage | Skipped
"""What a source holds: articles, addresses of pages to fetch, and members that cannot be read."""


def read_articles(raw: RawSource) -> list[Found]:
    """Everything in a source, in its order: at least one article, or at least one address to fetch.

    Nothing of it is looked at in this process: what it is, and what is in it, is told by ``sandbox``.

    Raises:
        UnreadableSource: the bytes are of no format that can be read, or hold no text.
    """
    found: list[Found] = []
    for one in _found(raw, Origin(raw.source, fingerprint(raw)), _Budget(raw.source), depth=0):
        found.append(one)
        if len(found) > MAX_ARTICLES:
            raise UnreadableSource(raw.source, f"it holds more than {MAX_ARTICLES:,} articles; split it")
    reasons = [one.reason for one in found if isinstance(one, Skipped)]
    if len(reasons) == len(found):
        several = f"none of the {len(reasons):,} things in it can be read; the first: " if len(reasons) > 1 else ""
        raise UnreadableSource(raw.source, several + reasons[0] if reasons else "no text was found in it")
    return found


def read_article(raw: RawSource) -> Article:
    """The only article in a source.

    Raises:
        UnreadableSource: the bytes are of no format that can be read, hold no text, or hold several articles.
    """
    articles = [one for one in read_articles(raw) if isinstance(one, Article)]
    if len(articles) != 1:
        raise UnreadableSource(raw.source, f"it holds {len(articles)} articles, not one")
    return articles[0]


def draw_page(file: Path, page: int, width: int) -> bytes:
    """A page of a PDF document, counted from 1, as a JPEG picture ``width`` pixels wide.

    Raises:
        UnreadableSource: it is no such document, or has no such page; OSError where the file cannot be opened.
    """
    return sandbox.draw(RawSource(str(file), file.name, file.read_bytes()), page, width)


def fingerprint(raw: RawSource) -> str:
    """What an article is made from: its bytes, how a server labelled them, and the version of the readers."""
    digest = hashlib.sha256(raw.content)
    if raw.media_type:
        digest.update(b"\0" + raw.media_type.encode())
    return f"{READER_VERSION}-{digest.hexdigest()}"


class _TooMuch(UnreadableSource):
    """The source as a whole is beyond its bounds: there is no use in going on with its next member."""


class _Budget:
    """What all the archives inside a source may take together, however they are nested."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._bytes = MAX_UNPACKED_BYTES
        self._deadline = time.monotonic() + SOURCE_SECONDS

    def spend(self, size: int) -> None:
        """Counts a member. Raises _TooMuch when the source has had its share."""
        self._bytes -= size
        if self._bytes < 0:
            raise _TooMuch(self._source, f"what is in it is more than {MAX_UNPACKED_BYTES / 1e6:g} MB, unpacked")
        if time.monotonic() > self._deadline:
            raise _TooMuch(self._source, f"what is in it takes more than {SOURCE_SECONDS / 60:g} minutes to read")


def _found(raw: RawSource, origin: Origin, budget: _Budget, depth: int) -> Iterator[Found]:
    """What is in ``raw``, itself ``origin`` or inside of it."""
    for entry in sandbox.read(raw, origin):
        if not isinstance(entry, RawSource):
            yield entry
            continue
        try:
            if depth == MAX_NESTING:
                raise UnreadableSource(
                    entry.source, f"archives are nested more than {MAX_NESTING} deep; unpack it, and add what is in it"
                )
            budget.spend(len(entry.content))
            yield from _found(entry, origin, budget, depth + 1)
        except _TooMuch:
            raise
        except UnreadableSource as error:
            yield Skipped(error.source, error.reason)
