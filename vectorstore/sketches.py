"""Groups of near-duplicates in the SQLite record, in the transactions that store and remove articles."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from vectorstore.duplicates import group

SCHEMA = """
CREATE TABLE sketches (
    hash INTEGER NOT NULL, article_id TEXT NOT NULL REFERENCES articles(id) ON DELETE CASCADE,
    PRIMARY KEY (hash, article_id)
) WITHOUT ROWID;
CREATE INDEX sketches_by_article ON sketches(article_id);
CREATE INDEX articles_by_shown ON articles(shown_as);
"""


@dataclass(frozen=True)
class Left:
    """What articles that are about to be removed leave behind."""

    articles: frozenset[str]
    """The others of their groups, which are to be grouped anew."""
    hashes: Mapping[int, int]
    """The hashes of their sketches, with how many of them had each."""


def leave(connection: sqlite3.Connection, article_ids: Collection[str]) -> Left:
    """What is left of articles once they are removed, to be given to ``regroup`` then; asked for before that."""
    ids = json.dumps(list(article_ids))
    groups = connection.execute(
        "SELECT id FROM articles WHERE shown_as IN "
        "(SELECT shown_as FROM articles WHERE id IN (SELECT value FROM json_each(?)))",
        (ids,),
    )
    hashes = connection.execute(
        "SELECT hash FROM sketches WHERE article_id IN (SELECT value FROM json_each(?))", (ids,)
    )
    return Left(
        frozenset(member for (member,) in groups) - frozenset(article_ids), Counter(value for (value,) in hashes)
    )


def regroup(connection: sqlite3.Connection, article_ids: Iterable[str], left: Left | None = None) -> None:
    """Groups articles anew, those just stored and what those just removed have left: see ``duplicates.group``."""
    left = left or Left(frozenset(), {})
    group(SqliteGroups(connection), [*sorted(left.articles), *article_ids], left.hashes)


def regroup_all(connection: sqlite3.Connection) -> None:
    """Makes all sketches and groups anew from the texts."""
    connection.execute("DELETE FROM sketches")
    regroup(connection, [article_id for (article_id,) in connection.execute("SELECT id FROM articles")])


class SqliteGroups:
    """The rows that ``duplicates.group`` reads and writes."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """``connection`` has a transaction open."""
        self._connection = connection

    def sketched(self, article_ids: Collection[str]) -> set[str]:
        """Those of the articles whose sketches are noted."""
        rows = self._connection.execute(
            "SELECT DISTINCT article_id FROM sketches WHERE article_id IN (SELECT value FROM json_each(?))",
            (json.dumps(list(article_ids)),),
        )
        return {article_id for (article_id,) in rows}

    def note_sketch(self, article_id: str, hashes: Collection[int]) -> None:
        """Notes the hashes that near-duplicates of the article will be found by."""
        self._connection.executemany(
            "INSERT OR IGNORE INTO sketches VALUES (?, ?)", [(value, article_id) for value in hashes]
        )

    def counts(self, hashes: Collection[int], most: int) -> dict[int, int]:
        """How many sketches have each of the hashes, counted up to ``most``."""
        rows = self._connection.execute(
            "SELECT value, (SELECT count(*) FROM (SELECT 1 FROM sketches WHERE hash = value LIMIT ?2)) "
            "FROM json_each(?1)",
            (json.dumps(list(hashes)), most),
        )
        return dict(rows.fetchall())

    def sharing(self, hashes: Collection[int]) -> list[str]:
        """All articles of the groups in which one has any of the hashes, by id."""
        rows = self._connection.execute(
            "SELECT id FROM articles WHERE shown_as IN (SELECT a.shown_as FROM sketches s JOIN articles a "
            "ON a.id = s.article_id WHERE s.hash IN (SELECT value FROM json_each(?))) ORDER BY id",
            (json.dumps(list(hashes)),),
        )
        return [article_id for (article_id,) in rows]

    def loosen(self, article_ids: Collection[str]) -> None:
        """Takes the articles out of their groups: each is shown as itself."""
        self._connection.executemany(
            "UPDATE articles SET shown_as = id WHERE id = ?", [(article_id,) for article_id in article_ids]
        )

    def copies(self, copy_key: int) -> list[str]:
        """All articles that have it."""
        rows = self._connection.execute("SELECT article_id FROM sketches WHERE hash = ?", (copy_key,))
        return [article_id for (article_id,) in rows]

    def candidates(self, article_id: str, hashes: Collection[int], least: int) -> list[str]:
        """The other articles that have at least so many of ``hashes``."""
        sharing = self._connection.execute(
            "SELECT article_id FROM sketches WHERE hash IN (SELECT value FROM json_each(?)) AND article_id != ? "
            "GROUP BY article_id HAVING count(*) >= ?",
            (json.dumps(list(hashes)), article_id, least),
        )
        return [candidate for (candidate,) in sharing]

    def group(self, article_id: str) -> set[str]:
        """The articles that are shown as the same one."""
        rows = self._connection.execute(
            "SELECT id FROM articles WHERE shown_as = (SELECT shown_as FROM articles WHERE id = ?)", (article_id,)
        )
        return {member for (member,) in rows}

    def longest_first(self, article_ids: Collection[str]) -> list[tuple[str, str]]:
        """The articles, and as which each is shown now: by length of body, then by source."""
        return self._connection.execute(
            "SELECT id, shown_as FROM articles WHERE id IN (SELECT value FROM json_each(?)) "
            "ORDER BY length(text) - body_start DESC, source",
            (json.dumps(list(article_ids)),),
        ).fetchall()

    def show(self, article_ids: Collection[str], shown: str) -> None:
        """Notes as which article these are shown."""
        self._connection.executemany(
            "UPDATE articles SET shown_as = ? WHERE id = ?", [(shown, article_id) for article_id in article_ids]
        )

    def passages(self, article_id: str) -> list[tuple[str, str, bool]]:
        """Id and text of each chunk, and whether it is searched."""
        rows = self._connection.execute("SELECT id, text, searched FROM chunks WHERE article_id = ?", (article_id,))
        return [(chunk_id, text, bool(searched)) for chunk_id, text, searched in rows]

    def search(self, changed: Sequence[tuple[bool, str]]) -> None:
        """Notes of chunks, by id, whether they are searched from now on."""
        self._connection.executemany("UPDATE chunks SET searched = ? WHERE id = ?", changed)

    def body(self, article_id: str) -> tuple[str, str]:
        """Title and text of the article, without the line above its body."""
        title, text = self._connection.execute(
            "SELECT title, substr(text, body_start + 1) FROM articles WHERE id = ?", (article_id,)
        ).fetchone()
        return title, text
