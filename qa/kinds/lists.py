"""``list``: every item that is asked for, each with the sentence it stands in."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from language.numbers import numbers_in, unit_of
from qa.abstaining import Abstainer
from qa.citations import cite_span, enclosing_sentence
from qa.gathering import Gatherer
from qa.kinds.chances import chance, log_odds
from qa.kinds.conjunctions import split_conjunction
from qa.kinds.fact import FactStrategy
from qa.kinds.items import Finding, ListedItem, merge
from qa.ports import Evidence, Plan
from qa.reader.evidence import EvidenceReader, ScoredSpan
from qa.selection import standardized
from qa.types import Answer, Citation, Item, Passage

PASSAGES = 30
"""Looked at for a list: with what else a question needs, about as many as a second allows on two cores."""
LEAST_CHANCE = 0.35
"""Of an item, for it to be listed. Where the question says how many there are, those that are likeliest, down to
``LEAST_ASKED_CHANCE``."""
LEAST_ASKED_CHANCE = 0.15
MOST_ASKED = 20
"""Number of items that a question may name: "which two players"; more is a number of something else."""


@dataclass(frozen=True)
class Weights:
    """What the log-odds of an item are made of; fitted on lists kept aside, over a library of their passages."""

    bias: float = -0.5
    reading: float = 1.0
    """Of the log-odds that the passage's reading gives it."""
    retrieval: float = 0.5
    """Of its passage's score among those read, in standard deviations."""
    best: float = 1.0
    """Of standing in the passage that answers best."""


WEIGHTS = Weights()


class ListStrategy:
    """Lists what is found in many passages; where that is one item or none, the fact is the answer."""

    def __init__(self, gatherer: Gatherer, abstainer: Abstainer, fact: FactStrategy, weigher: EvidenceReader) -> None:
        self._gatherer = gatherer
        self._fact = fact
        self._weigher = weigher

    def gather(self, plan: Plan) -> Evidence:
        """See ``Strategy``."""
        return Evidence(self._gatherer.passages(plan.query.text, plan.articles, PASSAGES))

    def answer(self, plan: Plan, evidence: Evidence) -> Answer:
        """See ``Strategy``."""
        found = self.items(plan.query.text, evidence.passages)
        if len(found) < 2:
            return self._one(plan, evidence)
        items, citations = self.shown(found, evidence.passages)
        return Answer(
            question=plan.query.question,
            text=in_words([item.text for item in items]),
            kind="list",
            items=items,
            citations=citations,
            passages=evidence.passages,
        )

    def items(self, question: str, passages: Sequence[Passage]) -> list[ListedItem]:
        """What ``passages`` name in answer to ``question``, in the order it is to be shown."""
        found = merge(self._findings(question, passages))
        asked = asked_number(question)
        if asked is None:
            kept = [item for item in found if item.chance >= LEAST_CHANCE]
        else:
            kept = [item for item in found if item.chance >= LEAST_ASKED_CHANCE][:asked]
        return _in_order(kept, passages)

    def shown(
        self, found: Sequence[ListedItem], passages: Sequence[Passage]
    ) -> tuple[tuple[Item, ...], tuple[Citation, ...]]:
        """``found`` as items with their sentences; items of one sentence each have a citation, at their own place."""
        citations = tuple(self._cite(item.places[0], passages) for item in found)
        return tuple(Item(item.text, (place,)) for place, item in enumerate(found)), citations

    def _findings(self, question: str, passages: Sequence[Passage]) -> list[Finding]:
        weighed = self._weigher.weigh(question, [(passage.title, passage.text) for passage in passages])
        prior = standardized([passage.score for passage in passages])
        strength = [
            max((log_odds(span.score) for span in one.items), default=-math.inf)
            + WEIGHTS.retrieval * float(prior[place])
            for place, one in enumerate(weighed)
        ]
        best = max(range(len(strength)), key=strength.__getitem__, default=-1)
        found = []
        for place, one in enumerate(weighed):
            for span in one.items:
                weight = chance(
                    WEIGHTS.bias
                    + WEIGHTS.reading * log_odds(span.score)
                    + WEIGHTS.retrieval * float(prior[place])
                    + WEIGHTS.best * (place == best)
                )
                found += self._split(passages, place, span, weight)
        return found

    def _split(self, passages: Sequence[Passage], place: int, span: ScoredSpan, weight: float) -> list[Finding]:
        """``span`` of the passage at ``place``, or each of those it lists."""
        passage = passages[place]
        article = self._gatherer.article_of(passage)
        start, end = passage.start + span.start, passage.start + span.end
        sentence = enclosing_sentence(article.text, start, end)
        return [
            Finding(span.text[first:last], place, article.id, start + first, start + last, sentence, weight)
            for first, last in split_conjunction(span.text)
        ]

    def _one(self, plan: Plan, evidence: Evidence) -> Answer:
        """What the fact says: an answer that lists some itself ("A, B and C") is taken apart."""
        answer = self._fact.answer(plan, self._fact.gather(plan))
        if answer.text is None:
            return replace(answer, kind="list", passages=evidence.passages)
        return _taken_apart(answer)

    def _cite(self, finding: Finding, passages: Sequence[Passage]) -> Citation:
        article = self._gatherer.article_of(passages[finding.passage])
        return replace(cite_span(article, *finding.sentence), answer_start=finding.start, answer_end=finding.end)


def in_words(texts: Sequence[str]) -> str:
    """``A``, ``A and B``, ``A, B and C``; with semicolons where an item has a comma of its own."""
    if len(texts) < 2:
        return "".join(texts)
    separator = "; " if any("," in text for text in texts) else ", "
    return f"{separator.join(texts[:-1])} and {texts[-1]}"


_BEFORE_A_NUMBER = frozenset(
    (
        "what which who whose name names list give the are were of all full first last other others top main"
        " for in from to"
    ).split()
)


def asked_number(question: str) -> int | None:
    """How many items ``question`` asks for: 2 for "which two players", None where it does not say."""
    for number in numbers_in(question):
        before, after = question[: number.start].lower().split(), question[number.end :]
        is_count = number.value.is_integer() and 2 <= number.value <= MOST_ASKED and re.match(r"\s[^\W\d]", after)
        if before and is_count and set(before) <= _BEFORE_A_NUMBER and not unit_of(question, number)[0]:
            return int(number.value)
    return None


def _taken_apart(answer: Answer) -> Answer:
    cited = answer.citations[0]
    start = cited.start if cited.answer_start is None else cited.answer_start
    parts = split_conjunction(answer.text or "")
    citations = tuple(replace(cited, answer_start=start + first, answer_end=start + last) for first, last in parts)
    items = tuple(Item((answer.text or "")[first:last], (place,)) for place, (first, last) in enumerate(parts))
    text = in_words([item.text for item in items])
    return replace(answer, kind="list", text=text, items=items, citations=citations + answer.citations[1:])


def _in_order(found: Sequence[ListedItem], passages: Sequence[Passage]) -> list[ListedItem]:
    """The items of the passage that holds most first, each passage's in the order of the text."""
    worth = [
        sum(item.chance for item in found if _holds(passage, item)) - passage.rank / (1 + len(passages)) / 10
        for passage in passages
    ]
    ranked = sorted(range(len(passages)), key=lambda place: -worth[place])

    def place_of(item: ListedItem) -> tuple[int, int]:
        held = next((order for order, place in enumerate(ranked) if _holds(passages[place], item)), len(ranked))
        inside = [one.start for one in item.places if held < len(ranked) and _covers(passages[ranked[held]], one)]
        return held, min(inside, default=item.places[0].start)

    return sorted(found, key=place_of)


def _holds(passage: Passage, item: ListedItem) -> bool:
    return any(_covers(passage, one) for one in item.places)


def _covers(passage: Passage, finding: Finding) -> bool:
    inside = passage.start <= finding.start and finding.end <= passage.end
    return passage.article_id == finding.article_id and inside
