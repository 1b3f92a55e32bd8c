"""A sentence in place of a short answer."""

from __future__ import annotations

from typing import Any

import pytest

from qa.kinds.fact import FactStrategy
from qa.kinds.in_a_sentence import NOTICE, InASentence
from qa.shown import ShownSentences
from qa.types import Answer
from tests.qa.kinds.conftest import NothingRead, ScriptedEvidence, holds_its_quotes, planned

VOTE = "The council voted 5-4 to rebuild on Ferry Street."


def _asked(parts: Any, question: str, *telling: str) -> Answer:
    """What is answered where nothing short is found."""
    gatherer, abstainer, _ = parts
    fact = FactStrategy(gatherer, NothingRead(), abstainer, None)
    strategy = InASentence(fact, gatherer, ShownSentences(gatherer), ScriptedEvidence(telling=telling))
    plan = planned("fact", question)
    answer = strategy.answer(plan, strategy.gather(plan))
    holds_its_quotes(answer, gatherer.index)
    return answer


def test_a_sentence_that_holds_the_answer_is_shown_and_marked(parts: Any) -> None:
    answer = _asked(parts, "How did the council vote on the rebuild on Ferry Street?", VOTE)
    assert (answer.text, answer.kind, answer.notice, answer.score) == (VOTE, "explanation", NOTICE, None)


@pytest.mark.parametrize(
    ("question", "telling"),
    [
        ("How did the council vote on the rebuild on Ferry Street?", ()),
        ("How did the council vote on the rebuild on Ferry Street in 1907?", (VOTE,)),
        ("Which shop sells newspapers on Ferry Street?", (VOTE,)),
    ],
)
def test_one_that_may_not_is_not(parts: Any, question: str, telling: tuple[str, ...]) -> None:
    answer = _asked(parts, question, *telling)
    assert answer.text is None
    assert answer.reason is not None
