"""How likely each word of a conversation belongs to a question, from the logits of its places and from where it stands.

A word that is said several times, or as a name, belongs more often than its logits alone say. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass

import numpy as np
from numpy.typing import NDArray

from qa.followups.features import Row, Word


@dataclass(frozen=True)
class Weights:
    """What each feature of a word is worth, in log-odds; by default only its surest place counts."""

    surest: float = 1.0
    """Of the highest logit among its places."""
    mean: float = 0.0
    """Of their mean."""
    said: float = 0.0
    """Of each question or answer that says it."""
    capital: float = 0.0
    """Of the share of its places that begin with a capital and do not begin what was said."""
    last_question: float = 0.0
    """Of standing in the question before."""


def features(row: Row, logits: NDArray[np.floating]) -> dict[str, tuple[float, ...]]:
    """Each word of ``row`` in lower case, with its features in the order of ``Weights``.

    ``logits``, ``[tokens]``, are those of the row's tokens.
    """
    places: dict[str, list[Word]] = {}
    for word in row.words:
        places.setdefault(word.low, []).append(word)
    return {low: _features(row, words, logits) for low, words in places.items()}


def _features(row: Row, words: Sequence[Word], logits: NDArray[np.floating]) -> tuple[float, ...]:
    each = logits[[word.token for word in words]]
    said = {word.said for word in words}
    capitals = [word.start > 0 and row.said[word.said][word.start].isupper() for word in words]
    return float(each.max()), float(each.mean()), float(len(said)), float(np.mean(capitals)), float(0 in said)


def scores(row: Row, logits: NDArray[np.floating], weights: Weights) -> dict[str, float]:
    """Each word of ``row`` in lower case, with what its features are worth together."""
    worth = astuple(weights)
    return {low: float(np.dot(worth, values)) for low, values in features(row, logits).items()}
