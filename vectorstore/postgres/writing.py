"""What is written to the tables: articles stored and removed, near-duplicates grouped, what is derived made anew.

Several processes may write at once. Who stores or removes something holds a lock on the files and addresses that it was
read from, and waits for nobody else. Near-duplicates are grouped afterwards, in a transaction of its own, by one at a
time: until then an article stands by itself, and what was grouped with a removed one is shown and searched again. Who
is stopped in between leaves a list of what is to be grouped, and the next writer sees to it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray
from psycopg.types.json import Jsonb

from vectorstore.duplicates import group
from vectorstore.postgres import schema
from vectorstore.postgres.database import Connection, Database, Row
from vectorstore.postgres.groups import PgGroups
from vectorstore.postgres.pgvector import PgVector
from vectorstore.postgres.tokens import spelled, written
from vectorstore.schema import text_digest
from vectorstore.types import Article, Chunk

BLOCK = 1_000
"""Chunks that are read or changed at a time where all of them are."""
GROUPING = (
    "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ",
    # Waited for before anything is read: only then does the transaction see what the one before it has written.
    "LOCK TABLE grouping_lock IN EXCLUSIVE MODE",
)
"""What begins a transaction that groups near-duplicates."""

_GROUPED = "shown_as IN (SELECT shown_as FROM articles WHERE id = ANY(%(gone)s))"
_INSERT_CHUNKS = (
    'INSERT INTO chunks (id, article_id, start, "end", length, digest, title, text, words, spelled, vector) VALUES '
)
_CHUNK = "(%s, %s, %s, %s, %s, %s, %s, %s, indexed(%s), %s, %s)"
TOGETHER = 500
"""Chunks that one statement inserts: triggers count the words of all of them at once, and note each word once."""


class Writing:
    """Writes the tables of one library. Safe from several threads."""

    def __init__(self, database: Database, vectors: PgVector | None) -> None:
        """``vectors`` is written in the same transactions, where the server has pgvector."""
        self._database = database
        self._vectors = vectors

    def write(
        self, articles: Sequence[tuple[Article, Sequence[Chunk]]], vectors: Mapping[str, NDArray[np.float32]]
    ) -> None:
        """Stores articles with their chunks, in place of what was stored under the same ids and sources; what is there
        already as it is given stays as it is. In one transaction."""

        def store(connection: Connection) -> bool:
            self._lock(connection, {article.origin or article.source for article, _ in articles})
            new = [(article, chunks) for article, chunks in articles if not _is_stored(connection, article, chunks)]
            if not new:
                return False
            _forget(connection, [article.id for article, _ in new], [article.source for article, _ in new])
            for article, _ in new:
                _insert_article(connection, article)
            every = [one for _, chunks in new for one in chunks]
            for first in range(0, len(every), TOGETHER):
                _insert_chunks(connection, every[first : first + TOGETHER], vectors)
            if self._vectors is not None:
                made = [(one.id, vectors[text_digest(one.title, one.text)]) for one in every]
                self._vectors.insert(connection, made)
            schema.note_write(connection)
            return True

        if self._database.transact(store):
            self.group()

    def remove(self, article_ids: Sequence[str]) -> int:
        """Forgets the articles; returns how many there were."""

        def forget(connection: Connection) -> int:
            found = connection.execute(
                "SELECT CASE origin WHEN '' THEN source ELSE origin END, origin FROM articles WHERE id = ANY(%s)",
                (list(article_ids),),
            ).fetchall()
            self._lock(connection, {place for place, _ in found})
            # Before the articles of a file are changed one by one: a deadlock with others that do so is tried again.
            connection.execute(
                "UPDATE articles SET fingerprint = '' WHERE hashtextextended(origin, 0) = ANY(SELECT "
                "hashtextextended(one, 0) FROM unnest(%(origins)s::text[]) one) AND origin = ANY(%(origins)s)",
                {"origins": [origin for _, origin in found if origin]},
            )
            gone = _forget(connection, article_ids, [])
            if gone:
                schema.note_write(connection)
            return len(gone)

        gone = self._database.transact(forget)
        if gone:
            self.group()
        return gone

    def group(self) -> None:
        """Groups what was stored, and what is left of groups that something was removed from."""

        def regroup(connection: Connection) -> None:
            waiting = [one for (one,) in connection.execute("SELECT DISTINCT article_id FROM ungrouped ORDER BY 1")]
            rows = connection.execute("DELETE FROM gone_sketches RETURNING hash, articles").fetchall()
            gone: dict[int, int] = {}
            for value, count in rows:
                gone[value] = gone.get(value, 0) + count
            if waiting or gone:
                group(PgGroups(connection), waiting, gone)
                connection.execute("DELETE FROM ungrouped WHERE article_id = ANY(%s)", (waiting,))
                schema.note_write(connection)
            schema.sum_up(connection)

        if self._database.row(
            "SELECT 1 WHERE EXISTS (SELECT 1 FROM ungrouped) OR EXISTS (SELECT 1 FROM gone_sketches)"
        ):
            self._database.transact(regroup, before=GROUPING)

    def rebuild(self) -> None:
        """Makes the words of all chunks, what is counted of them, and the groups of near-duplicates anew."""

        def renew(connection: Connection) -> None:
            connection.execute("DELETE FROM words")
            connection.execute("DELETE FROM word_changes")
            connection.execute("ALTER TABLE chunks DISABLE TRIGGER USER")
            for rows in _blocks(connection, "SELECT number, title, text FROM chunks"):
                updates = []
                for number, title, text in rows:
                    words = written(title, text)
                    updates.append((words, spelled(words), len(words) - 1, number))
                with connection.cursor() as cursor:
                    cursor.executemany(
                        "UPDATE chunks SET words = indexed(%s), spelled = %s, length = %s, searched = false "
                        "WHERE number = %s",
                        updates,
                    )
            connection.execute("ALTER TABLE chunks ENABLE TRIGGER USER")
            connection.execute("UPDATE chunks SET searched = true")  # counts them
            connection.execute("UPDATE articles SET shown_as = id WHERE shown_as != id")
            connection.execute("DELETE FROM sketches")
            connection.execute("DELETE FROM gone_sketches")
            connection.execute("DELETE FROM ungrouped")
            group(PgGroups(connection), [one for (one,) in connection.execute("SELECT id FROM articles")], {})
            schema.note_write(connection)
            schema.sum_up(connection)

        self._database.transact(renew, before=GROUPING[1:])

    def replace_vectors(self, vectors: Mapping[str, NDArray[np.float32]], embedder: str, dimension: int) -> None:
        """Stores other vectors for all chunks, by id, and the model they are from."""

        def replace(connection: Connection) -> None:
            with connection.cursor() as cursor:
                cursor.executemany(
                    "UPDATE chunks SET vector = %s WHERE id = %s", [(_bytes(one), i) for i, one in vectors.items()]
                )
                cursor.executemany(
                    "UPDATE manifest SET value = %s WHERE key = %s",
                    [(embedder, "embedder"), (str(dimension), "dimension")],
                )
            schema.note_write(connection)

        self._database.transact(replace)

    def wrong_words(self) -> int:
        """How many chunks are indexed under other words than those of their text."""

        def compare(connection: Connection) -> int:
            wrong = 0
            for rows in _blocks(connection, "SELECT number, title, text, spelled, length FROM chunks"):
                words = [written(title, text) for _, title, text, _, _ in rows]
                wrong += sum(
                    (spelled(made), len(made) - 1) != (stored, length)
                    for made, (_, _, _, stored, length) in zip(words, rows, strict=True)
                )
                with connection.cursor() as cursor:
                    cursor.executemany(
                        "SELECT 1 FROM chunks WHERE number = %s AND words != indexed(%s)",
                        [(row[0], made) for row, made in zip(rows, words, strict=True)],
                        returning=True,
                    )
                    wrong += cursor.rowcount
                    while cursor.nextset():
                        wrong += cursor.rowcount
            return wrong

        return self._database.transact(compare)

    def _lock(self, connection: Connection, origins: Iterable[str]) -> None:
        """Keeps others from writing what comes from the same files and addresses. In order, so that no two wait for
        each other."""
        keys = sorted({_lock_key(self._database.address.schema, origin) for origin in origins})
        for key in keys:
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (key,))


def _lock_key(library: str, origin: str) -> int:
    digest = hashlib.blake2b(f"{library}\0{origin}".encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def _is_stored(connection: Connection, article: Article, chunks: Sequence[Chunk]) -> bool:
    """Whether the article is there with just these chunks: somebody else has read the same source meanwhile."""
    found = connection.execute(
        "SELECT 1 FROM articles WHERE id = %s AND source = %s AND title = %s AND authors = %s "
        "AND published IS NOT DISTINCT FROM %s AND text = %s AND fingerprint = %s AND origin = %s "
        "AND language IS NOT DISTINCT FROM %s AND sections = %s AND body_start = %s",
        (*_facts(article),),
    ).fetchone()
    if found is None:
        return False
    stored = connection.execute(
        'SELECT id, start, "end", title, text FROM chunks WHERE article_id = %s ORDER BY number', (article.id,)
    ).fetchall()
    return stored == [(one.id, one.start, one.end, one.title, one.text) for one in chunks]


def _facts(article: Article) -> tuple[object, ...]:
    return (
        article.id,
        article.source,
        article.title,
        Jsonb(list(article.authors)),
        article.published,
        article.text,
        article.fingerprint,
        article.origin,
        article.language,
        Jsonb([(section.start, section.label) for section in article.sections]),
        article.body_start,
    )


def _insert_article(connection: Connection, article: Article) -> None:
    connection.execute(
        "INSERT INTO articles (id, source, title, authors, published, text, fingerprint, origin, language, sections, "
        "body_start, shown_as, added_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (*_facts(article), article.id, datetime.now(UTC).isoformat(timespec="seconds")),
    )
    connection.execute("INSERT INTO ungrouped VALUES (%s)", (article.id,))


def _insert_chunks(connection: Connection, chunks: Sequence[Chunk], vectors: Mapping[str, NDArray[np.float32]]) -> None:
    values: list[object] = []
    for one in chunks:
        words, digest = written(one.title, one.text), text_digest(one.title, one.text)
        values += (one.id, one.article_id, one.start, one.end, len(words) - 1, digest, one.title, one.text)
        values += (words, spelled(words), _bytes(vectors[digest]))
    connection.execute(_INSERT_CHUNKS + ", ".join([_CHUNK] * len(chunks)), values)


def _forget(connection: Connection, article_ids: Sequence[str], sources: Sequence[str]) -> list[str]:
    """Deletes articles; returns their ids. What was grouped with them stands by itself until it is grouped anew."""
    gone = [
        article_id
        for (article_id,) in connection.execute(
            "SELECT id FROM articles WHERE id = ANY(%(ids)s) UNION SELECT id FROM articles "
            "WHERE hashtextextended(source, 0) = ANY(SELECT hashtextextended(one, 0) "
            "FROM unnest(%(sources)s::text[]) one) AND source = ANY(%(sources)s)",
            {"ids": list(article_ids), "sources": list(sources)},
        )
    ]
    if not gone:
        return []
    ids = {"gone": gone}
    # In order, so that no two writers wait for each other. The groups are read only then: whoever is grouping these
    # articles is waited for, and whoever begins to do so waits.
    connection.execute(f"SELECT 1 FROM articles WHERE id = ANY(%(gone)s) OR {_GROUPED} ORDER BY id FOR UPDATE", ids)
    left = [
        article_id
        for (article_id,) in connection.execute(
            f"SELECT id FROM articles WHERE {_GROUPED} AND id != ALL(%(gone)s)", ids
        )
    ]
    connection.execute("UPDATE articles SET shown_as = id WHERE id = ANY(%s)", (left,))
    connection.execute("UPDATE chunks SET searched = true WHERE article_id = ANY(%s) AND NOT searched", (left,))
    connection.execute("INSERT INTO ungrouped SELECT unnest(%s::text[])", (left,))
    connection.execute(
        "INSERT INTO gone_sketches SELECT hash, count(*) FROM sketches WHERE article_id = ANY(%s) GROUP BY hash",
        (gone,),
    )
    # Their members may be shown as each other: all are deleted together, and the reference is looked at afterwards.
    connection.execute("DELETE FROM articles WHERE id = ANY(%s)", (gone,))
    return gone


def _bytes(vector: NDArray[np.float32]) -> bytes:
    return vector.astype("<f4").tobytes()


def _blocks(connection: Connection, query: str) -> Iterable[list[Row]]:
    """The rows of chunks that ``query`` gives, number first, ``BLOCK`` at a time."""
    last = 0
    while rows := connection.execute(f"{query} WHERE number > %s ORDER BY number LIMIT {BLOCK}", (last,)).fetchall():
        yield rows
        last = rows[-1][0]
