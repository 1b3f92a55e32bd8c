"""Exact nearest neighbours over the record's own vectors: what answers while the vector index cannot."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def unit_length(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Each row scaled to length 1, so that cosine is a plain product, here as in Chroma."""
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.maximum(norms, 1e-12)  # type: ignore[no-any-return]


def nearest(
    ids: Sequence[str], vectors: NDArray[np.float32], query: Sequence[float], top_k: int
) -> list[tuple[str, float]]:
    """(id, cosine similarity) of the ``top_k`` best of ``vectors``, ``[chunks, dimension]`` of unit length."""
    if not len(ids):
        return []
    similarities = vectors @ np.asarray(query, dtype=np.float32)
    best = np.argsort(-similarities, kind="stable")[:top_k]
    return [(ids[index], float(similarities[index])) for index in best]
