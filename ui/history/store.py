"""Conversations and what people thought of the answers, in tables: a file beside the library, or its database.

Every call names the owner, and sees and changes that owner's conversations only.
"""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol, TypeVar

from pydantic import TypeAdapter, ValidationError

from ui.history.exchange import Exchange, Feedback
from ui.history.local import LocalTables
from vectorstore import StoreReadOnly
from vectorstore.files import CONVERSATIONS as FILE_NAME
from vectorstore.place import Address, Place, library_place

__all__ = ["FILE_NAME", "KEPT", "Conversation", "History", "Tables", "new_conversation_id"]

logger = logging.getLogger(__name__)

TITLE_CHARS = 120
KEPT = 500
"""Conversations of one owner; the oldest go first. A person asks for years; a program that forgets its cookie does not
fill the disk with one owner either."""

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


Run = Callable[[str, tuple[object, ...]], list[tuple[Any, ...]]]
"""Runs a statement, with ``?`` for each parameter; the rows that it gives."""
T = TypeVar("T")


class Tables(Protocol):
    """The tables ``conversations`` and ``exchanges``, wherever they are. Safe from several threads."""

    @property
    def is_kept(self) -> bool:
        """Whether what is in them outlasts this process."""
        ...

    def rows(self, query: str, parameters: tuple[object, ...]) -> list[tuple[Any, ...]]:
        """What a query finds. Raises StoreError where they cannot be read."""
        ...

    def transact(self, owner: str, work: Callable[[Run], T]) -> T:
        """What ``work`` returns; all of it is kept, or, after an exception, none. One at a time for an owner.

        ``work`` may be called again, where somebody was in the way or a connection was lost. Raises StoreError where
        they cannot be written.
        """
        ...

    def close(self) -> None:
        """Lets go of files and connections."""
        ...


class History:
    """The conversations of everyone who uses a page. Safe to share between threads and processes."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self.is_kept = tables.is_kept
        """Whether it outlasts this process; not where the library's folder, or its database, cannot be written."""

    @classmethod
    def open(cls, place: str | Place, to_read: bool = False) -> History:
        """The history of the library at ``place``, made if there is none; in memory where nothing can be written.

        ``to_read``: of which nothing but what is kept is wanted; one in memory would not do. Raises StoreError for a
        file or tables that are no history, or of a later version, and where a server cannot be reached.
        """
        place = library_place(place)
        if isinstance(place, Path):
            return cls(LocalTables.open(place.expanduser(), to_read))
        try:
            return cls(_shared(place, to_read))
        except StoreReadOnly as error:
            if to_read:
                raise
            logger.warning("conversations are forgotten when this program ends: %s", error)
            return cls(LocalTables.in_memory())

    def close(self) -> None:
        """Lets go of files and connections."""
        self._tables.close()

    # Reading: each raises StoreError where the tables cannot be read ------------------------------

    def conversations(self, owner: str) -> list[Conversation]:
        """The owner's conversations, the latest first."""
        rows = self._tables.rows(
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
        rows = self._tables.rows(
            "SELECT question, exchange FROM exchanges JOIN conversations ON id = conversation "
            "WHERE conversation = ? AND owner = ? ORDER BY number",
            (conversation_id, owner),
        )
        return tuple(_loaded(*row) for row in rows)

    def judged(self, owner: str | None = None) -> Iterator[tuple[str, tuple[Exchange, ...]]]:
        """(id, exchanges) of each conversation with feedback in it, oldest first; of everyone, or of one owner."""
        rows = self._tables.rows(
            "SELECT id, owner FROM conversations WHERE owner = coalesce(CAST(? AS TEXT), owner) AND EXISTS "
            "(SELECT 1 FROM exchanges WHERE conversation = id AND judged != 0) ORDER BY started_at, rowid",
            (owner,),
        )
        for conversation_id, its_owner in rows:
            yield conversation_id, self.exchanges(its_owner, conversation_id)

    def marks(self, owner: str) -> tuple[int, int]:
        """How many of the owner's answers are marked with what is right, and how many as wrong and nothing more."""
        rows = self._tables.rows(
            "SELECT judged, count(*) FROM exchanges JOIN conversations ON id = conversation "
            "WHERE owner = ? AND judged != 0 GROUP BY judged",
            (owner,),
        )
        counts = dict(rows)
        return counts.get(_KNOWN, 0), counts.get(_UNKNOWN, 0)

    def correction(self, owner: str, query: str) -> tuple[str, ...] | None:
        """What the owner last said was right when they had asked the same and got something wrong.

        The same is what was searched in the same words, whatever their case and the marks between them. Empty where
        they said that the articles do not say; None where they said nothing.
        """
        rows = self._tables.rows(
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

        Where the owner has no such, it is a new one, under the id that was given if nobody has it. An exchange whose
        own id is in the conversation already is there, and changes nothing.
        """

        def add(run: Run) -> str:
            moment = datetime.now(UTC)
            now = moment.isoformat(timespec="seconds")
            # A clock that was set back does not make the latest the oldest, which would be the first to go.
            [(latest,)] = run("SELECT max(updated_at) FROM conversations WHERE owner = ?", (owner,))
            if latest is not None:
                moment = max(moment, datetime.fromisoformat(latest) + timedelta(microseconds=1))
            exactly = moment.isoformat(timespec="microseconds")
            known = conversation_id if _owns(run, owner, conversation_id) else None
            if known and exchange.id and _holds(run, known, exchange.id):
                return known
            chosen = known or _begin(run, owner, conversation_id, _title(exchange.question), now, exactly)
            run(
                "INSERT INTO exchanges (conversation, number, question, exchange) "
                "SELECT CAST(? AS TEXT), coalesce(max(number) + 1, 0), CAST(? AS TEXT), CAST(? AS TEXT) "
                "FROM exchanges WHERE conversation = ?",
                (chosen, _plain(exchange.question), _dumped(replace(exchange, asked_at=now)), chosen),
            )
            run("UPDATE conversations SET updated_at = ? WHERE id = ?", (exactly, chosen))
            return chosen

        return self._tables.transact(owner, add)

    def judge(self, owner: str, conversation_id: str, number: int, feedback: Feedback | None) -> None:
        """Keeps what the person thinks of an answer; None forgets it. What is not there, or no answer, stays so."""

        def keep(run: Run) -> None:
            at = (conversation_id, number)
            rows = run("SELECT question, exchange FROM exchanges WHERE conversation = ? AND number = ?", at)
            if not rows or not _owns(run, owner, conversation_id):
                return
            exchange = replace(_loaded(*rows[0]), feedback=feedback)
            if exchange.answer is not None:
                judged = 0 if feedback is None else _UNKNOWN if exchange.gold is None else _KNOWN
                run(
                    "UPDATE exchanges SET exchange = ?, judged = ? WHERE conversation = ? AND number = ?",
                    (_dumped(exchange), judged, *at),
                )

        self._tables.transact(owner, keep)

    def rename(self, owner: str, conversation_id: str, title: str) -> None:
        """Gives a conversation another title; an empty one changes nothing."""
        if title := _title(title):
            named = (title, conversation_id, owner)
            self._tables.transact(
                owner, lambda run: run("UPDATE conversations SET title = ? WHERE id = ? AND owner = ?", named)
            )

    def delete(self, owner: str, conversation_id: str) -> None:
        """Forgets a conversation, the feedback in it included."""
        named = (conversation_id, owner)
        self._tables.transact(owner, lambda run: run("DELETE FROM conversations WHERE id = ? AND owner = ?", named))


def _shared(address: Address, to_read: bool) -> Tables:
    from ui.history.shared import SharedTables
    from ui.shared import open_page_database

    return SharedTables(open_page_database(address, to_read))


def _owns(run: Run, owner: str, conversation_id: str | None) -> bool:
    if not conversation_id:
        return False
    return bool(run("SELECT 1 FROM conversations WHERE id = ? AND owner = ?", (conversation_id, owner)))


def _holds(run: Run, conversation_id: str, exchange_id: str) -> bool:
    rows = run("SELECT question, exchange FROM exchanges WHERE conversation = ?", (conversation_id,))
    return any(_loaded(*row).id == exchange_id for row in rows)


def _begin(run: Run, owner: str, wanted: str | None, title: str, now: str, exactly: str) -> str:
    """The id of a new conversation: ``wanted``, if nobody has it and it is one."""
    ids = [wanted] if wanted and _ID.fullmatch(wanted) else []
    for conversation_id in (*ids, new_conversation_id()):
        begun = run(
            "INSERT INTO conversations (id, owner, title, started_at, updated_at) VALUES (?, ?, ?, ?, ?) "
            "ON CONFLICT DO NOTHING RETURNING id",
            (conversation_id, owner, title or "Conversation", now, exactly),
        )
        if begun:
            break
    run(
        "DELETE FROM conversations WHERE owner = ? AND id NOT IN (SELECT id FROM conversations "
        "WHERE owner = ? ORDER BY updated_at DESC, rowid DESC LIMIT ?)",
        (owner, owner, KEPT),
    )
    return conversation_id


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


def _plain(text: str) -> str:
    """Without what a database takes for the end of a text."""
    return text.replace("\0", "")


def _title(text: str) -> str:
    """One short line."""
    line = " ".join(_plain(text).split())
    return line if len(line) <= TITLE_CHARS else line[: TITLE_CHARS - 1].rstrip() + "…"
