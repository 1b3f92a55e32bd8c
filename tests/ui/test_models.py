"""Which chatbot answers what a visitor chose."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest

from qa.chatbot import Chatbot
from qa.errors import GeneratorError
from qa.settings import Settings
from ui.page.models import READER, Choice, Models


class Bot:
    """Makes others of its kind, and counts them."""

    def __init__(self, llm: str | None = None, second_reading: bool = True) -> None:
        self.settings = Settings(llm=llm, second_reading=second_reading)
        self.made: list[tuple[str | None, bool]] = []

    def with_models(self, llm: str | None, second_reading: bool) -> SimpleNamespace:
        if llm == "nonsense":
            raise GeneratorError("the language model 'nonsense' is not of the form provider:model")
        self.made.append((llm, second_reading))
        return SimpleNamespace(llm=llm, second_reading=second_reading)


def models(bot: Bot, may_name: bool = False) -> Models:
    return Models(cast(Chatbot, bot), may_name)


def test_who_chose_nothing_is_answered_as_served() -> None:
    bot = Bot("openai:a")
    offered = models(bot)
    assert offered.chatbot(Choice()) is bot
    assert offered.chatbot(Choice("openai:a", second=True)) is bot
    assert bot.made == []


def test_the_reader_alone_and_one_reading_can_be_chosen_and_are_made_once() -> None:
    bot = Bot("openai:a")
    offered = models(bot)
    for _ in range(2):
        offered.chatbot(Choice(READER))
        offered.chatbot(Choice(READER, second=False))
    assert bot.made == [(None, True), (None, False)]


def test_only_who_may_names_another_language_model() -> None:
    bot = Bot()
    assert models(bot).chatbot(Choice("openai:expensive")) is bot
    models(bot, may_name=True).chatbot(Choice("ollama:llama3.2"))
    assert bot.made == [("ollama:llama3.2", True)]
    with pytest.raises(GeneratorError, match="provider:model"):
        models(bot, may_name=True).chatbot(Choice("nonsense"))


def test_a_few_choices_are_kept() -> None:
    bot = Bot()
    offered = models(bot, may_name=True)
    for number in range(20):
        offered.chatbot(Choice(f"ollama:{number}"))
    offered.chatbot(Choice("ollama:19"))
    assert len(bot.made) == 20
    offered.chatbot(Choice("ollama:0"))
    assert len(bot.made) == 21
