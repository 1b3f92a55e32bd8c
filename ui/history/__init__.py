"""Conversations and what people thought of the answers: kept in the library's folder, exported as files."""

from ui.history.exchange import Exchange, Feedback, Pending, said, turns
from ui.history.export import answer_as_markdown, answer_as_text, as_json, as_markdown, as_test_set, file_name
from ui.history.store import Conversation, History, new_conversation_id

__all__ = [
    "Conversation",
    "Exchange",
    "Feedback",
    "History",
    "Pending",
    "answer_as_markdown",
    "answer_as_text",
    "as_json",
    "as_markdown",
    "as_test_set",
    "file_name",
    "new_conversation_id",
    "said",
    "turns",
]
