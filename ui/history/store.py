"""Where conversations are kept: a SQLite file of their own, beside the library but no part of it.

Every call names the owner, and sees and changes that owner's conversations only.
"""

from __future__ import annotations

import logging
import re
import secrets
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from ui.history.exchange import Exchange, Feedback
from vectorstore import StoreError
from vectorstore.files import CONVERSATIONS as FILE_NAME

logger = logging.getLogger(__name__)

FORMAT = 1
"""In the file's user_version; a file of a later one is refused."""
TITLE_CHARS = 120
KEPT = 500
"""Conversations of one owner; the oldest go first. A person asks for years; a program that forgets its cookie does not
fill the disk with one owner either."""
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

_ID = re.compile(r"[A-Za-z0-9_-]{16}")
_KNOWN, _UNKNOWN = 1, 2
_STORED = TypeAdapter(Exchange)


@dataclass(frozen=True)
class Conversation:
    """A conversation without what was said in it."""

    id: str
    title: str
    started_at: str
    """ISO 8601, UTC, to the second."""
    updated_at: str
    """The same to the microsecond: two conversations may go on within a second, and the latest comes first."""
    questions: int


def new_conversation_id() -> str:
    """An id for a conversation that is to begin; nobody can guess it."""
    return secrets.token_urlsafe(12)


class History:
    """The conversations of everyone who uses a page. Safe to share between threads and processes."""

    def __init__(self, connection: sqlite3.Connection, path: Path, is_kept: bool) -> None:
        self._connection = connection
        self._path = path
        self._lock = threading.Lock()
        self.is_kept = is_kept
        """Whether it outlasts this process; not where the library's folder cannot be written."""

    @classmethod
    def open(cls, folder: Path) -> History:
        """The history in the library's folder for this machine, made if there is none; in memory where nothing can be
        written.

        Raises StoreError for a file that is no history, or one of a later version.
        """
        path = folder / FILE_NAME
        try:
            connection = sqlite3.connect(path, timeout=BUSY_SECONDS, check_same_thread=False, isolation_level=None)
            try:
                _prepare(connection, path)
            except BaseException:
                connection.close()
                raise
            path.chmod(0o600)  # what people asked is nobody else's business
        except sqlite3.OperationalError as error:
            logger.warning("conversations are forgotten when this program ends: %s cannot be written (%s)", path, error)
            connection = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
            _prepare(connection, path)
            return cls(connection, path, is_kept=False)
        except sqlite3.DatabaseError as error:
            raise StoreError(
                f"{path} holds no conversations that can be read ({error}); move it away to begin with none"
            ) from error
        return cls(connection, path, is_kept=True)

    def close(self) -> None:
        """Closes the file."""
        with self._lock:
            self._connection.close()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """All of it is kept, or, after an exception, none. Raises StoreError where the disk is full or fails."""
        with self._in_words("written"):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:  # a full disk ends it by itself
                    self._connection.execute("ROLLBACK")
                raise

    @contextmanager
    def _in_words(self, done: str) -> Iterator[None]:
        with self._lock:
            try:
                yield
            except sqlite3.DatabaseError as error:
                raise StoreError(f"the conversations in {self._path} could not be {done}: {error}") from error

    # Reading: each raises StoreError where the file cannot be read --------------------------------

    def _rows(self, query: str, parameters: tuple[object, ...]) -> list[tuple[Any, ...]]:
        with self._in_words("read"):
            return self._connection.execute(query, parameters).fetchall()

    def conversations(self, owner: str) -> list[Conversation]:
        """The owner's conversations, the latest first."""
        rows = self._rows(
            "SELECT id, title, started_at, updated_at, (SELECT count(*) FROM exchanges WHERE conversation = id) "
            "FROM conversations WHERE owner = ? ORDER BY updated_at DESC, rowid DESC",
            (owner,),
        )
        return [Conversation(*row) for row in rows]

    def conversation(self, owner: str, conversation_id: str) -> Conversation | None:
        """One of the owner's conversations; None where they have no such."""
        return next((one for one in self.conversations(owner) if one.id == conversation_id), None)

    def exchanges(self, owner: str, conversation_id: str | None) -> tuple[Exchange, ...]:
        """What was said in a conversation, in order; nothing where the owner has no such."""
        rows = self._rows(
            "SELECT question, exchange FROM exchanges JOIN conversations ON id = conversation "
            "WHERE conversation = ? AND owner = ? ORDER BY number",
            (conversation_id, owner),
        )
        return tuple(_loaded(*row) for row in rows)

    def judged(self, owner: str | None = None) -> Iterator[tuple[str, tuple[Exchange, ...]]]:
        """(id, exchanges) of each conversation with feedback in it, oldest first; of everyone, or of one owner."""
        rows = self._rows(
            "SELECT DISTINCT id, owner FROM conversations JOIN exchanges ON id = conversation "
            "WHERE judged AND owner = coalesce(?, owner) ORDER BY started_at, conversations.rowid",
            (owner,),
        )
        for conversation_id, its_owner in rows:
            yield conversation_id, self.exchanges(its_owner, conversation_id)

    def marks(self, owner: str) -> tuple[int, int]:
        """How many of the owner's answers are marked with what is right, and how many as wrong and nothing more."""
        rows = self._rows(
            "SELECT judged, count(*) FROM exchanges JOIN conversations ON id = conversation "
            "WHERE owner = ? AND judged GROUP BY judged",
            (owner,),
        )
        counts = dict(rows)
        return counts.get(_KNOWN, 0), counts.get(_UNKNOWN, 0)

    def correction(self, owner: str, query: str) -> tuple[str, ...] | None:
        """What the owner last said was right when they had asked the same and got something wrong.

        The same is what was searched in the same words, whatever their case and the marks between them. Empty where
        they said that the articles do not say; None where they said nothing.
        """
        rows = self._rows(
            "SELECT question, exchange FROM exchanges JOIN conversations ON id = conversation "
            "WHERE owner = ? AND judged = ? ORDER BY updated_at DESC, conversations.rowid DESC, number DESC",
            (owner, _KNOWN),
        )
        wanted = _words(query)
        for exchange in (_loaded(*row) for row in rows):
            if exchange.answer and _words(exchange.answer.query or exchange.question) == wanted:
                return None if exchange.feedback is None or exchange.feedback.right else exchange.gold
        return None

    # Writing: each raises StoreError where nothing can be written -------------------------------

    def append(self, owner: str, conversation_id: str | None, exchange: Exchange) -> str:
        """Adds an exchange to a conversation; returns its id.

        Where the owner has no such, it is a new one, under the id that was given if nobody has it.
        """
        moment = datetime.now(UTC)
        now = moment.isoformat(timespec="seconds")
        with self._transaction() as connection:
            # A clock that was set back does not make the latest the oldest, which would be the first to go.
            (latest,) = connection.execute(
                "SELECT max(updated_at) FROM conversations WHERE owner = ?", (owner,)
            ).fetchone()
            if latest is not None:
                moment = max(moment, datetime.fromisoformat(latest) + timedelta(microseconds=1))
            exactly = moment.isoformat(timespec="microseconds")
            if not _owns(connection, owner, conversation_id):
                if not _is_free(connection, conversation_id):
                    conversation_id = new_conversation_id()
                title = _title(exchange.question) or "Conversation"
                connection.execute(
                    "INSERT INTO conversations VALUES (?, ?, ?, ?, ?)", (conversation_id, owner, title, now, exactly)
                )
                connection.execute(
                    "DELETE FROM conversations WHERE owner = ? AND id NOT IN (SELECT id FROM conversations "
                    "WHERE owner = ? ORDER BY updated_at DESC, rowid DESC LIMIT ?)",
                    (owner, owner, KEPT),
                )
            assert conversation_id is not None
            connection.execute(
                "INSERT INTO exchanges SELECT ?, coalesce(max(number) + 1, 0), ?, ?, 0 FROM exchanges "
                "WHERE conversation = ?",
                (conversation_id, exchange.question, _dumped(replace(exchange, asked_at=now)), conversation_id),
            )
            connection.execute("UPDATE conversations SET updated_at = ? WHERE id = ?", (exactly, conversation_id))
        return conversation_id

    def judge(self, owner: str, conversation_id: str, number: int, feedback: Feedback | None) -> None:
        """Keeps what the person thinks of an answer; None forgets it. What is not there, or no answer, stays so."""
        with self._transaction() as connection:
            row = connection.execute(
                "SELECT question, exchange FROM exchanges WHERE conversation = ? AND number = ?",
                (conversation_id, number),
            ).fetchone()
            if row is None or not _owns(connection, owner, conversation_id):
                return
            exchange = replace(_loaded(*row), feedback=feedback)
            if exchange.answer is not None:
                judged = 0 if feedback is None else _UNKNOWN if exchange.gold is None else _KNOWN
                connection.execute(
                    "UPDATE exchanges SET exchange = ?, judged = ? WHERE conversation = ? AND number = ?",
                    (_dumped(exchange), judged, conversation_id, number),
                )

    def rename(self, owner: str, conversation_id: str, title: str) -> None:
        """Gives a conversation another title; an empty one changes nothing."""
        if title := _title(title):
            with self._transaction() as connection:
                connection.execute(
                    "UPDATE conversations SET title = ? WHERE id = ? AND owner = ?", (title, conversation_id, owner)
                )

    def delete(self, owner: str, conversation_id: str) -> None:
        """Forgets a conversation, the feedback in it included."""
        with self._transaction() as connection:
            connection.execute("DELETE FROM conversations WHERE id = ? AND owner = ?", (conversation_id, owner))


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > FORMAT:
        raise StoreError(
            f"{path} was written by a later version of article-qa (format {version}; this one knows {FORMAT}); "
            "update article-qa, or move the file away to begin with no conversations"
        )
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA secure_delete = ON")  # what a person deletes is gone from the disk too
    connection.executescript(_SCHEMA)
    connection.execute(f"PRAGMA user_version = {FORMAT}")


def _owns(connection: sqlite3.Connection, owner: str, conversation_id: str | None) -> bool:
    found = connection.execute(
        "SELECT 1 FROM conversations WHERE id = ? AND owner = ?", (conversation_id, owner)
    ).fetchone()
    return found is not None


def _is_free(connection: sqlite3.Connection, conversation_id: str | None) -> bool:
    if not conversation_id or not _ID.fullmatch(conversation_id):
        return False
    return connection.execute("SELECT 1 FROM conversations WHERE id = ?", (conversation_id,)).fetchone() is None


def _dumped(exchange: Exchange) -> str:
    return _STORED.dump_json(exchange).decode()


def _loaded(question: str, stored: str) -> Exchange:
    """The exchange as it was stored; one that another version stored otherwise says so in its answer's place."""
    try:
        return _STORED.validate_json(stored)
    except ValidationError:
        return Exchange(question, error="This answer was stored by another version of article-qa. Ask again.")


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def _title(text: str) -> str:
    """One short line."""
    line = " ".join(text.split())
    return line if len(line) <= TITLE_CHARS else line[: TITLE_CHARS - 1].rstrip() + "…"
