"""The life of the local vector index: opened, trusted, brought up to date, made anew.

Chroma reads its files unchecked, so it is used only while it is known to agree with the record: a seal of its files is
noted after each write, what it has not been told of is in the record's outbox, and what does not match is tried out in
a child process, or made anew. While it cannot be used, ``nearest`` gives None, and the record answers.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from vectorstore import chroma, exact
from vectorstore.chroma import ChromaIndex
from vectorstore.collection import DenseError
from vectorstore.comparison import compare
from vectorstore.errors import StoreError
from vectorstore.files import VECTORS, is_writable
from vectorstore.record import Record
from vectorstore.types import Comparison
from vectorstore.writer import WriterLock

logger = logging.getLogger(__name__)

Hits = list[tuple[str, float]]


class DenseIndex:
    """The vector index of the library in a folder. Safe from several threads."""

    def __init__(self, folder: Path, record: Record, lock: WriterLock) -> None:
        """``lock`` is the library's: nobody may write while the files are opened."""
        self._library = folder
        self._folder = folder / VECTORS
        self._record = record
        self._lock = lock
        self._index: ChromaIndex | None = None
        self._generation = -1
        self._failed = -1
        self._asking = threading.RLock()  # held while the client is opened, closed or asked
        self._writing_here = False

    @property
    def limits(self) -> None:
        """None: where it cannot be trusted, the record answers, and knows all."""

    def nearest(self, vector: Sequence[float], top_k: int, words: str | None = None) -> Hits | None:
        """(chunk id, cosine similarity) of the nearest ``top_k``, best first; None where it cannot be trusted now."""
        with self._asking:
            index = self._usable()
            if index is None:
                return None
            try:
                return self._with_pending(index.query(vector, top_k), vector, top_k)
            except DenseError as error:
                self._distrust(error)
                return None

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Brought up to date on entry and exit. The writer's place must be held."""
        try:
            if self._generation != self._record.generation:
                self.close()  # another process wrote since: this client would write over it
            self.settle()
            self._writing_here = True
            try:
                yield
            except BaseException:
                with suppress(StoreError):  # what is being raised says more
                    self.settle()
                raise
            self.settle()
        finally:
            self._writing_here = False

    def settle(self, at: int = 0) -> None:
        """Makes it agree with the record, unless fewer than ``at`` chunks are pending. The writer's place must be held.

        Raises StoreError where it cannot.
        """
        pending = self._record.outbox.count()
        if pending < at:
            return
        # What is pending before this writer has written was left by one that was cut short.
        cut_short = bool(pending) and not self._writing_here
        sealed = not cut_short and self._sealed() and self._failed != self._record.generation
        if sealed and not pending:
            return
        if not pending and self._is_needless():
            return
        try:
            with self._asking:
                if not sealed:
                    self.close()
                if self._index is None:
                    self._open_to_write(sealed)
            self._tell(self._record.outbox.pending())
        except (DenseError, OSError) as error:
            raise StoreError(
                f"{self._library}: the articles are stored, but the vector index could not follow ({error}); searches "
                "go on without it, and the next ingest, or article-qa index rebuild, makes it anew"
            ) from error
        self._record.set_manifest("seal", chroma.seal(self._folder))
        self._generation = self._record.generation

    def renew(self) -> None:
        """Makes an empty one in its place, with every chunk pending. The writer's place must be held."""
        with self._asking:
            self.close()
            # Marked first: stopped after the next line, the following writer starts here again.
            self._record.outbox.add_all()
            chroma.discard(self._folder)
            self._index = ChromaIndex(self._folder, self._record.manifest())
            self._record.set_manifest("seal", chroma.seal(self._folder))
            self._failed = -1

    def problems(self) -> list[str]:
        """What of it does not agree with the record. Nobody may be writing."""
        pending = self._record.outbox.count()
        if pending:
            return [f"the vector index has not been told of {pending} chunks: an earlier run was cut short"]
        if self._is_needless():
            return []
        if not is_writable(self._library):  # Chroma cannot open it there, and it is not used
            return []
        compared = self._compared()
        if compared is None:
            return [f"the vector index in {self._folder} is missing or cannot be opened"]
        problems = []
        if compared.missing:
            problems.append(f"the vector index lacks {compared.missing} chunks")
        if compared.extra:
            problems.append(f"the vector index holds {compared.extra} chunks that the record does not")
        if compared.wrong:
            problems.append(f"the vector index holds {compared.wrong} vectors that are not the record's")
        return problems

    def close(self) -> None:
        """Lets go of the files."""
        with self._asking:
            if self._index is not None:
                self._index.close()
                self._index = None

    # Reading ----------------------------------------------------------------------------------

    def _usable(self) -> ChromaIndex | None:
        """The index, if it is known to agree with the record, pending chunks aside; else None."""
        generation = self._record.generation
        if self._index is not None and (self._writing_here or self._generation == generation):
            return self._index
        # Nobody may be writing while the files are opened: half-written ones crash Chroma.
        with self._lock.files_at_rest() as at_rest:
            if not at_rest or not self._sealed() or self._record.outbox.count() or self._failed == generation:
                return None
            self.close()  # what another process wrote is seen only by a client opened after it
            try:
                self._index = self._open_sealed()
            except DenseError as error:
                self._distrust(error)
                return None
            self._generation = generation
            return self._index

    def _open_sealed(self) -> ChromaIndex:
        """Opens it for reading, while nobody writes. Raises DenseError."""
        manifest = self._record.manifest()
        index = ChromaIndex(self._folder, manifest)
        # Loads it, and a small one that is still in Chroma's log alone has its files made anew by that: sealed anew.
        index.query([1.0] + [0.0] * (int(manifest["dimension"]) - 1), top_k=1)
        if not self._sealed() and is_writable(self._library):
            with suppress(StoreError):
                self._record.set_manifest("seal", chroma.seal(self._folder))
        return index

    def _with_pending(self, hits: Hits, vector: Sequence[float], top_k: int) -> Hits:
        """``hits`` brought up to date by the few chunks that the index has not been told of."""
        pending = self._record.outbox.pending()
        if not pending:
            return hits
        changed = set(pending)
        fresh = exact.nearest(*self._record.vectors(pending), vector, top_k)
        return sorted([*(hit for hit in hits if hit[0] not in changed), *fresh], key=lambda hit: -hit[1])[:top_k]

    def _distrust(self, error: DenseError) -> None:
        """Leaves it alone until somebody writes."""
        logger.warning("the vector index failed (%s); searching the record instead", error)
        self._failed = self._record.generation
        self.close()

    def _sealed(self) -> bool:
        """Whether the files are as the last write left them: nothing was cut short, nobody touched them."""
        noted = self._record.manifest().get("seal")
        return noted is not None and noted == chroma.seal(self._folder)

    def _compared(self) -> Comparison | None:
        if not self._sealed():
            return chroma.try_out(self._folder, self._record.path, self._record.manifest())
        try:
            with closing(self._open_sealed()) as index:
                return compare(index, self._record)
        except DenseError:
            return None

    # Writing ----------------------------------------------------------------------------------

    def _is_needless(self) -> bool:
        """Whether there is none and nothing yet to find in one."""
        return not chroma.exists(self._folder) and not self._record.chunk_ids()

    def _open_to_write(self, sealed: bool) -> None:
        if sealed:
            with suppress(DenseError):
                self._index = ChromaIndex(self._folder, self._record.manifest())
                return
        # Cut short in mid-write, an index may hold the right vectors and no longer find some of them: not to be mended.
        if not self._record.outbox.count():
            self._index = chroma.open_safely(self._folder, self._record.path, self._record.manifest())
        if self._index is not None:
            # It is sound, but what it was told last may be lost, or be more than the record knows of.
            self._record.outbox.add(self._index.ids() ^ self._record.chunk_ids())
            return
        if chroma.exists(self._folder):
            logger.warning("the vector index in %s is not sound; making it anew from the record", self._library)
        self.renew()

    def _tell(self, pending: Sequence[str]) -> None:
        """Hands the pending chunks to the index, and forgets that they were pending."""
        index = self._index
        assert index is not None
        for first in range(0, len(pending), index.max_batch):
            batch = pending[first : first + index.max_batch]
            ids, vectors = self._record.vectors(batch)
            chunks = self._record.chunks(ids)
            if removed := sorted(set(batch) - set(ids)):
                index.delete(removed)
            if ids:
                index.upsert([chunks[chunk_id] for chunk_id in ids], vectors)
            self._record.outbox.settle(batch)
