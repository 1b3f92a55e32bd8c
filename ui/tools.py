"""What programs may ask of a library: the same three abilities over HTTP and as MCP tools. Knows neither."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from qa.chatbot import Chatbot
from qa.errors import QuestionError
from qa.types import Turn
from vectorstore import ArticleFilter

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

    def list_articles(
        self,
        author: str | None = None,
        since: str | None = None,
        until: str | None = None,
        title: str | None = None,
        source: str | None = None,
        language: str | None = None,
        about: str | None = None,
        mentions: str | None = None,
        order: str | None = None,
        limit: int | None = None,
    ) -> list[dict[str, Any]]:
        """Lists the articles of the library, without their text: all of them, by title, or those that fit.

        ``author`` and ``title`` are words of them, ``source`` is part of a path or an address, ``since`` and ``until``
        are dates as far as they matter (2022, 2022-08, 2022-08-10), ``language`` is a code such as en, ``about`` is a
        subject, and ``mentions`` are words that stand in the text one after the other. ``order`` is title, newest,
        oldest, longest, shortest, added or relevance (to ``about``). Each article comes with its ``score`` where
        ``about`` is given, and with ``mention``, where the words first stand in its text, and ``mentions``, how often.
        """
        try:
            wanted = ArticleFilter(
                author=author,
                since=since,
                until=until,
                title=title,
                source=source,
                language=language,
                about=about,
                mentions=mentions,
                order=order,  # type: ignore[arg-type]  # the filter refuses what is none
                limit=limit,
            )
        except ValueError as error:
            raise QuestionError(str(error)) from error
        found = self._bot.index.find_articles(wanted)
        return [
            asdict(one.summary) | {"score": one.score, "mention": one.mention, "mentions": one.mentions}
            for one in found
        ]


def _turns(history: Sequence[str | None]) -> list[Turn]:
    if isinstance(history, str) or len(history) % 2:
        raise QuestionError("history is a list with an answer after each question: [question, answer, ...]")
    if not all(isinstance(asked, str) for asked in history[::2]):
        raise QuestionError("history needs a string for each question; only an answer may be null")
    return [(str(asked), answered) for asked, answered in zip(history[::2], history[1::2], strict=True)]
