"""Questions over a library of articles: ``Chatbot.open("data/index").ask("when did Kanye propose?")``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import telemetry  # noqa: F401 - first of all: it switches off what would be sent out
from qa.errors import GeneratorError, QAError, QuestionError, ReaderError, TestSetError
from qa.types import (
    Alternative,
    Answer,
    AnswerEvent,
    AnswerReady,
    Candidate,
    Citation,
    Passage,
    PassagesFound,
    TextWritten,
    Turn,
)

if TYPE_CHECKING:
    from qa.chatbot import Chatbot
    from qa.settings import Settings

__all__ = [
    "Alternative",
    "Answer",
    "AnswerEvent",
    "AnswerReady",
    "Candidate",
    "Chatbot",
    "Citation",
    "GeneratorError",
    "Passage",
    "PassagesFound",
    "QAError",
    "QuestionError",
    "ReaderError",
    "Settings",
    "TestSetError",
    "TextWritten",
    "Turn",
]


def __getattr__(name: str) -> Any:
    """Loads the parts that bring LangChain and Chroma along only when they are asked for."""
    if name == "Chatbot":
        from qa.chatbot import Chatbot

        return Chatbot
    if name == "Settings":
        from qa.settings import Settings

        return Settings
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
