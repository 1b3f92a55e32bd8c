"""Plain text -> draft: title and byline from the first lines where they look like it, boilerplate out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from ingest.boilerplate import drop_boilerplate, is_place_mark
from ingest.cleaning import clean
from ingest.formats.byline import find_byline, find_names, first_lines, is_byline
from ingest.formats.encoding import decode
from ingest.types import Draft, RawSource

SUFFIXES = frozenset({".txt", ".text"})
MEDIA_TYPES = frozenset({"text/plain"})

MAX_TITLE = 160
"""Longest title in characters, where a blank line sets it off."""
MAX_TITLE_BEFORE_TEXT = 80
"""Longest title in characters, where the text follows on the next line."""
MAX_MARK, MAX_MARKS = 50, 3
"""Longest line, in characters, that may be a name alone above a text, and how many may stand there."""
_ENDS_OF_TEXT = ".!?:;,”\"'’"
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
    byline, title = find_byline(text), find_title(text)
    if byline.published:
        text, authors = _without_marks(text, title)
        byline = replace(byline, authors=byline.authors or authors)
    return Draft(drop_boilerplate(text), title, byline.authors, byline.published)


def _without_marks(text: str, title: str | None) -> tuple[str, tuple[str, ...]]:
    """A dated text without the reporter's and the paper's name, alone in lines above its first sentence; the reporters.

    Without the name of a person among them, or where more stand there, such lines are of the text: headings, a list.
    """
    marks: list[str] = []
    for line in first_lines(text):
        if line == title or is_byline(line) or is_place_mark(line):
            continue
        if len(line) > MAX_MARK or line[-1] in _ENDS_OF_TEXT:
            break
        marks.append(line)
    else:
        return text, ()
    first = next((place for place, line in enumerate(marks) if find_names(line)), None)
    if first is None or len(marks) > MAX_MARKS:
        return text, ()
    rest = text
    for line in marks[first:]:
        before, _, after = rest.partition(line)
        rest = f"{before.rstrip()}\n\n{after.lstrip()}".lstrip()
    return rest, find_names(marks[first])


def find_title(text: str) -> str | None:
    """The first line of a cleaned text, if it looks like a headline rather than like a sentence of the text."""
    lines = [line for line in first_lines(text) if not is_byline(line) and not is_place_mark(line)]
    if not lines or len(lines[0]) > MAX_TITLE:
        return None
    title = lines[0]
    if not _ends_like_title(title):
        return title if _stands_above_date(text, title) else None
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


def _stands_above_date(text: str, line: str) -> bool:
    """Whether the first line of a text is set off from a line with a date below it: a headline, however it ends."""
    lines = first_lines(text)
    is_set_off = lines[0] == line and len(lines) > 2 and _blank_line_follows(text, line)
    return is_set_off and find_byline("\n".join(lines[:2])).published is not None


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
