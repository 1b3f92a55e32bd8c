"""The text of record in PostgreSQL: articles, chunks, vectors, as ``RecordStore`` asks for them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from vectorstore.errors import StoreError
from vectorstore.postgres import schema
from vectorstore.postgres.database import Database, Row
from vectorstore.postgres.lexical import TextSearch
from vectorstore.postgres.pgvector import PgVector
from vectorstore.postgres.writing import Writing
from vectorstore.types import Article, ArticleSummary, Chunk, Section, StoredSource

_CHUNK = 'SELECT c.id, c.article_id, c.title, a.source, c.text, c.start, c."end"'
_CHUNKS = "FROM chunks c JOIN articles a ON a.id = c.article_id"
_OTHER_SOURCES = "ARRAY(SELECT b.source FROM articles b WHERE b.shown_as = a.shown_as AND b.id != a.id ORDER BY 1)"
_LISTED = "(a.shown_as = a.id OR EXISTS (SELECT 1 FROM chunks c WHERE c.article_id = a.id AND c.searched))"

Vectors = tuple[list[str], NDArray[np.float32]]


class PgRecord:
    """Reads and writes the tables of one library. Safe from several threads and processes, which may write together."""

    def __init__(self, database: Database, vectors: PgVector | None) -> None:
        """``vectors`` is written in the same transactions, where the server has pgvector."""
        self._database = database
        self._writing = Writing(database, vectors)
        self._vectors = vectors
        self.lexical = TextSearch(database)

    def close(self) -> None:
        """Closes all connections."""
        self._database.close()

    def manifest(self) -> dict[str, str]:
        """How the stored data was made."""
        return dict(self._database.rows("SELECT key, value FROM manifest"))

    @property
    def generation(self) -> int:
        """Changes with every write by any process."""
        return schema.generation(self._database)

    # Writing ----------------------------------------------------------------------------------

    def write(
        self, articles: Sequence[tuple[Article, Sequence[Chunk]]], vectors: Mapping[str, NDArray[np.float32]]
    ) -> None:
        """Stores articles with their chunks, in place of what was stored under the same ids and sources.

        ``vectors`` holds one for each chunk, by ``text_digest``. Raises StoreError when it cannot be stored; then
        nothing of it is.
        """
        self._writing.write(articles, vectors)

    def remove(self, article_ids: Sequence[str]) -> int:
        """Forgets the articles; returns how many there were.

        What is left of a file that held several no longer counts as read, so that the next ingest reads it again.
        """
        return self._writing.remove(article_ids)

    def settle(self) -> None:
        """Groups what a writer that was cut short has left ungrouped."""
        self._writing.group()

    def replace_vectors(self, vectors: Mapping[str, NDArray[np.float32]], embedder: str, dimension: int) -> None:
        """Stores other vectors for all chunks, by id, and the model they are from."""
        self._writing.replace_vectors(vectors, embedder, dimension)

    def rebuild_derived(self) -> None:
        """Makes the words of all chunks, what is counted of them, and the groups of near-duplicates anew."""
        self._writing.rebuild()

    # Reading ----------------------------------------------------------------------------------

    def article(self, article_id: str) -> Article | None:
        """The article with its text, or None."""
        row = self._database.row(
            "SELECT id, source, title, text, fingerprint, authors, published, origin, language, sections, body_start, "
            f"{_OTHER_SOURCES} FROM articles a WHERE id = %s",
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
            authors=tuple(authors),
            published=published,
            origin=origin,
            language=language,
            sections=tuple(Section(start, label) for start, label in sections),
            body_start=body_start,
            other_sources=tuple(others),
        )

    def summaries(self, copies: bool = False) -> list[ArticleSummary]:
        """Every article without its text, by title; near-duplicates that say nothing of their own with ``copies``."""
        rows = self._database.rows(
            "SELECT a.id, a.source, a.title, a.authors, a.published, length(a.text), "
            "(SELECT count(*) FROM chunks c WHERE c.article_id = a.id), a.added_at, a.language, "
            f"{_OTHER_SOURCES} FROM articles a {'' if copies else f'WHERE {_LISTED}'} "
            'ORDER BY lower(a.title COLLATE "C"), a.id'
        )
        return [
            ArticleSummary(i, source, title, tuple(authors), published, length, chunks, at, language, tuple(others))
            for i, source, title, authors, published, length, chunks, at, language, others in rows
        ]

    def sources(self) -> list[StoredSource]:
        """Where each article came from and what it was made from."""
        rows = self._database.rows(
            "SELECT source, id, fingerprint, CASE origin WHEN '' THEN source ELSE origin END FROM articles "
            "ORDER BY source"
        )
        return [StoredSource(*row) for row in rows]

    def counts(self) -> tuple[int, int]:
        """How many articles are listed and how many chunks are searched."""
        [(articles, chunks)] = self._database.rows(
            f"SELECT (SELECT count(*) FROM articles a WHERE {_LISTED}), (SELECT count(*) FROM chunks WHERE searched)"
        )
        return articles, chunks

    def chunks(self, ids: Sequence[str]) -> dict[str, Chunk]:
        """The chunks with these ids, as far as there are any."""
        rows = self._database.rows(f"{_CHUNK} {_CHUNKS} WHERE c.id = ANY(%s)", (list(ids),))
        return {row[0]: Chunk(*row) for row in rows}

    def chunks_of(self, article_id: str) -> list[Chunk]:
        """All chunks of an article, in the order of its text."""
        rows = self._database.rows(
            f"{_CHUNK} {_CHUNKS} WHERE c.article_id = %s ORDER BY c.start, c.number", (article_id,)
        )
        return [Chunk(*row) for row in rows]

    def articles_of(self, chunk_ids: Sequence[str]) -> dict[str, str]:
        """The id of the article of each of these chunks, as far as there are any."""
        return dict(self._database.rows("SELECT id, article_id FROM chunks WHERE id = ANY(%s)", (list(chunk_ids),)))

    def chunk_ids(self, searched: bool = True) -> set[str]:
        """The id of every chunk that is searched, or of every one."""
        rows = self._database.rows(f"SELECT id FROM chunks {'WHERE searched' if searched else ''}")
        return {chunk_id for (chunk_id,) in rows}

    def known_vectors(self, digests: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """The vectors of texts that were embedded before, by ``text_digest``."""
        rows = self._database.rows(
            "SELECT DISTINCT ON (digest) digest, vector FROM chunks WHERE digest = ANY(%s)", (list(digests),)
        )
        return {digest: np.frombuffer(vector, dtype="<f4") for digest, vector in rows}

    def vectors(self, ids: Sequence[str] | None = None) -> Vectors:
        """Ids and vectors, ``[chunks, dimension]``, of the searched chunks: of ``ids`` where given, else of all."""
        query = "SELECT id, vector FROM chunks WHERE searched"
        if ids is None:
            return _matrix(self._database.rows(f"{query} ORDER BY number"))
        return _matrix(self._database.rows(f"{query} AND id = ANY(%s)", (list(ids),)))

    def vectors_of(self, ids: Sequence[str]) -> Vectors:
        """Ids and vectors, ``[chunks, dimension]``, of those of ``ids`` that there are, searched or not, in order."""
        known: dict[str, bytes] = dict(
            self._database.rows("SELECT id, vector FROM chunks WHERE id = ANY(%s)", (list(ids),))
        )
        return _matrix([(one, known[one]) for one in dict.fromkeys(ids) if one in known])

    def vectors_within(self, articles: Collection[str]) -> Vectors:
        """Ids and vectors, ``[chunks, dimension]``, of all chunks of ``articles``.

        A near-duplicate's that are not searched are among them, unless the article that says the same is, too.
        """
        rows = self._database.rows(
            f"SELECT c.id, c.vector {_CHUNKS} WHERE c.article_id = ANY(%(ids)s) "
            "AND (c.searched OR a.shown_as != ALL(%(ids)s)) ORDER BY c.number",
            {"ids": list(articles)},
        )
        return _matrix(rows)

    # Checking ---------------------------------------------------------------------------------

    def problems(self) -> Iterator[str]:
        """What is wrong within the record itself: the offsets, the vectors, the words and what is counted of them."""
        if misplaced := self._count(f'{_CHUNKS} WHERE substr(a.text, c.start + 1, c."end" - c.start) != c.text'):
            yield f"{misplaced} chunks are not at their place in their article"
        dimension = int(self.manifest()["dimension"])
        if bad := self._count("FROM chunks WHERE octet_length(vector) != %s", 4 * dimension):
            yield f"{bad} chunks have no vector of {dimension} numbers"
        if left := self._count("FROM ungrouped"):
            yield f"{left} articles have not been compared with others: an earlier run was cut short"
        if wrong := self._count(f"FROM ({_WRONG_COUNTS}) wrong"):
            yield f"{wrong} words are counted wrongly"
        if wrong := self._wrong_words():
            yield f"the words of {wrong} chunks are not those of their text"

    def _wrong_words(self) -> int:
        return self._writing.wrong_words()

    def _count(self, rows: str, *parameters: object) -> int:
        [(count,)] = self._database.rows(f"SELECT count(*) {rows}", parameters)
        return int(count)


_WRONG_COUNTS = """
    SELECT kind, word FROM (
        SELECT kind, word, chunks, length FROM words UNION ALL SELECT kind, word, chunks, length FROM word_changes
        UNION ALL SELECT 's', word, -1, 0 FROM chunks, unnest(tsvector_to_array(words)) word WHERE searched
        UNION ALL SELECT 'w', word, -1, 0 FROM chunks, unnest(string_to_array(spelled, ' ')) word WHERE searched
        UNION ALL SELECT 'n', '', -1, -length FROM chunks WHERE searched
    ) counted GROUP BY kind, word HAVING sum(chunks) != 0 OR sum(length) != 0
"""


def _matrix(rows: Sequence[Row]) -> Vectors:
    if not rows:
        return [], np.empty((0, 0), dtype=np.float32)
    lengths = {len(vector) for _, vector in rows}
    if len(lengths) > 1:
        raise StoreError("the library was moved to another embedding model just now; ask again")
    vectors = np.frombuffer(b"".join(vector for _, vector in rows), dtype="<f4").reshape(len(rows), -1)
    return [chunk_id for chunk_id, _ in rows], vectors
