"""Suggested questions are answered by the library, with the words they were made for."""

from __future__ import annotations

import threading
from pathlib import Path

from qa import Chatbot
from qa.types import Answer
from vectorstore import Article, ArticleIndex
from vectorstore.types import Chunk


def test_what_is_suggested_after_an_answer_is_answered_and_new(bot: Chatbot) -> None:
    answer = bot.ask("At which hospital did Alexander Fleming work?")
    suggested = bot.suggest(answer)
    assert 1 <= len(suggested) <= 3
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


def test_a_title_asks_and_names_what_can_be_asked(bot: Chatbot, tmp_path: Path) -> None:
    title = "When will the ferry to Corran sail again?"
    text = (
        "They say the new ferry to Corran Island will sail again in June 2031. They asked Mary Holm of the harbour."
        " Corran Island has waited for it. The harbour says that Corran Island is glad."
    )
    index = ArticleIndex.open(tmp_path / "index", bot.index.embedder)
    try:
        article = Article("a1", "/x/ferry.txt", title, text, "f")
        chunk = Chunk("c1", "a1", title, "/x/ferry.txt", text, 0, len(text))
        index.add([(article, [chunk])])
        asked = Chatbot(index).questions_of("a1")
    finally:
        index.close()
    assert title in asked
    assert sum("Corran" in question.removeprefix(title) for question in asked) <= 1  # it is not asked about twice
    assert not any(question.startswith("What does '") for question in asked)
