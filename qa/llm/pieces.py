"""The pieces of a model's answer, and which of its quotes speaks for which. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from language.sentences import sentence_spans
from language.words import STOPWORDS, stem
from qa.types import Kind

IN_LINES: frozenset[Kind] = frozenset({"list", "count", "theme", "comparison", "timeline"})
"""Kinds whose pieces are lines of a list."""
IN_SENTENCES: frozenset[Kind] = frozenset({"summary"})
MOST = 0.5
"""Share of a piece's words from which on a quote that holds them speaks for it."""
SOME = 0.3
"""The same for the piece of whose words a quote holds more than of any other's."""

_MARKER = re.compile(r"[ \t]{0,8}(?:[-*•–+]|\d{1,3}[.)])[ \t]+(?=\S)")
_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Piece:
    """A line or sentence of an answer: ``answer[start:end]``."""

    start: int
    end: int
    text: str
    """Without the mark of its line."""


def pieces_of(answer: str, kind: Kind) -> list[Piece]:
    """The lines with a mark before them, or the sentences, as answers of ``kind`` have them; else none."""
    if kind in IN_SENTENCES:
        return [Piece(start, end, answer[start:end]) for start, end in sentence_spans(answer)]
    return _lines(answer) if kind in IN_LINES else []


def _lines(answer: str) -> list[Piece]:
    """The lines of a list, each with the indented ones that go on with it."""
    pieces: list[Piece] = []
    at = 0
    for line in answer.splitlines(keepends=True):
        end = at + len(line)
        marker = _MARKER.match(line)
        if marker:
            pieces.append(Piece(at, end, line[marker.end() :].strip(" \t\r\n*_")))
        elif pieces and pieces[-1].end == at and line[:1].isspace() and line.strip():
            last = pieces.pop()
            pieces.append(Piece(last.start, end, f"{last.text} {line.strip()}"))
        at = end
    return pieces


def own_quotes(pieces: Sequence[str], quotes: Sequence[str]) -> list[list[int]]:
    """For each of ``pieces`` the numbers, from 0, of the quotes that speak for it.

    That is the one at its own place, where there are as many quotes as pieces, as the model was told, and nothing
    says otherwise; or else each that holds most of its words, or more of them than of any other piece's.
    """
    if len(pieces) == 1:
        return [list(range(len(quotes)))]
    shares = [[_share(piece, quote) for quote in quotes] for piece in pieces]
    enough = [min(MOST, max(SOME, *of_quote)) for of_quote in zip(*shares, strict=True)]
    own = []
    for number, of_piece in enumerate(shares):
        # In another language than the articles' no piece shares a word with any quote.
        if len(pieces) == len(quotes) and (of_piece[number] or not any(of_piece)):
            own.append([number])
        else:
            own.append([quote for quote, share in enumerate(of_piece) if share >= enough[quote]])
    return own


def _share(piece: str, quote: str) -> float:
    """How much of ``piece`` stands in ``quote``, 0 to 1, by the stems of its words."""
    if piece.casefold() in quote.casefold():
        return 1.0
    words = _words(piece)
    return len(words & _words(quote)) / len(words) if words else 0.0


def _words(text: str) -> set[str]:
    words = _WORD.findall(text.casefold())
    return {stem(word) for word in words if word not in STOPWORDS}
