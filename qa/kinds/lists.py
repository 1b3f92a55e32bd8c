"""``list``: every item that is asked for, each with the sentence it stands in."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from language.numbers import numbers_in, unit_of
from language.words import stems_of
from qa.boilerplate import is_boilerplate
from qa.citations import cite_span, enclosing_sentence
from qa.gathering import Gatherer
from qa.kinds.chances import chance, log_odds
from qa.kinds.fact import FactStrategy
from qa.kinds.items import Finding, ListedItem, merge
from qa.kinds.run_of_words import in_words, taken_apart
from qa.kinds.stretches import LEAST_READ, Stretch, stretches
from qa.ports import Evidence, Plan
from qa.reader.evidence import EvidenceReader
from qa.selection import standardized
from qa.types import Answer, Candidate, Citation, Item, Passage

PASSAGES = 20
"""Weighed for a list: with what else a question needs, about as many as a second allows on two cores."""
READ = 10
"""Of these, the best, that the reader looks for spans in."""
MOST_ASKED = 20
"""Number of items that a question may name: "which two players"; more is a number of something else."""


SURE = 0.65
"""Chance from which on the fact, often one thing or one run of words, stands in place of what was found singly: many
a question that seems to ask for several is for one."""
SURE_OF_OTHERS = 0.5
"""The same where the fact names nothing of what was found singly."""


@dataclass(frozen=True)
class Weights:
    """What the log-odds of an item are made of; fitted on questions with several answers that were kept aside from
    all training, over a library of their passages and others."""

    bias: float
    read: float
    """Of the reader's score, with that of its passage, less the best in any passage; ``LEAST_READ`` at least."""
    tagged: float
    """Of the log-odds that the evidence reader gives it."""
    untagged: float
    """Where the evidence reader sees no item there."""
    best_read: float
    """Of standing in the passage that the reader likes best."""
    retrieval: float
    """Of its passage's score among those found, in standard deviations."""
    beside: float
    """Of the chance of the likeliest other item in its sentence: what is listed is listed together."""
    least: float
    """Chance of an item, for it to be listed."""
    least_share: float
    """Likewise, as a share of the likeliest item's."""
    least_asked: float
    """Chance of an item where the question says how many there are: then the likeliest are listed, so many at most."""


WEIGHTS = Weights(
    bias=-3.63,
    read=0.076,
    tagged=0.546,
    untagged=-0.35,
    best_read=0.25,
    retrieval=0.74,
    beside=2.0,
    least=0.15,
    least_share=0.3,
    least_asked=0.07,
)


class ListStrategy:
    """Lists what is found in many passages; where that is one item or none, the fact is the answer."""

    def __init__(
        self,
        gatherer: Gatherer,
        fact: FactStrategy,
        weigher: EvidenceReader,
        weights: Weights = WEIGHTS,
    ) -> None:
        self._gatherer = gatherer
        self._fact = fact
        self._weigher = weigher
        self._weights = weights

    def gather(self, plan: Plan) -> Evidence:
        """See ``Strategy``."""
        return Evidence(self._gatherer.passages(plan.query.text, plan.articles, PASSAGES, plan.query.talked_about))

    def answer(self, plan: Plan, evidence: Evidence) -> Answer:
        """See ``Strategy``."""
        passages = evidence.passages
        spans = self._read(plan.query.text, passages)
        found = self._listed(plan.query.text, passages, spans)
        fact = self._fact.chosen(plan, passages[:READ], spans)
        if len(found) < 2:
            return _as_list(fact, passages)
        if fact.text is not None and asked_number(plan.query.text) is None and _is_surer(fact, found):
            return _as_list(fact, passages)
        items, citations = self.shown(found, passages)
        return Answer(
            question=plan.query.question,
            text=in_words([item.text for item in items]),
            kind="list",
            items=items,
            citations=citations,
            passages=passages,
        )

    def items(self, question: str, passages: Sequence[Passage]) -> list[ListedItem]:
        """What ``passages`` name in answer to ``question``, in the order it is to be shown."""
        return self._listed(question, passages, self._read(question, passages))

    def _read(self, question: str, passages: Sequence[Passage]) -> list[Candidate]:
        return self._fact.read(question, [passage.as_read for passage in passages[:READ]])

    def _listed(self, question: str, passages: Sequence[Passage], read: Sequence[Candidate]) -> list[ListedItem]:
        """``items``, where ``read`` is what the reader found in the best passages."""
        found = _of_one_kind(merge(self._findings(question, passages, read)))
        asked = asked_number(question)
        if asked is None:
            best = max((item.chance for item in found), default=0.0)
            least = max(self._weights.least, self._weights.least_share * best)
            kept = [item for item in found if item.chance >= least]
        else:
            kept = [item for item in found if item.chance >= self._weights.least_asked][:asked]
        return _in_order(kept, passages)

    def shown(
        self, found: Sequence[ListedItem], passages: Sequence[Passage]
    ) -> tuple[tuple[Item, ...], tuple[Citation, ...]]:
        """``found`` as items with their sentences; items of one sentence each have a citation, at their own place."""
        citations = tuple(self._cite(item.places[0], passages) for item in found)
        return tuple(Item(item.text, (place,)) for place, item in enumerate(found)), citations

    def _findings(self, question: str, passages: Sequence[Passage], read: Sequence[Candidate]) -> list[Finding]:
        """What the reader and the evidence reader see, each stretch with its chance to be an item."""
        if not passages:
            return []
        texts = [passage.as_read for passage in passages]
        liked = [float(value) for value in standardized([passage.score for passage in passages])]
        spans = [replace(span, score=span.score + liked[span.passage]) for span in read]
        weighed = self._weigher.weigh(question, texts)
        weights = self._weights
        best_read = max(spans, key=lambda span: span.score).passage if spans else -1
        found = []
        for one in stretches(spans, weighed, [text for _, text in texts]):
            likely = chance(
                weights.bias
                + weights.read * max(one.read, LEAST_READ)
                + (weights.untagged if one.tagged is None else weights.tagged * one.tagged)
                + weights.best_read * (one.passage == best_read)
                + weights.retrieval * liked[one.passage]
            )
            found.append(self._finding(passages, one, likely))
        stated = [
            one
            for one in found
            if not is_boilerplate(self._gatherer.article_of(passages[one.passage]), one.start, one.end)
        ]
        return _with_others(stated, weights.beside)

    def _finding(self, passages: Sequence[Passage], one: Stretch, likely: float) -> Finding:
        passage = passages[one.passage]
        article = self._gatherer.article_of(passage)
        start, end = passage.start + one.start, passage.start + one.end
        sentence = enclosing_sentence(article.text, start, end)
        return Finding(article.text[start:end], one.passage, article.id, start, end, sentence, likely)

    def _cite(self, finding: Finding, passages: Sequence[Passage]) -> Citation:
        article = self._gatherer.article_of(passages[finding.passage])
        return replace(cite_span(article, *finding.sentence), answer_start=finding.start, answer_end=finding.end)


def _with_others(found: Sequence[Finding], weight: float) -> list[Finding]:
    """Each likelier by ``weight`` times the chance of the likeliest other one in its sentence."""
    beside: dict[tuple[str, tuple[int, int]], list[Finding]] = {}
    for one in found:
        beside.setdefault((one.article_id, one.sentence), []).append(one)

    def raised(one: Finding) -> Finding:
        others = beside[one.article_id, one.sentence]
        likeliest = max(
            (other.chance for other in others if other.end <= one.start or one.end <= other.start), default=0.0
        )
        return replace(one, chance=chance(log_odds(one.chance) + weight * likeliest))

    return [raised(one) for one in found]


def _of_one_kind(found: Sequence[ListedItem]) -> list[ListedItem]:
    """Without bare numbers where names are the likelier items: "seven" of "Stein, Oliver and seven others"."""
    named = [item for item in found if not _is_number(item.text)]
    is_of_names = named and max(found, key=lambda item: item.chance) in named
    return named if is_of_names else list(found)


def _is_number(text: str) -> bool:
    return any(number.start == 0 and number.end == len(text) for number in numbers_in(text))


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


def _is_surer(fact: Answer, found: Sequence[ListedItem]) -> bool:
    """Whether the fact is likelier what is asked for than these items, among which it may be."""
    if _is_number(fact.text or "") and not any(_is_number(item.text) for item in found):
        return False  # how many there are does not say which
    likely = fact.score or 0.0
    named = frozenset().union(*(stems_of(item.text) for item in found))
    return likely >= SURE or (likely >= SURE_OF_OTHERS and named.isdisjoint(stems_of(fact.text or "")))


def _as_list(fact: Answer, passages: tuple[Passage, ...]) -> Answer:
    """The fact in answer to a question for several: one that lists some itself ("A, B and C") is taken apart."""
    if fact.text is None:
        return replace(fact, kind="list", passages=passages)
    apart = taken_apart(fact)
    return replace(apart, text=in_words([item.text for item in apart.items]))


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
