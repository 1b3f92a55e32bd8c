"""What a guide tells is found for the article that is read, and given up for one that was left."""

from __future__ import annotations

import threading
from typing import Any

from qa.chatbot import Chatbot
from ui.page.guide import Guides
from vectorstore import Article

PATIENCE_SECONDS = 120


class SlowlyAsked:
    """A chatbot that looks for questions until it is told to stop, for all articles but one; counts who was tried."""

    def __init__(self, bot: Chatbot, quick: str) -> None:
        self.quick = quick
        self.tried: list[str] = []
        self.begun = threading.Event()
        self._bot = bot

    def __getattr__(self, name: str) -> Any:
        return getattr(self._bot, name)

    def questions_of(self, article_id: str, cancel: threading.Event) -> tuple[str, ...]:
        """See ``Chatbot``."""
        self.tried.append(article_id)
        if article_id == self.quick:
            return ("Who is quick?",)
        self.begun.set()
        assert cancel.wait(PATIENCE_SECONDS)
        return ("What was found so far?",)


def test_questions_of_an_article_that_was_left_are_given_up_and_looked_for_when_it_is_opened_again(
    bot: Chatbot,
) -> None:
    left, read = (_article(bot, one.id) for one in bot.index.articles()[:2])
    slow: Any = SlowlyAsked(bot, read.id)
    guides = Guides(slow)
    given: list[object] = []
    first = threading.Thread(target=lambda: given.append(guides.with_questions(left, "ann").questions))
    first.start()
    assert slow.begun.wait(PATIENCE_SECONDS)
    assert guides.of(read).questions is None  # nobody waits for another article's
    assert guides.with_questions(read, "ann").questions == ("Who is quick?",)
    first.join(PATIENCE_SECONDS)
    assert given == [None]
    slow.quick = left.id
    assert guides.with_questions(left, "ann").questions == ("Who is quick?",)
    assert slow.tried == [left.id, read.id, left.id]


def _article(bot: Chatbot, article_id: str) -> Article:
    found = bot.index.article(article_id)
    assert found is not None
    return found
