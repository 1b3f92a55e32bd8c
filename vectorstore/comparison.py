"""A vector index beside the record it was derived from, vector by vector."""

from __future__ import annotations

import numpy as np

from vectorstore.chroma import ChromaIndex
from vectorstore.record import Record
from vectorstore.types import Comparison

BLOCK = 1_000
"""Vectors read at a time."""
ASKED = 50
"""Chunks that are looked for by their own vectors."""
FOUND = 0.8
"""Share of them that a sound graph finds at least: its search is approximate, but a broken one finds few."""
CLOSE = 1e-3
"""Greatest difference of a number in a vector: Chroma may scale vectors to unit length once more."""


def compare(index: ChromaIndex, record: Record) -> Comparison:
    """Every vector of an open index beside the record's. Raises DenseError."""
    expected, found = record.chunk_ids(), index.ids()
    # Of what the index has not been told of yet nothing can be said.
    common = sorted((expected & found) - set(record.outbox.pending()))
    wrong = 0
    for first in range(0, len(common), BLOCK):
        ids, vectors = record.vectors(common[first : first + BLOCK])
        stored = index.vectors(ids)
        wrong += sum(
            chunk_id not in stored or not np.allclose(stored[chunk_id], vector, atol=CLOSE)
            for chunk_id, vector in zip(ids, vectors, strict=True)
        )
    _, vectors = record.vectors(common[:: max(1, len(common) // ASKED)])
    best = [index.query(vector.tolist(), top_k=1) for vector in vectors]
    found_themselves = sum(bool(hits) and hits[0][1] > 1.0 - CLOSE for hits in best)
    if found_themselves < FOUND * len(best):
        wrong += len(best) - found_themselves
    return Comparison(len(expected - found), len(found - expected), wrong)
