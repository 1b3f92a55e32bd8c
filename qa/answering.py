"""Passages to an answer: the last stage of a question's path."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Protocol

from qa.citations import cite
from qa.errors import QAError
from qa.reader import Reader
from qa.reranker import rerank
from qa.selection import Calibration, RankedAnswer, select
from qa.types import Alternative, Answer, AnswerEvent, AnswerReady, Candidate, Citation, Passage, Retrieved
from vectorstore import Article, ArticleIndex

MAX_CITATIONS = 5
MAX_ALTERNATIVES = 4
MIN_ALTERNATIVE = 0.02
"""Answers less likely than this are not worth a person's look."""


class Answerer(Protocol):
    """Writes answers from retrieved passages."""

    def answer_many(self, retrieved: Sequence[Retrieved]) -> list[Answer]:
        """One answer each, worked on together."""
        ...

    def stream(self, retrieved: Retrieved) -> Iterator[AnswerEvent]:
        """The answer as it is written; the last event is ``AnswerReady``."""
        ...


class ExtractiveAnswerer:
    """Gives the reader's best span, with the sentence it stands in, or abstains."""

    def __init__(
        self, index: ArticleIndex, reader: Reader, calibration: Calibration, threshold: float | None = None
    ) -> None:
        """``threshold`` replaces the calibration's: the least chance of being right an answer must have."""
        self._index = index
        self._reader = reader
        self._calibration = calibration
        self._threshold = calibration.threshold if threshold is None else threshold

    def answer_many(self, retrieved: Sequence[Retrieved]) -> list[Answer]:
        """See ``Answerer``; the latency of each is its share of the time they took together."""
        found = self._reader.read_many(
            [(one.query.text, [(passage.title, passage.text) for passage in one.passages]) for one in retrieved]
        )
        answers = [self._answer(one, candidates) for one, candidates in zip(retrieved, found, strict=True)]
        latency_ms = milliseconds_each(retrieved)
        return [replace(answer, latency_ms=latency_ms) for answer in answers]

    def stream(self, retrieved: Retrieved) -> Iterator[AnswerEvent]:
        """See ``Answerer``; a span comes whole."""
        yield AnswerReady(self.answer_many([retrieved])[0])

    def _answer(self, retrieved: Retrieved, candidates: Sequence[Candidate]) -> Answer:
        selection = select(candidates, retrieved.passages, self._calibration)
        score = selection.chances[0] if selection.answers else 0.0
        given = bool(selection.answers) and score >= self._threshold
        others = list(zip(selection.answers, selection.chances, strict=True))[1 if given else 0 :]
        return Answer(
            question=retrieved.query.question,
            text=selection.answers[0].best.text if given else None,
            score=score,
            citations=self._citations(selection.answers[0], retrieved) if given else (),
            passages=rerank(retrieved.passages, candidates),
            alternatives=tuple(
                Alternative(answer.best.text, chance, self._cite(answer.best, retrieved))
                for answer, chance in others[:MAX_ALTERNATIVES]
                if chance >= MIN_ALTERNATIVE
            ),
            query=retrieved.query.text,
            model=self._reader.name,
        )

    def _citations(self, answer: RankedAnswer, retrieved: Retrieved) -> tuple[Citation, ...]:
        """The distinct sentences that say so, best first: overlapping passages show the same words twice."""
        citations: dict[tuple[str, int, int], Citation] = {}
        for place in answer.places:
            citation = self._cite(place, retrieved)
            citations.setdefault((citation.article_id, citation.start, citation.end), citation)
        return tuple(citations.values())[:MAX_CITATIONS]

    def _cite(self, candidate: Candidate, retrieved: Retrieved) -> Citation:
        passage = retrieved.passages[candidate.passage]
        return cite(candidate, passage, article_of(passage, self._index))


def article_of(passage: Passage, index: ArticleIndex) -> Article:
    """The article ``passage`` is from. Raises QAError when it was removed since the passage was found."""
    article = index.article(passage.article_id)
    if article is None or article.text[passage.start : passage.end] != passage.text:
        raise QAError(f"{passage.source} was changed or removed while it was being read; ask again")
    return article


def milliseconds_each(retrieved: Sequence[Retrieved]) -> float:
    """Time since the first of these questions came in, shared out evenly, in milliseconds."""
    if not retrieved:
        return 0.0
    started = min(one.query.asked_at for one in retrieved)
    return 1000.0 * (time.perf_counter() - started) / len(retrieved)
