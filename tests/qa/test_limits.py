"""What a search could not do stands in the notice of the answer that rests on it."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from qa.path import QuestionPath
from qa.ports import Evidence, Plan
from qa.runnable import last_answer
from qa.types import Answer, Passage, Query

PASSAGE = Passage("c", "a", "Terns", "terns.txt", "Terns fly far.", 0, 14, 1.0, 1)


class AlwaysFact:
    def plan(self, query: Query) -> Plan:
        return Plan(query, "fact")


@dataclass(frozen=True)
class Told:
    """A strategy that gives one answer."""

    passages: tuple[Passage, ...]
    notice: str | None = None

    def gather(self, plan: Plan) -> Evidence:
        return Evidence(self.passages)

    def answer(self, plan: Plan, evidence: Evidence) -> Answer:
        return Answer(plan.query.question, "far", passages=evidence.passages, notice=self.notice)


@pytest.mark.parametrize(
    ("told", "articles", "limits", "notice"),
    [
        (Told((PASSAGE,)), None, "Only words were looked for.", "Only words were looked for."),
        (Told((PASSAGE,), "A copy."), None, "Only words were looked for.", "A copy. Only words were looked for."),
        (Told((PASSAGE,), "A copy."), None, None, "A copy."),
        (Told((PASSAGE,)), None, None, None),
        (Told(()), None, "Only words were looked for.", None),  # nothing was searched
        (Told((PASSAGE,)), ["a"], "Only words were looked for.", None),  # all of these articles are compared
    ],
)
def test_a_notice_says_what_could_not_be_searched(
    told: Told, articles: list[str] | None, limits: str | None, notice: str | None
) -> None:
    path = QuestionPath(lambda question, _: question, AlwaysFact(), {"fact": told}, limits=lambda: limits)
    assert last_answer(path.events("how far do terns fly?", articles=articles)).notice == notice
