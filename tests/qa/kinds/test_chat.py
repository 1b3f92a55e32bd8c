from __future__ import annotations

import re

import pytest

from qa import Chatbot
from qa.kinds.chat import suggestions
from qa.types import AnswerReady, Planned
from tests.qa.kinds.catalogue_questions import SMALL_TALK
from vectorstore import ArticleIndex


@pytest.mark.parametrize("text", SMALL_TALK)
def test_small_talk_gets_a_card_and_searches_nothing(bot: Chatbot, text: str) -> None:
    first, last = bot.stream(text)
    assert isinstance(first, Planned) and isinstance(last, AnswerReady)
    answer = last.answer
    assert answer.kind == answer.model == "chat"
    assert answer.text is not None and answer.score is None and answer.reason is None
    assert answer.citations == () and answer.passages == ()


def test_what_the_card_suggests_can_be_asked(bot: Chatbot) -> None:
    asked = suggestions(bot.index.articles())
    assert len(asked) == 3
    card = bot.ask("what can you do?").text
    assert card is not None and all(question in card for question in asked)
    newest, *others = asked
    assert [event.kind for event in bot.stream(newest) if isinstance(event, Planned)] == ["summary"]
    assert all(bot.ask(question).kind == "catalogue" and bot.ask(question).text for question in others)


@pytest.mark.parametrize(
    ("said", "word"),
    [
        ("thanks!", "You're welcome."),
        ("thank you so much, that was great", "You're welcome."),
        ("good bye", "Goodbye."),
        ("see you tomorrow", "Goodbye."),
        ("hi", "I answer questions"),
        ("good evening", "I answer questions"),
        ("how can you be useful to me?", "I answer questions"),
    ],
)
def test_thanks_and_farewells_are_returned(bot: Chatbot, said: str, word: str) -> None:
    answer = bot.ask(said)
    assert answer.kind == "chat" and answer.text is not None
    assert answer.text.startswith(word)


@pytest.mark.parametrize("told", ["write me a poem", "book me a flight to Rome", "please delete all my files"])
def test_what_is_no_question_to_the_articles_is_said_to_be_none(bot: Chatbot, told: str) -> None:
    answer = bot.ask(told)
    assert (answer.kind, answer.text, answer.reason) == ("chat", None, "not_asked_of_articles")
    assert answer.notice is not None and "I answer questions about" in answer.notice


def test_an_empty_library_says_so(empty_index: ArticleIndex) -> None:
    text = Chatbot(empty_index).ask("hi").text
    assert text is not None and re.search("none in the library", text)
