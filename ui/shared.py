"""What all replicas of a page share: a schema of its own in the database of its library, beside the library's.

Who may read the library need not be let in here: conversations are no part of it.
"""

from __future__ import annotations

import hashlib
import secrets
from typing import TYPE_CHECKING

from vectorstore import StoreError, StoreMismatch, StoreReadOnly
from vectorstore.place import Address

if TYPE_CHECKING:
    from vectorstore.postgres.database import Connection, Database

FORMAT = "1"
"""Of the tables, in ``page``; a page of an earlier version does not open those of a later one."""
CONNECTIONS = 4
"""Of one process, beside those for the library."""
LONGEST_NAME = 63
"""Bytes of the name of a schema; PostgreSQL cuts a longer one off."""
_CREATING = 0x41514150
"""Advisory lock of who makes the tables."""

# Texts compare by their bytes (collation C), as in the library. ``rowid`` is what SQLite has by itself.
_TABLES = """
CREATE TABLE page (key text PRIMARY KEY, value text NOT NULL);
CREATE TABLE conversations (
    rowid bigint GENERATED ALWAYS AS IDENTITY, id text COLLATE "C" PRIMARY KEY, owner text COLLATE "C" NOT NULL,
    title text NOT NULL, started_at text COLLATE "C" NOT NULL, updated_at text COLLATE "C" NOT NULL
);
CREATE INDEX conversations_of_owner ON conversations (owner, updated_at);
CREATE TABLE exchanges (
    conversation text COLLATE "C" NOT NULL REFERENCES conversations (id) ON DELETE CASCADE, number integer NOT NULL,
    question text NOT NULL, exchange text NOT NULL, judged integer NOT NULL DEFAULT 0,
    PRIMARY KEY (conversation, number)
);
CREATE TABLE uploads (
    name text COLLATE "C" NOT NULL, digest text COLLATE "C" NOT NULL, content bytea NOT NULL,
    added_at timestamptz NOT NULL DEFAULT now(), read boolean NOT NULL DEFAULT false, PRIMARY KEY (name, digest)
);
ALTER TABLE uploads ALTER content SET STORAGE EXTERNAL;
CREATE TABLE logouts (name text COLLATE "C" PRIMARY KEY, at bigint NOT NULL);
"""


def page_schema(address: Address) -> str:
    """The schema of the page's tables, by that of its library."""
    name = f"{address.schema}_page"
    if len(name.encode()) <= LONGEST_NAME:
        return name
    return f"page_{hashlib.sha256(name.encode()).hexdigest()[:32]}"


def open_page_database(address: Address, to_read: bool = False) -> Database:
    """The page's tables, made where there are none.

    Raises StoreMismatch for those of a later version, StoreReadOnly where they are missing and may not be made, or may
    only be read (unless that is all they are wanted for), StoreError where the server cannot be reached.
    """
    from vectorstore.postgres.database import Database

    schema = page_schema(address)
    database = Database(address, schema, CONNECTIONS)
    try:
        if not _is_there(database, schema):
            _create(database, schema)
        if not database.rows("SELECT 1 WHERE has_schema_privilege(%s, 'USAGE')", (schema,)):
            raise StoreReadOnly(f"{address} may not be read: permission denied for schema {schema}")
        row = database.row("SELECT value FROM page WHERE key = 'format'")
        found = row[0] if row else "unknown"
        if found != FORMAT:
            raise StoreMismatch(
                f"the conversations at {address}, in the schema {schema}, were written by another version of "
                f"article-qa (format {found}; this one knows {FORMAT}); update article-qa"
            )
        if not to_read and not _is_writable(database):
            raise StoreReadOnly(f"{address} may not be written in the schema {schema}: this user may only read")
    except BaseException:
        database.close()
        raise
    return database


def cookie_secret(database: Database) -> bytes:
    """The secret that all replicas sign cookies with; made with the tables. Nobody who reads only the library sees it.

    Raises StoreError where it is gone, or the server cannot be reached.
    """
    row = database.row("SELECT value FROM page WHERE key = 'secret'")
    if row is None:
        raise StoreError(f"{database.address} has lost the secret of its cookies")
    return bytes.fromhex(row[0])


def _is_there(database: Database, schema: str) -> bool:
    return bool(database.rows("SELECT 1 FROM pg_tables WHERE schemaname = %s AND tablename = 'page'", (schema,)))


def _is_writable(database: Database) -> bool:
    row = database.row(
        "SELECT NOT pg_is_in_recovery() AND current_setting('default_transaction_read_only') = 'off' AND "
        "bool_and(has_table_privilege(one::regclass, 'SELECT, INSERT, UPDATE, DELETE')) FROM unnest(%s::text[]) one",
        (["conversations", "exchanges", "uploads", "logouts"],),
    )
    return row is not None and bool(row[0])


def _create(database: Database, schema: str) -> None:
    def create(connection: Connection) -> None:
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (_CREATING,))
        found = connection.execute(
            "SELECT 1 FROM pg_tables WHERE schemaname = %s AND tablename = 'page'", (schema,)
        ).fetchone()
        if found:  # another replica was first
            return
        there = connection.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", (schema,)).fetchone()
        if not there:
            [statement] = connection.execute("SELECT format('CREATE SCHEMA %%I', %s::text)", (schema,)).fetchone() or []
            connection.execute(statement)
        connection.execute(_TABLES)
        connection.execute(
            "INSERT INTO page VALUES ('format', %s), ('secret', %s)", (FORMAT, secrets.token_bytes(32).hex())
        )

    database.transact(create)
