"""Questions whose answer needs two articles: both are read as one, or the inner part is asked first and its answer put
in; both are cited."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from language.normalisation import normalize_answer, same_answer
from language.words import stems_of
from qa.citations import cite_span
from qa.gathering import Gatherer
from qa.kinds.fact import FactStrategy
from qa.kinds.hops import Hop, hops, with_answer
from qa.kinds.linked import linked, said_by
from qa.kinds.together import Together
from qa.ports import Evidence, Plan, Sentence
from qa.types import Answer, Citation, Passage

SURE = 0.5
"""Chance of the direct answer from which on its question is not taken apart."""
SURE_ALONE = 0.8
"""The same from which on no second article is read with its own."""
MOST_ASKED = 3
"""Further questions asked of the library, at most."""
PASSAGES = 6
"""Read for each of them: they ask more exactly than the question does, and time is short."""
LEAST_GAIN = 2
"""Words of the question that a second article must say beyond the first, to be cited as the way to it."""


class TwoHops:
    """The fact where it is sure; else what two facts make, if they are surer. Any other question is untouched."""

    def __init__(self, gatherer: Gatherer, fact: FactStrategy) -> None:
        self._gatherer = gatherer
        self._fact = fact
        self._together = Together(gatherer, fact)

    def gather(self, plan: Plan) -> Evidence:
        """See ``Strategy``."""
        return self._fact.gather(plan)

    def answer(self, plan: Plan, evidence: Evidence) -> Answer:
        """See ``Strategy``."""
        answer = self._fact.answer(plan, evidence)
        # A reader without calibration has no chances to compare: its answers stand as they are.
        if answer.score is not None and not _is_sure(answer, SURE_ALONE):
            answer = self._together.answer(plan, evidence.passages, answer)
            if answer.score is not None and not _is_sure(answer, SURE):
                answer = self._by_hops(plan, hops(plan.query.text), answer) or answer
        return answer if answer.text is None else self._with_way(plan, answer, evidence.passages)

    def _by_hops(self, plan: Plan, ways: Sequence[Hop], direct: Answer) -> Answer | None:
        asked = 0
        for hop in ways:
            if asked + 2 > MOST_ASKED:
                return None
            inner = self._ask(plan, hop.inner)
            asked += 1
            if inner.text is None or not _fits(hop, inner.text, plan.query.text):
                continue
            outer = self._ask(plan, with_answer(hop, inner.text))
            asked += 1
            if outer.text is None or same_answer(outer.text, inner.text):
                continue
            # Both have to be right, so both chances count; where nobody knows them the direct answer stands.
            if (inner.score or 0.0) * (outer.score or 0.0) <= (direct.score or 0.0):
                continue
            citations = dict.fromkeys([outer.citations[0], inner.citations[0], *outer.citations[1:]])
            # Nobody has measured how often two answers in a row are right.
            return replace(outer, citations=tuple(citations), score=None, passages=_joined(outer, inner))
        return None

    def _ask(self, plan: Plan, question: str) -> Answer:
        asked = replace(plan, query=replace(plan.query, text=question))
        found = self._gatherer.passages(question, plan.articles, PASSAGES)
        return self._fact.answer(asked, Evidence(found))

    def _with_way(self, plan: Plan, answer: Answer, passages: Sequence[Passage]) -> Answer:
        """``answer`` with the sentence of another article that leads to its own, where one is needed: it says what of
        the question the answer's own article does not, and one of the two names the other."""
        if len({citation.article_id for citation in answer.citations}) > 1:
            return answer
        cited = answer.citations[0]
        own = next((one for one in answer.passages if _covers(one, cited)), None)
        if own is None:
            return answer
        missing = stems_of(plan.query.text) - said_by(own)
        best: tuple[int, Sentence] | None = None
        for passage in passages:
            if passage.article_id == own.article_id or not linked(passage, own):
                continue
            for sentence in self._gatherer.sentences_of(passage):
                gain = len(missing & stems_of(f"{passage.title} {sentence.text}"))
                if gain >= LEAST_GAIN and (best is None or gain > best[0]):
                    best = gain, sentence
        if best is None:
            return answer
        way = cite_span(best[1].article, best[1].start, best[1].end)
        return replace(answer, citations=(cited, way, *answer.citations[1:]))


def _is_sure(answer: Answer, least: float) -> bool:
    return answer.text is not None and (answer.score or 0.0) >= least


def _fits(hop: Hop, answer: str, question: str) -> bool:
    """Whether ``answer`` can stand in for the inner part: a date for a time, else a name that the question lacks."""
    if hop.is_time:
        return any(character.isdigit() for character in answer)
    is_name = any(word[:1].isupper() for word in answer.split())
    return is_name and normalize_answer(answer) not in normalize_answer(question)


def _joined(outer: Answer, inner: Answer) -> tuple[Passage, ...]:
    return tuple({passage.chunk_id: passage for passage in (*outer.passages, *inner.passages)}.values())


def _covers(passage: Passage, citation: Citation) -> bool:
    start = citation.start if citation.answer_start is None else citation.answer_start
    return passage.article_id == citation.article_id and passage.start <= start < passage.end
