"""Search by vectors on a Chroma server, for a library whose record is in a database.

The collection is derived from the record, which notes what the server has not been told of (``pending``). What the
server finds is believed only where the record agrees: its hits are scored by the record's own vectors, ids that the
record does not have are dropped, and what it has not been told of is compared exactly. Each time it is made anew it is
another collection, so that whoever still writes to the old one spoils nothing.
"""

from __future__ import annotations

import logging
import math
import re
import secrets
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from vectorstore.collection import DenseError
from vectorstore.errors import StoreError, StoreReadOnly
from vectorstore.place import ChromaAddress
from vectorstore.postgres import pending
from vectorstore.postgres.database import Connection, Database
from vectorstore.postgres.pending import Claim, Pending
from vectorstore.postgres.record import PgRecord
from vectorstore.protocols import Vectors

if TYPE_CHECKING:
    from vectorstore.chroma_server import ChromaServer, ServerCollection

logger = logging.getLogger(__name__)

BATCH = 250
"""Chunks that a server is told of at a time: Chroma Cloud takes no more, and a lease covers them with ease."""
SPARE = 20
"""Chunks found beyond those asked for: some may be in the record no more."""
WIDER = (1, 4, 16)
"""Times as many that are asked for while too few of those found are in the record."""
RETRY_SECONDS = 15.0
"""For which a server that failed is not asked again: a question does not wait for it each time."""


def is_on_chroma(manifest: Mapping[str, str]) -> bool:
    """Whether the vectors of a library with this manifest are on a Chroma server."""
    return "collection" in manifest


class ChromaVectors:
    """The collection of one library. Safe from several threads; connects when it is first needed."""

    def __init__(self, database: Database, record: PgRecord) -> None:
        """``record`` is what the collection is derived from, in ``database``."""
        self.pending = Pending(database)
        self._database = database
        self._record = record
        self._server: ChromaServer | None = None
        self._opened: tuple[str, ServerCollection] | None = None
        self._failed_at = -math.inf
        self._said = False
        self._opening = threading.Lock()

    @property
    def is_down(self) -> bool:
        """Whether the server has failed just now."""
        return time.monotonic() - self._failed_at < RETRY_SECONDS

    def nearest(
        self, vector: Sequence[float], top_k: int, manifest: Mapping[str, str], also: Sequence[str]
    ) -> Vectors | None:
        """Ids and the record's vectors of the nearest ``top_k`` chunks, some more, and those of ``also`` that are
        searched; None where the server cannot be asked now."""
        if self.is_down:
            return None
        try:
            for times in WIDER:
                asked = (top_k + SPARE) * times
                hits = {chunk_id for chunk_id, _ in self._collection(manifest).query(vector, asked)}
                found = self._record.vectors([*hits, *also])
                if len(hits) < asked or len(hits.intersection(found[0])) >= top_k:
                    break
        except DenseError as error:
            if self._record.manifest().get("collection") != manifest["collection"]:
                return None  # made anew just now: the server need not have failed
            self._failed()
            if not self._said:
                self._said = True
                logger.warning("%s: %s; searching without it", self._database.address, error)
            return None
        self._said = False
        return found

    def tell(self) -> int:
        """Tells the server of up to ``BATCH`` chunks that are pending; returns of how many, 0 if none can be claimed.

        Raises DenseError where it cannot: nothing is lost, and it is told of them later.
        """
        claim = self.pending.claim(BATCH)
        if claim is None:
            return 0
        try:
            collection = self._collection(self._record.manifest())
        except BaseException:
            self._failed()
            with suppress(StoreError):
                self.pending.release(claim)
            raise
        # From here on the claim is kept where something fails: what was sent may still be on its way.
        try:
            self._apply(claim, collection)
        except DenseError:
            self._failed()
            raise
        self.pending.settle(claim)
        return len(claim.versions)

    def tell_all(self) -> int:
        """Tells the server of all that is pending, or waits for who does; returns of how many chunks.

        Raises StoreError where it cannot.
        """
        count = 0
        try:
            while (told := self.tell()) or self.pending.some(1):
                count += told
                if not told:
                    time.sleep(0.5)
            return count
        except DenseError as error:
            raise StoreError(
                f"{self._database.address}: the articles are stored, but the vector index could not follow ({error}); "
                "searches go on meanwhile; article-qa indexer tells Chroma of the rest"
            ) from error

    def make(self, connection: Connection) -> None:
        """Makes a collection with nothing in it and notes all chunks as pending, in the transaction that is open.

        Raises StoreError where the server cannot be reached.
        """
        manifest: dict[str, str] = dict(connection.execute("SELECT key, value FROM manifest").fetchall())
        address = self._address(manifest)
        before = manifest.get("collection")
        own = before.rpartition("-")[0] if before else f"{_plain(self._database.address.schema)}-{secrets.token_hex(6)}"
        name = f"{own}-{secrets.token_hex(4)}"
        try:
            self._reached(address).make(name, manifest)
        except DenseError as error:
            raise StoreError(f"{self._database.address} was left as it was: {error}") from error
        pending.make(connection)
        connection.execute("DROP TABLE IF EXISTS embeddings")
        connection.execute("DELETE FROM manifest WHERE key = 'embeddings'")
        with connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO manifest VALUES (%s, %s) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                [("chroma", address.url), ("collection", name), ("collected", _seal(manifest))],
            )

    def drop(self, connection: Connection) -> None:
        """Has the library do without, in the transaction that is open."""
        pending.drop(connection)
        connection.execute("DELETE FROM manifest WHERE key IN ('chroma', 'collection', 'collected')")

    def forget(self, before: Mapping[str, str], keep: str | None) -> None:
        """Deletes the collections of the library that ``before`` is the manifest of, all but one."""
        try:
            address = ChromaAddress(before["chroma"])
            given = self._database.address.chroma
            server = self._reached(given if given is not None and given.url == address.url else address)
            server.drop(before["collection"].rpartition("-")[0] + "-", keep)
        except DenseError as error:
            logger.warning("the collection %s could not be deleted: %s", before["collection"], error)

    def problems(self) -> list[str]:
        """What of it does not agree with the record, which nobody may be writing. It is noted as pending, where that
        helps and this user may."""
        manifest = self._record.manifest()
        waiting = self.pending.some(self.pending.count() + 1)
        problems = [f"the vector index has not been told of {len(waiting)} chunks yet: article-qa indexer does so"]
        if not waiting:
            problems.clear()
        try:
            from vectorstore.comparison import differences

            found = differences(self._collection(manifest), self._record, waiting)
        except DenseError as error:
            return [*problems, str(error)]
        with suppress(StoreReadOnly):
            self.pending.add(sorted(found.missing | found.extra | found.wrong))
        noted = "noted for article-qa indexer"
        if found.missing:
            problems.append(f"the vector index lacks {len(found.missing)} chunks ({noted})")
        if found.extra:
            problems.append(f"the vector index holds {len(found.extra)} chunks that the record does not ({noted})")
        if found.wrong:
            problems.append(f"the vector index holds {len(found.wrong)} vectors that are not the record's ({noted})")
        if found.unfound:
            problems.append(f"the vector index does not find {found.unfound} chunks by their own vectors")
        return problems

    def close(self) -> None:
        """Lets go of connections to the server."""
        self._opened = None
        server, self._server = self._server, None
        if server is not None:
            with suppress(DenseError):
                server.close()

    def _apply(self, claim: Claim, collection: ServerCollection) -> None:
        """Has the server hold what the record says now of the chunks of a claim."""
        ids, vectors = self._record.vectors(list(claim.versions))
        chunks = self._record.chunks(ids)
        gone = sorted(claim.versions.keys() - set(ids))
        kept = [
            place for place, chunk_id in enumerate(ids) if chunk_id in chunks
        ]  # what is removed just now is pending
        if gone:
            self._hurry(claim)
            collection.delete(gone)
        if kept:
            self._hurry(claim)
            collection.upsert([chunks[ids[place]] for place in kept], vectors[kept])

    def _hurry(self, claim: Claim) -> None:
        """Raises DenseError where a claim is too old to begin a write."""
        if not claim.holds:
            raise DenseError(f"{self._database.address} answered too slowly for Chroma to be told of what it said")

    def _collection(self, manifest: Mapping[str, str]) -> ServerCollection:
        """The collection that the manifest names. Raises DenseError."""
        name = manifest["collection"]
        if manifest.get("collected") != _seal(manifest):
            raise DenseError(
                "there is no vector index for the embedding model of this library: article-qa index rebuild"
            )
        opened = self._opened
        if opened is None or opened[0] != name:
            opened = self._opened = (name, self._reached(self._address(manifest)).collection(name, manifest))
        return opened[1]

    def _address(self, manifest: Mapping[str, str]) -> ChromaAddress:
        """Where the server is: as this process was told, or as the library notes."""
        given = self._database.address.chroma
        return given if given is not None and given.url else ChromaAddress(manifest["chroma"])

    def _reached(self, address: ChromaAddress) -> ChromaServer:
        from vectorstore.chroma_server import ChromaServer  # brings Chroma, which takes seconds

        with self._opening:
            if self._server is None or self._server.address != address:
                self.close()
                self._server = ChromaServer(address)
            return self._server

    def _failed(self) -> None:
        self._failed_at = time.monotonic()
        self._opened = None


def _seal(manifest: Mapping[str, str]) -> str:
    return f"{manifest['embedder']} {manifest['dimension']}"


def _plain(schema: str) -> str:
    """A schema's name as Chroma takes it in that of a collection."""
    return re.sub(r"[^A-Za-z0-9]+", "-", schema).strip("-")[:40] or "library"
