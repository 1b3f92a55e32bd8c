"""A vector index beside the record it was derived from, vector by vector."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from vectorstore.collection import ChromaCollection
from vectorstore.protocols import RecordStore
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


@dataclass(frozen=True)
class Differences:
    """Ids of chunks that a vector index and the record do not agree on."""

    missing: set[str]
    """The record has them, the index does not."""
    extra: set[str]
    """The index has them, the record does not."""
    wrong: set[str]
    """The index has other vectors."""
    unfound: int
    """How many are not found by their own vectors, where that is too many of those tried."""


def differences(index: ChromaCollection, record: RecordStore, pending: Collection[str]) -> Differences:
    """Every vector of an open index beside the record's, but of ``pending``: of what it has not been told of yet
    nothing can be said. Raises DenseError."""
    waiting = set(pending)
    expected, found = record.chunk_ids() - waiting, index.ids() - waiting
    common = sorted(expected & found)
    wrong: set[str] = set()
    for first in range(0, len(common), BLOCK):
        ids, vectors = record.vectors(common[first : first + BLOCK])
        stored = index.vectors(ids)
        wrong.update(
            chunk_id
            for chunk_id, vector in zip(ids, vectors, strict=True)
            if chunk_id not in stored or not np.allclose(stored[chunk_id], vector, atol=CLOSE)
        )
    _, vectors = record.vectors(common[:: max(1, len(common) // ASKED)])
    best = [index.query(vector.tolist(), top_k=1) for vector in vectors]
    found_themselves = sum(bool(hits) and hits[0][1] > 1.0 - CLOSE for hits in best)
    unfound = len(best) - found_themselves if found_themselves < FOUND * len(best) else 0
    return Differences(expected - found, found - expected, wrong, unfound)


def compare(index: ChromaCollection, record: Record) -> Comparison:
    """How many the differences are, in a folder."""
    found = differences(index, record, record.outbox.pending())
    return Comparison(len(found.missing), len(found.extra), len(found.wrong) + found.unfound)
