"""A question that is several."""

from __future__ import annotations

import pytest

from qa import Chatbot
from qa.several import questions_in


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("when did it change, why, and what is it now?", ["when did it change?", "why?", "what is it now?"]),
        ("Who won? By how much?", ["Who won?", "By how much?"]),
        ("how many live in peru and what is its capital", ["how many live in peru?", "what is its capital?"]),
        ("what happened, when he came?", ["what happened, when he came?"]),
        ("When hydrogen burns, what is left?", ["When hydrogen burns, what is left?"]),
        ("In 2022, who won", ["In 2022, who won"]),
        ("Who built it, which was sold, and when he died?", ["Who built it, which was sold, and when he died?"]),
        ("Which town flooded? Experts say it was the worst storm in years.", None),
        ("???? why", None),
        ("when did he propose and who founded nintendo", ["when did he propose?", "who founded nintendo?"]),
        ("who is the man who left the firm and who founded another", None),
        ("who led the firm and what remained", None),
        ("the difference between what was planned and what was done", None),
    ],
)
def test_what_is_asked_in_one_breath_is_taken_apart(text: str, parts: list[str] | None) -> None:
    assert questions_in(text) == (parts or [text])


def test_each_of_several_questions_gets_its_own_answer(bot: Chatbot) -> None:
    answer = bot.ask("When did Kanye propose to Kim, and why did the council rebuild the library on Ferry Street?")
    assert answer.kind == "list"
    assert [item.label for item in answer.items] == [
        "When did Kanye propose to Kim?",
        "why did the council rebuild the library on Ferry Street?",
    ]
    assert answer.text is not None and all(item.text in answer.text for item in answer.items)
    assert all(place < len(answer.citations) for item in answer.items for place in item.citations)
    assert answer.notice == "These are 2 questions; each was answered by itself."


def test_several_questions_about_nothing_here_are_one_abstention(bot: Chatbot) -> None:
    answer = bot.ask("who invented the zeppelin and when did the zeppelin first fly over the antarctic?")
    assert answer.text is None
    assert answer.reason is not None
