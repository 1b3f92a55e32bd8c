"""Search by vectors in a database: with pgvector where it is, else exactly, over all or over those found by words."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from vectorstore import exact
from vectorstore.postgres.database import Database
from vectorstore.postgres.pgvector import PgVector
from vectorstore.postgres.record import PgRecord
from vectorstore.protocols import Hits

logger = logging.getLogger(__name__)

EXACT_MOST = 20_000
"""Chunks whose vectors are all compared where there is no vector index: 30 MB of 384 numbers each."""
CANDIDATES = 1_000
"""Chunks found by words that are compared in a larger library."""


class PgDense:
    """The vector index of a library in a database. Safe from several threads."""

    def __init__(self, database: Database, record: PgRecord, vectors: PgVector | None) -> None:
        """``vectors`` is there where the server has pgvector."""
        self._database = database
        self._record = record
        self._vectors = vectors
        self._said = False

    def nearest(self, vector: Sequence[float], top_k: int, words: str | None = None) -> Hits | None:
        """(chunk id, cosine similarity) of the nearest ``top_k``, best first; None where all are to be compared.

        Without a vector index a large library compares what shares words with ``words``, and says so once.
        """
        if self._vectors is not None and self._vectors.is_current():
            return self._vectors.nearest(vector, top_k)
        if words is None or self._chunks() <= EXACT_MOST:
            return None
        if not self._said:
            self._said = True
            logger.warning(
                "%s has no vector index: only passages that share words with a question are compared by meaning; "
                "see docs/shared.md on pgvector",
                self._database.address,
            )
        found = self._record.lexical.search(words, max(CANDIDATES, top_k))
        return exact.nearest(*self._record.vectors_of([chunk_id for chunk_id, _ in found]), vector, top_k)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """What an earlier writer has left to be done is done on entry."""
        self._record.settle()
        yield

    def settle(self, at: int = 0) -> None:
        """Nothing is left to be done: it is written in the record's own transactions."""

    def renew(self) -> None:
        """Makes it anew from the record."""
        if self._vectors is not None:
            self._database.transact(self._vectors.make)

    def problems(self) -> list[str]:
        """What of it does not agree with the record."""
        return self._vectors.problems() if self._vectors is not None else []

    def close(self) -> None:
        """The record's connections are its own."""

    def _chunks(self) -> int:
        [(count,)] = self._database.rows(
            f"SELECT count(*) FROM (SELECT 1 FROM chunks WHERE searched LIMIT {EXACT_MOST + 1}) few"
        )
        return int(count)
