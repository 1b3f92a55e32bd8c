"""Several articles in one text file, told apart where that is certain.

A text is only cut where every piece is an article by itself, with a title or a byline at its top: a rule of signs, a
page break, or blank lines before a headline with a byline below it. A break between scenes is none of these.
"""

from __future__ import annotations

import re

from ingest.formats.byline import find_byline, first_lines, is_byline

MIN_PIECE = 120
"""Characters that an article has at least; between two rules, less is the rule's own heading or a remark."""

_RULE = re.compile(r"^[ \t]*(?:={5,}|-{5,}|_{5,}|\*{5,}|#{5,}|~{5,}|\+{5,}|—{3,})[ \t]*$", re.MULTILINE)
_DIGITS = re.compile(r"\d+")
_PAGE_BREAK = re.compile("\f")
_HEADLINE_LENGTH = 160


def split(text: str) -> list[str]:
    """The articles in a text, in order; the text itself, alone, where it is one article or that is not certain."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    for separator in (_RULE, _PAGE_BREAK):
        pieces = [piece for piece in separator.split(text) if piece.strip()]
        if _are_articles(pieces) and not (separator is _PAGE_BREAK and _has_running_head(pieces)):
            return pieces
    pieces = _split_at_bylines(text)
    return pieces if _are_articles(pieces) else [text]


def _are_articles(pieces: list[str]) -> bool:
    """Whether each of several pieces has a text, and a headline or a byline at its top."""
    from ingest.formats.plain import find_title

    if len(pieces) < 2 or any(len(piece.strip()) < MIN_PIECE for piece in pieces):
        return False
    return all(find_title(piece.strip()) or _has_byline(piece) for piece in pieces)


def _has_running_head(pieces: list[str]) -> bool:
    """Whether pages begin with the same line, numbers aside: those of a printed text, not articles."""
    heads = [_DIGITS.sub("", first_lines(piece)[0]).casefold() for piece in pieces]
    return len(set(heads)) < len(heads)


def _has_byline(piece: str) -> bool:
    byline = find_byline(piece)
    return bool(byline.authors or byline.published)


def _split_at_bylines(text: str) -> list[str]:
    """Cuts before each headline that two blank lines set off and a byline with a name follows."""
    pieces: list[str] = []
    start = 0
    for gap in re.finditer(r"\n[ \t]*\n[ \t]*\n+", text):
        lines = first_lines(text[gap.end() : gap.end() + 1000])[:3]
        if len(lines) < 3 or len(lines[0]) > _HEADLINE_LENGTH or is_byline(lines[0]):
            continue
        if find_byline("\n".join(lines[:2])).authors:
            pieces.append(text[start : gap.start()])
            start = gap.end()
    pieces.append(text[start:])
    return [piece for piece in pieces if piece.strip()]
