"""Yes or no of two things at once: each is asked of the article that is about it, and both are cited."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from language.normalisation import normalize_answer
from language.words import AUXILIARIES
from qa.citations import cite_span
from qa.kinds.fact import FactStrategy
from qa.kinds.own_articles import OwnArticles, Said, Two, only_one
from qa.kinds.yes_no import NEGATION, with_verdict
from qa.ports import Evidence, Plan, Strategy
from qa.types import Answer, Citation, Verdict

_SAME = re.compile(r"\bthe same\b", re.IGNORECASE)
_BOTH = re.compile(r"\bboth\b ?", re.IGNORECASE)


class OfBoth:
    """The verdict of another strategy; of two things that each have an article, that of both of these."""

    def __init__(self, strategy: Strategy, fact: FactStrategy, own: OwnArticles) -> None:
        self._strategy = strategy
        self._fact = fact
        self._own = own

    def gather(self, plan: Plan) -> Evidence:
        """See ``Strategy``."""
        return self._strategy.gather(plan)

    def answer(self, plan: Plan, evidence: Evidence) -> Answer:
        """See ``Strategy``."""
        two = self._own.two(plan, evidence.passages)
        answer = None
        if two is not None and _SAME.search(two.rest):
            answer = self._same(plan, two, evidence)
        elif two is not None and plan.query.text.split()[0].lower() in AUXILIARIES:
            answer = self._each(plan, two, evidence)
        return answer or self._strategy.answer(plan, evidence)

    def _same(self, plan: Plan, two: Two, evidence: Evidence) -> Answer | None:
        """Whether what is asked of each, "in the same county" as "in what county", is answered alike."""
        question = _BOTH.sub("", _SAME.sub("what", two.rest))
        told = []
        for name, articles in zip(two.names, two.articles, strict=True):
            asked = replace(plan, kind="fact", query=replace(plan.query, text=question.replace("{}", name)))
            passages = self._own.passages(asked.query.text, articles)
            told.append(self._fact.answer(asked, Evidence(passages)))
        one, other = told
        if one.text is None or other.text is None:
            return None
        verdict = _alike(one.text, other.text)
        return _told(plan, verdict, [one.citations[0], other.citations[0]], evidence)

    def _each(self, plan: Plan, two: Two, evidence: Evidence) -> Answer | None:
        """Whether what is said, "are both film directors", is said of each."""
        statement = " ".join(_BOTH.sub("", two.rest).replace("{}", " ").rstrip("?!. ").replace(",", " ").split())
        if NEGATION.search(statement):
            return None  # what a "not" in a question means is told by the whole of it
        statement = statement[:1].lower() + statement[1:]
        said = [self._own.says(statement, articles) for articles in two.articles]
        if None in said:
            return None
        both = [one for one in said if one is not None]
        verdict = _together(both)
        citations = [cite_span(one.sentence.article, one.sentence.start, one.sentence.end) for one in both]
        return _told(plan, verdict, citations, evidence)


def _together(said: Sequence[Said]) -> Verdict | None:
    """Yes where each is so; no where one is, and of the other nothing of the kind is said: where both are silent, they
    may only say it in other words."""
    if all(one.is_said for one in said):
        return "yes"
    first = only_one(said)
    return "no" if first is not None and said[1 - first].is_unsaid else None


def _alike(one: str, other: str) -> Verdict | None:
    """Whether two answers name the same: "Jiangsu" and "Jiangsu province" do; None where they have some words in
    common."""
    words = [set(normalize_answer(text).split()) for text in (one, other)]
    if words[0] <= words[1] or words[1] <= words[0]:
        return "yes"
    return None if words[0] & words[1] else "no"


def _told(plan: Plan, verdict: Verdict | None, citations: Sequence[Citation], evidence: Evidence) -> Answer:
    words = " ".join(" ".join(one.quote.split()) for one in citations)
    return Answer(
        question=plan.query.question,
        text=with_verdict(verdict, words),
        kind="yes_no",
        verdict=verdict,
        citations=tuple(citations),
        passages=evidence.passages,
    )
