"""Opens a library in a database, and makes one where there is none."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import closing

import psycopg

from vectorstore.errors import StoreError, StoreMismatch, StoreReadOnly
from vectorstore.manifest import check_format
from vectorstore.place import Address
from vectorstore.postgres import schema
from vectorstore.postgres.chroma import ChromaVectors, is_on_chroma
from vectorstore.postgres.database import Connection, Database
from vectorstore.postgres.dense import PgDense
from vectorstore.postgres.indexer import Indexer
from vectorstore.postgres.pgvector import PgVector, find_extension
from vectorstore.postgres.record import PgRecord
from vectorstore.postgres.writer import SharedPlace

logger = logging.getLogger(__name__)

_CREATING = 0x41514130
"""Advisory lock of who makes a library: no two of them at once in a database."""


def is_there(address: Address) -> bool:
    """Whether there is a library at ``address``. Raises StoreError where the server cannot be asked."""
    with closing(Database(address).connect()) as connection:
        return schema.has_library(connection, address.schema)


def open_library(address: Address, new: Callable[[str], dict[str, str]]) -> tuple[PgRecord, PgDense, SharedPlace]:
    """The parts of the library at ``address``, which is made where there is none: see ``vectorstore.postgres``."""
    database = Database(address)
    with closing(database.connect()) as connection:
        _check_server(address, connection)
        if not schema.has_library(connection, address.schema):
            _create(database, connection, new(schema.FORMAT))
        manifest: dict[str, str] = dict(connection.execute("SELECT key, value FROM manifest").fetchall())
        check_format(address, manifest, frozenset({schema.FORMAT}), schema.FORMAT)
        extension = find_extension(connection)
    vectors = PgVector(database, extension) if extension else None
    record = PgRecord(database, vectors)
    chroma = ChromaVectors(database, record)
    if address.chroma is not None and bool(address.chroma.url) != is_on_chroma(manifest):
        logger.warning(
            "the vectors of %s are %s: article-qa index rebuild, with the same address, moves them",
            address,
            f"on the Chroma server at {manifest['chroma']}" if is_on_chroma(manifest) else "not on a Chroma server",
        )
    return record, PgDense(database, record, vectors, chroma), SharedPlace(database)


def open_indexer(address: Address) -> Indexer:
    """What tells a Chroma server of what is pending: see ``vectorstore.postgres``."""
    database = Database(address)
    with closing(database.connect()) as connection:
        if not schema.has_library(connection, address.schema):
            raise StoreError(f"there is no library at {address} yet: article-qa ingest FOLDER --index …")
        manifest: dict[str, str] = dict(connection.execute("SELECT key, value FROM manifest").fetchall())
        check_format(address, manifest, frozenset({schema.FORMAT}), schema.FORMAT)
    if not is_on_chroma(manifest):
        raise StoreError(
            f"the vectors of {address} are on no Chroma server; article-qa index rebuild moves them to the one that "
            "--index 'postgresql://…?chroma=http://host:8000' names"
        )
    return Indexer(database, ChromaVectors(database, PgRecord(database, None)))


def _check_server(address: Address, connection: Connection) -> None:
    if connection.info.server_version < schema.OLDEST_SERVER:
        found = connection.info.parameter_status("server_version")
        raise StoreMismatch(f"{address} is PostgreSQL {found}; version 15 or newer is needed")
    if connection.info.parameter_status("server_encoding") != "UTF8":
        raise StoreMismatch(f"{address} does not store text as UTF-8; make the database with ENCODING 'UTF8'")


def _create(database: Database, connection: Connection, manifest: dict[str, str]) -> None:
    address = database.address
    try:
        with connection.transaction():
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (_CREATING,))
            if schema.has_library(connection, address.schema):  # somebody else was first
                return
            extension = find_extension(connection)
            schema.create_tables(connection, address.schema)
            with connection.cursor() as cursor:
                cursor.executemany("INSERT INTO manifest VALUES (%s, %s)", list(manifest.items()))
            if address.chroma is not None and address.chroma.url:
                with closing(ChromaVectors(database, PgRecord(database, None))) as vectors:
                    vectors.make(connection)
            elif extension:
                PgVector(database, extension).make(connection)
    except (psycopg.errors.InsufficientPrivilege, psycopg.errors.ReadOnlySqlTransaction) as error:
        raise StoreReadOnly(f"no library can be made at {address}: {error.diag.message_primary}") from error
