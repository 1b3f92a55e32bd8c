"""Answers that need another answer first."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from qa.kinds.two_hops import TwoHops
from tests.qa.kinds.conftest import Asking, planned


def test_the_inner_answer_is_put_in(asking: Asking) -> None:
    answer = asking("fact", "How old was Kim when Kanye proposed?")
    assert answer.text is not None and "33" in answer.text


def test_a_plain_question_is_answered_as_before(parts: Any) -> None:
    gatherer, _, fact = parts
    plan = planned("fact", "When did Kanye propose?")
    evidence = fact.gather(plan)
    assert TwoHops(gatherer, fact).answer(plan, evidence) == fact.answer(plan, evidence)


def test_an_unsure_way_does_not_replace_the_direct_answer(parts: Any) -> None:
    gatherer, _, fact = parts  # without a calibration no chances are known
    plan = planned("fact", "Where was the mayor of the town of Harrow's Landing born?")
    evidence = fact.gather(plan)
    direct = fact.answer(plan, evidence)
    assert replace(TwoHops(gatherer, fact).answer(plan, evidence), citations=()) == replace(direct, citations=())
