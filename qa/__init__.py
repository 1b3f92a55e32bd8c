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
    Item,
    Kind,
    Passage,
    PassagesFound,
    Planned,
    Query,
    TextWritten,
    Turn,
)

if TYPE_CHECKING:
    from qa.chatbot import Chatbot
    from qa.ports import Evidence, Plan, Planner, Reader, Rewriter, Strategy
    from qa.settings import Settings

_LATER = {
    "Chatbot": "qa.chatbot",
    "Settings": "qa.settings",
    **dict.fromkeys(("Evidence", "Plan", "Planner", "Reader", "Rewriter", "Strategy"), "qa.ports"),
}
"""What brings LangChain and Chroma along, and where it is: loaded only when it is asked for."""

__all__ = [
    "Alternative",
    "Answer",
    "AnswerEvent",
    "AnswerReady",
    "Candidate",
    "Chatbot",
    "Citation",
    "Evidence",
    "GeneratorError",
    "Item",
    "Kind",
    "Passage",
    "PassagesFound",
    "Plan",
    "Planned",
    "Planner",
    "QAError",
    "Query",
    "QuestionError",
    "Reader",
    "ReaderError",
    "Rewriter",
    "Settings",
    "Strategy",
    "TestSetError",
    "TextWritten",
    "Turn",
]


def __getattr__(name: str) -> Any:
    """Loads a part of ``_LATER``."""
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_LATER[name]), name)
