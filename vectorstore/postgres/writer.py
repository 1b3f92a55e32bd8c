"""Who may write to a library in a database: any number at a time, or one alone."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from vectorstore.errors import StoreLocked, StoreReadOnly
from vectorstore.postgres.database import Database

_LOCK_CLASS = 0x41514131
"""Of the advisory locks of this program, beside those of others in the same database."""


class SharedPlace:
    """Writers share it, and whoever makes something anew, or compares everything, keeps them out meanwhile.

    It is a lock of the connection's session: a process that is killed, or cut off, has let go of it.
    """

    def __init__(self, database: Database) -> None:
        """``database`` holds the library."""
        self._database = database
        self._key = zlib.crc32(database.address.schema.encode()) - 2**31

    @property
    def held(self) -> bool:
        """Whether this thread holds it."""
        return self._database.is_pinned

    @property
    def can_write(self) -> bool:
        """Whether the server takes writes, and from this user."""
        [(can,)] = self._database.rows(
            "SELECT NOT pg_is_in_recovery() AND has_table_privilege('articles', 'INSERT, UPDATE, DELETE') "
            "AND current_setting('default_transaction_read_only') = 'off'"
        )
        return bool(can)

    @contextmanager
    def hold(self, alone: bool = False) -> Iterator[None]:
        """Holds it. Raises StoreLocked when somebody keeps this one out, StoreReadOnly where nothing can be written."""
        if not self.can_write:
            raise StoreReadOnly(f"{self._database.address} cannot be written: this user may only read, or this server")
        how = "" if alone else "_shared"
        with self._database.pinned() as connection:
            row = connection.execute(f"SELECT pg_try_advisory_lock{how}(%s, %s)", (_LOCK_CLASS, self._key)).fetchone()
            if row is None or not row[0]:
                raise StoreLocked(
                    f"another process is {'adding to' if alone else 'making anew, or checking,'} "
                    f"{self._database.address}; wait until it is done, or stop it, and try again"
                )
            try:
                yield
            finally:
                if not connection.closed:
                    connection.execute(f"SELECT pg_advisory_unlock{how}(%s, %s)", (_LOCK_CLASS, self._key))
