"""Conversations and what people thought of the answers: kept in the library's folder, exported as files."""

from ui.history.exchange import Exchange, Feedback, Pending, said, turns
from ui.history.export import as_json, as_markdown, as_test_set, file_name
from ui.history.store import Conversation, History

__all__ = [
    "Conversation",
    "Exchange",
    "Feedback",
    "History",
    "Pending",
    "as_json",
    "as_markdown",
    "as_test_set",
    "file_name",
    "said",
    "turns",
]
