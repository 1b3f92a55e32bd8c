"""A library in PostgreSQL 15 or newer: the record, search by words, and search by vectors where pgvector is there."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from vectorstore.errors import StoreError
from vectorstore.place import Address

if TYPE_CHECKING:
    from vectorstore.postgres.indexer import Indexer
    from vectorstore.protocols import RecordStore, VectorIndex, WriterPlace


def open_library(
    address: Address, new: Callable[[str], dict[str, str]]
) -> tuple[RecordStore, VectorIndex, WriterPlace]:
    """The record, vector index and writer's place at ``address``; made, with the manifest that ``new`` gives for a
    format, where there is no library. Raises StoreError where the server cannot be reached or does not do."""
    _need_driver(address)
    from vectorstore.postgres.opening import open_library

    return open_library(address, new)


def is_there(address: Address) -> bool:
    """Whether there is a library at ``address``. Raises StoreError where the server cannot be asked."""
    _need_driver(address)
    from vectorstore.postgres.opening import is_there

    return is_there(address)


def open_indexer(address: Address) -> Indexer:
    """What tells a Chroma server of what it has not taken yet of the library at ``address``. Raises StoreError where
    there is no library, or none whose vectors are on such a server."""
    _need_driver(address)
    from vectorstore.postgres.opening import open_indexer

    return open_indexer(address)


def _need_driver(address: Address) -> None:
    try:
        import psycopg  # noqa: F401
    except ImportError as error:
        raise StoreError(
            f"{address} needs a driver for PostgreSQL, which is not installed: pip install 'article-qa[shared]' "
            "(in the project's folder: make setup EXTRAS=shared)"
        ) from error
