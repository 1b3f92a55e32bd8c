"""A question to what the page shows while it is answered. Knows no components."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace

from qa.chatbot import Chatbot
from qa.errors import QAError
from qa.types import AnswerEvent, AnswerReady, PassagesFound, TextWritten, Turn
from ui.history import Exchange, Pending, turns
from vectorstore import StoreError

logger = logging.getLogger(__name__)

SECONDS_BETWEEN_UPDATES = 0.08
"""A language model writes faster than a page need be redrawn."""
SECONDS_BETWEEN_LOOKS = 0.1
"""How soon a press of Stop is noticed."""
UNEXPECTED = "Something went wrong while answering. What it was is in the log of the program that serves this page."


class Stops:
    """Which questions each visitor waits for, so that they can be stopped."""

    def __init__(self) -> None:
        self._waiting: dict[str, list[threading.Event]] = {}
        self._lock = threading.Lock()

    @contextmanager
    def waiting(self, visitor: str) -> Iterator[threading.Event]:
        """The event that is set once the visitor no longer waits for what the block does."""
        stopped = threading.Event()
        with self._lock:
            self._waiting.setdefault(visitor, []).append(stopped)
        try:
            yield stopped
        finally:
            stopped.set()
            with self._lock:
                self._waiting[visitor].remove(stopped)
                if not self._waiting[visitor]:
                    del self._waiting[visitor]

    def stop(self, visitor: str) -> None:
        """Stops all that the visitor waits for."""
        with self._lock:
            for stopped in self._waiting.get(visitor, ()):
                stopped.set()


def converse(
    bot: Chatbot, question: str, earlier: Sequence[Exchange], stopped: threading.Event
) -> Iterator[Pending | Exchange]:
    """The states of one question, the last of them an ``Exchange``.

    A failure is an exchange with its message, and one without an answer when ``stopped`` is set before there is one.
    """
    pending = Pending(question)
    shown_at = time.monotonic()
    yield pending
    try:
        for event in _unless_stopped(bot, question, turns(earlier), stopped):
            if isinstance(event, PassagesFound):
                pending = replace(pending, query=event.query, passages=event.passages)
                yield pending
            elif isinstance(event, TextWritten):
                pending = replace(pending, text=pending.text + event.text)
                if time.monotonic() - shown_at >= SECONDS_BETWEEN_UPDATES:
                    shown_at = time.monotonic()
                    yield pending
            elif isinstance(event, AnswerReady):
                yield Exchange(question, answer=event.answer)
                return
        yield Exchange(question, stopped=True)
    except (QAError, StoreError) as error:
        yield Exchange(question, error=str(error))
    except Exception:
        logger.exception("answering %r failed", question)
        yield Exchange(question, error=UNEXPECTED)


def _unless_stopped(
    bot: Chatbot, question: str, history: Sequence[Turn], stopped: threading.Event
) -> Iterator[AnswerEvent]:
    """The events of ``bot.stream``; they end early when ``stopped`` is set.

    The work is done in a thread, since a language model may keep it waiting for a minute without an event.
    """
    arrived: queue.SimpleQueue[AnswerEvent | Exception] = queue.SimpleQueue()

    def work() -> None:
        try:
            with closing(bot.stream(question, history)) as events:
                for event in events:
                    arrived.put(event)
                    if stopped.is_set():
                        return
        except Exception as error:
            arrived.put(error)

    threading.Thread(target=work, name="answering", daemon=True).start()
    while not stopped.is_set():
        try:
            event = arrived.get(timeout=SECONDS_BETWEEN_LOOKS)
        except queue.Empty:
            continue
        if isinstance(event, Exception):
            raise event
        yield event
        if isinstance(event, AnswerReady):
            return
