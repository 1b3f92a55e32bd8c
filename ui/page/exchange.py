"""One conversation as the page keeps it: what was asked, and what came of it. Values only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pydantic import TypeAdapter, ValidationError

from qa.types import Answer, Passage, Turn

KEPT = 30
"""Exchanges a browser keeps: with their passages about 10 kB each, well under its limit of 5 MB."""


@dataclass(frozen=True)
class Exchange:
    """A question with its answer, or with the message of what went wrong; exactly one of the two."""

    question: str
    answer: Answer | None = None
    error: str | None = None


@dataclass(frozen=True)
class Pending:
    """A question that is being answered."""

    question: str
    query: str = ""
    passages: tuple[Passage, ...] | None = None
    """What is being read; None while the library is searched."""
    text: str = ""
    """What a language model has written so far."""


Exchanges = tuple[Exchange, ...]

_STORED = TypeAdapter(Exchanges)


def turns(exchanges: Sequence[Exchange]) -> list[Turn]:
    """The conversation as the chatbot takes it; questions that failed are no part of it."""
    return [(exchange.question, exchange.answer.text) for exchange in exchanges if exchange.answer]


def to_browser(exchanges: Exchanges) -> str:
    """The last of the exchanges as JSON, for the browser to keep."""
    return _STORED.dump_json(exchanges[-KEPT:]).decode()


def from_browser(stored: object) -> Exchanges:
    """The exchanges a browser kept; none when it kept nothing, or something of another version."""
    if not isinstance(stored, str) or not stored:
        return ()
    try:
        exchanges = _STORED.validate_json(stored)
    except ValidationError:
        return ()
    return tuple(replace(one, error=None) if one.answer else one for one in exchanges if one.answer or one.error)
