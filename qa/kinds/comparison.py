"""``comparison``: which of two has the better number or date, or is what is asked for; else what is said of each, side
by side."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from language.dates import FULL_DATE, PARTIAL_DATE, parse_date
from language.numbers import Quantity, quantity_in
from language.words import stems_of
from qa.about import NEAR
from qa.abstaining import Abstainer
from qa.citations import cite_span
from qa.gathering import Gatherer
from qa.kinds.fact import FactStrategy
from qa.kinds.own_articles import OwnArticles, only_one
from qa.kinds.sides import Compared, Measured, compared, is_about, measured, stated_of_one, whole_name
from qa.ports import Evidence, Plan, Sentence
from qa.reader.evidence import EvidenceReader
from qa.shown import ShownSentences
from qa.types import Answer, Citation, Item, Passage
from vectorstore import ArticleFilter

PASSAGES_A_SIDE = 8
SENTENCES_A_SIDE = 2
LEAST_SHARE = 0.5
"""A second sentence is shown of a side if it is worth at least this share of the first."""
FEWEST_WORDS = 4
"""Of a sentence: a heading, and a bare date at an article's head, states nothing."""
LEAST_CHANCE = 0.1
"""Of a date or a number, for it to be compared: asked so exactly, the reader's second thought is often right."""

_COMPARING = stems_of("compare comparison difference differences differ different distinction between vs versus")
_DATE = re.compile(rf"\b(?:{FULL_DATE}|{PARTIAL_DATE})\b", re.IGNORECASE)


@dataclass(frozen=True)
class _Value:
    """What a side has: a number or a date, where it stands."""

    value: float | str
    measure: str
    citation: Citation


_Own = Mapping[str, tuple[str, ...]]
"""The ids of the articles that are about each side, if any."""


class ComparisonStrategy:
    """Compares what the articles state of each side; a side that they do not speak of is named as missing."""

    def __init__(
        self,
        gatherer: Gatherer,
        shown: ShownSentences,
        abstainer: Abstainer,
        fact: FactStrategy,
        weigher: EvidenceReader,
        own: OwnArticles,
    ) -> None:
        self._gatherer = gatherer
        self._shown = shown
        self._own = own
        self._abstainer = abstainer
        self._fact = fact
        self._weigher = weigher

    def gather(self, plan: Plan) -> Evidence:
        """See ``Strategy``."""
        between = compared(plan.query.text, plan.sides)
        if between is None:
            return self._fact.gather(plan)
        found = [
            passage
            for side in between.sides
            for passage in self._gatherer.passages(f"{side} {between.asked}", plan.articles, PASSAGES_A_SIDE)
        ]
        return Evidence(tuple({passage.chunk_id: passage for passage in found}.values()))

    def answer(self, plan: Plan, evidence: Evidence) -> Answer:
        """See ``Strategy``."""
        between = compared(plan.query.text, plan.sides)
        if between is None:
            return self._fact.answer(plan, evidence)
        own = {side: self._own.of(side, plan) for side in between.sides}
        for way in measured(between.asked):
            if answer := self._decided(plan, evidence, between, own, way):
                return answer
        return self._that_is_so(plan, evidence, between, own) or self._side_by_side(plan, evidence, between, own)

    # Decided by a number or a date

    def _decided(self, plan: Plan, evidence: Evidence, between: Compared, own: _Own, way: Measured) -> Answer | None:
        a, b = between.sides
        one, other = self._value(plan, between, own, way, a, b), self._value(plan, between, own, way, b, a)
        if one is None or other is None or one.measure != other.measure or one.value == other.value:
            return None
        first_is_greater = one.value > other.value  # type: ignore[operator]  # both are numbers, or both dates
        order = (0, 1) if first_is_greater == way.greatest else (1, 0)
        return self._chosen(plan, evidence, between, order, [one.citation, other.citation])

    def _chosen(
        self, plan: Plan, evidence: Evidence, between: Compared, order: tuple[int, int], citations: Sequence[Citation]
    ) -> Answer:
        """The first side of ``order``, with what ``citations`` say of each side."""
        sides = [as_written(side, cited.quote) for side, cited in zip(between.sides, citations, strict=True)]
        return Answer(
            question=plan.query.question,
            text=sides[order[0]],
            kind="comparison",
            items=tuple(
                Item(" ".join(citations[side].quote.split()), (place,), label=sides[side])
                for place, side in enumerate(order)
            ),
            citations=tuple(citations[side] for side in order),
            passages=evidence.passages,
        )

    def _that_is_so(self, plan: Plan, evidence: Evidence, between: Compared, own: _Own) -> Answer | None:
        """The side of which its own article says what is asked, "is American", and that of the other does not."""
        statement = stated_of_one(between.asked)
        articles = [own[side] for side in between.sides]
        if statement is None or not all(articles):
            return None
        said = [one for ids in articles if (one := self._own.says(statement, ids)) is not None]
        first = only_one(said) if len(said) == len(articles) else None
        if first is None:
            return None
        cited = [cite_span(one.sentence.article, one.sentence.start, one.sentence.end) for one in said]
        return self._chosen(plan, evidence, between, (first, 1 - first), cited)

    def _value(self, plan: Plan, between: Compared, own: _Own, way: Measured, side: str, other: str) -> _Value | None:
        question = way.question.replace("{}", whole_name(side, between.asked))
        asked = replace(plan, kind="fact", query=replace(plan.query, text=question), sides=())
        answer = self._of_own(asked, own[side]) or self._fact.answer(asked, self._fact.gather(asked))
        for text, citation in _told(answer):
            if len(citation.quote.split()) < FEWEST_WORDS:
                continue
            about = f"{citation.title} {citation.quote}"
            value = _date_of(text) if way.by == "date" else _number_of(text, citation)
            if value is not None and is_about(side, about, other):
                return replace(value, citation=citation)
        return None

    def _of_own(self, asked: Plan, articles: Sequence[str]) -> Answer | None:
        """The answer of ``articles``, those about a side; None where there are none, or they have no answer."""
        if not articles:
            return None
        answer = self._fact.answer(asked, Evidence(self._own.passages(asked.query.text, articles)))
        return answer if answer.text is not None else None

    # Side by side

    def _side_by_side(self, plan: Plan, evidence: Evidence, between: Compared, own: _Own) -> Answer:
        a, b = between.sides
        first = self._said_of(a, b, between.asked, own[a], evidence.passages)
        said = [first, self._said_of(b, a, between.asked, own[b], evidence.passages, shown=first)]
        is_known = any(own.values()) or any(map(self._is_known, between.sides))
        if not any(said) or (is_plain(between.asked) and not is_known):
            return self._abstainer.abstain(plan, evidence.passages)
        items: list[Item] = []
        citations: list[Citation] = []
        for side, sentences in zip(between.sides, said, strict=True):
            label = as_written(side, " ".join(sentence.text for sentence in sentences))
            for sentence in sentences:
                items.append(Item(" ".join(sentence.text.split()), (len(citations),), label=label))
                citations.append(cite_span(sentence.article, sentence.start, sentence.end))
        missing = [side for side, sentences in zip(between.sides, said, strict=True) if not sentences]
        return Answer(
            question=plan.query.question,
            text=_beside(items),
            kind="comparison",
            items=tuple(items),
            citations=tuple(citations),
            passages=evidence.passages,
            notice=f"The articles say nothing of {missing[0]}." if missing else None,
        )

    def _is_known(self, side: str) -> bool:
        """Whether an article is near to ``side``: what only mentions dogs does not compare them with cats."""
        return any((one.score or 0.0) >= NEAR for one in self._gatherer.catalogue(ArticleFilter(about=side, limit=1)))

    def _said_of(
        self,
        side: str,
        other: str,
        asked: str,
        articles: Sequence[str],
        passages: Sequence[Passage],
        shown: Sequence[Sentence] = (),
    ) -> list[Sentence]:
        """The one or two sentences on ``side`` that say most of what is asked; others than are ``shown`` already,
        where there are others."""
        question = f"{asked} {side}?".strip()
        own = list(self._own.passages(question, articles)) if articles else []
        own = own or [passage for passage in passages if is_about(side, f"{passage.title} {passage.text}")]
        weighed = self._weigher.weigh(question, [passage.as_read for passage in own])
        worth: dict[tuple[str, int], tuple[float, Sentence]] = {}
        for passage, one in zip(own, weighed, strict=True):
            for sentence in self._shown.of_passage(passage):
                if articles or is_about(side, sentence.text, other):
                    start = max(0, sentence.start - passage.start)
                    value = one.sentence(start, min(len(passage.text), sentence.end - passage.start))
                    worth[sentence.article.id, sentence.start] = (value, sentence)
        already = {(sentence.article.id, sentence.start) for sentence in shown}
        worth = {place: one for place, one in worth.items() if place not in already} or worth
        best = sorted(worth.values(), key=lambda pair: -pair[0])[:SENTENCES_A_SIDE]
        return [sentence for value, sentence in best if value >= LEAST_SHARE * best[0][0]]


def is_plain(asked: str) -> bool:
    """Whether a question, without its sides, asks for no more than to compare them."""
    return stems_of(asked) <= _COMPARING


def as_written(side: str, text: str) -> str:
    """``side``, typed without capitals, as ``text`` writes it: "BA.2" of "ba.2"; as it is where that has it not."""
    if side != side.lower():
        return side
    found = re.search(rf"(?<!\w){re.escape(side)}(?!\w)", " ".join(text.split()), re.IGNORECASE)
    return found.group() if found else side


def _told(answer: Answer) -> Iterator[tuple[str, Citation]]:
    """What was read, likeliest first, with where it stands."""
    if answer.text is not None:
        yield answer.text, answer.citations[0]
    for other in answer.alternatives:
        if other.score is None or other.score >= LEAST_CHANCE:
            yield other.text, other.citation


def _date_of(text: str) -> _Value | None:
    match = _DATE.search(text)
    date = parse_date(match.group()) if match else None
    return _Value(date, "", _NOWHERE) if date else None


def _number_of(text: str, citation: Citation) -> _Value | None:
    # The sentence says what the number measures where the answer itself is the bare number.
    start = (citation.start if citation.answer_start is None else citation.answer_start) - citation.start
    found: Quantity | None = quantity_in(citation.quote[start : start + len(text)]) and quantity_in(
        citation.quote[start:]
    )
    return _Value(found.value, found.measure, _NOWHERE) if found else None


_NOWHERE = Citation("", "", "", "", 0, 0)


def _beside(items: Sequence[Item]) -> str:
    """``A: what is said of it. B: what is said of it.``"""
    sides = dict.fromkeys(item.label for item in items)
    return " ".join(f"{side}: {' '.join(item.text for item in items if item.label == side)}" for side in sides)
