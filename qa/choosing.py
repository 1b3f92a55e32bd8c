"""Choosing the best of many sentences without saying the same twice. Pure."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

SAME = 0.88
"""Likeness from which on two sentences say the same."""


def choose(
    scores: NDArray[np.float32],
    vectors: NDArray[np.float32],
    repetition: float,
    is_enough: Callable[[list[int]], bool],
) -> list[int]:
    """Indices of the best, best first: each time the one whose score, less ``repetition`` times its likeness to the
    likest of those chosen, is highest (maximal marginal relevance), until ``is_enough`` of them.

    ``scores`` is ``[n]``, -inf for what is never to be chosen; ``vectors`` ``[n, dimension]``, of unit length.
    """
    chosen: list[int] = []
    likeness = np.zeros(len(scores), dtype=np.float32)
    left = scores.astype(np.float32).copy()
    while not is_enough(chosen):
        marginal = left - repetition * likeness
        best = int(np.argmax(marginal)) if len(marginal) else -1
        if best < 0 or not np.isfinite(left[best]):
            break
        chosen.append(best)
        left[best] = -np.inf
        likeness = np.maximum(likeness, vectors @ vectors[best])
        left[likeness >= SAME] = -np.inf
    return chosen
