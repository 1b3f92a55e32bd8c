"""Dense and lexical scores to one ranking. Pure functions of arrays."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

DENSE_WEIGHT = 0.7
"""Share of the dense score in the fused one; see docs/retrieval.md for the measurement behind it."""


def fuse(
    similarity: NDArray[np.floating], bm25: NDArray[np.floating], dense_weight: float = DENSE_WEIGHT
) -> NDArray[np.float64]:
    """Fused scores of the candidates of one question, in their order; higher is better.

    A convex combination of both scores, each scaled by its own possible minimum and its maximum over
    the candidates ("theoretical min-max", Bruch et al. 2022, arXiv 2210.11934): unlike ranks, that
    keeps by how much one passage beats the next, and unlike z-scores it does not depend on how many
    poor candidates came along.
    """
    return dense_weight * _scaled(similarity, -1.0) + (1.0 - dense_weight) * _scaled(bm25, 0.0)


def _scaled(scores: NDArray[np.floating], minimum: float) -> NDArray[np.float64]:
    values = np.asarray(scores, dtype=np.float64) - minimum
    top = values.max(initial=0.0)
    return values / top if top > 0 else values
