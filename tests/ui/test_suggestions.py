"""Suggestions are kept as long as the library and the conversation stay as they are."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from qa.chatbot import Chatbot
from qa.types import Answer
from ui.history import Exchange, History
from ui.page.questions import Questions
from ui.page.suggestions import Suggestions

EXCHANGES = (Exchange("when?", Answer("when?", "in 1802")),)


class Bot:
    """Suggests one question, and counts how often it is asked to."""

    def __init__(self) -> None:
        self.index = SimpleNamespace(generation=1)
        self.asked: list[list[str]] = []

    def suggest(self, answer: Answer, asked: list[str], cancel: Any) -> tuple[str, ...]:
        self.asked.append(asked)
        return ("where?",)


@pytest.fixture
def bot() -> Bot:
    return Bot()


@pytest.fixture
def questions(bot: Bot, tmp_path: Path) -> Questions:
    return Questions(cast(Chatbot, bot), History.open(tmp_path))


@pytest.fixture
def suggestions(bot: Bot, questions: Questions) -> Suggestions:
    return Suggestions(cast(Chatbot, bot), questions)


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


def test_without_an_answer_nothing_is_looked_for(bot: Bot, suggestions: Suggestions) -> None:
    assert suggestions.after("ann", "c", ()) == suggestions.after("ann", "c", (Exchange("when?", error="down"),)) == ()
    assert bot.asked == []
