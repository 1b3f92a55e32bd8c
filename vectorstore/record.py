"""The text of record: one SQLite file with articles, chunks, vectors and the lexical index.

Everything else in a library's folder is derived from this file and can be made anew from it.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vectorstore import lexical, sketches
from vectorstore.database import Database
from vectorstore.errors import StoreReadOnly
from vectorstore.lexical import FtsIndex
from vectorstore.outbox import Outbox
from vectorstore.schema import create_tables, text_digest, upgrade_tables
from vectorstore.types import Article, ArticleSummary, Chunk, Section, StoredSource

_CHUNK_COLUMNS = 'c.id, c.article_id, c.title, a.source, c.text, c.start, c."end"'
_CHUNKS = "FROM chunks c JOIN articles a ON a.id = c.article_id"


_OTHER_SOURCES = "(SELECT json_group_array(b.source) FROM articles b WHERE b.shown_as = a.shown_as AND b.id != a.id)"

_LISTED = "(a.shown_as = a.id OR EXISTS (SELECT 1 FROM chunks c WHERE c.article_id = a.id AND c.searched))"


class Record:
    """Reads and writes the SQLite file. Safe from several threads; writers are kept apart by ``ArticleIndex``."""

    def __init__(self, path: Path, *, writable: bool) -> None:
        """Opens ``path``; ``writable=False`` touches nothing, not even beside the file."""
        self.path = path
        self._database = Database(path, writable=writable)
        self.lexical = FtsIndex(self._database, lambda: self.generation)
        self.outbox = Outbox(self._database)

    @classmethod
    def create(cls, path: Path, manifest: dict[str, str]) -> Record:
        """A new, empty record that says how its chunks and vectors are made. Raises StoreReadOnly."""
        record = cls(path, writable=True)
        try:
            with record._database.transaction() as connection:
                create_tables(connection)
                connection.executemany("INSERT INTO manifest VALUES (?, ?)", list(manifest.items()))
            # Last: all of it is in the file itself, which can be moved once it is closed.
            record._database.connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            raise StoreReadOnly(f"{path} cannot be created: {error}") from error
        return record

    def close(self) -> None:
        """Closes this thread's connection; those of other threads close with their threads."""
        self._database.close()

    def check_present(self) -> None:
        """Raises StoreError where the file was deleted or replaced meanwhile."""
        self._database.check_present()

    def manifest(self) -> dict[str, str]:
        """How the stored data was made. Raises StoreDamaged when the file is not a record."""
        try:
            return dict(self._database.rows("SELECT key, value FROM manifest"))
        except sqlite3.OperationalError as error:  # no such table
            raise self._database.damaged(error) from error

    @property
    def generation(self) -> int:
        """Changes with every write by any process."""
        row = self._database.row("SELECT value FROM manifest WHERE key = 'generation'")
        return int(row[0]) if row else 0

    # Writing ----------------------------------------------------------------------------------

    def upgrade(self) -> None:
        """Brings the tables of an older version up to date, where they can be written; nothing stored is changed."""
        upgrade_tables(self._database)

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
            sketches.regroup(connection, ids, left)

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
            sketches.regroup(connection, [], left)
            return len(gone)

    def _forget(
        self, connection: sqlite3.Connection, article_ids: Sequence[str], sources: Sequence[str] = ()
    ) -> tuple[set[str], sketches.Left]:
        """Deletes articles; returns their ids, and what is left of their groups."""
        found = connection.execute(
            "SELECT id FROM articles WHERE id IN (SELECT value FROM json_each(?1)) UNION "
            "SELECT id FROM articles WHERE source IN (SELECT value FROM json_each(?2))",
            (json.dumps(list(article_ids)), json.dumps(list(sources))),
        )
        gone = {article_id for (article_id,) in found}
        left = sketches.leave(connection, gone)
        connection.executemany("DELETE FROM articles WHERE id = ?", [(article_id,) for article_id in gone])
        return gone, left

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._database.transaction() as connection:
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
            sketches.regroup_all(connection)
            lexical.rebuild_lexical(connection)

    def set_manifest(self, key: str, value: str) -> None:
        """Notes a fact about the stored data."""
        with self._database.transaction() as connection:
            connection.execute("INSERT OR REPLACE INTO manifest VALUES (?, ?)", (key, value))

    # Reading ----------------------------------------------------------------------------------

    def article(self, article_id: str) -> Article | None:
        """The article with its text, or None."""
        row = self._database.row(
            "SELECT id, source, title, text, fingerprint, authors, published, origin, language, sections, body_start, "
            f"{_OTHER_SOURCES} FROM articles a WHERE id = ?",
            (article_id,),
        )
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
            authors=tuple(self._list(authors)),
            published=published,
            origin=origin,
            language=language,
            sections=tuple(Section(start, label) for start, label in self._list(sections)),
            body_start=body_start,
            other_sources=tuple(sorted(json.loads(others))),
        )

    def summaries(self, copies: bool = False) -> list[ArticleSummary]:
        """Every article without its text, by title.

        A near-duplicate that says nothing of its own is left out, unless ``copies`` asks for it: of the others
        passages are searched, and so may be cited.
        """
        rows = self._database.rows(
            "SELECT a.id, a.source, a.title, a.authors, a.published, length(a.text), "
            "(SELECT count(*) FROM chunks c WHERE c.article_id = a.id), a.added_at, a.language, "
            f"{_OTHER_SOURCES} FROM articles a {'' if copies else f'WHERE {_LISTED}'} "
            "ORDER BY a.title COLLATE NOCASE, a.id"
        )
        return [
            ArticleSummary(i, source, title, tuple(self._list(authors)), published, length, chunks, at, language,
                           tuple(sorted(json.loads(others))))
            for i, source, title, authors, published, length, chunks, at, language, others in rows
        ]  # fmt: skip

    def sources(self) -> list[StoredSource]:
        """Where each article came from and what it was made from."""
        rows = self._database.rows(
            "SELECT source, id, fingerprint, CASE origin WHEN '' THEN source ELSE origin END FROM articles "
            "ORDER BY source"
        )
        return [StoredSource(*row) for row in rows]

    def counts(self) -> tuple[int, int]:
        """How many articles are listed and how many chunks are searched."""
        query = (
            f"SELECT (SELECT count(*) FROM articles a WHERE {_LISTED}), (SELECT count(*) FROM chunks WHERE searched)"
        )
        [(articles, chunks)] = self._database.rows(query)
        return articles, chunks

    def chunks(self, ids: Sequence[str]) -> dict[str, Chunk]:
        """The chunks with these ids, as far as there are any."""
        rows = self._database.rows(
            f"SELECT {_CHUNK_COLUMNS} {_CHUNKS} WHERE c.id IN (SELECT value FROM json_each(?))", (json.dumps(ids),)
        )
        return {row[0]: Chunk(*row) for row in rows}

    def chunks_of(self, article_id: str) -> list[Chunk]:
        """All chunks of an article, in the order of its text."""
        rows = self._database.rows(
            f"SELECT {_CHUNK_COLUMNS} {_CHUNKS} WHERE c.article_id = ? ORDER BY c.start, c.number", (article_id,)
        )
        return [Chunk(*row) for row in rows]

    def articles_of(self, chunk_ids: Sequence[str]) -> dict[str, str]:
        """The id of the article of each of these chunks, as far as there are any."""
        query = "SELECT id, article_id FROM chunks WHERE id IN (SELECT value FROM json_each(?))"
        return dict(self._database.rows(query, (json.dumps(list(chunk_ids)),)))

    def chunk_ids(self, searched: bool = True) -> set[str]:
        """The id of every chunk that is searched, or of every one."""
        rows = self._database.rows(f"SELECT id FROM chunks {'WHERE searched' if searched else ''}")
        return {chunk_id for (chunk_id,) in rows}

    def known_vectors(self, digests: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """The vectors of texts that were embedded before, by ``text_digest``."""
        rows = self._database.rows(
            "SELECT digest, vector FROM chunks WHERE digest IN (SELECT value FROM json_each(?))",
            (json.dumps(list(digests)),),
        )
        return {digest: np.frombuffer(vector, dtype="<f4") for digest, vector in rows}

    def vectors(self, ids: Sequence[str] | None = None) -> tuple[list[str], NDArray[np.float32]]:
        """Ids and vectors, ``[chunks, dimension]``, of the searched chunks: of ``ids`` where given, else of all."""
        query = "SELECT id, vector FROM chunks WHERE searched"
        if ids is None:
            return _matrix(self._database.rows(f"{query} ORDER BY number"))
        within = f"{query} AND id IN (SELECT value FROM json_each(?))"
        return _matrix(self._database.rows(within, (json.dumps(list(ids)),)))

    def vectors_of(self, ids: Sequence[str]) -> tuple[list[str], NDArray[np.float32]]:
        """Ids and vectors, ``[chunks, dimension]``, of those of ``ids`` that there are, searched or not, in order."""
        rows = self._database.rows(
            "SELECT id, vector FROM chunks WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(list(ids)),)
        )
        known: dict[str, bytes] = dict(rows)
        return _matrix([(one, known[one]) for one in dict.fromkeys(ids) if one in known])

    def vectors_within(self, articles: Collection[str]) -> tuple[list[str], NDArray[np.float32]]:
        """Ids and vectors, ``[chunks, dimension]``, of all chunks of ``articles``.

        A near-duplicate's that are not searched are among them, unless the article that says the same is, too.
        """
        rows = self._database.rows(
            "SELECT c.id, c.vector FROM chunks c JOIN articles a ON a.id = c.article_id "
            "WHERE c.article_id IN (SELECT value FROM json_each(?1)) "
            "AND (c.searched OR a.shown_as NOT IN (SELECT value FROM json_each(?1))) ORDER BY c.number",
            (json.dumps(list(articles)),),
        )
        return _matrix(rows)

    def problems(self) -> Iterator[str]:
        """What is wrong within the record itself: the offsets, the vectors, the lexical index.

        Raises StoreDamaged where the file is not as SQLite left it.
        """
        for (line,) in self._database.rows("PRAGMA quick_check"):
            if line != "ok":
                raise self._database.damaged(line)
        if misplaced := self._count(f'{_CHUNKS} WHERE substr(a.text, c.start + 1, c."end" - c.start) != c.text'):
            yield f"{misplaced} chunks are not at their place in their article"
        dimension = int(self.manifest()["dimension"])
        if bad := self._count("FROM chunks WHERE length(vector) != ?", 4 * dimension):
            yield f"{bad} chunks have no vector of {dimension} numbers"
        shown = "FROM articles a LEFT JOIN articles b ON b.id = a.shown_as WHERE b.shown_as IS NOT b.id"
        if lost := self._count(shown):
            yield f"{lost} articles are shown as near-duplicates of none"
        if self._database.writable and (problem := self.lexical.problem()):
            yield problem

    def _list(self, stored: str) -> list[Any]:
        """A list as it was stored. Raises StoreDamaged where there is none."""
        try:
            found = json.loads(stored)
        except (TypeError, ValueError) as error:
            raise self._database.damaged(error) from error
        if not isinstance(found, list):
            raise self._database.damaged(f"a list was expected, not {stored[:40]!r}")
        return found

    def _count(self, rows: str, *parameters: object) -> int:
        [(count,)] = self._database.rows(f"SELECT count(*) {rows}", parameters)
        return int(count)


def _matrix(rows: Sequence[tuple[str, bytes]]) -> tuple[list[str], NDArray[np.float32]]:
    if not rows:
        return [], np.empty((0, 0), dtype=np.float32)
    vectors = np.frombuffer(b"".join(vector for _, vector in rows), dtype="<f4").reshape(len(rows), -1)
    return [chunk_id for chunk_id, _ in rows], vectors
