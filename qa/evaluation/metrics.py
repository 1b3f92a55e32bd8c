"""What is measured: answers as SQuAD scores them (Rajpurkar et al. 2016, arXiv 1606.05250), retrieval, abstention,
calibration. Pure functions."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import PurePosixPath
from urllib.parse import unquote

import numpy as np

from language.normalisation import normalize_answer

_JOINERS = re.compile(r"[-‐-―/_]")
"""Hyphens, dashes and their like: "2012–2014" holds the answer "2014"."""

CALIBRATION_BINS = 10


def exact_match(prediction: str, gold: str) -> float:
    """1.0 when both are equal after normalisation, else 0.0."""
    return float(normalize_answer(prediction) == normalize_answer(gold))


def token_f1(prediction: str, gold: str) -> float:
    """Harmonic mean of precision and recall over the words of both, as multisets, 0 to 1.

    Where either is empty after normalisation the result is 1.0 if both are, else 0.0.
    """
    predicted, expected = normalize_answer(prediction).split(), normalize_answer(gold).split()
    if not predicted or not expected:
        return float(predicted == expected)
    common = sum((Counter(predicted) & Counter(expected)).values())
    if common == 0:
        return 0.0
    precision, recall = common / len(predicted), common / len(expected)
    return 2 * precision * recall / (precision + recall)


def best_over_gold(metric: Callable[[str, str], float], prediction: str, golds: Sequence[str]) -> float:
    """The best of ``metric`` over the accepted answers; an unanswerable question accepts only the empty string."""
    return max(metric(prediction, gold) for gold in golds or [""])


# Answers of several pieces, and longer ones ------------------------------------------------------


def item_f1(
    predicted: Sequence[str], gold: Sequence[Sequence[str]], overlap: Callable[[str, str], float] = exact_match
) -> float:
    """F1, 0 to 1, of a list of items against the expected ones, each given as its accepted strings.

    With ``exact_match`` an item counts whole or not at all; with ``token_f1`` it counts for the words it shares with
    the nearest one of the other side: the two figures of MultiSpanQA (Li et al. 2022, NAACL).
    """
    if not predicted or not gold:
        return float(not predicted and not gold)
    shares = [[max(overlap(one, accepted) for accepted in item) for item in gold] for one in predicted]
    precision = sum(map(max, shares)) / len(predicted)
    recall = sum(map(max, zip(*shares, strict=True))) / len(gold)
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def rouge_l(prediction: str, reference: str) -> float:
    """F-measure, 0 to 1, of the longest common subsequence of words (ROUGE-L, Lin 2004), in lower case."""
    predicted, expected = (re.findall(r"[^\W_]+", text.lower()) for text in (prediction, reference))
    if not predicted or not expected:
        return float(predicted == expected)
    lengths = [0] * (len(expected) + 1)  # of the common subsequence so far, for each beginning of the reference
    for word in predicted:
        diagonal = 0
        for at, other in enumerate(expected, start=1):
            above = lengths[at]
            lengths[at] = diagonal + 1 if word == other else max(above, lengths[at - 1])
            diagonal = above
    return 2 * lengths[-1] / (len(predicted) + len(expected))


# Retrieval --------------------------------------------------------------------------------------


def holds_answer(text: str, answers: Sequence[str]) -> bool:
    """Whether ``text`` holds one of ``answers`` in whole words, compared after normalisation."""
    words = _whole_words(text)
    return any(_holds(text, words, answer) for answer in answers)


def _holds(text: str, words: str, answer: str) -> bool:
    expected = _whole_words(answer)
    if expected:
        return re.search(rf"(?<!\w){re.escape(expected)}(?!\w)", words) is not None
    # Nothing is left of "A" or "+": such an answer is looked for as it stands.
    return re.search(rf"(?<!\w){re.escape(answer.strip())}(?!\w)", text) is not None


def _whole_words(text: str) -> str:
    return normalize_answer(_JOINERS.sub(" ", text))


def is_same_article(named: str, title: str, source: str) -> bool:
    """Whether the article a test set calls ``named`` is the one with this title and source.

    Case, underscores and spaces do not count, and a source may be given as its file name, with or without suffix.
    """
    place = PurePosixPath(unquote(source.split("?")[0]).replace("\\", "/"))
    return _plain_name(named) in {_plain_name(name) for name in (title, source, place.name, place.stem) if name}


def _plain_name(name: str) -> str:
    return " ".join(name.replace("_", " ").casefold().split())


def recall_at(ranks: Sequence[int | None], k: int) -> float | None:
    """Share of questions with something relevant among their first ``k`` results; None where there are no questions.

    ``ranks`` are those of the first relevant results, from 1, or None for a question without one.
    """
    return _mean([rank is not None and rank <= k for rank in ranks])


def mean_reciprocal_rank(ranks: Sequence[int | None], k: int = 10) -> float | None:
    """Mean of 1/rank; a question without a relevant result among the first ``k`` counts 0."""
    return _mean([1.0 / rank if rank is not None and rank <= k else 0.0 for rank in ranks])


# Abstention and confidence ----------------------------------------------------------------------


def abstention_precision(abstained: Sequence[bool], answerable: Sequence[bool]) -> float | None:
    """Of the questions abstained from, the share that had no answer; None where none was abstained from."""
    return _mean([not has for gave_up, has in zip(abstained, answerable, strict=True) if gave_up])


def abstention_recall(abstained: Sequence[bool], answerable: Sequence[bool]) -> float | None:
    """Of the questions without an answer, the share abstained from; None where every question has one."""
    return _mean([gave_up for gave_up, has in zip(abstained, answerable, strict=True) if not has])


def auroc(scores: Sequence[float], positive: Sequence[bool]) -> float | None:
    """Chance that a positive scores above a negative, ties counting half; None where one of the two is missing.

    The area under the ROC curve by its equality with the Mann-Whitney U statistic.
    """
    values, labels = np.asarray(scores, dtype=np.float64), np.asarray(positive, dtype=bool)
    above, below = values[labels], np.sort(values[~labels])
    if not len(above) or not len(below):
        return None
    # For each positive: negatives strictly below it, and half of those equal to it.
    wins = (np.searchsorted(below, above, side="left") + np.searchsorted(below, above, side="right")) / 2
    return float(wins.mean() / len(below))


def expected_calibration_error(
    scores: Sequence[float], right: Sequence[bool], bins: int = CALIBRATION_BINS
) -> float | None:
    """Mean distance between the score and the share that is right, over bins of equal width weighed by their size.

    The bins part 0 to 1 evenly (Guo et al. 2017, arXiv 1706.04599); None where there are no scores.
    """
    table = calibration_table(scores, right, bins)
    total = sum(count for count, _, _ in table)
    return sum(count * abs(score - share) for count, score, share in table) / total if total else None


def calibration_table(
    scores: Sequence[float], right: Sequence[bool], bins: int = CALIBRATION_BINS
) -> list[tuple[int, float, float]]:
    """For every bin that is not empty: how many scores it holds, their mean, and the share that is right."""
    values, labels = np.asarray(scores, dtype=np.float64), np.asarray(right, dtype=bool)
    members = np.minimum((values * bins).astype(int), bins - 1)  # a score of 1.0 belongs to the last bin
    return [
        (int(inside.sum()), float(values[inside].mean()), float(labels[inside].mean()))
        for inside in (members == place for place in range(bins))
        if inside.any()
    ]


# Confidence intervals ---------------------------------------------------------------------------


def bootstrap_interval(
    values: Sequence[float], level: float = 0.95, resamples: int = 1000, seed: int = 0
) -> tuple[float, float] | None:
    """Where the mean of ``values`` lies with probability ``level``: percentiles of resampled means; None for no values.

    Questions are drawn independently; where many belong to one article, the true interval is wider.
    """
    if not values:
        return None
    sample = np.asarray(values, dtype=np.float64)
    rng = np.random.default_rng(seed)
    means = [sample[rng.integers(len(sample), size=len(sample))].mean() for _ in range(resamples)]
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
