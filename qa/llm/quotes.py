"""Where quoted words stand in the passages: word for word, or nowhere. Pure."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from unicodedata import category

from language.sentences import sentence_spans

MAX_QUOTE_CHARS = 2000
"""A longer one is a copy of the passage, not a quote."""


@dataclass(frozen=True)
class Quote:
    """Words that the model says are in a passage."""

    words: str
    passage: int | None
    """Number the model gave the passage, from 1: a hint where to look first, no more."""


@dataclass(frozen=True)
class Place:
    """Where quoted words stand: ``texts[passage][start:end]``."""

    passage: int
    start: int
    end: int


_SAME = (
    dict.fromkeys("\"“”„‟«»‹›'‘’‚‛`´′″「」", "'")
    | dict.fromkeys("-‐‑‒–—―−", "-")
    | {"…": "..."}
    | dict.fromkeys("\u00ad\u200b\u2060\ufeff", "")  # seen by nobody, copied by no model
)
"""Characters that are typed for one another; apart from white space, nothing else may differ."""
_ELLIPSIS = re.compile(r" ?[\[(]? ?\. ?\. ?\.(?: ?\.){0,3}[\])]? ?")
_HYPHENS = "-‐‑−"
_APOSTROPHES = "'’"
_UNSPACED = re.compile(
    r"[\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff\u3005-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)
"""Scripts that are written without spaces: Thai to Burmese, Khmer, Japanese and Chinese."""

_CURRENCIES = "".join(character for character in map(chr, range(0x20, 0x20D0)) if category(character) == "Sc")
_NUMBER = re.compile(
    r"(?:(?<![^\W_])[-‐‑‒–+~<>]|[−±≈≤≥]\s?)?"  # a sign; behind a word it is a hyphen
    rf"(?:[{_CURRENCIES}]\s?)?(?:(?<![\w.])\.)?"
    r"(?:\d{1,3}(?:[ \u00a0\u2009\u202f]\d{3}(?!\d))+(?:[.,]\d+)?"  # 1 000 000
    r"|\d+(?:[.,:/⁄'’·^×_~〜～‐‑‒–—−-]\d+)*)"  # 7:30, 1.5, 3/4, 1914–18
    rf"(?:\s?°[CFK]?|\s?[%‰{_CURRENCIES}]|\+)?"
)
"""A number with all that gives it its value."""
_LONGEST_NUMBER = 40
"""How far outside a passage a number that it cuts is followed, in characters."""


class QuoteFinder:
    """Finds quotes in passages word for word."""

    def __init__(self, texts: Sequence[str], spans: Sequence[tuple[int, int]] | None = None) -> None:
        """``spans`` says which part of each text is the passage, by default all of it: what stands around it tells
        whether a quote at its edge cuts a word or a number."""
        self._texts = texts
        self._spans = [(0, len(text)) for text in texts] if spans is None else spans
        self._folded: dict[int, _Folded] = {}

    def find(self, quote: Quote) -> tuple[Place, ...]:
        """Where the words of ``quote`` stand, in the first passage that has them all; empty if none has.

        White space, kinds of quotation mark and dash, the case of the first letter and punctuation at the end
        may differ; no word may. A quote with an ellipsis has one place for each part, in their order, and each part
        but the first begins a sentence: words left out within one may be the "not". Words that are only part of a
        word or number ("legal" in "illegal", "30 a.m." in "7:30 a.m.") are not found there, and a few letters ("of
        the") are no quote.
        """
        if len(quote.words) > MAX_QUOTE_CHARS:
            return ()
        words = _fold(quote.words, 0, len(quote.words)).text.strip(" '*_")
        parts = [part for part in _ELLIPSIS.split(words) if part]
        # The article may have the dots itself, so the whole is looked for first.
        for reading in ([words], parts) if parts != [words] else ([words],):
            if reading and all(_is_quotable(part) for part in reading):
                for passage in self._order(quote.passage):
                    if places := self._find_parts(reading, passage):
                        return places
        return ()

    def _order(self, hint: int | None) -> Iterator[int]:
        """Every passage, the one the model named first."""
        named = hint - 1 if hint is not None and 1 <= hint <= len(self._texts) else None
        if named is not None:
            yield named
        yield from (passage for passage in range(len(self._texts)) if passage != named)

    def _find_parts(self, parts: Sequence[str], passage: int) -> tuple[Place, ...]:
        """One place for each of ``parts``, each after the one before it; empty if one is missing."""
        folded = self._folded.get(passage)
        if folded is None:
            folded = self._folded[passage] = _fold(self._texts[passage], *self._spans[passage])
        places: list[Place] = []
        for part in parts:
            found = folded.find(_forms(part), places[-1].end if places else 0, opening=bool(places))
            if found is None:
                return ()
            places.append(Place(passage, *found))
        return tuple(places)


def _forms(words: str) -> Iterator[str]:
    """``words`` as they may stand in mid-sentence or at the start of one, and without the end of the sentence."""
    for form in dict.fromkeys((words, words.rstrip(" .,;:!?'"))):
        for first in dict.fromkeys((form[:1], form[:1].lower(), form[:1].upper())):
            yield first + form[1:]


@dataclass(frozen=True)
class _Folded:
    """A passage with everything that may differ made the same; ``text[i]`` stands at ``original[at[i]]``."""

    original: str
    start: int
    """Where the passage stands in ``original``, end exclusive."""
    end: int
    text: str
    at: tuple[int, ...]

    def find(self, forms: Iterator[str], start: int, opening: bool) -> tuple[int, int] | None:
        """Offsets in the original of the first whole-word occurrence of one of ``forms`` from ``start`` on; with
        ``opening``, of one that begins a sentence."""
        for words in forms:
            place = self.text.find(words, bisect_left(self.at, start)) if words else -1
            while place >= 0:
                first, last = self.at[place], self.at[place + len(words) - 1] + 1
                if not (self._cuts(first) or self._cuts(last)) and (not opening or self._opens_sentence(first)):
                    return first, last
                place = self.text.find(words, place + 1)
        return None

    def _cuts(self, at: int) -> bool:
        """Whether a cut at ``at`` takes a word or a number apart, and with it perhaps its meaning."""
        return _splits_word(self.original, at) or any(start < at < end for start, end in self._numbers_near(at))

    def _numbers_near(self, at: int) -> Sequence[tuple[int, int]]:
        place = bisect_left(self._numbers, (at, 0))
        return self._numbers[max(0, place - 1) : place]

    def _opens_sentence(self, at: int) -> bool:
        place = bisect_left(self._openings, at + 1)
        return place > 0 and not any(map(str.isalnum, self.original[self._openings[place - 1] : at]))

    @cached_property
    def _numbers(self) -> list[tuple[int, int]]:
        found = _NUMBER.finditer(self.original, max(0, self.start - _LONGEST_NUMBER), self.end + _LONGEST_NUMBER)
        return [one.span() for one in found]

    @cached_property
    def _openings(self) -> list[int]:
        return [self.start + start for start, _ in sentence_spans(self.original[self.start : self.end])]


def _fold(text: str, start: int, end: int) -> _Folded:
    folded: list[str] = []
    at: list[int] = []
    for place in range(start, end):
        character = text[place]
        for each in " " if character.isspace() else _SAME.get(character, character):
            if each != " " or (folded and folded[-1] != " "):
                folded.append(each)
                at.append(place)
    return _Folded(text, start, end, "".join(folded), tuple(at))


def _splits_word(text: str, at: int) -> bool:
    """Whether a cut at ``at`` takes a word apart."""
    if not 0 < at < len(text):
        return False
    before, after = text[at - 1], text[at]
    if _in_word(before) and _in_word(after):
        return True
    if after in _HYPHENS or after in _APOSTROPHES:  # twenty|-five, can|'t
        return _in_word(before) and _in_word(text[at + 1 : at + 2])
    return before in _HYPHENS and _in_word(after) and _in_word(text[at - 2 : at - 1])  # non-|smoker


def _in_word(character: str) -> bool:
    letter = character.isalnum() or category(character or " ").startswith("M")  # an accent of its own
    return letter and not _UNSPACED.match(character)


def _is_quotable(words: str) -> bool:
    """Whether ``words`` are enough to be evidence: "in 1969" is, "of the" is not."""
    letters = sum(character.isalnum() for character in words)
    unspaced = len(_UNSPACED.findall(words))
    return letters >= 8 or unspaced >= 4 or (letters >= 6 and " " in words.strip())
