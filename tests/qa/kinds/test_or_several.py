"""Short answers that are lists: by the question, by their words, or because nothing shorter is sure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from qa.kinds.fact import FactStrategy
from qa.kinds.lists import ListStrategy
from qa.kinds.or_several import OrSeveral
from qa.ports import Evidence, Plan
from qa.types import Answer, Citation, Kind, Passage
from tests.qa.kinds.conftest import AS_TAGGED, NothingRead, ScriptedEvidence, holds_its_quotes, planned


class _Said:
    """A strategy that gives one answer."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    def gather(self, plan: Plan) -> Evidence:
        """See ``Strategy``."""
        return Evidence()

    def answer(self, plan: Plan, evidence: Evidence) -> Answer:
        """See ``Strategy``."""
        return self._answer


def _told(parts: Any, words: str, weigher: ScriptedEvidence, several: float = 0.0, before: str = "It was ") -> Answer:
    """The answer where the short one is ``words`` of a sentence, and the planner's chance of a list ``several``."""
    gatherer, _, fact = parts
    quote = f"{before}{words}."
    start = 10 + len(before)
    citation = Citation("a", "Title", "a.txt", quote, 10, 10 + len(quote), start, start + len(words))
    passage = Passage("c", "a", "Title", "a.txt", f"  {quote}", 8, 10 + len(quote), 1.0, 1)
    said = Answer("What was it?", words, "fact", 0.8, citations=(citation,), passages=(passage,))
    strategy = OrSeveral(_Said(said), ListStrategy(gatherer, fact, weigher), weigher)
    answer = strategy.answer(replace(planned("fact", "What was it?"), several=several), Evidence())
    assert (answer.kind, answer.text, answer.score) == ("list" if answer.items else "fact", words, 0.8)
    for item, one in zip(answer.items, answer.citations, strict=False):
        assert one.answer_start is not None and one.answer_end is not None
        assert quote[one.answer_start - one.start : one.answer_end - one.start] == item.text
    return answer


@pytest.mark.parametrize(
    ("words", "items"),
    [
        ("mathematics, stress analysis and cables", ["mathematics", "stress analysis", "cables"]),
        ("rain and melted snow", ["rain", "melted snow"]),
        ("Iceland", []),
        ("between Iceland and Norway", []),
    ],
)
def test_a_short_answer_that_names_several_things_is_a_list(parts: Any, words: str, items: list[str]) -> None:
    answer = _told(parts, words, ScriptedEvidence(several=0.0), several=0.01)
    assert [item.text for item in answer.items] == items


def test_the_capital_of_a_sentence_makes_no_name(parts: Any) -> None:
    answer = _told(parts, "Dark malt and hops", ScriptedEvidence(several=0.0), before="")
    assert [item.text for item in answer.items] == ["Dark malt", "hops"]
    assert not _told(parts, "Dark malt and hops", ScriptedEvidence(several=0.0)).items


@pytest.mark.parametrize(
    ("tagged", "several", "planned_several", "is_list"),
    [
        ({"Greenland": 0.95, "Iceland": 0.95}, 0.1, 0.0, True),
        ({"Greenland": 0.75, "Iceland": 0.95}, 0.1, 0.0, False),
        ({"Greenland": 0.75, "Iceland": 0.95}, 0.3, 0.0, True),
        ({"Greenland and Iceland": 0.95}, 0.4, 0.0, False),
        ({}, 0.1, 0.0, False),
        ({}, 0.6, 0.0, True),
        ({}, 0.1, 0.2, True),
    ],
)
def test_two_names_are_two_where_somebody_says_so(
    parts: Any, tagged: Mapping[str, float], several: float, planned_several: float, is_list: bool
) -> None:
    answer = _told(parts, "Greenland and Iceland", ScriptedEvidence(tagged, several=several), planned_several)
    assert [item.text for item in answer.items] == (["Greenland", "Iceland"] if is_list else [])


@pytest.mark.parametrize(("several", "items"), [(0.95, ["polonium", "radium"]), (0.5, [])])
def test_where_nothing_short_is_sure_what_is_asked_for_may_be_several(
    parts: Any, several: float, items: list[str]
) -> None:
    gatherer, abstainer, _ = parts
    weigher = ScriptedEvidence({"polonium": 0.95, "radium": 0.95}, several=several)
    fact = FactStrategy(gatherer, NothingRead(), abstainer, None)
    strategy = OrSeveral(fact, ListStrategy(gatherer, fact, weigher, AS_TAGGED), weigher)
    plan = planned("fact", "What did Marie Curie discover?")
    answer = strategy.answer(plan, strategy.gather(plan))
    holds_its_quotes(answer, gatherer.index)
    assert sorted(item.text for item in answer.items) == items
    assert answer.kind == ("list" if items else "fact")


def test_a_question_that_says_how_many_is_one_for_a_list(
    asking_of: Callable[[Mapping[str, str], Kind, str], Answer],
) -> None:
    text = (
        "The ferry across the sound was built in 1961. It joins Alderby and Holm, which have no bridge. "
        "The crossing takes forty minutes, and the last boat leaves at nine."
    )
    answer = asking_of({"ferry.txt": text}, "fact", "Which two towns does the ferry join?")
    assert (answer.kind, [item.text for item in answer.items]) == ("list", ["Alderby", "Holm"])
