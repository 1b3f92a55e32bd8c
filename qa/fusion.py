"""Scores of several kinds to one ranking. Pure functions of arrays."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

DENSE_WEIGHT = 0.89
"""Share of the dense score against BM25; see docs/retrieval.md for the measurement behind this and the next two."""
SHARPNESS = 1.5
"""Power of the scaled BM25 score: a middling one, which a chunk gets for a word or two, counts for less."""
PHRASE_WEIGHT = 0.25
"""What repeating all of the question's word pairs is worth."""


def fuse(
    similarity: NDArray[np.floating],
    bm25: NDArray[np.floating],
    phrases: NDArray[np.floating] | None = None,
    dense_weight: float = DENSE_WEIGHT,
) -> NDArray[np.float64]:
    """Fused scores of the candidates of one question, in their order; higher is better.

    A convex combination of cosine similarity and BM25, each scaled by its own possible minimum and its maximum over
    the candidates ("theoretical min-max", Bruch et al. 2022, arXiv 2210.11934): unlike ranks, that keeps by how much
    one passage beats the next, and unlike z-scores it does not depend on how many poor candidates came along.
    ``phrases`` (``qa.phrases``, 0 to 1) is added to it.
    """
    fused = dense_weight * _scaled(similarity, -1.0) + (1.0 - dense_weight) * _scaled(bm25, 0.0) ** SHARPNESS
    return fused if phrases is None else fused + PHRASE_WEIGHT * phrases


def _scaled(scores: NDArray[np.floating], minimum: float) -> NDArray[np.float64]:
    values = np.asarray(scores, dtype=np.float64) - minimum
    top = values.max(initial=0.0)
    return values / top if top > 0 else values
