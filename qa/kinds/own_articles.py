"""The articles that are about one thing, and whether they say something of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from language.words import DETERMINERS, fold, stems_of
from qa.gathering import Gatherer
from qa.kinds.fact import FactStrategy
from qa.kinds.linked import bare
from qa.kinds.yes_no import NEGATION
from qa.ports import Plan, Sentence
from qa.types import Passage

LOOKED_AT = 6
"""Passages found by a name, among which those of the article called so are."""
LONGEST_NAME = 8
"""Words."""
PASSAGES = 3
"""Of such an article, those that are read."""
LEAST = -3.5
"""Log-odds that somebody or something is so, below which nothing that is said there says it. Of 52 articles that
say such a thing 42 were above it, of 60 that do not 8 (LOG.md)."""
AHEAD = 4.0
"""Log-odds by which it must be so of one rather than of another to be said of the one only."""

_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Two:
    """Two things that a question names side by side, each with the ids of the articles called so."""

    names: tuple[str, str]
    articles: tuple[tuple[str, ...], tuple[str, ...]]
    rest: str
    """The question with ``{}`` for "A and B"."""


@dataclass(frozen=True)
class Said:
    """What an article says of its subject."""

    sentence: Sentence
    """That which comes nearest to saying so."""
    is_said: bool
    """Whether that one has all its words, and the reader finds somebody or something that is so."""
    is_unsaid: bool
    """Whether no sentence has its last word."""
    odds: float
    """Log-odds of the reader that somebody or something there is so."""


class OwnArticles:
    """Finds the articles called by a name, and reads them. Safe to share between threads."""

    def __init__(self, gatherer: Gatherer, fact: FactStrategy) -> None:
        self._gatherer = gatherer
        self._fact = fact

    def of(self, name: str, plan: Plan) -> tuple[str, ...]:
        """The ids of the articles called ``name``; empty where none is."""
        found = self._found(plan, [name])
        return tuple(dict.fromkeys(one.article_id for one in found if is_called(one.title, name)))

    def two(self, plan: Plan, passages: Sequence[Passage]) -> Two | None:
        """The two things, "A and B", that the question names and that articles are called; None where there are none.

        ``passages`` were found for the question.
        """
        question = plan.query.text
        words = list(_WORD.finditer(question))
        folded = [fold(word[0]) for word in words]
        for place in (place for place, word in enumerate(folded) if word == "and"):
            before, after = folded[max(0, place - LONGEST_NAME) : place], folded[place + 1 : place + 1 + LONGEST_NAME]
            near = [*passages, *(one for part in (before, after) for one in self._found(plan, part))]
            titles = [(_plain(bare(one.title)), one.article_id) for one in near]
            lead = 1 if after[:1] and after[0] in DETERMINERS else 0
            first = max((len(title) for title, _ in titles if title and before[-len(title) :] == title), default=0)
            last = max((len(title) for title, _ in titles if after[lead : lead + len(title)] == title), default=0)
            if first and last:
                ends = place - first, place, place + 1 + lead, place + 1 + lead + last
                named = folded[ends[0] : ends[1]], folded[ends[2] : ends[3]]
                ids = [tuple(dict.fromkeys(one for title, one in titles if title == name)) for name in named]
                spans = [(words[at].start(), words[to - 1].end()) for at, to in (ends[:2], ends[2:])]
                rest = f"{question[: spans[0][0]]}{{}}{question[spans[1][1] :]}"
                return Two((question[slice(*spans[0])], question[slice(*spans[1])]), (ids[0], ids[1]), rest)
        return None

    def _found(self, plan: Plan, words: Sequence[str]) -> Sequence[Passage]:
        return self._gatherer.passages(" ".join(words), plan.query.scope, LOOKED_AT) if words else ()

    def passages(self, words: str, articles: Sequence[str]) -> tuple[Passage, ...]:
        """The passages of ``articles`` to read for ``words``."""
        return self._gatherer.passages(words, articles, PASSAGES)

    def says(self, statement: str, articles: Sequence[str]) -> Said | None:
        """Whether ``articles`` say ``statement``, "are film directors", of their subject; None if it states nothing."""
        passages = self.passages(statement, articles)
        sentences = [one for passage in passages for one in self._gatherer.sentences_of(passage)]
        asked = stems_of(statement)
        if not sentences or not asked:
            return None
        best = max(
            sentences, key=lambda one: (len(asked & stems_of(one.text)), one.text.rstrip().endswith("."), -one.start)
        )
        read = self._fact.read(f"Who or what {statement}?", [one.as_read_for_spans for one in passages])
        odds = read[0].score if read else float("-inf")
        said = frozenset[str]().union(*(stems_of(one.text) for one in sentences))
        is_said = asked <= stems_of(best.text) and odds >= LEAST and not NEGATION.search(best.text)
        return Said(best, is_said, not last_of(statement) & said, odds)


def only_one(said: Sequence[Said]) -> int | None:
    """Which of two is so where that is said of the one, and clearly less of the other; None where it is not."""
    first = max((0, 1), key=lambda place: said[place].odds)
    one, other = said[first], said[1 - first]
    return first if one.is_said and not other.is_said and one.odds >= other.odds + AHEAD else None


def is_called(title: str, name: str) -> bool:
    """Whether an article called ``title`` is about what is called ``name``."""
    return _plain(bare(title)) == _plain(name)


def last_of(statement: str) -> frozenset[str]:
    """The stem of the last word of ``statement`` that carries content."""
    return next((found for word in reversed(statement.split()) if (found := stems_of(word))), frozenset())


def _plain(name: str) -> list[str]:
    words = _WORD.findall(fold(name))
    return words[1:] if len(words) > 1 and words[0] in DETERMINERS else words
