"""A question to what the page shows while it is answered. Knows no components."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

from language.errors import ArticleQAError
from qa.chatbot import Chatbot
from qa.types import AnswerReady, PassagesFound, Planned, TextWritten
from ui.history import Exchange, Pending, said

logger = logging.getLogger(__name__)

SECONDS_BETWEEN_UPDATES = 0.08
"""A language model writes faster than a page need be redrawn."""
UNEXPECTED = "Something went wrong while answering. What it was is in the log of the program that serves this page."


def converse(
    bot: Chatbot,
    question: str,
    earlier: Sequence[Exchange],
    stopped: threading.Event,
    articles: Sequence[str] | None = None,
) -> Iterator[Pending | Exchange]:
    """The states of one question, the last of them an ``Exchange``.

    ``articles`` are the ids of those it is asked of; None for all.
    A failure is an exchange with its message, and one without an answer when ``stopped`` is set before there is one.
    """
    pending = Pending(question)
    shown_at = time.monotonic()
    yield pending
    try:
        for event in bot.stream(question, said(earlier), articles, cancel=stopped):
            if stopped.is_set():
                break
            if isinstance(event, Planned):
                pending = replace(pending, query=event.query)
                yield pending
            elif isinstance(event, PassagesFound):
                pending = replace(pending, passages=event.passages)
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
    except ArticleQAError as error:
        yield Exchange(question, error=str(error))
    except Exception:  # of whatever kind: it is logged, and the person sees a failure instead of waiting without end
        logger.exception("answering %r failed", question)
        yield Exchange(question, error=UNEXPECTED)
