"""The tables of a history in the database of its library, where every replica of a page finds them."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from vectorstore import StoreError

if TYPE_CHECKING:
    from vectorstore.postgres.database import Connection, Database

logger = logging.getLogger(__name__)

_OWNER = 0x41514151
"""Class of the advisory locks of those who write for an owner."""
T = TypeVar("T")
Row = tuple[Any, ...]


class SharedTables:
    """The tables in the schema of a page. See ``Tables``."""

    is_kept = True

    def __init__(self, database: Database) -> None:
        """``database`` is as ``open_page_database`` gives it, and closed with this."""
        self._database = database

    def rows(self, query: str, parameters: tuple[object, ...]) -> list[Row]:
        """What a query finds. Raises StoreError where the server cannot be reached."""
        return self._database.rows(_numbered(query), parameters)

    def transact(self, owner: str, work: Callable[[Callable[[str, tuple[object, ...]], list[Row]]], T]) -> T:
        """What ``work`` returns; all of it is kept, or none. Where the connection is lost it is tried once more, over
        another one: a server that is started again is waited for. Raises StoreError where that fails too."""

        def locked(connection: Connection) -> T:
            def run(query: str, parameters: tuple[object, ...]) -> list[Row]:
                cursor = connection.execute(_numbered(query), parameters)
                return cursor.fetchall() if cursor.description else []

            connection.execute(
                "SELECT pg_advisory_xact_lock(%s, hashtext(current_schema()::text || %s::text))", (_OWNER, owner)
            )
            return work(run)

        try:
            return self._database.transact(locked)
        except StoreError as error:
            if type(error) is not StoreError:
                raise
            logger.warning("%s; trying once more", error)
            return self._database.transact(locked)

    def close(self) -> None:
        """Closes all connections."""
        self._database.close()


def _numbered(query: str) -> str:
    """With the marks of this driver for parameters."""
    return query.replace("?", "%s")
