"""The words of a chunk as they are indexed: folded, in order, with their places in the text. No I/O."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from language.words import fold

LONGEST = 100
"""Letters of a word that count."""
MAX_PLACE = 16_383
"""PostgreSQL keeps no greater place of a word in its chunk."""

# Accents written as characters of their own belong to their letter.
_TOKEN = re.compile(r"[^\W_](?:[^\W_]|[\u0300-\u036f])*")


@lru_cache(maxsize=50_000)
def _folded(word: str) -> str:
    return fold(word)[:LONGEST]


def tokens(text: str) -> Iterator[tuple[str, int, int]]:
    """Each word of ``text``, folded, with its offsets."""
    for match in _TOKEN.finditer(text):
        if word := _folded(match[0]):
            yield word, match.start(), match.end()


def written(title: str, text: str) -> list[str]:
    """The words of a chunk in order; an empty one stands between title and text, so that no phrase goes over it."""
    return [*(word for word, _, _ in tokens(title)), "", *(word for word, _, _ in tokens(text))]


def spelled(words: list[str]) -> str:
    """The different ones of ``words``, parted by spaces."""
    return " ".join(sorted({word.replace(" ", "") for word in words if word}))


def text_spans(title: str, text: str) -> dict[int, tuple[int, int]]:
    """Offsets into ``text`` of each of its words, by the place it is indexed with."""
    first = sum(1 for _ in tokens(title)) + 2
    return {place: (start, end) for place, (_, start, end) in enumerate(tokens(text), first)}
