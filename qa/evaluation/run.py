"""A test set put to the chatbot, or to the reader alone: what became of every question, and the totals."""

from __future__ import annotations

import platform
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from qa.citations import enclosing_sentence
from qa.errors import QAError, TestSetError
from qa.evaluation import metrics
from qa.evaluation.dataset import EvalQuestion
from qa.reader.reader import WEIGHTS, Reader
from qa.selection import Calibration, Calibrations, select
from qa.types import Answer, Candidate, Citation, Passage

if TYPE_CHECKING:
    from qa.chatbot import Chatbot

RECALL_AT = (1, 3, 5, 10, 20)
RANKED = max(RECALL_AT)
"""Passages looked through for the answer, however few the chatbot reads."""
BATCH = 64
"""Questions read together when the paragraph is given."""
LIBRARIES = (
    "article-qa",
    "chromadb",
    "langchain-core",
    "onnxruntime",
    "sentence-transformers",
    "tokenizers",
    "numpy",
)

Outcome = Literal["failed", "wrong", "overconfident", "missed", "partly right", "right", "rightly abstained"]
"""``overconfident``: answered what the articles do not say; ``missed``: abstained though they do."""

ProgressCallback = Callable[[int, int], None]
"""Told how many of how many questions are done."""


@dataclass(frozen=True)
class QuestionResult:
    """What became of one question."""

    question: EvalQuestion
    prediction: str | None
    """The answer's text, the empty string for an abstention, None where the question failed."""
    best: str | None = None
    """The best candidate: the prediction, or what would have been answered instead of abstaining."""
    score: float | None = None
    citations: tuple[Citation, ...] = ()
    first_relevant_rank: int | None = None
    """Rank of the first passage that holds an accepted answer; None where there is none among the first 20."""
    latency_ms: float | None = None
    failure: str | None = None
    """Why it has no answer and no abstention either."""
    model: str | None = None
    """Who wrote the answer; not the language model that was asked for where that did not answer."""
    notice: str | None = None
    """What the chatbot had to say beside the answer."""

    @property
    def abstained(self) -> bool:
        """Whether there was an abstention; a failure is none."""
        return self.prediction == ""

    @cached_property
    def exact_match(self) -> float:
        """0.0 or 1.0, best over the accepted answers; a failure is never right."""
        return self._best(metrics.exact_match)

    @cached_property
    def f1(self) -> float:
        """0.0 to 1.0, best over the accepted answers; a failure is never right."""
        return self._best(metrics.token_f1)

    def _best(self, metric: Callable[[str, str], float]) -> float:
        return (
            0.0 if self.prediction is None else metrics.best_over_gold(metric, self.prediction, self.question.answers)
        )

    @property
    def best_is_right(self) -> bool:
        """Whether the best candidate matches an accepted answer exactly: what ``score`` is the chance of."""
        return self.best is not None and any(metrics.exact_match(self.best, gold) for gold in self.question.answers)

    @property
    def outcome(self) -> Outcome:
        """The result in a word."""
        if self.prediction is None:
            return "failed"
        if not self.question.is_answerable:
            return "rightly abstained" if self.abstained else "overconfident"
        if self.abstained:
            return "missed"
        return "right" if self.exact_match else "partly right" if self.f1 else "wrong"

    def to_dict(self) -> dict[str, Any]:
        """One line of ``article-qa eval --predictions``."""
        return {
            "id": self.question.id,
            "question": self.question.question,
            "answers": list(self.question.answers),
            "prediction": self.prediction,
            "score": self.score,
            "exact_match": self.exact_match,
            "f1": self.f1,
            "citations": [
                {
                    "article_id": citation.article_id,
                    "title": citation.title,
                    "source": citation.source,
                    "quote": citation.quote,
                    "start": citation.start,
                    "end": citation.end,
                }
                for citation in self.citations
            ],
            "first_relevant_rank": self.first_relevant_rank,
        }


@dataclass(frozen=True)
class EvalResult:
    """What became of every question of a test set, in its order, and under which settings."""

    rows: tuple[QuestionResult, ...]
    settings: dict[str, Any] = field(default_factory=dict)
    retrieved: bool = True
    """Whether passages were searched for; False where the reader was given the paragraph."""

    @property
    def failed(self) -> tuple[QuestionResult, ...]:
        """The questions that got neither an answer nor an abstention."""
        return tuple(row for row in self.rows if row.failure is not None)

    def to_dict(self) -> dict[str, Any]:
        """The object ``article-qa eval --json`` writes; a figure that nothing was there to measure is None.

        A failed question is not right and nothing was found for it; having no score and no answer, it is left out of
        abstention, calibration and latency.
        """
        answerable = [row for row in self.rows if row.question.is_answerable]
        ranks = [row.first_relevant_rank for row in answerable] if self.retrieved else []
        done = [row for row in self.rows if row.failure is None]
        has_answer = [row.question.is_answerable for row in done]
        abstained = [row.abstained for row in done]
        scores = [row.score or 0.0 for row in done]
        latencies = [row.latency_ms for row in done if row.latency_ms is not None]
        return {
            **_answer_figures(self.rows),
            "confidence": {
                "level": 0.95,
                "exact_match": _interval([row.exact_match for row in self.rows]),
                "f1": _interval([row.f1 for row in self.rows]),
            },
            "has_answer": _answer_figures(answerable),
            "no_answer": _answer_figures([row for row in self.rows if not row.question.is_answerable]),
            "answer_recall_at": {str(k): metrics.recall_at(ranks, k) for k in RECALL_AT},
            "mrr_at_10": metrics.mean_reciprocal_rank(ranks, 10),
            "abstention": {
                "precision": metrics.abstention_precision(abstained, has_answer),
                "recall": metrics.abstention_recall(abstained, has_answer),
                "auroc": metrics.auroc(scores, has_answer),
            },
            "calibration_error": metrics.expected_calibration_error(scores, [row.best_is_right for row in done]),
            "latency_ms": {"p50": _percentile(latencies, 50), "p95": _percentile(latencies, 95)},
            "failed": [
                {"id": row.question.id, "question": row.question.question, "reason": row.failure} for row in self.failed
            ],
            "settings": self.settings,
        }


def _answer_figures(rows: Sequence[QuestionResult]) -> dict[str, Any]:
    return {
        "n": len(rows),
        "exact_match": 100.0 * sum(row.exact_match for row in rows) / len(rows) if rows else None,
        "f1": 100.0 * sum(row.f1 for row in rows) / len(rows) if rows else None,
    }


def _interval(values: Sequence[float]) -> list[float] | None:
    interval = metrics.bootstrap_interval(values)
    return None if interval is None else [100.0 * bound for bound in interval]


def _percentile(values: Sequence[float], percent: float) -> float | None:
    return float(np.percentile(values, percent)) if values else None


# End to end -------------------------------------------------------------------------------------


def evaluate(bot: Chatbot, questions: Sequence[EvalQuestion], progress: ProgressCallback | None = None) -> EvalResult:
    """Asks ``bot`` every question, one by one as a person would, so that latencies are those a person sees."""
    bot.warm_up()  # loading the models is no part of the first question's latency
    rows = []
    for question in questions:
        rows.append(_asked(bot, question))
        if progress is not None:
            progress(len(rows), len(questions))
    answered_by = Counter(row.model for row in rows if row.model is not None)
    return EvalResult(tuple(rows), _bot_settings(bot) | {"answered_by": dict(answered_by)} | _circumstances())


def _asked(bot: Chatbot, question: EvalQuestion) -> QuestionResult:
    started = time.perf_counter()
    try:
        answer = bot.ask(question.question, history=question.history)
    except QAError as error:
        return QuestionResult(question, prediction=None, failure=str(error))
    latency_ms = 1000.0 * (time.perf_counter() - started)
    return QuestionResult(
        question,
        prediction=answer.text or "",
        best=answer.text or next((other.text for other in answer.alternatives), None),
        score=answer.score,
        citations=answer.citations,
        first_relevant_rank=_first_relevant_rank(_ranked(bot, answer), question) if question.is_answerable else None,
        latency_ms=latency_ms,
        model=answer.model,
        notice=answer.notice,
    )


def _ranked(bot: Chatbot, answer: Answer) -> Sequence[Passage]:
    """The first 20 passages: those that were read, in their order, and then what retrieval finds besides."""
    read = answer.passages[:RANKED]
    if len(read) == RANKED:
        return read
    found = bot.retriever.retrieve(answer.query or answer.question, top_k=RANKED)
    seen = {passage.chunk_id for passage in read}
    return [*read, *(passage for passage in found if passage.chunk_id not in seen)][:RANKED]


def _first_relevant_rank(passages: Sequence[Passage], question: EvalQuestion) -> int | None:
    for rank, passage in enumerate(passages, start=1):
        named = question.article is None or metrics.is_same_article(question.article, passage.title, passage.source)
        if named and metrics.holds_answer(passage.text, question.answers):
            return rank
    return None


# With the paragraph given -----------------------------------------------------------------------


def evaluate_gold_context(
    reader: Reader,
    calibration: Calibration,
    questions: Sequence[EvalQuestion],
    progress: ProgressCallback | None = None,
    threshold: float | None = None,
) -> EvalResult:
    """Has ``reader`` answer every question from its gold paragraph alone: no index, no retrieval.

    ``threshold`` replaces the calibration's. Questions are read in batches; the latency of each is its share. Raises
    TestSetError where a question comes without its paragraph, as those of JSON Lines do.
    """
    without = next((question for question in questions if question.context is None), None)
    if without is not None:
        raise TestSetError(f"question {without.id} has no gold paragraph: only SQuAD files hold them")
    least = calibration.threshold if threshold is None else threshold
    rows: list[QuestionResult] = []
    for first in range(0, len(questions), BATCH):
        batch = questions[first : first + BATCH]
        started = time.perf_counter()
        found = list(_read(reader, batch))
        latency_ms = 1000.0 * (time.perf_counter() - started) / len(batch)
        rows += [
            _from_paragraph(question, one, calibration, least, latency_ms)
            for question, one in zip(batch, found, strict=True)
        ]
        if progress is not None:
            progress(len(rows), len(questions))
    settings = {"mode": "gold context", "reader": reader.name, "threshold": least} | _circumstances()
    return EvalResult(tuple(rows), settings, retrieved=False)


def _read(reader: Reader, batch: Sequence[EvalQuestion]) -> Iterator[list[Candidate] | QAError]:
    """What the reader finds for each question, or why it cannot be read."""
    asked = [(question.question, [(question.title, question.context or "")]) for question in batch]
    try:
        yield from reader.read_many(asked)
    except QAError as error:
        if len(batch) == 1:
            yield error
            return
        # One of them cannot be read: the others must not suffer for it.
        for question in batch:
            yield from _read(reader, [question])


def _from_paragraph(
    question: EvalQuestion,
    found: Sequence[Candidate] | QAError,
    calibration: Calibration,
    threshold: float,
    latency_ms: float,
) -> QuestionResult:
    if isinstance(found, QAError):
        return QuestionResult(question, prediction=None, failure=str(found))
    text = question.context or ""
    paragraph = Passage("", "", question.title, "", text, 0, len(text), score=0.0, similarity=0.0, bm25=0.0, rank=1)
    selection = select(found, [paragraph], calibration)
    if not selection.answers:
        return QuestionResult(question, prediction="", score=0.0, latency_ms=latency_ms)
    best, score = selection.answers[0].best, selection.chances[0]
    given = score >= threshold
    return QuestionResult(
        question,
        prediction=best.text if given else "",
        best=best.text,
        score=score,
        citations=(_cite(best, question),) if given else (),
        latency_ms=latency_ms,
    )


def _cite(candidate: Candidate, question: EvalQuestion) -> Citation:
    """The sentence of the paragraph that holds the answer; offsets count the paragraph's characters."""
    text = question.context or ""
    start, end = enclosing_sentence(text, candidate.start, candidate.end)
    return Citation("", question.title, "", text[start:end], start, end, candidate.start, candidate.end)


# Settings ---------------------------------------------------------------------------------------


def _bot_settings(bot: Chatbot) -> dict[str, Any]:
    threshold = bot.settings.threshold
    articles, chunks = bot.index.counts()
    return {
        "mode": "end to end",
        "reader": bot.reader.name,
        "llm": bot.settings.llm,
        "embedder": bot.index.embedder_name,
        "index": str(bot.index.folder),
        "articles": articles,
        "chunks": chunks,
        "chunking": str(bot.index.chunking),
        "top_k": bot.settings.top_k,
        "threshold": Calibrations.load(WEIGHTS).library.threshold if threshold is None else threshold,
    }


def _circumstances() -> dict[str, Any]:
    return {
        "versions": {"python": platform.python_version()} | {name: _version(name) for name in LIBRARIES},
        "commit": _commit(),
        "finished_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _commit() -> str | None:
    """The commit this code is at, with ``-dirty`` where it has been changed since; None outside a checkout."""
    root = Path(__file__).resolve().parents[2]
    if not (root / ".git").exists():
        return None
    command = ["git", "-C", str(root), "describe", "--always", "--dirty", "--exclude=*"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=5, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None
