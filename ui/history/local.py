"""The tables of a history in a SQLite file of their own, beside the library but no part of it."""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

from vectorstore import StoreError, StoreReadOnly
from vectorstore.files import CONVERSATIONS

logger = logging.getLogger(__name__)

FORMAT = 1
"""In the file's user_version; a file of a later one is refused."""
BUSY_SECONDS = 10.0

_SCHEMA = """
CREATE TABLE IF NOT EXISTS conversations (
    id TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    title TEXT NOT NULL,
    started_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS conversations_of_owner ON conversations (owner, updated_at);
CREATE TABLE IF NOT EXISTS exchanges (
    conversation TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    question TEXT NOT NULL,
    exchange TEXT NOT NULL,
    judged INTEGER NOT NULL DEFAULT 0,  -- 1: the right answer is known; 2: it is not
    PRIMARY KEY (conversation, number)
);
"""
T = TypeVar("T")
Row = tuple[Any, ...]


class LocalTables:
    """The tables in a file, or in memory. See ``Tables``; SQLite has one writer at a time, whoever owns what."""

    def __init__(self, connection: sqlite3.Connection, path: Path, is_kept: bool) -> None:
        self.connection = connection
        self.is_kept = is_kept
        self._path = path
        self._lock = threading.Lock()

    @classmethod
    def open(cls, folder: Path, to_read: bool = False) -> LocalTables:
        """The tables in the library's folder, made if there are none; in memory where nothing can be written, unless
        they are only ``to_read``.

        Raises StoreError for a file that is no history, or one of a later version.
        """
        path = folder / CONVERSATIONS
        try:
            # What people asked is nobody else's business. SQLite gives what it makes beside the file the same rights.
            with suppress(OSError):  # SQLite says more of one that cannot be made
                path.touch(0o600, exist_ok=False)
            with suppress(OSError):
                path.chmod(0o600)
            connection = sqlite3.connect(path, timeout=BUSY_SECONDS, check_same_thread=False, isolation_level=None)
            try:
                _prepare(connection, path)
            except BaseException:
                connection.close()
                raise
        except sqlite3.OperationalError as error:
            if to_read and path.exists():
                raise StoreReadOnly(f"the conversations in {path} could not be read: {error}") from error
            logger.warning("conversations are forgotten when this program ends: %s cannot be written (%s)", path, error)
            return cls.in_memory(path)
        except sqlite3.DatabaseError as error:
            raise StoreError(
                f"{path} holds no conversations that can be read ({error}); move it away to begin with none"
            ) from error
        return cls(connection, path, is_kept=True)

    @classmethod
    def in_memory(cls, path: Path = Path(":memory:")) -> LocalTables:
        """Tables that are gone with this process."""
        connection = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        _prepare(connection, path)
        return cls(connection, path, is_kept=False)

    def rows(self, query: str, parameters: tuple[object, ...]) -> list[Row]:
        """What a query finds. Raises StoreError where the file cannot be read."""
        with self._in_words("read"):
            return self.connection.execute(query, parameters).fetchall()

    def transact(self, owner: str, work: Callable[[Callable[[str, tuple[object, ...]], list[Row]]], T]) -> T:
        """What ``work`` returns; all of it is kept, or none. Raises StoreError where the disk is full or fails."""
        with self._in_words("written"):
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                done = work(lambda query, parameters: self.connection.execute(query, parameters).fetchall())
                self.connection.execute("COMMIT")
            except BaseException:
                if self.connection.in_transaction:  # a full disk ends it by itself
                    self.connection.execute("ROLLBACK")
                raise
            return done

    def close(self) -> None:
        """Closes the file."""
        with self._lock:
            self.connection.close()

    @contextmanager
    def _in_words(self, done: str) -> Iterator[None]:
        with self._lock:
            try:
                yield
            except sqlite3.DatabaseError as error:
                raise StoreError(f"the conversations in {self._path} could not be {done}: {error}") from error


def _take_up_wal(connection: sqlite3.Connection) -> None:
    """Waits for others as long as for all else: where two open a new file at once, SQLite itself gives up at once."""
    until = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
        time.sleep(0.02)


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > FORMAT:
        raise StoreError(
            f"{path} was written by a later version of article-qa (format {version}; this one knows {FORMAT}); "
            "update article-qa, or move the file away to begin with no conversations"
        )
    _take_up_wal(connection)
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA secure_delete = ON")  # what a person deletes is gone from the disk too
    connection.executescript(_SCHEMA)
    connection.execute(f"PRAGMA user_version = {FORMAT}")
