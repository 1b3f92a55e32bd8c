"""``fact``: a span of an article, in its sentence. Also what any other kind falls back to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from qa.about import names_asked, speaks_of, speaks_of_years
from qa.abstaining import Abstainer
from qa.boilerplate import is_boilerplate, stands_alone
from qa.citations import cite
from qa.gathering import Gatherer
from qa.ports import Evidence, Plan, Reader, Text, name_of
from qa.reranker import rerank
from qa.selection import UNCALIBRATED, Calibration, RankedAnswer, Selection, select
from qa.types import Alternative, Answer, Candidate, Citation, Passage

MAX_CITATIONS = 5
MAX_ALTERNATIVES = 4
MIN_ALTERNATIVE = 0.02
"""Beside an answer, others less likely than this are not worth a person's look."""
MIN_CANDIDATE = 0.12
"""In place of an answer, less likely ones are no candidates: the sentences on the subject say more."""


class FactStrategy:
    """Gives the reader's best span with the sentence it stands in, or abstains."""

    def __init__(
        self,
        gatherer: Gatherer,
        reader: Reader,
        abstainer: Abstainer,
        calibration: Calibration | None,
        threshold: float | None = None,
    ) -> None:
        """``calibration`` is what turns this reader's scores, over this retriever's passages, into chances; without
        one answers carry no score. ``threshold`` replaces the calibration's: the least chance an answer must have."""
        self._gatherer = gatherer
        self._reader = reader
        self._abstainer = abstainer
        self._is_measured = calibration is not None
        self._calibration = calibration or UNCALIBRATED
        self._threshold = self._calibration.threshold if threshold is None else threshold

    def gather(self, plan: Plan) -> Evidence:
        """See ``Strategy``."""
        return Evidence(self._gatherer.passages(plan.query.text, plan.articles, None, plan.query.talked_about))

    def answer(self, plan: Plan, evidence: Evidence) -> Answer:
        """See ``Strategy``."""
        texts = [passage.as_read_for_spans for passage in evidence.passages]
        return self.chosen(plan, evidence.passages, self.read(plan.query.text, texts))

    def read(self, question: str, texts: Sequence[Text]) -> list[Candidate]:
        """All spans that the reader finds, best first."""
        return self._reader.read(question, texts)

    @property
    def threshold(self) -> float:
        """The least chance of being right that an answer must have."""
        return self._threshold

    def likeliest(self, passages: Sequence[Passage], found: Sequence[Candidate]) -> Selection:
        """The answers in ``found`` with their chances by how they read: what the searches that ``passages`` come from
        thought of them does not count."""
        stated = [one for one in found if "\n\n" not in one.text and self._states(one, passages[one.passage])]
        return select(stated, passages, replace(self._calibration, retrieval_weight=0.0))

    def chosen(self, plan: Plan, passages: Sequence[Passage], found: Sequence[Candidate]) -> Answer:
        """The answer where ``found`` is what was read in ``passages``."""
        candidates = self._candidates(plan, passages, found)
        selection = select(candidates, passages, self._calibration)
        read = rerank(passages, candidates)
        name = name_of(self._reader)
        best = selection.chances[0] if selection.answers else 0.0
        if not selection.answers or best < self._threshold:
            return self._abstainer.abstain(
                plan,
                read,
                score=self._score(best),
                alternatives=self._alternatives(selection, passages, 0, MIN_CANDIDATE),
                model=name,
            )
        given = selection.answers[0]
        return Answer(
            question=plan.query.question,
            text=given.best.text,
            kind="fact",
            score=self._score(best),
            citations=self.citations(given, passages),
            passages=read,
            alternatives=self._alternatives(selection, passages, 1, MIN_ALTERNATIVE),
            model=name,
        )

    def _candidates(self, plan: Plan, passages: Sequence[Passage], found: Sequence[Candidate]) -> list[Candidate]:
        """Those of ``found`` that can be what is asked for."""
        # No answer begins in one paragraph and ends in another; in a table or a list they are easily run together.
        whole = [candidate for candidate in found if "\n\n" not in candidate.text]
        names = names_asked(plan.query.worded, passages)
        one_of_each = {passage.article_id: passage for passage in passages}
        of_them = {article for article, passage in one_of_each.items() if self._speaks_of(names, passage)}
        if not self._knows_years(plan.query.text, list(one_of_each.values())):
            return []
        named = [candidate for candidate in whole if passages[candidate.passage].article_id in of_them]
        return [candidate for candidate in named if self._states(candidate, passages[candidate.passage])]

    def _speaks_of(self, names: Sequence[frozenset[str]], passage: Passage) -> bool:
        """Whether its article has all ``names``; where a passage stands alone, its article is not there to be asked."""
        return not names or passage.alone or speaks_of(self._gatherer.article_of(passage), names)

    def _knows_years(self, question: str, passages: Sequence[Passage]) -> bool:
        """Whether one of their articles speaks of the years that ``question`` names: it need not be that which answers,
        where one leads to another."""
        return any(one.alone or speaks_of_years(self._gatherer.article_of(one), question) for one in passages)

    def _states(self, candidate: Candidate, passage: Passage) -> bool:
        """Whether it is part of what its article says, and no byline, dateline or heading."""
        article = self._gatherer.article_of(passage)
        start, end = passage.start + candidate.start, passage.start + candidate.end
        return not stands_alone(article, start, end) and not is_boilerplate(article, start, end)

    def _score(self, chance: float) -> float | None:
        return chance if self._is_measured else None

    def _alternatives(
        self, selection: Selection, passages: Sequence[Passage], first: int, least: float
    ) -> tuple[Alternative, ...]:
        others = list(zip(selection.answers, selection.chances, strict=True))[first : first + MAX_ALTERNATIVES]
        return tuple(
            Alternative(answer.best.text, self._score(chance), self._cite(answer.best, passages))
            for answer, chance in others
            if chance >= least
        )

    def citations(self, answer: RankedAnswer, passages: Sequence[Passage]) -> tuple[Citation, ...]:
        """The distinct sentences that say so, best first: overlapping passages show the same words twice."""
        citations: dict[tuple[str, int, int], Citation] = {}
        for place in answer.places:
            citation = self._cite(place, passages)
            citations.setdefault((citation.article_id, citation.start, citation.end), citation)
        return tuple(citations.values())[:MAX_CITATIONS]

    def _cite(self, candidate: Candidate, passages: Sequence[Passage]) -> Citation:
        passage = passages[candidate.passage]
        return cite(candidate, passage, self._gatherer.article_of(passage))
