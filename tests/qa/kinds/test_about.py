"""Whether articles speak of the names in a question."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from qa.about import names_asked, speaks_of, speaks_of_years
from qa.types import Answer, Kind, Passage
from vectorstore import Article

TOLD = (
    "On Friday Newsmax settled with Smartmatic in New York. The settlement with Newsmax is secret, says Smartmatic of "
    "New York, and home is where it stays at Home, says Colour of Home."
)


def _names(question: str, text: str = TOLD) -> list[set[str]]:
    return [set(name) for name in names_asked(question, [Passage("1", "a", "", "/a.txt", text, 0, len(text), 1.0, 1)])]


@pytest.mark.parametrize(
    "question, names",
    [
        ("why did newsmax settle", [{"newsmax"}]),
        ("Why did Newsmax's lawyers settle with Smartmatic?", [{"newsmax"}, {"smartmatic"}]),
        ("what happened in new york on friday", [{"new", "york"}]),
        ("What did Smartmatic say of newsmax?", [{"smartmatic"}]),
        ("who lives in Volvograd", []),
        ("Where is Home?", []),
        ("what colour is it", []),
    ],
)
def test_names_are_what_the_passages_write_with_a_capital_only(question: str, names: list[set[str]]) -> None:
    assert _names(question) == names


def test_an_article_speaks_of_a_name_by_one_of_its_words_or_in_its_title() -> None:
    article = Article("a", "/a.txt", "The Smartmatic settlement", "It was settled in York.", fingerprint="")
    assert speaks_of(article, [frozenset({"new", "york"}), frozenset({"smartmatic"})])
    assert not speaks_of(article, [frozenset({"newsmax"}), frozenset({"smartmatic"})])
    assert speaks_of(article, [])
    assert speaks_of(Article("b", "/b.txt", "", "O’Hara sang.", fingerprint=""), [frozenset({"o'hara"})])


@pytest.mark.parametrize(
    "question, answer", [("who is the ceo of the organization", "Van Jones"), ("who is the ceo of subway", None)]
)
def test_what_an_article_says_of_somebody_else_is_no_answer(
    asking_of: Callable[[Mapping[str, str], Kind, str], Answer], question: str, answer: str | None
) -> None:
    told = {
        "menu.txt": "Subway has a new menu\n\nThere are twelve sandwiches at Subway. All of them are new to Subway.",
        "courts.txt": "A reform of courts\n\nVan Jones is the CEO of the organization. He founded it in Oakland.",
    }
    assert asking_of(told, "fact", question).text == answer


@pytest.mark.parametrize(
    ("question", "published", "speaks"),
    [
        ("who won the race in 2014", "2022-11-29", False),
        ("who won the race in 1998", None, True),
        ("who won the race in 2022", "2022-11-29", True),
        ("who won the race in 2021", "2022-11", True),  # what it may call "last year"
        ("who won the race in 2022", None, False),
        ("who won the race", None, True),
    ],
)
def test_a_year_is_written_in_an_article_or_is_about_that_in_which_it_came_out(
    question: str, published: str | None, speaks: bool
) -> None:
    article = Article("a", "/a.txt", "The race", "Ann won again, as in 1998.", fingerprint="", published=published)
    assert speaks_of_years(article, question) is speaks


def test_the_winner_of_another_year_is_no_answer(asking_of: Callable[[Mapping[str, str], Kind, str], Answer]) -> None:
    told = {"race.txt": "The race\n\nAnna Petrov won the race at Alder Point in 1998 before a crowd of nine hundred.\n"}
    assert asking_of(told, "fact", "who won the race at alder point in 1974").text is None
