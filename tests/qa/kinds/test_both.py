"""Two things at once: yes or no of both, and which of them is so, over made articles."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from qa.kinds.own_articles import is_called, last_of
from qa.kinds.sides import compared, stated_of_one
from qa.types import Answer, Kind

AskingOf = Callable[[Mapping[str, str], Kind, str], Answer]

TOLD = {
    "lund.txt": "Erik Lund\n\nErik Lund (born 3 May 1951) is a Norwegian singer and sailor. He made twelve records.\n",
    "silva.txt": "Marta Silva (singer)\n\nMarta Silva (born 9 June 1964) is a Portuguese singer. She sang at the "
    "opening of the Alder bridge.\n",
    "hart.txt": "Paul Hart\n\nPaul Hart (born 1 March 1949) is a Canadian chemist. He found a way to dye paper with "
    "beetroot.\n",
    "point.txt": "Alder Point\n\nAlder Point is a town in the county of Orrin, at the mouth of the Alder.\n",
    "wexham.txt": "Wexham\n\nWexham is a village in the county of Orrin. Its mill was built in 1802.\n",
    "northgate.txt": "Northgate\n\nNorthgate is a town in the county of Lindale with a market on Thursdays.\n",
    "market.txt": "Markets of the north\n\nThe markets of the north are older than the roads that lead to them.\n",
}


def _cited(answer: Answer) -> set[str]:
    return {citation.title for citation in answer.citations}


@pytest.mark.parametrize(
    ("question", "verdict", "cited"),
    [
        ("Are Erik Lund and Marta Silva both singers?", "yes", {"Erik Lund", "Marta Silva (singer)"}),
        ("Are Erik Lund and Paul Hart both singers?", "no", {"Erik Lund", "Paul Hart"}),
        ("Are Alder Point and Wexham in the same county?", "yes", {"Alder Point", "Wexham"}),
        ("Are Wexham and Northgate located in the same county?", "no", {"Wexham", "Northgate"}),
    ],
)
def test_each_is_asked_of_its_own_article_and_both_are_cited(
    asking_of: AskingOf, question: str, verdict: str, cited: set[str]
) -> None:
    answer = asking_of(TOLD, "yes_no", question)
    assert answer.verdict == verdict and answer.text is not None
    assert answer.text.startswith(f"{verdict.capitalize()}. ")
    assert _cited(answer) == cited


def test_silence_of_both_is_no_verdict(asking_of: AskingOf) -> None:
    answer = asking_of(TOLD, "yes_no", "Are Alder Point and Northgate both old settlements of fishermen?")
    assert answer.verdict is None


def test_what_an_article_denies_is_not_said(asking_of: AskingOf) -> None:
    told = {**TOLD, "braun.txt": "Ilse Braun\n\nIlse Braun (born 1930) was not a singer, as many believe.\n"}
    assert asking_of(told, "yes_no", "Were Erik Lund and Ilse Braun both singers?").verdict != "yes"


def test_names_of_many_words_are_found(asking_of: AskingOf) -> None:
    told = {
        **TOLD,
        "keeper.txt": "The Keeper of the Northern Lantern\n\nThe Keeper of the Northern Lantern is a novel.\n",
    }
    answer = asking_of(told, "yes_no", "Are The Keeper of the Northern Lantern and Erik Lund both novels?")
    assert _cited(answer) == {"The Keeper of the Northern Lantern", "Erik Lund"} and answer.verdict != "yes"


def test_the_one_that_is_so_is_the_answer(asking_of: AskingOf) -> None:
    answer = asking_of(TOLD, "comparison", "Which singer is Portuguese, Erik Lund or Marta Silva?")
    assert answer.text == "Marta Silva"
    assert [item.label for item in answer.items] == ["Marta Silva", "Erik Lund"]
    assert _cited(answer) == {"Erik Lund", "Marta Silva (singer)"}


def test_a_side_is_the_article_that_is_called_so(asking_of: AskingOf) -> None:
    answer = asking_of(TOLD, "comparison", "Who is the oldest, Erik Lund or Paul Hart?")
    assert answer.text == "Paul Hart"
    assert _cited(answer) == {"Erik Lund", "Paul Hart"}


@pytest.mark.parametrize(
    ("title", "name", "is_it"),
    [
        ("The Exiles", "exiles", True),
        ("Mark Reed (musician)", "Mark Reed", True),
        ("Guitar News for Students", "Guitar News", False),
    ],
)
def test_an_article_is_called_by_its_title_without_brackets(title: str, name: str, is_it: bool) -> None:
    assert is_called(title, name) is is_it


def test_what_is_said_of_a_side_begins_with_the_verb() -> None:
    assert stated_of_one("Which singer is American") == "is American"
    assert stated_of_one("Which came first") is None
    assert stated_of_one("Compare") is None
    assert last_of("was born in the city of Oslo") == last_of("Oslo")


def test_sides_after_a_comma_are_taken_as_they_stand() -> None:
    between = compared("Which prize came first, the one in Physics or the one in Chemistry?", ("one in Physics", "x"))
    assert between is not None and between.sides == ("the one in Physics", "the one in Chemistry")
