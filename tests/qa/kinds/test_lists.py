"""Lists: what is found in many passages, each item with its sentence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from qa.kinds.fact import FactStrategy
from qa.kinds.items import ListedItem
from qa.kinds.lists import ListStrategy, Weights, _is_surer, _of_one_kind, asked_number
from qa.kinds.run_of_words import in_words
from qa.types import Answer, Kind
from tests.qa.kinds.conftest import AS_TAGGED, Asking, NothingRead, ScriptedEvidence, holds_its_quotes, planned


def _listed(parts: Any, question: str, items: Mapping[str, float], weights: Weights = AS_TAGGED) -> Answer:
    gatherer, abstainer, fact = parts
    # Where items are scripted, they alone count.
    fact = FactStrategy(gatherer, NothingRead(), abstainer, None) if items else fact
    strategy = ListStrategy(gatherer, fact, ScriptedEvidence(items), weights)
    plan = planned("list", question)
    answer = strategy.answer(plan, strategy.gather(plan))
    holds_its_quotes(answer, gatherer.index)
    return answer


def test_items_of_several_articles_come_together_each_with_its_sentence(parts: Any) -> None:
    answer = _listed(
        parts,
        "Which countries are named in the articles on Webb, Curie and terns?",
        {"French Guiana": 0.97, "Poland": 0.97, "Greenland": 0.97},
    )
    assert {item.text for item in answer.items} == {"French Guiana", "Poland", "Greenland"}
    assert len({citation.article_id for citation in answer.citations}) == 3
    for item, citation in zip(answer.items, answer.citations, strict=True):
        assert item.text in citation.quote


def test_a_name_and_its_short_form_are_one_item(parts: Any) -> None:
    answer = _listed(
        parts,
        "Who married in Florence?",
        {"Kim Kardashian": 0.9, "Kardashian was": 0.01, "Kanye West": 0.9, "West": 0.8},
    )
    assert [item.text for item in answer.items] == ["Kim Kardashian", "Kanye West"]
    assert answer.text == "Kim Kardashian and Kanye West"


def test_what_is_too_unlikely_is_left_out(parts: Any) -> None:
    answer = _listed(
        parts, "Which elements did Marie Curie discover?", {"polonium": 0.95, "radium": 0.95, "uranium": 0.02}
    )
    assert "uranium" not in [item.text for item in answer.items]


def test_what_stands_beside_a_likely_item_is_likelier(parts: Any) -> None:
    found = {"polonium": 0.9, "radium": 0.3, "French Guiana": 0.3}
    weights = replace(AS_TAGGED, beside=2.0)
    answer = _listed(parts, "What did Marie Curie discover?", found, weights)
    assert [item.text for item in answer.items] == ["polonium", "radium"]


def test_no_more_are_listed_than_the_question_says(parts: Any) -> None:
    found = {"Parma": 0.9, "Modena": 0.9, "Bologna": 0.7, "Mantua": 0.6}
    answer = _listed(parts, "Which two provinces make Parmigiano Reggiano?", found)
    assert [item.text for item in answer.items] == ["Parma", "Modena"]


def test_an_answer_of_the_reader_that_lists_some_is_taken_apart(parts: Any) -> None:
    answer = _listed(parts, "What did Emily Roebling study?", {})
    assert [item.text for item in answer.items] == ["mathematics", "stress analysis", "cable construction"]
    assert answer.kind == "list"


@pytest.mark.parametrize(
    ("text", "score", "is_surer"),
    [
        ("Five lions", 0.7, True),
        ("five", 0.9, False),  # how many says not which
        ("five of the cubs", 0.7, True),
        ("Five lions", 0.6, True),  # names none of the items
        ("five of the cubs", 0.6, False),
        ("Five lions", 0.4, False),
        ("Five lions", None, False),  # nobody has measured what the reader's scores mean
    ],
)
def test_a_fact_that_is_sure_stands_in_place_of_the_items(text: str, score: float | None, is_surer: bool) -> None:
    items = [ListedItem("four cubs", 0.4, ()), ListedItem("people", 0.3, ())]
    assert _is_surer(Answer("Which lions escaped?", text, "fact", score), items) is is_surer


@pytest.mark.parametrize(
    ("question", "number"),
    [
        ("Which two players scored?", 2),
        ("What are the full names of the three artists?", 3),
        ("Name 5 companies", 5),
        ("Which players scored two touchdowns?", None),
        ("Which cities lie within two miles of it?", None),
        ("who are they", None),
    ],
)
def test_a_number_is_asked_for_only_where_it_counts_the_items(question: str, number: int | None) -> None:
    assert asked_number(question) == number


def test_a_list_reads_as_a_sentence_would_have_it() -> None:
    assert in_words(["A"]) == "A"
    assert in_words(["A", "B", "C"]) == "A, B and C"
    assert in_words(["Paris, France", "Rome", "Bonn"]) == "Paris, France; Rome and Bonn"


def test_the_sample_articles_are_listed_from(asking: Asking) -> None:
    answer = asking("list", "Which two elements did Marie Curie discover?")
    assert {item.text for item in answer.items} == {"polonium", "radium"}
    assert answer.kind == "list" and answer.text == "polonium and radium"


LONG = "The members are: " + ", ".join(f"Member Number{n} Of{n}" for n in range(200)) + "."
TABLE = "Name\tTown\tAge\nAnna\tBonn\t12\nBert\tRome\t30\nCarl\tOslo\t41\n"


@pytest.mark.parametrize("kind", ["list", "count", "yes_no", "comparison", "fact"])
@pytest.mark.parametrize(
    "texts",
    [
        {},
        {"one.txt": "It rained."},
        {"capitals.txt": "THE COUNCIL OF BONN AND THE MAYOR OF ROME MET ON FRIDAY TO SIGN A TREATY ON WATER AND SALT"},
        {"table.txt": TABLE},
        {"long.txt": LONG},
    ],
    ids=["nothing", "one sentence", "capitals", "table", "long"],
)
def test_hard_texts_make_no_error(
    kind: Kind, texts: Mapping[str, str], asking_of: Callable[[Mapping[str, str], Kind, str], Answer]
) -> None:
    question = "Who met, when was it and how many, Anna or Bert, Rome or Bonn?"
    answer = asking_of(texts, kind, question)
    assert answer.question == question
    assert (answer.text is None) == (answer.reason is not None)


def test_a_bare_number_beside_names_is_no_item() -> None:
    def items(*texts: str) -> list[ListedItem]:
        return [ListedItem(text, 1 - place / 10, ()) for place, text in enumerate(texts)]

    assert [one.text for one in _of_one_kind(items("Jill Stein", "seven", "Chase Oliver"))] == [
        "Jill Stein",
        "Chase Oliver",
    ]
    assert [one.text for one in _of_one_kind(items("1999", "2004", "May 2007"))] == ["1999", "2004", "May 2007"]
    assert _of_one_kind([]) == []
