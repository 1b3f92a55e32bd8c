"""Comparisons: by numbers and dates, and side by side."""

from __future__ import annotations

from typing import Any

import pytest

from tests.qa.kinds.conftest import Asking


@pytest.mark.parametrize(
    ("question", "winner"),
    [
        ("Who is older, Walt Kessler or Priya Nandakumar?", "Walt Kessler"),
        ("Which came out first, the Game Boy or the Wii?", "the Game Boy"),
    ],
)
def test_a_number_or_a_date_decides_and_both_sides_are_cited(asking: Asking, question: str, winner: str) -> None:
    answer = asking("comparison", question)
    assert answer.text == winner
    assert answer.kind == "comparison"
    assert len(answer.items) == 2 and answer.items[0].label == winner
    assert len({citation.start for citation in answer.citations}) == 2


def test_what_no_number_decides_stands_side_by_side(asking: Asking) -> None:
    answer = asking("comparison", "Compare the Virtual Boy with the Game Boy")
    assert {item.label for item in answer.items} == {"the Virtual Boy", "the Game Boy"}
    assert answer.text is not None and answer.text.startswith("the Virtual Boy: ")


def test_no_sentence_stands_on_both_sides_where_there_are_others(asking: Asking) -> None:
    answer = asking("comparison", "Who died first, Pierre Curie or Marie Curie?")
    assert len({item.label for item in answer.items}) == 2
    assert len({citation.start for citation in answer.citations}) == len(answer.citations)


def test_sides_typed_carelessly_are_shown_as_the_articles_write_them(asking: Asking) -> None:
    answer = asking("comparison", "compare the virtual boy with game boy")
    assert {(item.label or "").lower() for item in answer.items} == {"the virtual boy", "game boy"}
    assert all("Boy" in (item.label or "") for item in answer.items)


def test_a_side_that_the_articles_do_not_speak_of_is_named(asking: Asking) -> None:
    answer = asking("comparison", "What is the difference between the Shinkansen and the TGV?")
    assert answer.notice is not None and "the TGV" in answer.notice
    assert {item.label for item in answer.items} == {"the Shinkansen"}


def test_two_sides_that_are_not_there_make_an_abstention(asking: Asking) -> None:
    answer = asking("comparison", "What is the difference between Zanzibar and Timbuktu?")
    assert answer.text is None and answer.reason is not None


def test_what_is_only_mentioned_here_and_there_is_not_compared(asking: Asking) -> None:
    answer = asking("comparison", "what is the difference between elephants and earthquakes")
    assert answer.text is None and answer.reason is not None


def test_headings_and_questions_are_not_what_is_said_of_a_side(asking_of: Any) -> None:
    told = {
        "ferry.txt": "The ferry Alder and the ferry Birch\n\nWhat is the Alder like?\n\nThe Alder carries sixty cars "
        "and leaves at noon.\n\nCan the Birch keep up?\n\nThe Birch carries twenty cars and leaves at six.\n",
    }
    answer = asking_of(told, "comparison", "compare the Alder and the Birch")
    assert [item.text for item in answer.items] == [
        "The Alder carries sixty cars and leaves at noon.",
        "The Birch carries twenty cars and leaves at six.",
    ]
