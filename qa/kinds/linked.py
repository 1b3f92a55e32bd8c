"""Two articles read as one: the sentence that leads from the one to the other, and what the other says.

"Toad Hall is a residential hall in what city?" is answered by no passage alone: one says which university the hall
belongs to, another where that university is. Read one after the other they answer it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from language.words import STOPWORDS, stems_of
from qa.gathering import Gatherer
from qa.names import NO_NAMES
from qa.ports import Plan, Sentence, Text
from qa.relevance import rarities
from qa.types import Candidate, Passage

FIRSTS = 3
"""Passages that others are looked for from: the best by search, and the best by reading."""
FOUND = 6
"""Passages found for what one of them leaves unsaid."""
MOST_READ = 4
"""Pairs that are read: as many as both readers read of the passages of a plain question."""
MOST_NAMES = 6
"""Names of a passage that others are looked for with."""

_NAME = re.compile(r"[A-Z][\w'’-]*(?: (?:of |the |and )?[A-Z][\w'’-]*)*")
_WORD = re.compile(r"\w+")
_BRACKETS = re.compile(r"(?<!\s)\s*+\([^()]*\)$")


@dataclass(frozen=True)
class Pair:
    """A sentence of one article with a passage of another, one of which names what the other's article is about."""

    first: Passage
    sentence: Sentence
    """Of the article of ``first``."""
    second: Passage

    @property
    def as_read(self) -> Text:
        """Both as one text."""
        return self.first.title, f"{self.sentence.text} {self.second.text}"

    def place_of(self, found: Candidate) -> Candidate | None:
        """``found`` in ``as_read`` as it stands in ``first`` (passage 0) or in ``second`` (1); None across both."""
        border = len(self.sentence.text) + 1
        if found.start >= border:
            return replace(found, passage=1, start=found.start - border, end=found.end - border)
        shift = self.sentence.start - self.first.start
        inside = found.end < border and shift >= 0 and shift + found.end <= len(self.first.text)
        return replace(found, passage=0, start=found.start + shift, end=found.end + shift) if inside else None


class Linking:
    """Finds pairs of articles that may answer a question together. Searches, and reads nothing."""

    def __init__(self, gatherer: Gatherer) -> None:
        self._gatherer = gatherer

    def pairs(self, plan: Plan, passages: Sequence[Passage], read: Sequence[Passage]) -> list[Pair]:
        """The likeliest pairs, at most ``MOST_READ``: those that together say most of the question.

        ``passages`` are those found for it, best first; ``read`` the same in the order in which they answer.
        """
        asked = stems_of(plan.query.text)
        best = [one for both in zip(passages, read, strict=True) for one in both]
        firsts = list({one.chunk_id: one for one in best}.values())[:FIRSTS]
        found = [
            (first, second)
            for first in firsts
            for second in self._led_to(plan, first)
            if second.article_id != first.article_id and linked(first, second)
        ]
        texts = {one.chunk_id: said_by(one) for one in (*passages, *(second for _, second in found))}
        weights = rarities(asked, list(texts.values()))
        pairs = [
            Pair(first, self._leading(first, second, weights), second)
            for first, second in found
            if self._gatherer.sentences_of(first)
        ]

        def worth(pair: Pair) -> float:
            said = stems_of(f"{pair.first.title} {pair.sentence.text}") | said_by(pair.second)
            return sum(weights[one] for one in asked & said)

        return sorted(pairs, key=lambda pair: -worth(pair))[:MOST_READ]

    def _led_to(self, plan: Plan, first: Passage) -> Sequence[Passage]:
        """What is found for the words of the question that ``first`` lacks, with the names that it brings in."""
        question = plan.query.text
        known = said_by(first)
        lacking = [word for word in _WORD.findall(question) if stems_of(word) - known or word.lower() in STOPWORDS]
        names = [name for name in _NAME.findall(first.text) if not _words(name) <= _words(question) | NO_NAMES]
        words = " ".join([*lacking, *list(dict.fromkeys(names))[:MOST_NAMES]])
        # Not only in an article that the question names: what it leaves unsaid stands in another.
        return self._gatherer.passages(words, plan.query.scope, FOUND)

    def _leading(self, first: Passage, second: Passage, weights: Mapping[str, float]) -> Sentence:
        """The sentence of ``first`` that leads to ``second``: it names it, if one does, and says most of the rest."""

        def worth(one: Sentence) -> tuple[bool, float]:
            return names(one.text, second.title), sum(weights[word] for word in weights.keys() & stems_of(one.text))

        return max(self._gatherer.sentences_of(first), key=worth)


def linked(one: Passage, other: Passage) -> bool:
    """Whether one of the two passages names what the other's article is about."""
    return names(one.text, other.title) or names(other.text, one.title)


def names(text: str, title: str) -> bool:
    """Whether ``text`` has the name in ``title``, without what stands in brackets after it."""
    name = bare(title)
    return len(name) > 2 and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text, re.IGNORECASE) is not None


def bare(title: str) -> str:
    """``title`` without what tells it from others of its name: "Always (2011 film)" -> "Always"."""
    return _BRACKETS.sub("", title).strip()


def said_by(passage: Passage) -> frozenset[str]:
    """The stems of the words of ``passage`` and of its title that carry content."""
    return stems_of(f"{passage.title} {passage.text}")


def _words(text: str) -> set[str]:
    return set(_WORD.findall(text.lower()))
