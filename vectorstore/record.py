"""The text of record: one SQLite file with articles, chunks, vectors and the lexical index.

Everything else in a library's folder is derived from this file and can be made anew from it.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import threading
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vectorstore import duplicates, lexical
from vectorstore.errors import StoreDamaged, StoreError, StoreReadOnly
from vectorstore.lexical import FtsIndex
from vectorstore.types import Article, ArticleSummary, Chunk, Section, StoredSource

FILE_NAME = "record.sqlite3"
FORMAT = "4"
"""Version of the tables; libraries of a later one are refused, those of an earlier one brought up to date."""

# ``pending`` names the chunks the vector index has not been told of yet. It is written in the same
# transaction as the chunks and emptied after the vector index has them, so a stop in between leaves
# a trace of exactly what is missing.
_SCHEMA = """
CREATE TABLE manifest (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE articles (
    id TEXT PRIMARY KEY, source TEXT NOT NULL UNIQUE, title TEXT NOT NULL, authors TEXT NOT NULL,
    published TEXT, text TEXT NOT NULL, fingerprint TEXT NOT NULL, added_at TEXT NOT NULL,
    origin TEXT NOT NULL DEFAULT '', language TEXT, sections TEXT NOT NULL DEFAULT '[]',
    body_start INTEGER NOT NULL DEFAULT 0, shown_as TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;
CREATE TABLE chunks (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,
    article_id TEXT NOT NULL REFERENCES articles(id) ON DELETE CASCADE,
    start INTEGER NOT NULL, "end" INTEGER NOT NULL, title TEXT NOT NULL, text TEXT NOT NULL, vector BLOB NOT NULL,
    digest TEXT, searched INTEGER NOT NULL DEFAULT 1
);
CREATE INDEX chunks_by_article ON chunks(article_id);
CREATE INDEX chunks_by_digest ON chunks(digest);
CREATE TABLE pending (chunk_id TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TRIGGER pending_insert AFTER INSERT ON chunks BEGIN
    INSERT OR IGNORE INTO pending VALUES (new.id);
END;
CREATE TRIGGER pending_delete AFTER DELETE ON chunks BEGIN
    INSERT OR IGNORE INTO pending VALUES (old.id);
END;
CREATE TRIGGER pending_update AFTER UPDATE OF searched ON chunks BEGIN
    INSERT OR IGNORE INTO pending VALUES (new.id);
END;
"""


def _statements(script: str) -> Iterator[str]:
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


_UPGRADES = {
    "1": (
        "ALTER TABLE articles ADD COLUMN origin TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE articles ADD COLUMN language TEXT",
        "ALTER TABLE articles ADD COLUMN sections TEXT NOT NULL DEFAULT '[]'",
        "ALTER TABLE articles ADD COLUMN body_start INTEGER NOT NULL DEFAULT 0",
        "UPDATE manifest SET value = '2' WHERE key = 'format'",
    ),
    "2": (
        "ALTER TABLE articles ADD COLUMN shown_as TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE chunks ADD COLUMN digest TEXT",
        "ALTER TABLE chunks ADD COLUMN searched INTEGER NOT NULL DEFAULT 1",
        "CREATE INDEX chunks_by_digest ON chunks(digest)",
        "CREATE TRIGGER pending_update AFTER UPDATE OF searched ON chunks BEGIN "
        "INSERT OR IGNORE INTO pending VALUES (new.id); END",
        "DROP TRIGGER lexical_insert",
        "DROP TRIGGER lexical_delete",
        "DROP TABLE lexical",
        *_statements(lexical.LEXICAL_SCHEMA + duplicates.SCHEMA),
        "INSERT INTO lexical(lexical) VALUES ('rebuild')",
        "UPDATE chunks SET digest = digest(title, text)",
        "UPDATE manifest SET value = '3' WHERE key = 'format'",
    ),
    "3": (
        *_statements(lexical.SPELLINGS_SCHEMA),
        "INSERT INTO spellings(spellings) VALUES ('rebuild')",
        "UPDATE manifest SET value = '4' WHERE key = 'format'",
    ),
}
"""By the format of an older library: what makes it one of the next format."""

_CHUNK_COLUMNS = 'c.id, c.article_id, c.title, a.source, c.text, c.start, c."end"'
_CHUNKS = "FROM chunks c JOIN articles a ON a.id = c.article_id"


_OTHER_SOURCES = "(SELECT json_group_array(b.source) FROM articles b WHERE b.shown_as = a.shown_as AND b.id != a.id)"

_LISTED = "(a.shown_as = a.id OR EXISTS (SELECT 1 FROM chunks c WHERE c.article_id = a.id AND c.searched))"


def text_digest(title: str, text: str) -> str:
    """Names what is embedded for a chunk: equal digests have equal vectors."""
    return hashlib.sha256(f"{title}\0{text}".encode("utf-8", "surrogatepass")).hexdigest()[:32]


class Record:
    """Reads and writes the SQLite file. Safe from several threads; writers are kept apart by ``ArticleIndex``."""

    def __init__(self, path: Path, *, writable: bool) -> None:
        """Opens ``path``; ``writable=False`` touches nothing, not even beside the file."""
        self.path = path
        self._writable = writable
        self._local = threading.local()
        self.lexical = FtsIndex(lambda: self.connection, lambda: self.generation)

    @classmethod
    def create(cls, path: Path, manifest: dict[str, str]) -> Record:
        """A new, empty record that says how its chunks and vectors are made. Raises StoreReadOnly."""
        record = cls(path, writable=True)
        try:
            connection = record.connection
            connection.execute("PRAGMA journal_mode = WAL")
            with record.transaction():
                # Not executescript(), which would commit: a stop half-way must leave no half a schema.
                for statement in _statements(_SCHEMA + lexical.SCHEMA + duplicates.SCHEMA):
                    connection.execute(statement)
                connection.executemany("INSERT INTO manifest VALUES (?, ?)", list(manifest.items()))
        except sqlite3.OperationalError as error:
            raise StoreReadOnly(f"{path} cannot be created: {error}") from error
        return record

    @property
    def connection(self) -> sqlite3.Connection:
        """This thread's connection. SQLite's are not to be shared between threads in mid-transaction."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = self._connect()
        return connection

    def _connect(self) -> sqlite3.Connection:
        connection = self._open_file()
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA recursive_triggers = ON")
        # A committed transaction is on the disk, whatever happens to the power. The vector index may then be behind
        # the record, never ahead of it.
        connection.execute("PRAGMA synchronous = FULL")
        return connection

    def _open_file(self) -> sqlite3.Connection:
        uri = self.path.absolute().as_uri()
        # In a folder that cannot be written SQLite cannot make the files it shares with other processes;
        # ``immutable`` then reads without them, which is right as long as nobody else writes there either.
        modes = ["mode=rwc"] if self._writable else ["mode=ro", "mode=ro&immutable=1"]
        for mode in modes:
            connection = sqlite3.connect(
                f"{uri}?{mode}", uri=True, timeout=30, isolation_level=None, check_same_thread=False
            )
            try:
                connection.execute("SELECT count(*) FROM sqlite_master")
            except sqlite3.OperationalError:
                if mode == modes[-1]:
                    raise
            except sqlite3.DatabaseError:
                pass  # not a database at all: ``manifest`` says so, in words
            else:
                return connection
        return connection

    def close(self) -> None:
        """Closes this thread's connection; those of other threads close with their threads."""
        connection = getattr(self._local, "connection", None)
        if connection is not None:
            connection.close()
            self._local.connection = None

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """One transaction: all of it is stored, or, after an exception, none.

        Raises StoreReadOnly, and StoreError when the disk is full or fails.
        """
        connection = self.connection
        try:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:  # a full disk ends it by itself
                    connection.execute("ROLLBACK")
                raise
        except sqlite3.OperationalError as error:
            if "readonly" in str(error):
                raise StoreReadOnly(f"{self.path} cannot be written: {error}") from error
            raise StoreError(f"{self.path} could not be written ({error}); what was stored before is kept") from error

    def manifest(self) -> dict[str, str]:
        """How the stored data was made. Raises StoreDamaged when the file is not a record."""
        try:
            return dict(self.connection.execute("SELECT key, value FROM manifest"))
        except sqlite3.DatabaseError as error:
            raise StoreDamaged(
                f"{self.path} is damaged or not a library's record ({error}); put back a backup of the folder, or "
                "move it away and ingest the articles again"
            ) from error

    @property
    def generation(self) -> int:
        """Changes with every write by any process."""
        [value] = self.connection.execute("SELECT value FROM manifest WHERE key = 'generation'").fetchone()
        return int(value)

    # Writing ----------------------------------------------------------------------------------

    def upgrade(self) -> None:
        """Brings the tables of an older version up to date, where they can be written; nothing stored is changed."""
        while self._writable and self.manifest().get("format") in _UPGRADES:
            with self._writing() as connection:  # asked again inside: another process may have done it meanwhile
                connection.create_function("digest", 2, text_digest)
                for statement in _UPGRADES.get(self.manifest()["format"], ()):
                    connection.execute(statement)
                if self.manifest()["format"] == "3":
                    duplicates.regroup_all(connection)

    def write(
        self, articles: Sequence[tuple[Article, Sequence[Chunk]]], vectors: Mapping[str, NDArray[np.float32]]
    ) -> None:
        """Stores articles with their chunks, in place of what was stored under the same ids and sources.

        ``vectors`` holds one for each chunk, by ``text_digest``. Raises StoreError when the disk is full or cannot
        be written; then nothing of it is stored.
        """
        now = datetime.now(UTC).isoformat(timespec="seconds")
        with self._writing() as connection:
            ids, sources = [article.id for article, _ in articles], [article.source for article, _ in articles]
            _, left = self._forget(connection, ids, sources)
            for article, chunks in articles:
                connection.execute(
                    "INSERT INTO articles VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        article.id,
                        article.source,
                        article.title,
                        json.dumps(article.authors, ensure_ascii=False),
                        article.published,
                        article.text,
                        article.fingerprint,
                        now,
                        article.origin,
                        article.language,
                        json.dumps([(section.start, section.label) for section in article.sections]),
                        article.body_start,
                        article.id,
                    ),
                )
                digests = [text_digest(chunk.title, chunk.text) for chunk in chunks]
                connection.executemany(
                    'INSERT INTO chunks (id, article_id, start, "end", title, text, vector, digest) '
                    "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    [
                        (c.id, article.id, c.start, c.end, c.title, c.text, vectors[d].astype("<f4").tobytes(), d)
                        for c, d in zip(chunks, digests, strict=True)
                    ],
                )
            duplicates.regroup(connection, [*left, *ids])

    def remove(self, article_ids: Sequence[str]) -> int:
        """Forgets the articles; returns how many there were.

        What is left of a file that held several no longer counts as read, so that the next ingest reads it again.
        """
        with self._writing() as connection:
            connection.execute(
                "UPDATE articles SET fingerprint = '' WHERE origin IN "
                "(SELECT origin FROM articles WHERE origin != '' AND id IN (SELECT value FROM json_each(?)))",
                (json.dumps(list(article_ids)),),
            )
            gone, left = self._forget(connection, article_ids)
            duplicates.regroup(connection, left)
            return len(gone)

    def _forget(
        self, connection: sqlite3.Connection, article_ids: Sequence[str], sources: Sequence[str] = ()
    ) -> tuple[set[str], set[str]]:
        """Deletes articles; returns their ids, and those left of their groups, which are to be grouped anew."""
        found = connection.execute(
            "SELECT id FROM articles WHERE id IN (SELECT value FROM json_each(?1)) UNION "
            "SELECT id FROM articles WHERE source IN (SELECT value FROM json_each(?2))",
            (json.dumps(list(article_ids)), json.dumps(list(sources))),
        )
        gone = {article_id for (article_id,) in found}
        groups = [duplicates.group_of(connection, article_id) for article_id in gone]
        connection.executemany("DELETE FROM articles WHERE id = ?", [(article_id,) for article_id in gone])
        return gone, set().union(*groups) - gone

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self.transaction() as connection:
            yield connection
            connection.execute("UPDATE manifest SET value = value + 1 WHERE key = 'generation'")

    def replace_vectors(self, vectors: Mapping[str, NDArray[np.float32]], embedder: str, dimension: int) -> None:
        """Stores other vectors for all chunks, by id, and the model they are from."""
        with self._writing() as connection:
            connection.executemany(
                "UPDATE chunks SET vector = ? WHERE id = ?",
                [(vector.astype("<f4").tobytes(), chunk_id) for chunk_id, vector in vectors.items()],
            )
            facts = [("embedder", embedder), ("dimension", str(dimension))]
            connection.executemany("INSERT OR REPLACE INTO manifest VALUES (?, ?)", facts)

    def rebuild_derived(self) -> None:
        """Makes the groups of near-duplicates and the lexical index anew from texts and chunks."""
        with self._writing() as connection:
            duplicates.regroup_all(connection)
            lexical.rebuild_lexical(connection)

    def set_manifest(self, key: str, value: str) -> None:
        """Notes a fact about the stored data."""
        with self.transaction() as connection:
            connection.execute("INSERT OR REPLACE INTO manifest VALUES (?, ?)", (key, value))

    # Reading ----------------------------------------------------------------------------------

    def article(self, article_id: str) -> Article | None:
        """The article with its text, or None."""
        row = self.connection.execute(
            "SELECT id, source, title, text, fingerprint, authors, published, origin, language, sections, body_start, "
            f"{_OTHER_SOURCES} FROM articles a WHERE id = ?",
            (article_id,),
        ).fetchone()
        if row is None:
            return None
        article_id, source, title, text, fingerprint, authors, published, origin, language, sections, *rest = row
        body_start, others = rest
        return Article(
            article_id,
            source,
            title,
            text,
            fingerprint,
            authors=tuple(json.loads(authors)),
            published=published,
            origin=origin,
            language=language,
            sections=tuple(Section(start, label) for start, label in json.loads(sections)),
            body_start=body_start,
            other_sources=tuple(sorted(json.loads(others))),
        )

    def summaries(self, copies: bool = False) -> list[ArticleSummary]:
        """Every article without its text, by title.

        A near-duplicate that says nothing of its own is left out, unless ``copies`` asks for it: of the others
        passages are searched, and so may be cited.
        """
        rows = self.connection.execute(
            "SELECT a.id, a.source, a.title, a.authors, a.published, length(a.text), "
            "(SELECT count(*) FROM chunks c WHERE c.article_id = a.id), a.added_at, a.language, "
            f"{_OTHER_SOURCES} FROM articles a {'' if copies else f'WHERE {_LISTED}'} "
            "ORDER BY a.title COLLATE NOCASE, a.id"
        )
        return [
            ArticleSummary(i, source, title, tuple(json.loads(authors)), published, length, chunks, at, language,
                           tuple(sorted(json.loads(others))))
            for i, source, title, authors, published, length, chunks, at, language, others in rows
        ]  # fmt: skip

    def sources(self) -> list[StoredSource]:
        """Where each article came from and what it was made from."""
        rows = self.connection.execute(
            "SELECT source, id, fingerprint, CASE origin WHEN '' THEN source ELSE origin END FROM articles "
            "ORDER BY source"
        )
        return [StoredSource(*row) for row in rows]

    def counts(self) -> tuple[int, int]:
        """How many articles are listed and how many chunks are searched."""
        query = (
            f"SELECT (SELECT count(*) FROM articles a WHERE {_LISTED}), (SELECT count(*) FROM chunks WHERE searched)"
        )
        articles, chunks = self.connection.execute(query).fetchone()
        return articles, chunks

    def chunks(self, ids: Sequence[str]) -> dict[str, Chunk]:
        """The chunks with these ids, as far as there are any."""
        rows = self.connection.execute(
            f"SELECT {_CHUNK_COLUMNS} {_CHUNKS} WHERE c.id IN (SELECT value FROM json_each(?))", (json.dumps(ids),)
        )
        return {row[0]: Chunk(*row) for row in rows}

    def chunks_of(self, article_id: str) -> list[Chunk]:
        """All chunks of an article, in the order of its text."""
        rows = self.connection.execute(
            f"SELECT {_CHUNK_COLUMNS} {_CHUNKS} WHERE c.article_id = ? ORDER BY c.start, c.number", (article_id,)
        )
        return [Chunk(*row) for row in rows]

    def articles_of(self, chunk_ids: Sequence[str]) -> dict[str, str]:
        """The id of the article of each of these chunks, as far as there are any."""
        query = "SELECT id, article_id FROM chunks WHERE id IN (SELECT value FROM json_each(?))"
        return dict(self.connection.execute(query, (json.dumps(list(chunk_ids)),)))

    def chunk_ids(self, searched: bool = True) -> set[str]:
        """The id of every chunk that is searched, or of every one."""
        rows = self.connection.execute(f"SELECT id FROM chunks {'WHERE searched' if searched else ''}")
        return {chunk_id for (chunk_id,) in rows}

    def known_vectors(self, digests: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """The vectors of texts that were embedded before, by ``text_digest``."""
        rows = self.connection.execute(
            "SELECT digest, vector FROM chunks WHERE digest IN (SELECT value FROM json_each(?))",
            (json.dumps(list(digests)),),
        )
        return {digest: np.frombuffer(vector, dtype="<f4") for digest, vector in rows}

    def vectors(self, ids: Sequence[str] | None = None) -> tuple[list[str], NDArray[np.float32]]:
        """Ids and vectors, ``[chunks, dimension]``, of the searched chunks: of ``ids`` where given, else of all."""
        query = "SELECT id, vector FROM chunks WHERE searched"
        rows = (
            self.connection.execute(f"{query} ORDER BY number")
            if ids is None
            else self.connection.execute(f"{query} AND id IN (SELECT value FROM json_each(?))", (json.dumps(ids),))
        )
        return _matrix(rows.fetchall())

    def vectors_of(self, ids: Sequence[str]) -> tuple[list[str], NDArray[np.float32]]:
        """Ids and vectors, ``[chunks, dimension]``, of those of ``ids`` that there are, searched or not, in order."""
        rows = self.connection.execute(
            "SELECT id, vector FROM chunks WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(list(ids)),)
        )
        known = dict(rows)
        return _matrix([(one, known[one]) for one in dict.fromkeys(ids) if one in known])

    def vectors_within(self, articles: Collection[str]) -> tuple[list[str], NDArray[np.float32]]:
        """Ids and vectors, ``[chunks, dimension]``, of all chunks of ``articles``.

        A near-duplicate's that are not searched are among them, unless the article that says the same is, too.
        """
        rows = self.connection.execute(
            "SELECT c.id, c.vector FROM chunks c JOIN articles a ON a.id = c.article_id "
            "WHERE c.article_id IN (SELECT value FROM json_each(?1)) "
            "AND (c.searched OR a.shown_as NOT IN (SELECT value FROM json_each(?1))) ORDER BY c.number",
            (json.dumps(list(articles)),),
        )
        return _matrix(rows.fetchall())

    def problems(self) -> list[str]:
        """What is wrong within the record itself: the file, the offsets, the vectors, the lexical index."""
        found = [
            f"{self.path.name}: {line}" for (line,) in self.connection.execute("PRAGMA quick_check") if line != "ok"
        ]
        misplaced = self.connection.execute(
            f'SELECT count(*) {_CHUNKS} WHERE substr(a.text, c.start + 1, c."end" - c.start) != c.text'
        ).fetchone()[0]
        if misplaced:
            found.append(f"{misplaced} chunks are not at their place in their article")
        dimension = int(self.manifest()["dimension"])
        bad = self.connection.execute(
            "SELECT count(*) FROM chunks WHERE length(vector) != ?", (4 * dimension,)
        ).fetchone()
        if bad[0]:
            found.append(f"{bad[0]} chunks have no vector of {dimension} numbers")
        lost = self.connection.execute(
            "SELECT count(*) FROM articles a LEFT JOIN articles b ON b.id = a.shown_as WHERE b.shown_as IS NOT b.id"
        ).fetchone()[0]
        if lost:
            found.append(f"{lost} articles are shown as near-duplicates of none")
        if self._writable and (problem := self.lexical.problem()):
            found.append(problem)
        return found

    # The outbox of the vector index ------------------------------------------------------------

    def pending(self) -> list[str]:
        """Ids of chunks, stored or removed, that the vector index has not been told of."""
        return [chunk_id for (chunk_id,) in self.connection.execute("SELECT chunk_id FROM pending")]

    def pending_count(self) -> int:
        """How many they are."""
        return int(self.connection.execute("SELECT count(*) FROM pending").fetchone()[0])

    def mark_pending(self, chunk_ids: Iterable[str]) -> None:
        """Notes that the vector index has to be told of these chunks, or of their absence."""
        with self.transaction() as connection:
            connection.executemany("INSERT OR IGNORE INTO pending VALUES (?)", [(one,) for one in chunk_ids])

    def mark_all_pending(self) -> None:
        """Notes that the vector index has to be told of every chunk."""
        with self.transaction() as connection:
            connection.execute("DELETE FROM pending")
            connection.execute("INSERT INTO pending SELECT id FROM chunks")

    def settle(self, chunk_ids: Iterable[str]) -> None:
        """Notes that the vector index agrees with the record on these chunks."""
        with self.transaction() as connection:
            connection.executemany("DELETE FROM pending WHERE chunk_id = ?", [(chunk_id,) for chunk_id in chunk_ids])


def _matrix(rows: Sequence[tuple[str, bytes]]) -> tuple[list[str], NDArray[np.float32]]:
    if not rows:
        return [], np.empty((0, 0), dtype=np.float32)
    vectors = np.frombuffer(b"".join(vector for _, vector in rows), dtype="<f4").reshape(len(rows), -1)
    return [chunk_id for chunk_id, _ in rows], vectors


def is_writable(folder: Path) -> bool:
    """Whether files can be made in ``folder`` and its record, if any, changed."""
    record = folder / FILE_NAME
    return os.access(folder, os.W_OK) and (not record.exists() or os.access(record, os.W_OK))
