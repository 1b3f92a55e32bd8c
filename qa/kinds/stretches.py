"""The stretches of passages that may be items of a list, as two readers see them. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from language.words import ADVERBS, CONJUNCTIONS, PREPOSITIONS, stems_of
from qa.kinds.chances import log_odds
from qa.kinds.conjunctions import split_conjunction
from qa.reader.evidence import Evidence as Weighed
from qa.types import Candidate

LONGEST_ITEM = 12
"""Words: what is longer is no item but a passage that holds some."""
LEAST_READ = -14.0
"""Score, less the best one, that the reader gives at least; also what it has not found."""
FEWEST_SEEN = 2
"""Items that the evidence reader sees in one span of the reader, from which on the others in it count as such."""
CLOSE = -6.0
"""A span of the reader within this of its best has better edges than the one item it overlaps."""
_WORD = re.compile(r"\S+")
_LEADS_IN = PREPOSITIONS | CONJUNCTIONS | ADVERBS


@dataclass
class Stretch:
    """A stretch of one passage that may be an item: ``start:end`` of the passage's text."""

    passage: int
    start: int
    end: int
    read: float = LEAST_READ
    tagged: float | None = None

    def overlaps(self, passage: int, start: int, end: int) -> bool:
        """Whether the two have a character in common."""
        return self.passage == passage and self.start < end and start < self.end


def stretches(spans: Sequence[Candidate], weighed: Sequence[Weighed], texts: Sequence[str]) -> list[Stretch]:
    """What may be an item: the spans of the reader and the items that the evidence reader saw in each of ``texts``.

    What lists some ("A and B") is taken apart, and what was cut to pieces is put together again.
    """
    found = _joined(_candidates(spans, weighed), texts)
    for one in found:
        one.start += _led_in(texts[one.passage][one.start : one.end])
    return [one for one in found if _may_be_item(texts[one.passage][one.start : one.end])]


def _candidates(spans: Sequence[Candidate], weighed: Sequence[Weighed]) -> list[Stretch]:
    """The items of the evidence reader and the spans of the reader, what lists some taken apart, each stretch once."""
    found = [
        Stretch(place, span.start + start, span.start + end, tagged=log_odds(span.score))
        for place, one in enumerate(weighed)
        for span in one.items
        for start, end in split_conjunction(span.text)
    ]
    best = max((span.score for span in spans), default=0.0)
    for span in spans:
        missed: list[Stretch] = []
        seen: list[float] = []
        for first, last in split_conjunction(span.text):
            start, end, read = span.start + first, span.start + last, span.score - best
            same = [one for one in found if one.overlaps(span.passage, start, end)]
            if not same:
                missed.append(Stretch(span.passage, start, end, read))
            for one in same:
                one.read = max(one.read, read)
            seen += [tag for tag in (one.tagged for one in same) if tag is not None]
            if len(same) == 1 and read >= CLOSE:
                same[0].start, same[0].end = start, end
        if len(seen) >= FEWEST_SEEN:  # of one run of alike things the evidence reader missed some
            for one in missed:
                one.tagged = min(seen)
        found += missed
    return found


def _joined(candidates: Sequence[Stretch], texts: Sequence[str]) -> list[Stretch]:
    """With those that only a space parts as one: a list has something between its items."""
    joined: list[Stretch] = []
    for one in sorted(candidates, key=lambda other: (other.passage, other.start)):
        text, last = texts[one.passage], joined[-1] if joined else None
        if last and last.passage == one.passage and last.end < one.start and text[last.end : one.start] == " ":
            last.end, last.read = one.end, max(last.read, one.read)
            last.tagged = max((tag for tag in (last.tagged, one.tagged) if tag is not None), default=None)
        else:
            joined.append(one)
    return joined


def _led_in(words: str) -> int:
    """Characters before the item itself in "again with the Buccaneers"."""
    item = next((word for word in _WORD.finditer(words) if word[0] not in _LEADS_IN), None)
    return item.start() if item else 0


def _may_be_item(words: str) -> bool:
    """Whether it is no more than a few words, and says something."""
    told = words.split()
    return "\n" not in words and 1 <= len(told) <= LONGEST_ITEM and (len(told) > 1 or bool(stems_of(words)))
