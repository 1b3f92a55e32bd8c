"""A question in another language than the articles."""

from __future__ import annotations

import pytest

from qa import Chatbot
from qa.foreign import NOTICE


@pytest.mark.parametrize(
    "question",
    [
        "warum hat Marie Curie das Krankenhaus verlassen und niemals wieder besucht",
        "¿quién ganó el abierto de tenis femenino?",
        "почему закрыли библиотеку?",
    ],
)
def test_a_question_in_another_language_gets_a_word_about_that(bot: Chatbot, question: str) -> None:
    answer = bot.ask(question)
    assert answer.text is None
    assert answer.notice == NOTICE


@pytest.mark.parametrize("question", ["who won the quidditch match at hogwarts", "what is blorpification"])
def test_a_strange_word_alone_is_no_other_language(bot: Chatbot, question: str) -> None:
    assert bot.ask(question).notice != NOTICE
