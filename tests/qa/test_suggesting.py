"""Suggested questions are answered by the library, with the words they were made for."""

from __future__ import annotations

import threading

from qa import Chatbot
from qa.types import Answer


def test_what_is_suggested_after_an_answer_is_answered_and_new(bot: Chatbot) -> None:
    answer = bot.ask("At which hospital did Alexander Fleming work?")
    suggested = bot.suggest(answer)
    assert 1 < len(suggested) <= 3
    for question in suggested:
        found = bot.ask(question)
        assert found.text is not None
        assert {one.article_id for one in found.citations} <= {one.article_id for one in answer.citations}
        assert found.text not in (answer.text, "")
    again = bot.suggest(answer, asked=suggested)
    assert not set(again) & set(suggested)


def test_every_article_and_the_library_have_questions_of_their_own(bot: Chatbot) -> None:
    for article in bot.index.articles()[:4]:
        assert bot.questions_of(article.id)
    assert len(bot.questions()) == 3


def test_after_nothing_nothing_is_suggested(bot: Chatbot) -> None:
    assert bot.suggest(Answer("hello", "Hello.", kind="chat")) == ()
    assert bot.questions_of("no such article") == ()


def test_nothing_is_tried_any_more_once_it_is_given_up(bot: Chatbot) -> None:
    given_up = threading.Event()
    given_up.set()
    assert bot.suggest(bot.ask("At which hospital did Alexander Fleming work?"), cancel=given_up) == ()
