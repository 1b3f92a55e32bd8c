"""A question as numbers: hashed pieces of its words, which say how it asks, beside its embedding, which says what.

Training and planning share these, so that they cannot drift apart.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

BUCKETS = 1 << 14
"""Columns that pieces of words are hashed into; two in one column share a weight."""
LONGEST_RUN = 3
"""Words in the longest piece of several."""
LETTERS = (3, 5)
"""Letters in the shortest and the longest piece of a word: they see through endings and slips of the finger."""

_WORD = re.compile(r"[^\W_]+(?:['’.&-][^\W_]+)*|\?")


@dataclass(frozen=True)
class Token:
    """A word of a question: ``question[start:end]``, and how it is compared."""

    start: int
    end: int
    word: str


def tokens(question: str) -> list[Token]:
    """The words of ``question``, in lower case, and its question mark."""
    return [
        Token(match.start(), match.end(), match.group().lower().replace("’", "'")) for match in _WORD.finditer(question)
    ]


def bucket(piece: str) -> int:
    """The column of a piece of text; the same in every process and version."""
    return zlib.crc32(piece.encode()) % BUCKETS


def question_features(question: str, frame: Collection[str]) -> dict[int, float]:
    """What the hashed columns hold for a question: pieces of its words, runs of them, and runs of their shapes, each of
    unit length. ``frame`` holds the words that questions are built with."""
    words = ["^", *(token.word for token in tokens(question) if token.word != "?"), "$"]
    shapes = [word if word in "^$" else shape(word, frame) + _ending(word, frame) for word in words]
    return {**_unit(_letters(words)), **_unit(_runs(words, "w")), **_unit(_runs(shapes, "s"))}


def _unit(pieces: Iterator[str]) -> dict[int, float]:
    columns = {bucket(piece) for piece in pieces}
    return dict.fromkeys(columns, len(columns) ** -0.5) if columns else {}


def _runs(words: Sequence[str], name: str) -> Iterator[str]:
    for length in range(1, LONGEST_RUN + 1):
        for first in range(len(words) - length + 1):
            yield f"{name} " + " ".join(words[first : first + length])


def _letters(words: Sequence[str]) -> Iterator[str]:
    for word in words[1:-1]:
        padded = f"<{word}>"
        for length in range(LETTERS[0], LETTERS[1] + 1):
            for first in range(len(padded) - length + 1):
                yield "l " + padded[first : first + length]


def shape(word: str, frame: Collection[str]) -> str:
    """A word that questions are built with as it is; of any other only that it is one, or that it is a number."""
    if word in frame:
        return word
    return "#" if any(letter.isdigit() for letter in word) else "*"


def _ending(word: str, frame: Collection[str]) -> str:
    """Of a word that is not built with: "which rivers burst" asks as "which banks failed" does."""
    if word in frame:
        return ""
    return "ed" if word.endswith(("ed", "ing")) else word[-1]


def token_features(words: Sequence[str], place: int, kind: str) -> list[int]:
    """The columns of one word in its place among ``words``, which are shapes, for telling whether it belongs to what is
    asked about."""
    around = {offset: _at(words, place + offset) for offset in (-3, -2, -1, 0, 1, 2, 3)}
    pieces = [f"t{offset} {word}" for offset, word in around.items()]
    pieces += [
        f"t-1+0 {around[-1]} {around[0]}",
        f"t0+1 {around[0]} {around[1]}",
        f"t-2-1 {around[-2]} {around[-1]}",
        f"t1+2 {around[1]} {around[2]}",
        f"t-3-2-1 {around[-3]} {around[-2]} {around[-1]}",
        f"tk {kind}",
        f"tk0 {kind} {around[0]}",
        f"tk-1 {kind} {around[-1]}",
        f"tk1 {kind} {around[1]}",
    ]
    return sorted({bucket(piece) for piece in pieces})


def _at(words: Sequence[str], place: int) -> str:
    if place < 0:
        return "^"
    return words[place] if place < len(words) else "$"
