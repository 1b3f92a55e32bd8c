"""A question that is stopped ends at once, whatever it waits for."""

from __future__ import annotations

import threading
from collections.abc import Generator, Sequence
from typing import Any

import pytest

from qa.errors import QAError
from qa.types import Answer, AnswerEvent, AnswerReady, PassagesFound, TextWritten, Turn
from ui.history import Exchange, Pending
from ui.page.chat import UNEXPECTED, converse


class Bot:
    """Streams what it is given; an event waits as the path does, an exception is raised."""

    def __init__(self, *events: AnswerEvent | threading.Event | Exception) -> None:
        self._events = events
        self.is_closed = threading.Event()

    def stream(
        self,
        question: str,
        history: Sequence[Turn] = (),
        articles: Sequence[str] | None = None,
        *,
        cancel: threading.Event,
    ) -> Generator[AnswerEvent]:
        try:
            for event in self._events:
                if isinstance(event, Exception):
                    raise event
                if isinstance(event, threading.Event):
                    while not event.wait(0.05):
                        if cancel.is_set():
                            return
                else:
                    yield event
        finally:
            self.is_closed.set()


FOUND = PassagesFound("q", ())
READY = AnswerReady(Answer("q", "Oct. 21", score=0.9))


def states(bot: Any, stopped: threading.Event | None = None) -> list[Pending | Exchange]:
    return list(converse(bot, "q", (), stopped or threading.Event()))


def test_states_come_in_order_and_end_with_the_answer() -> None:
    first, found, last = states(Bot(FOUND, READY))
    assert isinstance(first, Pending) and first.passages is None
    assert isinstance(found, Pending) and found.passages == ()
    assert last == Exchange("q", READY.answer)


def test_stop_ends_a_question_that_still_waits() -> None:
    hangs, stopped = threading.Event(), threading.Event()
    bot = Bot(FOUND, TextWritten("half "), hangs, READY)
    threading.Timer(0.3, stopped.set).start()
    assert states(bot, stopped)[-1] == Exchange("q", stopped=True)  # nothing else ends it
    assert bot.is_closed.is_set()  # and so did the work


@pytest.mark.parametrize(
    ("raised", "told"), [(QAError("no model; install it"), "no model; install it"), (RuntimeError("disk"), UNEXPECTED)]
)
def test_failure_is_its_message(raised: Exception, told: str) -> None:
    assert states(Bot(FOUND, raised))[-1] == Exchange("q", error=told)
