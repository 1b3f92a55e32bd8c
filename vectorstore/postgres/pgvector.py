"""Search by vectors with the extension pgvector, in the record's own transactions.

The index holds the vectors in half precision, which takes half the memory and goes up to 4,000 numbers; what it finds
is scored by the record's own vectors. It is a table beside the chunks that can be made anew from them, and says which
model's vectors it holds: after a move to another model it is not believed until it has been.
"""

from __future__ import annotations

import logging
import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import psycopg
from numpy.typing import NDArray
from psycopg.adapt import Dumper
from psycopg.pq import Format

from vectorstore import exact
from vectorstore.postgres.database import Connection, Database

logger = logging.getLogger(__name__)

OLDEST = (0, 8, 4)
"""The first version that is known to do. Scans that go on until enough is found came with 0.8.0, and were mended."""
MAX_DIMENSION = 4_000
"""Numbers of a vector in half precision that pgvector can index."""
SETTINGS = (
    "SET hnsw.ef_search = 200",
    "SET hnsw.iterative_scan = strict_order",
    "SET hnsw.max_scan_tuples = 20000",
)
"""Of each connection. A scan goes on where what it has found so far is a copy of something and not searched."""
SPARE = 20
"""Chunks found beyond those asked for: half precision may change the order of the last ones."""
BLOCK = 1_000
"""Vectors read or written at a time where all of them are."""
CLOSE = 2e-3
"""Greatest difference between a number of a vector of unit length and the same in half precision, and more."""

_MAKING = 0x41514133
"""Advisory lock of who makes the extension."""
_TABLE = """
CREATE TABLE {name} (
    number bigint PRIMARY KEY REFERENCES chunks(number) ON DELETE CASCADE, embedding halfvec({dimension}) NOT NULL
)
"""


@dataclass(frozen=True)
class _Half:
    """A vector as PostgreSQL takes a ``halfvec``."""

    sent: bytes


def find_extension(connection: Connection) -> str | None:
    """The schema that holds pgvector, made where the server has it and lets this user; None where there is none that
    does."""
    row = connection.execute(
        "SELECT coalesce(installed_version, default_version), installed_version IS NOT NULL "
        "FROM pg_available_extensions WHERE name = 'vector'"
    ).fetchone()
    if row is None:
        return None
    version, installed = row
    if _parsed(version) < OLDEST:
        logger.warning("pgvector %s is too old to be used, 0.8.4 is needed; see docs/shared.md", version)
        return None
    if not installed:
        try:
            with connection.transaction():
                # Whoever makes it at the same time is waited for: PostgreSQL would say that it is there already.
                connection.execute("SELECT pg_advisory_xact_lock(%s)", (_MAKING,))
                connection.execute("CREATE EXTENSION IF NOT EXISTS vector WITH SCHEMA public")
        except psycopg.errors.InsufficientPrivilege:
            logger.warning(
                "pgvector is there and not yet in this database: let an administrator CREATE EXTENSION vector"
            )
            return None
    found = connection.execute(
        "SELECT nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE extname = 'vector'"
    ).fetchone()
    return None if found is None else str(found[0])


class PgVector:
    """Nearest neighbours by cosine. Safe from several threads."""

    def __init__(self, database: Database, schema: str) -> None:
        """``schema`` is where the extension is."""
        self._database = database
        database.look_in(schema, SETTINGS)

    def is_current(self) -> bool:
        """Whether it holds the vectors of the model that the library has now."""
        return is_current(dict(self._database.rows("SELECT key, value FROM manifest")))

    def nearest(self, vector: Sequence[float], top_k: int) -> list[tuple[str, float]]:
        """(chunk id, cosine similarity) of the nearest ``top_k``, best first."""
        asked = np.asarray(vector, dtype=np.float32)
        rows = self._database.rows(
            "SELECT c.id, c.vector FROM embeddings e JOIN chunks c USING (number) WHERE c.searched "
            "ORDER BY e.embedding <=> %s::text::halfvec LIMIT %s",
            (_text(asked), top_k + SPARE),
        )
        if not rows:
            return []
        vectors = np.frombuffer(b"".join(stored for _, stored in rows), dtype="<f4").reshape(len(rows), -1)
        return exact.nearest([chunk_id for chunk_id, _ in rows], vectors, asked.tolist(), top_k)

    def insert(self, connection: Connection, vectors: Sequence[tuple[str, NDArray[np.float32]]]) -> None:
        """Takes in the vectors of chunks, by id, that are stored in the transaction that is open."""
        if not is_current(dict(connection.execute("SELECT key, value FROM manifest").fetchall())):
            return
        _know_half(connection)
        with connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO embeddings SELECT number, %s FROM chunks WHERE id = %s",
                [(_half(vector), chunk_id) for chunk_id, vector in vectors],
            )

    def make(self, connection: Connection) -> bool:
        """Makes it from the record, in the transaction that is open; says whether there can be one."""
        manifest: dict[str, str] = dict(connection.execute("SELECT key, value FROM manifest").fetchall())
        dimension = int(manifest["dimension"])
        if dimension > MAX_DIMENSION:
            logger.warning("vectors of %d numbers are more than pgvector can index", dimension)
            return False
        _know_half(connection)
        # Under another name until it is whole, so that nobody who searches has to wait.
        connection.execute(_TABLE.format(name="embeddings_new", dimension=dimension))
        with connection.cursor() as writer:
            for rows in _all_vectors(connection):
                found = [(number, _half(np.frombuffer(vector, dtype="<f4"))) for number, vector in rows]
                writer.executemany("INSERT INTO embeddings_new VALUES (%s, %s)", found)
        connection.execute("CREATE INDEX ON embeddings_new USING hnsw (embedding halfvec_cosine_ops)")
        connection.execute("DROP TABLE IF EXISTS embeddings")
        connection.execute("ALTER TABLE embeddings_new RENAME TO embeddings")
        connection.execute(
            "INSERT INTO manifest VALUES ('embeddings', %s) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            (_seal(manifest),),
        )
        return True

    def problems(self) -> list[str]:
        """What of it does not agree with the record."""
        if not self.is_current():
            return ["there is no vector index for the embedding model of this library"]
        [(missing,)] = self._database.rows(
            "SELECT count(*) FROM chunks c LEFT JOIN embeddings e USING (number) WHERE e.number IS NULL"
        )
        found = [f"the vector index lacks {missing} chunks"] if missing else []
        wrong = 0
        last = -1
        while rows := self._database.rows(
            "SELECT number, vector, embedding::real[] FROM chunks JOIN embeddings USING (number) WHERE number > %s "
            f"ORDER BY number LIMIT {BLOCK}",
            (last,),
        ):
            last = rows[-1][0]
            for _, vector, embedding in rows:
                own = np.frombuffer(vector, dtype="<f4")
                wrong += len(own) != len(embedding) or not np.allclose(own, embedding, atol=CLOSE)
        if wrong:
            found.append(f"the vector index holds {wrong} vectors that are not the record's")
        return found


def _all_vectors(connection: Connection) -> Iterable[list[tuple[int, bytes]]]:
    last = -1
    query = f"SELECT number, vector FROM chunks WHERE number > %s ORDER BY number LIMIT {BLOCK}"
    while rows := connection.execute(query, (last,), binary=True).fetchall():
        last = rows[-1][0]
        yield [(number, vector) for number, vector in rows]


def is_current(manifest: Mapping[str, str]) -> bool:
    """Whether the vectors of the model that a library with this manifest has now are in pgvector."""
    return manifest.get("embeddings") == _seal(manifest)


def _seal(manifest: Mapping[str, str]) -> str:
    return f"{manifest['embedder']} {manifest['dimension']}"


def _text(vector: NDArray[np.float32]) -> str:
    return "[" + ",".join(map(str, vector.tolist())) + "]"


def _half(vector: NDArray[np.float32]) -> _Half:
    return _Half(struct.pack(">HH", len(vector), 0) + vector.astype(">f2").tobytes())


def _know_half(connection: Connection) -> None:
    """Teaches a connection to send vectors in half precision."""
    row = connection.execute("SELECT 'halfvec'::regtype::oid").fetchone()
    assert row is not None
    known = int(row[0])

    class HalfDumper(Dumper):
        """As the type's own binary form: how many numbers, nothing, and each in two bytes."""

        format = Format.BINARY
        oid = known

        def dump(self, obj: _Half) -> bytes:
            return obj.sent

    connection.adapters.register_dumper(_Half, HalfDumper)


def _parsed(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())
