"""Search by vectors: on a Chroma server, with pgvector, or exactly, over all or over those found by words."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from vectorstore import exact
from vectorstore.collection import DenseError
from vectorstore.postgres import pgvector
from vectorstore.postgres.chroma import BATCH, ChromaVectors, is_on_chroma
from vectorstore.postgres.database import Connection, Database
from vectorstore.postgres.pgvector import PgVector
from vectorstore.postgres.record import PgRecord
from vectorstore.protocols import Hits

logger = logging.getLogger(__name__)

EXACT_MOST = 20_000
"""Chunks whose vectors are all compared where there is no vector index: 30 MB of 384 numbers each."""
CANDIDATES = 1_000
"""Chunks found by words that are compared in a larger library."""
PENDING_MOST = 2_000
"""Chunks that a Chroma server has not been told of and that are compared exactly, 3 MB of 384 numbers each. A writer
leaves no more where it can, and no indexer is at work."""
WORDS_ONLY = (
    "The vector index cannot be asked just now: only passages that share words with the question were looked at."
)


class PgDense:
    """The vector index of a library in a database. Safe from several threads."""

    def __init__(self, database: Database, record: PgRecord, vectors: PgVector | None, chroma: ChromaVectors) -> None:
        """``vectors`` is there where the server has pgvector; ``chroma`` is used where the library says so."""
        self._database = database
        self._record = record
        self._vectors = vectors
        self._chroma = chroma
        self._said = False
        self._limits: str | None = None

    @property
    def limits(self) -> str | None:
        """What the latest search could not do, for people; None where it could do all."""
        return self._limits

    def nearest(self, vector: Sequence[float], top_k: int, words: str | None = None) -> Hits | None:
        """(chunk id, cosine similarity) of the nearest ``top_k``, best first; None where all are to be compared.

        A large library whose vector index is missing, or cannot be asked now, compares what shares words with
        ``words``, and says so.
        """
        manifest = self._record.manifest()
        if is_on_chroma(manifest):
            return self._nearest_on_chroma(vector, top_k, words, manifest)
        self._limits = None
        if self._vectors is not None and pgvector.is_current(manifest):
            return self._vectors.nearest(vector, top_k)
        if words is None or self._chunks() <= EXACT_MOST:
            return None
        if not self._said:
            self._said = True
            logger.warning(
                "%s has no vector index: only passages that share words with a question are compared by meaning; "
                "see docs/shared.md on pgvector and Chroma",
                self._database.address,
            )
        return exact.nearest(*self._record.vectors_of(self._by_words(words, top_k)), vector, top_k)

    def _nearest_on_chroma(
        self, vector: Sequence[float], top_k: int, words: str | None, manifest: Mapping[str, str]
    ) -> Hits | None:
        # Looked at before the server is asked: what it is told of in between is found at least once.
        also = self._chroma.pending.some(PENDING_MOST + 1)
        if len(also) > PENDING_MOST:
            if self._chunks() <= EXACT_MOST:
                self._limits = None
                return None
            also = [*also[:PENDING_MOST], *(self._by_words(words, top_k) if words else ())]
        found = self._chroma.nearest(vector, top_k, manifest, also)
        # Said at the end, and not taken back before: another thread may be about to tell what its search could not do.
        if found is not None:
            self._limits = None
        elif self._record.manifest().get("collection") != manifest["collection"]:
            return self.nearest(vector, top_k, words)
        elif words is None:
            return None
        elif self._chunks() <= EXACT_MOST:
            self._limits = None
            return None
        else:
            self._limits = WORDS_ONLY
            found = self._record.vectors([*also, *self._by_words(words, top_k)])
        return exact.nearest(*found, vector, top_k)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """What an earlier writer has left to be done is done on entry; on exit, where no indexer is at work, a Chroma
        server is told of what is pending, up to ``PENDING_MOST`` chunks."""
        self._record.settle()
        yield
        for _ in range(PENDING_MOST // BATCH):
            if not self._tell():
                break

    def settle(self, at: int = 0) -> None:
        """A Chroma server is told of some of what is pending where that is so many chunks and no indexer is at work;
        all else is written in the record's own transactions."""
        self._tell(at)

    def _tell(self, at: int = 1) -> int:
        """Tells of a batch; returns of how many chunks. What is not told of now waits, and is found meanwhile."""
        chroma = self._chroma
        if chroma.is_down or not is_on_chroma(self._record.manifest()):
            return 0
        if len(chroma.pending.some(max(at, 1))) < at or chroma.pending.is_worked_off:
            return 0
        try:
            return chroma.tell()
        except DenseError as error:
            logger.warning(
                "%s: %s; what was stored is kept, and Chroma is told of it by the next writer, or article-qa indexer",
                self._database.address,
                error,
            )
            return 0

    def renew(self) -> None:
        """Makes it anew from the record, where the address says that it is to be, or else where it is.

        Raises StoreError where a Chroma server cannot be reached; it is left as it was then.
        """
        before, given = self._record.manifest(), self._database.address.chroma
        if (is_on_chroma(before) and given is None) or (given is not None and given.url):
            self._database.transact(self._chroma.make)
            after = self._record.manifest()
            self._chroma.forget(after, keep=after["collection"])
            self._chroma.tell_all()
            return

        def move(connection: Connection) -> None:
            if is_on_chroma(before):
                self._chroma.drop(connection)
            if self._vectors is not None:
                self._vectors.make(connection)

        self._database.transact(move)
        if is_on_chroma(before):
            self._chroma.forget(before, keep=None)

    def problems(self) -> list[str]:
        """What of it does not agree with the record."""
        manifest, given = self._record.manifest(), self._database.address.chroma
        if is_on_chroma(manifest):
            return self._chroma.problems()
        if given is not None and given.url:
            return [f"the vectors are not yet on the Chroma server at {given}: article-qa index rebuild moves them"]
        return self._vectors.problems() if self._vectors is not None else []

    def close(self) -> None:
        """Lets go of a Chroma server; the record's connections are its own."""
        self._chroma.close()

    def _by_words(self, words: str, top_k: int) -> list[str]:
        return [chunk_id for chunk_id, _ in self._record.lexical.search(words, max(CANDIDATES, top_k))]

    def _chunks(self) -> int:
        [(count,)] = self._database.rows(
            f"SELECT count(*) FROM (SELECT 1 FROM chunks WHERE searched LIMIT {EXACT_MOST + 1}) few"
        )
        return int(count)
