"""One question of a conversation, what came of it and what the person thought of that. Values only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qa.types import Answer, Earlier, Passage, Turn


@dataclass(frozen=True)
class Feedback:
    """Whether an answer is right, as a person says it."""

    right: bool
    answers: tuple[str, ...] | None = None
    """What would have been right; empty: the articles do not say; None: they did not tell."""


@dataclass(frozen=True)
class Exchange:
    """A question with its answer, or with the message of what went wrong, or stopped; exactly one of the three."""

    question: str
    answer: Answer | None = None
    error: str | None = None
    stopped: bool = False
    """The person did not wait for the answer."""
    feedback: Feedback | None = None
    asked_at: str = ""
    """ISO 8601, UTC, to the second; set when it is stored."""
    id: str = ""
    """What the page called it when it was asked; empty where none did."""
    scope: str = ""
    """Which articles it was asked of, in words; empty for all."""
    correction: tuple[str, ...] | None = None
    """What the same person had said was right when they asked the same before; None where they had not."""

    @property
    def gold(self) -> tuple[str, ...] | None:
        """The accepted answers, as a test set has them: empty where the articles do not say; None: not known."""
        if self.feedback is None or self.answer is None:
            return None
        if not self.feedback.right:
            return self.feedback.answers
        return () if self.answer.text is None else (self.answer.text,)


@dataclass(frozen=True)
class Pending:
    """A question that is being answered."""

    question: str
    id: str = ""
    scope: str = ""
    query: str = ""
    passages: tuple[Passage, ...] | None = None
    """What is being read; None while the library is searched."""
    text: str = ""
    """What a language model has written so far."""


def turns(exchanges: Sequence[Exchange]) -> list[Turn]:
    """The conversation as the chatbot takes it; questions that got no answer are no part of it."""
    return [(exchange.question, exchange.answer.text) for exchange in exchanges if exchange.answer]


def said(exchanges: Sequence[Exchange]) -> list[Earlier]:
    """``turns`` with whole answers; one marked wrong is what the person said is right, or no answer."""
    return [_as_judged(exchange, exchange.answer) for exchange in exchanges if exchange.answer]


def _as_judged(exchange: Exchange, answer: Answer) -> Earlier:
    if exchange.feedback is None or exchange.feedback.right:
        return answer
    return (answer.query or answer.question, next(iter(exchange.feedback.answers or ()), None))
