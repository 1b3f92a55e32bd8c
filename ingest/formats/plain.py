"""Plain text -> draft: title and byline from the first lines where they look like it, page furniture out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from ingest.cleaning import clean, drop_furniture
from ingest.formats.byline import find_byline, first_lines, is_byline
from ingest.formats.encoding import decode
from ingest.types import Draft, RawSource

SUFFIXES = frozenset({".txt", ".text"})
MEDIA_TYPES = frozenset({"text/plain"})

MAX_TITLE = 160
"""Longest title in characters, where a blank line sets it off."""
MAX_TITLE_BEFORE_TEXT = 80
"""Longest title in characters, where the text follows on the next line."""
_ABBREVIATION_AT_END = re.compile(r"(?:\b[A-Z]\.|\b(?:Jr|Sr|Inc|Co|Ltd|Corp|No|etc)\.|\.{3})\Z")


def recognises(content: bytes) -> bool:
    """Never: plain text has no mark of its own."""
    return False


def read(raw: RawSource) -> Draft:
    """The draft of a plain text file or page, taken for one article."""
    return _draft(clean(decode(raw)))


def unpack(raw: RawSource) -> Iterator[Draft]:
    """The draft of the file or, where it clearly holds several articles, one of each: ``article=1``, ``article=2``."""
    from ingest.formats import bundle

    pieces = bundle.split(decode(raw))
    if len(pieces) == 1:
        yield read(raw)
        return
    for number, piece in enumerate(pieces, start=1):
        yield replace(_draft(clean(piece)), fragment=f"article={number}")


def _draft(text: str) -> Draft:
    byline = find_byline(text)
    return Draft(drop_furniture(text), find_title(text), byline.authors, byline.published)


def find_title(text: str) -> str | None:
    """The first line of a cleaned text, if it looks like a headline rather than like a sentence of the text."""
    lines = [line for line in first_lines(text) if not is_byline(line)]
    if not lines or len(lines[0]) > MAX_TITLE or not _ends_like_title(lines[0]):
        return None
    title = lines[0]
    if len(lines) == 1 or _blank_line_follows(text, title) or _heads_byline(text, title):
        return title
    return title if len(title) <= MAX_TITLE_BEFORE_TEXT and _starts_text(lines[1], title) else None


def _ends_like_title(line: str) -> bool:
    if not any(character.isalpha() for character in line):
        return False
    return line[-1] not in ".,;:" or bool(_ABBREVIATION_AT_END.search(line))


def _line_after(text: str, line: str) -> str:
    start = text.find(line) + len(line) + 1
    return text[start : start + MAX_TITLE * 2].partition("\n")[0].strip()


def _blank_line_follows(text: str, line: str) -> bool:
    return not _line_after(text, line)


def _heads_byline(text: str, title: str) -> bool:
    """Whether a byline follows, at once or below one line (a standfirst, a newspaper), before any blank line."""
    start = text.find(title) + len(title) + 1
    block = text[start : start + MAX_TITLE * 4].partition("\n\n")[0].split("\n")
    return any(is_byline(line.strip()) for line in block[:2])


def _starts_text(line: str, title: str) -> bool:
    """Whether a line right below starts a text of its own: a hard-wrapped sentence has lines of about equal length."""
    return not line[0].islower() and len(line) >= 2 * len(title)
