"""What programs may ask of a library: the same three abilities over HTTP and as MCP tools. Knows neither."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from qa.chatbot import Chatbot
from qa.errors import QuestionError
from qa.types import Turn

MOST_PASSAGES = 100


class Tools:
    """``ask``, ``search`` and ``list_articles``, with values that JSON can carry."""

    def __init__(self, bot: Chatbot) -> None:
        self._bot = bot

    def ask(
        self, question: str, history: list[str | None] | None = None, articles: list[str] | None = None
    ) -> dict[str, Any]:
        """Answers a question over the articles, with the words that support the answer.

        ``history`` holds the conversation before it: a question, its answer (null where there was none), and so on.
        ``articles`` are the ids of the articles it is asked of; null for all. Returns the object that ``article-qa ask
        --json`` prints: ``answer`` is null where no answer was found, ``kind`` is the kind of question, ``items`` are
        the pieces of an answer that has several, ``score`` is the chance of the answer being right where that was
        measured, ``citations`` are the words of the articles that say so.
        """
        return self._bot.ask(question, _turns(history or ()), articles).to_dict()

    def search(self, question: str, top_k: int = 10) -> list[dict[str, Any]]:
        """Finds the passages of the articles that would be read for a question, best first.

        Each comes with its article, its place in the article's text and the scores that say why it ranked there.
        """
        return [asdict(one) for one in self._bot.gatherer.passages(question, top_k=max(1, min(top_k, MOST_PASSAGES)))]

    def list_articles(self) -> list[dict[str, Any]]:
        """Lists every article of the library, by title, without its text."""
        return [asdict(article) for article in self._bot.index.articles()]


def _turns(history: Sequence[str | None]) -> list[Turn]:
    if isinstance(history, str) or len(history) % 2:
        raise QuestionError("history is a list with an answer after each question: [question, answer, ...]")
    if not all(isinstance(asked, str) for asked in history[::2]):
        raise QuestionError("history needs a string for each question; only an answer may be null")
    return [(str(asked), answered) for asked, answered in zip(history[::2], history[1::2], strict=True)]
