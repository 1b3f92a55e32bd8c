"""Mistyped names are read as the library's own; words that anybody knows stay as they are."""

from __future__ import annotations

import pytest

from qa import Chatbot
from qa.spelling import Speller
from vectorstore import ArticleIndex


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("when did kanye propose", "when did kanye propose"),
        ("when did kanyee propose", "when did Kanye propose"),
        ("when did the Brookyln Bridge open?", "when did the Brooklyn Bridge open?"),
        ("how tall is the bridge", "how tall is the bridge"),  # "tall" is a word, whatever the library holds
        ("Did Obama win?", "Did Obama win?"),
        ("COVID-19 in 2021?", "COVID-19 in 2021?"),
        ("summarise the article", "summarise the article"),  # what questions are built with is no slip
        ("何ですか？ déjà vu", "何ですか？ déjà vu"),
        ("is WiFi or wifi or an iPhon e there", "is WiFi or wifi or an iPhon e there"),
        ("", ""),
    ],
)
def test_only_what_is_no_word_is_put_right(library: ArticleIndex, typed: str, meant: str) -> None:
    assert Speller(library)(typed) == meant


def test_a_mistyped_name_is_answered_and_the_correction_is_told(bot: Chatbot) -> None:
    answer = bot.ask("when did the brookyln bridge open")
    assert "1883" in (answer.text or "")
    assert answer.query == "when did the Brooklyn bridge open"
    assert answer.question == "when did the brookyln bridge open"
