"""A test set put to the chatbot, or to the reader alone: what became of every question, and the totals."""

from __future__ import annotations

import os
import platform
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from language.errors import ArticleQAError
from qa.citations import enclosing_sentence
from qa.errors import QAError, TestSetError
from qa.evaluation import metrics
from qa.evaluation.dataset import EvalQuestion
from qa.ports import Reader
from qa.selection import UNCALIBRATED, Calibration, select
from qa.types import Answer, Candidate, Citation, Kind, Passage, Verdict

if TYPE_CHECKING:
    from qa.chatbot import Chatbot

RECALL_AT = (1, 3, 5, 10, 20)
RANKED = max(RECALL_AT)
"""Passages looked through for the answer, however few the chatbot reads."""
LEAST_RIGHT = 0.5
"""F1 below which an answer counts as wrong, and not as partly right."""
LEAST_ALIKE = 0.3
"""ROUGE-L with the reference below which a longer answer counts as wrong."""
SHORT: frozenset[Kind | None] = frozenset({"fact", "count", "list", None})
"""Kinds whose answer is no more than what was asked; a longer one is right where it holds an accepted answer."""
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
    kind: Kind | None = None
    """What kind of question it was taken for."""
    items: tuple[str, ...] = ()
    verdict: Verdict | None = None

    @property
    def is_shown(self) -> bool:
        """Whether an answer was given."""
        return bool(self.prediction)

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

    @cached_property
    def items_exact(self) -> float:
        """F1 of whole items, 0 to 1."""
        return metrics.item_f1(self.items, self.question.items)

    @cached_property
    def items_partial(self) -> float:
        """F1 of the items' words, 0 to 1."""
        return metrics.item_f1(self.items, self.question.items, metrics.token_f1)

    @cached_property
    def rouge_l(self) -> float:
        """ROUGE-L with the reference, 0 to 1; a failure and an abstention have nothing in common with it."""
        return metrics.rouge_l(self.prediction or "", self.question.reference or "")

    @property
    def is_wrong(self) -> bool:
        """Whether an answer was shown that misleads: judged by the strictest of what the test set tells."""
        if not self.is_shown:
            return False
        asked = self.question
        if not asked.is_answerable:
            return True
        if asked.verdict is not None and self.verdict is not None:
            return self.verdict != asked.verdict
        if asked.items:
            return self.items_partial < LEAST_RIGHT
        if asked.answers:
            is_held = self.kind not in SHORT and metrics.holds_answer(self.prediction or "", asked.answers)
            return self.f1 < LEAST_RIGHT and not is_held
        return asked.reference is not None and self.rouge_l < LEAST_ALIKE

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
        if not self.question.answers:
            return "wrong" if self.is_wrong else "right"
        return "right" if self.exact_match else "partly right" if self.f1 else "wrong"

    def to_dict(self) -> dict[str, Any]:
        """One line of ``article-qa eval --predictions``."""
        return {
            "id": self.question.id,
            "question": self.question.question,
            "answers": list(self.question.answers),
            "prediction": self.prediction,
            "kind": self.kind,
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
        scored = [row for row in done if row.score is not None]
        latencies = [row.latency_ms for row in done if row.latency_ms is not None]
        return {
            **_answer_figures(self.rows),
            "confidence": {
                "level": 0.95,
                "exact_match": _interval([row.exact_match for row in self.rows if row.question.is_scored_by_words]),
                "f1": _interval([row.f1 for row in self.rows if row.question.is_scored_by_words]),
            },
            "has_answer": _answer_figures(answerable),
            "no_answer": _answer_figures([row for row in self.rows if not row.question.is_answerable]),
            "answer_recall_at": {str(k): metrics.recall_at(ranks, k) for k in RECALL_AT},
            "mrr_at_10": metrics.mean_reciprocal_rank(ranks, 10),
            "abstention": {
                "precision": metrics.abstention_precision(abstained, has_answer),
                "recall": metrics.abstention_recall(abstained, has_answer),
                "auroc": metrics.auroc(
                    [row.score or 0.0 for row in scored], [row.question.is_answerable for row in scored]
                ),
            },
            "wrong_of_shown": _share([row.is_wrong for row in done if row.is_shown]),
            "kinds": {
                kind: _kind_figures([row for row in self.rows if (row.question.kind or row.kind) == kind])
                for kind in get_args(Kind)
                if any((row.question.kind or row.kind) == kind for row in self.rows)
            },
            "calibration_error": metrics.expected_calibration_error(
                [row.score or 0.0 for row in scored], [row.best_is_right for row in scored]
            ),
            "latency_ms": {"p50": _percentile(latencies, 50), "p95": _percentile(latencies, 95)},
            "failed": [
                {"id": row.question.id, "question": row.question.question, "reason": row.failure} for row in self.failed
            ],
            "settings": self.settings,
        }


def _answer_figures(rows: Sequence[QuestionResult]) -> dict[str, Any]:
    by_words = [row for row in rows if row.question.is_scored_by_words]
    return {
        "n": len(rows),
        "exact_match": _percent([row.exact_match for row in by_words]),
        "f1": _percent([row.f1 for row in by_words]),
    }


def _kind_figures(rows: Sequence[QuestionResult]) -> dict[str, Any]:
    """What can be said of one kind of question; a figure that nothing was there to measure is None."""
    done = [row for row in rows if row.failure is None]
    with_items = [row for row in rows if row.question.items]
    with_verdict = [row for row in rows if row.question.verdict]
    decided = [row for row in with_verdict if row.verdict]
    with_reference = [row for row in rows if row.question.reference]
    return {
        **_answer_figures(rows),
        "items_exact_f1": _percent([row.items_exact for row in with_items]),
        "items_partial_f1": _percent([row.items_partial for row in with_items]),
        "verdicts_right": _share([row.verdict == row.question.verdict for row in decided]),
        "verdicts_shown": _share([row.verdict is not None for row in with_verdict]),
        "rouge_l": _percent([row.rouge_l for row in with_reference]),
        "shown": _share([row.is_shown for row in done]),
        "wrong_of_shown": _share([row.is_wrong for row in done if row.is_shown]),
        "needless_of_abstentions": _share([row.question.is_answerable for row in done if row.abstained]),
        "taken_for": dict(Counter(row.kind for row in rows if row.kind is not None)),
    }


def _share(values: Sequence[bool]) -> float | None:
    return sum(values) / len(values) if values else None


def _percent(values: Sequence[float]) -> float | None:
    return 100.0 * sum(values) / len(values) if values else None


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
    except ArticleQAError as error:  # an hour's work must not be lost to one question
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
        kind=answer.kind,
        items=tuple(item.text for item in answer.items),
        verdict=answer.verdict,
    )


def _ranked(bot: Chatbot, answer: Answer) -> Sequence[Passage]:
    """The first 20 passages: those that were read, in their order, and then what retrieval finds besides."""
    read = answer.passages[:RANKED]
    if len(read) == RANKED:
        return read
    found = bot.gatherer.passages(answer.query or answer.question, top_k=RANKED)
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
    calibration: Calibration | None,
    questions: Sequence[EvalQuestion],
    progress: ProgressCallback | None = None,
    threshold: float | None = None,
) -> EvalResult:
    """Has ``reader`` answer every question from its gold paragraph alone: no index, no retrieval.

    ``calibration`` is the reader's for a paragraph; None where nobody has measured it, and scores are then None.
    ``threshold`` replaces the calibration's. Raises TestSetError where a question comes without its paragraph, as those
    of JSON Lines do.
    """
    without = next((question for question in questions if question.context is None), None)
    if without is not None:
        raise TestSetError(f"question {without.id} has no gold paragraph: only SQuAD files hold them")
    used = calibration or UNCALIBRATED
    least = used.threshold if threshold is None else threshold

    def read(question: EvalQuestion) -> QuestionResult:
        started = time.perf_counter()
        try:
            found = reader.read(question.question, [(question.title, question.context or "")])
        except QAError as error:
            return QuestionResult(question, prediction=None, failure=str(error))
        return _from_paragraph(question, found, used, least, 1000.0 * (time.perf_counter() - started))

    rows: list[QuestionResult] = []
    with ThreadPoolExecutor(os.cpu_count()) as pool:  # a paragraph is one forward pass, so each keeps one core busy
        for row in pool.map(read, questions):
            rows.append(row if calibration else replace(row, score=None))
            if progress is not None:
                progress(len(rows), len(questions))
    settings = {"mode": "gold context", "reader": _name(reader), "threshold": least} | _circumstances()
    return EvalResult(tuple(rows), settings, retrieved=False)


def _from_paragraph(
    question: EvalQuestion,
    found: Sequence[Candidate],
    calibration: Calibration,
    threshold: float,
    latency_ms: float,
) -> QuestionResult:
    text = question.context or ""
    paragraph = Passage("", "", question.title, "", text, 0, len(text), score=0.0, rank=1)
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
    calibration = getattr(bot.reader, "calibration", None)
    articles, chunks = bot.index.counts()
    return {
        "mode": "end to end",
        "reader": _name(bot.reader),
        "llm": bot.settings.llm,
        "embedder": bot.index.embedder_name,
        "index": str(bot.index.folder),
        "articles": articles,
        "chunks": chunks,
        "chunking": str(bot.index.chunking),
        "top_k": bot.settings.top_k,
        "threshold": calibration.threshold if threshold is None and calibration else threshold,
    }


def _name(reader: Reader) -> str:
    return str(getattr(reader, "name", type(reader).__name__))


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
