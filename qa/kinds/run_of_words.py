"""One run of words that lists several things ("A, B and C"), as the items it holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from qa.kinds.conjunctions import split_conjunction
from qa.ports import Evidence, Plan, Strategy
from qa.types import Answer, Item

CLEARLY_SEVERAL = 3
"""Items of a short answer from which on it is a list whatever the question seemed to be."""
MAYBE_SEVERAL = 0.15
"""The planner's chance that several things are asked for, from which on two make a list: "black and white" is one
answer to "what colour is it"."""


class OrSeveral:
    """The short answer of another strategy; where it names several things, a list of them."""

    def __init__(self, strategy: Strategy) -> None:
        self._strategy = strategy

    def gather(self, plan: Plan) -> Evidence:
        """See ``Strategy``."""
        return self._strategy.gather(plan)

    def answer(self, plan: Plan, evidence: Evidence) -> Answer:
        """See ``Strategy``."""
        answer = self._strategy.answer(plan, evidence)
        if answer.kind != "fact" or answer.text is None:
            return answer
        fewest = 2 if plan.several >= MAYBE_SEVERAL else CLEARLY_SEVERAL
        apart = taken_apart(answer)
        return apart if len(apart.items) >= fewest else answer


def taken_apart(answer: Answer) -> Answer:
    """``answer``, a run of words in its first citation, as a list of what it names: one item where that is one. Its
    text stays."""
    cited, words = answer.citations[0], answer.text or ""
    start = cited.start if cited.answer_start is None else cited.answer_start
    parts = split_conjunction(words)
    citations = tuple(replace(cited, answer_start=start + first, answer_end=start + last) for first, last in parts)
    items = tuple(Item(words[first:last], (place,)) for place, (first, last) in enumerate(parts))
    return replace(answer, kind="list", items=items, citations=citations + answer.citations[1:])


def in_words(texts: Sequence[str]) -> str:
    """``A``, ``A and B``, ``A, B and C``; with semicolons where an item has a comma of its own."""
    if len(texts) < 2:
        return "".join(texts)
    separator = "; " if any("," in text for text in texts) else ", "
    return f"{separator.join(texts[:-1])} and {texts[-1]}"
