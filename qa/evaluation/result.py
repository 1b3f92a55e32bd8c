"""What became of each question of a test set, and the totals. Values and their arithmetic; nothing is asked here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, get_args

import numpy as np

from qa.evaluation import metrics
from qa.evaluation.dataset import EvalQuestion
from qa.types import Citation, Kind, Verdict

RECALL_AT = (1, 3, 5, 10, 20)
RANKED = max(RECALL_AT)
"""Passages looked through for the answer, however few the chatbot reads."""
LEAST_RIGHT = 0.5
"""F1 below which an answer counts as wrong, and not as partly right."""
LEAST_ALIKE = 0.3
"""ROUGE-L with the reference below which a longer answer counts as wrong."""
SHORT: frozenset[Kind | None] = frozenset({"fact", "count", "list", None})
"""Kinds whose answer is no more than what was asked; a longer one is right where it holds an accepted answer."""
Outcome = Literal["failed", "wrong", "overconfident", "missed", "partly right", "right", "rightly abstained"]
"""``overconfident``: answered what the articles do not say; ``missed``: abstained though they do."""


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
            "latency_ms": _latency(done),
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
        "latency_ms": _latency(done),
    }


def _latency(rows: Sequence[QuestionResult]) -> dict[str, float | None]:
    values = [row.latency_ms for row in rows if row.latency_ms is not None]
    return {"p50": _percentile(values, 50), "p95": _percentile(values, 95)}


def _share(values: Sequence[bool]) -> float | None:
    return sum(values) / len(values) if values else None


def _percent(values: Sequence[float]) -> float | None:
    return 100.0 * sum(values) / len(values) if values else None


def _interval(values: Sequence[float]) -> list[float] | None:
    interval = metrics.bootstrap_interval(values)
    return None if interval is None else [100.0 * bound for bound in interval]


def _percentile(values: Sequence[float], percent: float) -> float | None:
    return float(np.percentile(values, percent)) if values else None
