"""Yes-or-no questions asked of the reader as who or what."""

from __future__ import annotations

import pytest

from qa import Chatbot
from qa.kinds.subject import named

RESIGNED = (
    "",
    "Anna Petrov met the king an hour after Boris Lind had gone to the palace to resign as prime minister. Petrov is "
    "the third woman to lead the government.",
)
WON = ("", "Boris Lind won the election on Sunday, well ahead of Anna Petrov, who had led in every poll since spring.")

TENNIS = (
    "",
    "Lea Weber, who beat Ann Ruiz in the semifinals in January, won the cup on Saturday. It was her first title; Ruiz "
    "has three of the last four.",
)


@pytest.mark.parametrize(
    ("question", "passage", "said"),
    [
        ("Did Boris Lind win the election?", WON, "confirmed"),
        ("did boris lind win the election", WON, "confirmed"),
        ("Did Anna Petrov win the election?", WON, "another"),
        ("Did Boris Lind resign?", RESIGNED, "confirmed"),
        ("Did Anna Petrov resign?", RESIGNED, "another"),
        ("Did the harbour master resign?", RESIGNED, "another"),
        ("did ann ruiz win the cup", TENNIS, "another"),
        ("did lea weber win the cup", TENNIS, "confirmed"),
        ("Is there a third woman?", RESIGNED, "open"),
        ("Who resigned?", RESIGNED, "open"),
        ("?", RESIGNED, "open"),
    ],
)
def test_the_reader_is_asked_who_it_was(bot: Chatbot, question: str, passage: tuple[str, str], said: str) -> None:
    found = named(question, "", passage, bot.reader)
    assert found.said == said
    if said == "confirmed":
        assert found.span is not None and found.span.text.endswith(("Lind", "Weber"))


@pytest.mark.parametrize(("meant", "said"), [("Boris Lind", "confirmed"), ("Anna Petrov", "another"), ("", "open")])
def test_a_pronoun_stands_for_who_is_meant(bot: Chatbot, meant: str, said: str) -> None:
    assert named("did she win the election", meant, WON, bot.reader).said == said
