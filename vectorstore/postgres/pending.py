"""What a Chroma server has not been told of yet, in the record's own database.

Triggers note each chunk that is stored, removed, or searched no more, in the same transaction, with a version that
grows. Whoever tells Chroma claims notes for a while, reads what the record says of these chunks *now*, and takes a note
away only where its version is still the one that was claimed. So Chroma is told at least once, and what it is told last
is what the record says. A note that is claimed is told of by nobody else, also where it changes meanwhile: an older
state must not be written over a newer one.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from vectorstore.postgres.database import Connection, Database

LEASE_SECONDS = 60
"""For which notes are claimed: what a stopped process has claimed is told of after that, and found exactly until then.
Longer than a write to Chroma may take (``TELL_SECONDS``, and twice ``chroma_server.TIMEOUT``)."""
TELL_SECONDS = 20
"""After a claim in which writing to Chroma has to begin."""

_INDEXERS = 0x41514132
"""Of the advisory locks of indexers, beside those of writers."""

_TABLES = """
CREATE TABLE pending (
    chunk_id text COLLATE "C" PRIMARY KEY, version bigint NOT NULL,
    lease bigint NOT NULL DEFAULT 0, leased_until timestamptz NOT NULL DEFAULT '-infinity'
);
CREATE INDEX pending_in_order ON pending (version);
CREATE SEQUENCE pending_versions;
"""


def _note(name: str, event: str, tables: str, changed: str) -> str:
    """A trigger that notes the ids that ``changed`` gives. In order, so that no two writers wait for each other."""
    return f"""
CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO pending (chunk_id, version) SELECT id, nextval('pending_versions') FROM ({changed} ORDER BY id) changed
    ON CONFLICT (chunk_id) DO UPDATE SET version = excluded.version;
    RETURN NULL;
END $$;
CREATE TRIGGER {name} AFTER {event} ON chunks {tables} FOR EACH STATEMENT EXECUTE FUNCTION {name}();
"""


_TRIGGERS = (
    _note("pending_stored", "INSERT", "REFERENCING NEW TABLE AS stored", "SELECT id FROM stored"),
    _note("pending_removed", "DELETE", "REFERENCING OLD TABLE AS removed", "SELECT id FROM removed"),
    _note(
        "pending_changed",
        "UPDATE",
        "REFERENCING OLD TABLE AS before NEW TABLE AS after",
        "SELECT a.id FROM before b JOIN after a USING (number) "
        "WHERE a.searched != b.searched OR a.vector IS DISTINCT FROM b.vector",
    ),
)


@dataclass(frozen=True)
class Claim:
    """Notes that nobody else tells Chroma of for now."""

    lease: int
    versions: dict[str, int]
    """Of each chunk, by id."""
    since: float
    """By this machine's clock, no later than the server has counted from."""

    @property
    def holds(self) -> bool:
        """Whether a write that begins now ends before somebody else may claim the same."""
        return time.monotonic() - self.since < TELL_SECONDS


def make(connection: Connection) -> None:
    """Makes the list in the transaction that is open, with every chunk in it that is searched."""
    found = connection.execute("SELECT to_regclass('pending') IS NOT NULL").fetchone()
    if found is None or not found[0]:
        for part in (_TABLES, *_TRIGGERS):
            connection.execute(part)
    connection.execute("DELETE FROM pending")
    connection.execute(
        "INSERT INTO pending (chunk_id, version) SELECT id, nextval('pending_versions') FROM chunks WHERE searched"
    )


def drop(connection: Connection) -> None:
    """Does without the list from now on."""
    for name in ("pending_stored", "pending_removed", "pending_changed"):
        connection.execute(f"DROP FUNCTION IF EXISTS {name} CASCADE")
    connection.execute("DROP TABLE IF EXISTS pending")
    connection.execute("DROP SEQUENCE IF EXISTS pending_versions")


class Pending:
    """The notes of one library. Safe from several threads and processes."""

    def __init__(self, database: Database) -> None:
        """``database`` holds the list where the library's vectors are on a Chroma server."""
        self._database = database
        self._key = zlib.crc32(database.address.schema.encode()) - 2**31

    def some(self, most: int) -> list[str]:
        """Ids of chunks that Chroma has not been told of, the first noted first."""
        return [
            one for (one,) in self._database.rows("SELECT chunk_id FROM pending ORDER BY version LIMIT %s", (most,))
        ]

    def count(self) -> int:
        """How many they are."""
        [(count,)] = self._database.rows("SELECT count(*) FROM pending")
        return int(count)

    @property
    def is_worked_off(self) -> bool:
        """Whether some indexer is at work."""
        return bool(
            self._database.rows(
                "SELECT 1 FROM pg_locks JOIN pg_database d ON d.oid = database WHERE locktype = 'advisory' "
                "AND datname = current_database() AND classid = %s::bigint::oid AND objid = %s::bigint::oid LIMIT 1",
                (_INDEXERS, self._key % 2**32),
            )
        )

    @contextmanager
    def working_off(self) -> Iterator[None]:
        """Others see meanwhile that an indexer is at work: a lock of this thread's session, which any number hold."""
        with self._database.pinned() as connection:
            connection.execute("SELECT pg_advisory_lock_shared(%s, %s)", (_INDEXERS, self._key))
            try:
                yield
            finally:
                if not connection.closed:
                    connection.execute("SELECT pg_advisory_unlock_shared(%s, %s)", (_INDEXERS, self._key))

    def add(self, chunk_ids: Sequence[str]) -> None:
        """Notes that Chroma has to be told of these chunks, or of their absence."""
        self._database.transact(
            lambda connection: connection.execute(
                "INSERT INTO pending (chunk_id, version) SELECT id, nextval('pending_versions') FROM "
                "unnest(%s::text[]) id ORDER BY id ON CONFLICT (chunk_id) DO UPDATE SET version = excluded.version",
                (list(chunk_ids),),
            )
        )

    def claim(self, most: int) -> Claim | None:
        """The first notes that nobody has claimed; None where there are none."""

        def take(connection: Connection) -> Claim | None:
            since = time.monotonic()
            rows = connection.execute(
                "WITH free AS (SELECT chunk_id FROM pending WHERE leased_until < clock_timestamp() ORDER BY version "
                "LIMIT %s FOR UPDATE SKIP LOCKED), "
                "one AS MATERIALIZED (SELECT nextval('pending_versions') AS lease) "
                "UPDATE pending p SET lease = one.lease, leased_until = clock_timestamp() + make_interval(secs => %s) "
                "FROM free, one WHERE p.chunk_id = free.chunk_id RETURNING p.chunk_id, p.version, p.lease",
                (most, LEASE_SECONDS),
            ).fetchall()
            return Claim(rows[0][2], {chunk_id: version for chunk_id, version, _ in rows}, since) if rows else None

        return self._database.transact(take)

    def settle(self, claim: Claim) -> None:
        """Notes that Chroma has been told; what has changed since the claim can be claimed again."""

        def done(connection: Connection) -> None:
            connection.execute(
                "DELETE FROM pending USING unnest(%s::text[], %s::bigint[]) told(id, was) "
                "WHERE chunk_id = told.id AND version = told.was",
                (list(claim.versions), list(claim.versions.values())),
            )
            self._let_go(connection, claim)

        self._database.transact(done)

    def release(self, claim: Claim) -> None:
        """Lets others claim what this one has not told of."""
        self._database.transact(lambda connection: self._let_go(connection, claim))

    def _let_go(self, connection: Connection, claim: Claim) -> None:
        connection.execute(
            "UPDATE pending SET leased_until = '-infinity' WHERE chunk_id = ANY(%s) AND lease = %s",
            (list(claim.versions), claim.lease),
        )
