"""Fit the numbers that turn a reader's scores into chances: ``python -m benchmarks.calibrate --heldout FILE``.

Fits on the first half of the held-out articles by title, writes ``calibration.json`` beside the
reader's weights, and prints how well it holds on the other half.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

from benchmarks.squad import halves, make_library
from qa.evaluation.metrics import auroc, best_over_gold, exact_match, expected_calibration_error, token_f1
from qa.reader import WEIGHTS, OnnxReader, RereadingReader
from qa.reader.data import Example, TrainingArticle
from qa.reader.second import CONFIG_FILE as SECOND_FILE
from qa.retriever import HybridRetriever
from qa.selection import CALIBRATION_FILE, Calibration, Calibrations, clipped_margin, rank_answers
from qa.types import Candidate, Passage

RETRIEVAL_WEIGHTS = (0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0)
AGREEMENTS = (0.1, 0.3, 1.0)
AS_GOOD = 0.005
"""Difference in the mean of exact match and F1 that is within the noise of a thousand questions."""
WITHHELD = 0.1
"""Share of what it could answer that a person gives up so that less is answered that the articles do not say.
The threshold with the best SQuAD v2 score withholds a third, since half of that score is for silence."""


@dataclass(frozen=True)
class Case:
    """One question with what the reader proposed for it."""

    gold: tuple[str, ...]
    passages: tuple[Passage, ...]
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True)
class Outcome:
    """The best answer to one question under some weights."""

    score: float
    margin: float
    right: float
    """Exact match; 0 for a question without an answer, whatever is proposed."""
    f1: float
    answerable: bool

    @property
    def credit(self) -> float:
        """How right it is, 0 to 1: words beside the one accepted answer may be as good as it."""
        return (self.right + self.f1) / 2


def outcomes(cases: Sequence[Case], retrieval_weight: float, agreement: float) -> list[Outcome]:
    """The best answer to each of ``cases``."""
    found = []
    for case in cases:
        ranked = rank_answers(case.candidates, case.passages, retrieval_weight, agreement)
        text = ranked[0].best.text if ranked else ""
        found.append(
            Outcome(
                score=ranked[0].score if ranked else -20.0,
                margin=clipped_margin(ranked, 0),
                right=best_over_gold(exact_match, text, case.gold) if case.gold else 0.0,
                f1=best_over_gold(token_f1, text, case.gold) if case.gold else 0.0,
                answerable=bool(case.gold),
            )
        )
    return found


def fit(cases: Sequence[Case], weights: Sequence[float], agreements: Sequence[float]) -> Calibration:
    """The weights that answer the most answerable questions rightly, and the chances that follow from them."""

    def quality(pair: tuple[float, float]) -> float:
        answerable = [outcome for outcome in outcomes(cases, *pair) if outcome.answerable]
        return float(np.mean([outcome.credit for outcome in answerable]))

    found = {(w, a): quality((w, a)) for w in weights for a in agreements}
    # The least weight on retrieval of those that do as well: how scores lie differs from one library to the next.
    enough = max(found.values()) - AS_GOOD
    retrieval_weight, agreement = min(
        (pair for pair in found if found[pair] >= enough), key=lambda pair: (pair[0], -found[pair])
    )
    best = outcomes(cases, retrieval_weight, agreement)
    features = np.array([[outcome.score, outcome.margin] for outcome in best])
    credit = np.array([outcome.credit for outcome in best])
    regression = LogisticRegression(C=100.0).fit(
        np.concatenate([features, features]),
        np.repeat([True, False], len(best)),
        sample_weight=np.concatenate([credit, 1 - credit]),
    )
    [[score_weight, margin_weight]], [bias] = regression.coef_, regression.intercept_
    unset = Calibration(retrieval_weight, agreement, float(bias), float(score_weight), float(margin_weight), 0.0)
    return replace(unset, threshold=_threshold(best, unset))


def _threshold(found: Sequence[Outcome], calibration: Calibration) -> float:
    """The highest threshold that withholds no more than ``WITHHELD`` of the F1 there is to have."""
    answerable = [(calibration.chance(o.score, o.margin), o.f1) for o in found if o.answerable]
    total = sum(f1 for _, f1 in answerable)
    allowed = [
        threshold
        for threshold in np.arange(0.0, 0.9, 0.01)
        if sum(f1 for chance, f1 in answerable if chance < threshold) <= WITHHELD * total
    ]
    return round(float(max(allowed)), 2)


def describe(name: str, cases: Sequence[Case], calibration: Calibration) -> str:
    """One line of figures for ``cases`` under ``calibration``."""
    found = outcomes(cases, calibration.retrieval_weight, calibration.agreement)
    chances = np.array([calibration.chance(outcome.score, outcome.margin) for outcome in found])
    right = np.array([outcome.right for outcome in found])
    f1 = np.array([outcome.f1 for outcome in found])
    answerable = np.array([outcome.answerable for outcome in found])
    given = chances >= calibration.threshold
    every_f1 = np.where(given, f1, ~answerable)
    separation = auroc(list(chances), list(answerable))
    error = expected_calibration_error(list(chances), list(right > 0.5))
    return (
        f"{name}: n={len(found)} forced EM/F1 {100 * right[answerable].mean():.1f}/{100 * f1[answerable].mean():.1f}, "
        f"with abstention {100 * (right * given)[answerable].mean():.1f}/{100 * (f1 * given)[answerable].mean():.1f}, "
        f"all F1 {100 * every_f1.mean():.1f}, AUROC {separation:.3f}, calibration error {error:.3f}"
    )


def gold_cases(articles: Sequence[TrainingArticle], reader: OnnxReader | RereadingReader, limit: int) -> list[Case]:
    """Questions with the one paragraph they were written for."""
    examples = _sample(articles, limit)
    read = reader.read_many([(e.question, [(e.title, e.context)]) for e in examples])
    return [
        Case(_gold(e), (_gold_passage(e),), tuple(candidates)) for e, candidates in zip(examples, read, strict=True)
    ]


def library_cases(
    articles: Sequence[TrainingArticle], reader: OnnxReader | RereadingReader, limit: int, folder: Path, top_k: int
) -> list[Case]:
    """Questions asked of all the articles together."""
    retriever = HybridRetriever(index=make_library(articles, folder), top_k=top_k)
    cases = []
    for example in _sample(articles, limit):
        passages = retriever.retrieve(example.question)
        candidates = reader.read(example.question, [passage.as_read_for_spans for passage in passages])
        cases.append(Case(_gold(example), tuple(passages), tuple(candidates)))
    return cases


def _sample(articles: Sequence[TrainingArticle], limit: int) -> list[Example]:
    examples = [e for article in articles for paragraph in article.paragraphs for e in paragraph.examples]
    random.Random(7).shuffle(examples)
    return examples[:limit]


def _gold(example: Example) -> tuple[str, ...]:
    return tuple(example.context[start:end] for start, end in example.spans)


def _gold_passage(e: Example) -> Passage:
    return Passage("", "", e.title, "", e.context, 0, len(e.context), score=0.0, rank=1)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--heldout", type=Path, required=True, help="squad-heldout.json.xz")
    parser.add_argument("--weights", type=Path, default=WEIGHTS)
    parser.add_argument("--limit", type=int, default=2500, help="questions of each half given the paragraph, at random")
    parser.add_argument("--library-limit", type=int, default=1000, help="those asked of a library, ten times the work")
    parser.add_argument("--top-k", type=int, default=10)
    parser.add_argument("--alone", action="store_true", help="fit the small reader without the second reading")
    arguments = parser.parse_args()
    reader = (OnnxReader if arguments.alone else RereadingReader).load(arguments.weights)
    fitted, reported = halves(arguments.heldout)
    gold: Callable[[Sequence[TrainingArticle]], list[Case]] = lambda half: gold_cases(half, reader, arguments.limit)  # noqa: E731
    cases = gold(fitted)
    passage = fit(cases, weights=(0.0,), agreements=(0.0,))
    print(describe("gold paragraph, fitted half  ", cases, passage))
    print(describe("gold paragraph, reported half", gold(reported), passage))
    with tempfile.TemporaryDirectory() as scratch:
        first = library_cases(fitted, reader, arguments.library_limit, Path(scratch) / "fitted", arguments.top_k)
        second = library_cases(reported, reader, arguments.library_limit, Path(scratch) / "reported", arguments.top_k)
    library = fit(first, RETRIEVAL_WEIGHTS, AGREEMENTS)
    Calibrations(passage, library).save(arguments.weights / (CALIBRATION_FILE if arguments.alone else SECOND_FILE))
    print(describe("library, fitted half         ", first, library))
    print(describe("library, reported half       ", second, library))
    print(library)


if __name__ == "__main__":
    main()
