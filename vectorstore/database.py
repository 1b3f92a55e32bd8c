"""One SQLite file: a connection for each thread, transactions, and errors in words."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from vectorstore.errors import StoreDamaged, StoreError, StoreReadOnly

Row = tuple[Any, ...]


class Database:
    """Reads and writes the file. Safe from several threads; its user keeps writers apart."""

    def __init__(self, path: Path, *, writable: bool) -> None:
        """Opens ``path`` when it is first needed; ``writable=False`` touches nothing, not even beside the file."""
        self.path = path
        self.writable = writable
        self._local = threading.local()

    @property
    def connection(self) -> sqlite3.Connection:
        """This thread's connection. SQLite's are not to be shared between threads in mid-transaction."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = self._connect()
        return connection

    def rows(self, query: str, parameters: Sequence[object] = ()) -> list[Row]:
        """What ``query`` finds. Raises StoreDamaged where the file is not as SQLite left it, StoreError where it cannot
        be read."""
        try:
            with self._in_words():
                return self.connection.execute(query, parameters).fetchall()
        except sqlite3.OperationalError as error:
            if _code(error) in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN):
                raise StoreError(f"{self.path} cannot be read: {error}") from error
            raise

    def row(self, query: str, parameters: Sequence[object] = ()) -> Row | None:
        """The first of ``rows``, if there is one."""
        return next(iter(self.rows(query, parameters)), None)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """One transaction: all of it is stored, or, after an exception, none.

        Raises StoreReadOnly, StoreDamaged, and StoreError when the disk is full or fails, or when the file was
        deleted meanwhile: what was written went nowhere then.
        """
        connection = self.connection
        try:
            with self._in_words():
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
        self.check_present()

    def check_present(self) -> None:
        """Raises StoreError where the file that is open here is no longer the one at its path."""
        try:
            found = self.path.stat()
        except OSError:
            found = None
        if found is None or (found.st_dev, found.st_ino) != self._local.identity:
            raise StoreError(
                f"{self.path} was deleted or replaced while it was in use: nothing more can be stored in it; run the "
                "same command again"
            )

    def close(self) -> None:
        """Closes this thread's connection; those of other threads close with their threads."""
        connection = getattr(self._local, "connection", None)
        if connection is not None:
            connection.close()
            self._local.connection = None

    def damaged(self, error: Exception | str) -> StoreDamaged:
        """What to tell of a file that cannot be read."""
        return StoreDamaged(
            f"{self.path} is damaged or not a library's record ({error}); put back a backup of the folder, or move it "
            "away and ingest the articles again"
        )

    @contextmanager
    def _in_words(self) -> Iterator[None]:
        """Turns what SQLite says of a broken file into an error for people; others pass as they are."""
        try:
            yield
        except sqlite3.DatabaseError as error:
            if _code(error) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB) or _is_no_text(error):
                raise self.damaged(error) from error
            raise

    def _connect(self) -> sqlite3.Connection:
        connection = self._open_file()
        if self.path.exists():
            found = self.path.stat()
            self._local.identity = (found.st_dev, found.st_ino)
        with self._in_words():
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA recursive_triggers = ON")
            # A committed transaction is on the disk, whatever happens to the power. The vector index may then be
            # behind the record, never ahead of it.
            connection.execute("PRAGMA synchronous = FULL")
        return connection

    def _open_file(self) -> sqlite3.Connection:
        uri = self.path.absolute().as_uri()
        # In a folder that cannot be written SQLite cannot make the files it shares with other processes;
        # ``immutable`` then reads without them, which is right as long as nobody else writes there either.
        modes = ["mode=rwc"] if self.writable else ["mode=ro", "mode=ro&immutable=1"]
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
                pass  # not a database at all: whoever asks something of it says so, in words
            else:
                return connection
        return connection


def _is_no_text(error: sqlite3.DatabaseError) -> bool:
    """Whether Python could not read as text what stands where a text should; SQLite itself does not look."""
    return str(error).startswith("Could not decode to UTF-8")


def _code(error: sqlite3.Error) -> int:
    """SQLite's own number for what went wrong, without what says more exactly where."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF
