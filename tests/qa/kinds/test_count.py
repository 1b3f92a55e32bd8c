"""Counts: the number that is stated, and what there is to count."""

from __future__ import annotations

from typing import Any

import pytest

from qa.kinds.count import CountStrategy, _speak_of, stated_number
from qa.kinds.fact import FactStrategy
from qa.kinds.lists import ListStrategy
from qa.types import Answer, Citation
from tests.qa.kinds.conftest import AS_TAGGED, Asking, NothingRead, ScriptedEvidence, holds_its_quotes, planned


def _cited(quote: str, answer: str) -> tuple[Citation, ...]:
    start = quote.index(answer)
    return (Citation("a", "", "", quote, 0, len(quote), start, start + len(answer)),)


@pytest.mark.parametrize(
    ("question", "quote", "answer", "value"),
    [
        ("How many children do they have?", "North, the first of their two children", "two", 2),
        ("How many books were lost?", "About 14,600 books were lost", "14,600", 14600),
        ("How many miles is it?", "It is 12 miles to Bonn", "12", 12),
        ("How many people died?", "It happened 12 miles from Bonn", "12", None),
        ("How many people paid?", "They paid $400 at the door", "$400", None),
        ("How many people came?", "It was in 1998 that they came", "1998", None),
        ("How many people came?", "In all 1998 people came", "1998", 1998),
        ("How many people came?", "Nobody knows who came", "Nobody", None),
    ],
)
def test_a_number_counts_only_if_it_is_of_what_was_asked(
    question: str, quote: str, answer: str, value: float | None
) -> None:
    found = stated_number(question, answer, _cited(quote, answer))
    assert (found and found.value) == value


def _counted(parts: Any, question: str, items: dict[str, float]) -> Answer:
    gatherer, abstainer, fact = parts
    listed = FactStrategy(gatherer, NothingRead(), abstainer, None)
    strategy = CountStrategy(abstainer, fact, ListStrategy(gatherer, listed, ScriptedEvidence(items), AS_TAGGED))
    plan = planned("count", question)
    answer = strategy.answer(plan, strategy.gather(plan))
    holds_its_quotes(answer, gatherer.index)
    return answer


def test_the_items_stand_beside_the_number_that_is_stated(parts: Any) -> None:
    answer = _counted(parts, "How many children do Kim and Kanye have?", {"North": 0.99, "Saint": 0.99})
    assert answer.text is not None and answer.text.startswith("two")
    assert [item.text for item in answer.items] == ["North", "Saint"]
    assert answer.notice is None


def test_where_number_and_list_differ_both_are_told(parts: Any) -> None:
    found = {"NASA": 0.99, "the European Space Agency": 0.99}
    answer = _counted(parts, "How many partners does the James Webb Space Telescope belong to?", found)
    assert answer.text is not None and "three" in answer.text
    assert answer.notice is not None and "NASA" in answer.notice and "2" in answer.notice


def test_only_what_a_passage_speaks_of_is_counted_in_it(parts: Any) -> None:
    gatherer, _, _ = parts
    passages = gatherer.passages("How many children do Kim and Kanye have?", None, 1)
    assert _speak_of("How many children do they have?", passages)
    assert _speak_of("How many of them?", passages)
    assert not _speak_of("How many shots did they fire?", passages)


def test_a_large_number_has_no_list(asking: Asking) -> None:
    answer = asking("count", "How many books were lost in the flood?")
    assert answer.text is not None and "14,600" in answer.text
    assert answer.items == ()
    assert answer.kind == "count"
