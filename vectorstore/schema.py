"""The tables of the record, and what brings those of older libraries up to date."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator

from vectorstore import lexical, sketches
from vectorstore.database import Database

FORMAT = "4"
"""Version of the tables; libraries of a later one are refused, those of an earlier one brought up to date."""

# ``pending`` names the chunks the vector index has not been told of yet. It is written in the same
# transaction as the chunks and emptied after the vector index has them, so a stop in between leaves
# a trace of exactly what is missing.
_TABLES = """
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
        *_statements(lexical.LEXICAL_SCHEMA + sketches.SCHEMA),
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


OLDER = frozenset(_UPGRADES)
"""Formats that are brought up to date."""


def text_digest(title: str, text: str) -> str:
    """Names what is embedded for a chunk: equal digests have equal vectors."""
    return hashlib.sha256(f"{title}\0{text}".encode("utf-8", "surrogatepass")).hexdigest()[:32]


def create_tables(connection: sqlite3.Connection) -> None:
    """Makes the tables, within a transaction that is open."""
    # Not executescript(), which would commit: a stop half-way must leave no half a schema.
    for statement in _statements(_TABLES + lexical.SCHEMA + sketches.SCHEMA):
        connection.execute(statement)


def upgrade_tables(database: Database) -> None:
    """Brings the tables of an older version up to date, where they can be written; nothing stored is changed."""
    while database.writable and _format(database) in _UPGRADES:
        with database.transaction() as connection:
            found = _format(database)  # asked again inside: another process may have done it meanwhile
            connection.create_function("digest", 2, text_digest)
            for statement in _UPGRADES.get(found, ()):
                connection.execute(statement)
            if found == "2":
                sketches.regroup_all(connection)
            connection.execute("UPDATE manifest SET value = value + 1 WHERE key = 'generation'")


def _format(database: Database) -> str:
    row = database.row("SELECT value FROM manifest WHERE key = 'format'")
    return str(row[0]) if row else ""
