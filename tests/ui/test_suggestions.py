"""Suggestions are kept as long as the library and the conversation stay as they are."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from qa.chatbot import Chatbot
from qa.types import Answer
from ui.history import Exchange, History
from ui.page.library import Library
from ui.page.overview import Overviews
from ui.page.questions import Questions
from ui.page.suggestions import Suggestions
from vectorstore import ArticleSummary

EXCHANGES = (Exchange("when?", Answer("when?", "in 1802")),)


class Bot:
    """Suggests one question, and counts how often it is asked to."""

    def __init__(self) -> None:
        self.own: list[str] = []
        self.index = SimpleNamespace(generation=1)
        self.asked: list[list[str]] = []

    def suggest(self, answer: Answer, asked: list[str], cancel: Any) -> tuple[str, ...]:
        self.asked.append(asked)
        return ("where?",)

    def questions(self, articles: list[str]) -> tuple[str, ...]:
        self.own = articles
        return ("who?", "why?")


class Shelf:
    """A library of one article."""

    def articles(self) -> list[ArticleSummary]:
        return [ArticleSummary("a", "lake.txt", "The Lake", (), None, 9, 1, "2026-11-28T10:00:00Z")]

    def examples(self) -> list[str]:
        return []

    def own(self) -> list[str]:
        return ["a"]


@pytest.fixture
def bot() -> Bot:
    return Bot()


@pytest.fixture
def questions(bot: Bot, tmp_path: Path) -> Questions:
    return Questions(cast(Chatbot, bot), History.open(tmp_path))


@pytest.fixture
def suggestions(bot: Bot, questions: Questions) -> Suggestions:
    return Suggestions(cast(Chatbot, bot), questions, Overviews(cast(Chatbot, bot), cast(Library, Shelf())))


def test_what_was_suggested_is_found_once(bot: Bot, suggestions: Suggestions) -> None:
    assert suggestions.after("ann", "c", EXCHANGES) == suggestions.after("ann", "c", EXCHANGES) == ("where?",)
    assert bot.asked == [["when?"]]
    bot.index.generation += 1
    suggestions.after("ann", "c", EXCHANGES)
    assert len(bot.asked) == 2


def test_what_was_cut_short_by_a_question_is_not_kept(
    bot: Bot, questions: Questions, suggestions: Suggestions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(questions._running, ("bob", "q"), cast(Any, None))
    suggestions.after("ann", "c", EXCHANGES)
    monkeypatch.undo()
    suggestions.after("ann", "c", EXCHANGES)
    assert len(bot.asked) == 2


def test_what_was_cut_short_is_not_kept_though_nobody_asks_any_more(
    bot: Bot, questions: Questions, suggestions: Suggestions, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut_short(answer: Answer, asked: list[str], cancel: Any) -> tuple[str, ...]:
        with monkeypatch.context() as patch:
            patch.setitem(questions._running, ("bob", "q"), cast(Any, None))
            assert cancel.is_set()
        return ()

    with monkeypatch.context() as patch:
        patch.setattr(bot, "suggest", cut_short)
        assert suggestions.after("ann", "c", EXCHANGES) == ()
    assert suggestions.after("ann", "c", EXCHANGES) == ("where?",)


def test_without_an_answer_nothing_is_looked_for(bot: Bot, suggestions: Suggestions) -> None:
    assert suggestions.after("ann", "c", ()) == suggestions.after("ann", "c", (Exchange("when?", error="down"),)) == ()
    assert bot.asked == []


def test_who_greets_is_shown_what_the_own_articles_answer(
    bot: Bot, suggestions: Suggestions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.page.overview.themes_of", lambda *_: ())
    greeted = Exchange("hi", Answer("hi", "Hello.", kind="chat"))
    assert suggestions.after("ann", "c", (greeted,)) == ("who?", "why?")
    assert bot.own == ["a"] and bot.asked == []
    assert suggestions.after("ann", "c", (Exchange("who?"), greeted)) == ("why?",)
