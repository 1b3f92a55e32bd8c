"""A question to what the page shows while it is answered. Knows no components."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

from qa.chatbot import Chatbot
from qa.errors import QAError
from qa.types import AnswerReady, PassagesFound, TextWritten
from ui.page.exchange import Exchange, Pending, turns
from vectorstore import StoreError

logger = logging.getLogger(__name__)

SECONDS_BETWEEN_UPDATES = 0.08
"""A language model writes faster than a page need be redrawn."""
UNEXPECTED = "Something went wrong while answering. What it was is in the log of the program that serves this page."


def converse(bot: Chatbot, question: str, earlier: Sequence[Exchange]) -> Iterator[Pending | Exchange]:
    """The states of one question, the last of them an ``Exchange``; a failure is one with its message."""
    pending = Pending(question)
    shown_at = time.monotonic()
    yield pending
    try:
        for event in bot.stream(question, turns(earlier)):
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
    except (QAError, StoreError) as error:
        yield Exchange(question, error=str(error))
    except Exception:
        logger.exception("answering %r failed", question)
        yield Exchange(question, error=UNEXPECTED)
