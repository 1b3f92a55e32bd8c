"""``count``: the number that the articles state, and what there is to count, shown beside it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from language.numbers import Number, numbers_in, unit_of
from language.words import STOPWORDS, stem, words_of
from qa.abstaining import Abstainer
from qa.kinds.fact import FactStrategy
from qa.kinds.items import ListedItem
from qa.kinds.lists import ListStrategy
from qa.kinds.run_of_words import in_words
from qa.ports import Evidence, Plan
from qa.types import Answer, Citation, Passage

MOST_LISTED = 12
"""What is more is told as a number; nobody names 150,000 people."""
SURE = 0.4
"""Chance of each of the items from which on their number is an answer."""

_HOW_MANY = re.compile(
    r"\bhow many(?: of)?(?: the)?\b|\b(?:what|which)(?: is| was|'s) the (?:total )?number of\b", re.IGNORECASE
)


class CountStrategy:
    """Gives the number a sentence states; where none does, or beside it, what a list of them has."""

    def __init__(self, abstainer: Abstainer, fact: FactStrategy, listing: ListStrategy) -> None:
        self._abstainer = abstainer
        self._fact = fact
        self._listing = listing

    def gather(self, plan: Plan) -> Evidence:
        """See ``Strategy``."""
        return self._listing.gather(plan)

    def answer(self, plan: Plan, evidence: Evidence) -> Answer:
        """See ``Strategy``."""
        stated = replace(self._fact.answer(plan, self._fact.gather(plan)), kind="count")
        number = stated_number(plan.query.text, stated.text, stated.citations)
        if number is not None and not 2 <= number.value <= MOST_LISTED:
            return stated
        found = self._counted(plan.query.text, evidence)
        if number is None and not found:
            return self._no_number(plan, evidence, stated)
        if not found:
            return stated
        items, cited = self._listing.shown(found, evidence.passages)
        names = in_words([item.text for item in items])
        if number is None:
            return Answer(
                question=plan.query.question,
                text=str(len(items)),
                kind="count",
                citations=cited,
                items=items,
                passages=evidence.passages,
                notice=f"The articles state no number; these were counted: {names}.",
            )
        shifted = tuple(
            replace(item, citations=tuple(place + len(stated.citations) for place in item.citations)) for item in items
        )
        differs = number.value != len(items)
        notice = f"The articles say {stated.text}; named are {len(items)}: {names}." if differs else None
        return replace(stated, items=shifted, citations=stated.citations + cited, notice=notice)

    def _counted(self, question: str, evidence: Evidence) -> list[ListedItem]:
        """What is to be counted, if it is named: several, each of them surely one of what is asked for."""
        wanted = _HOW_MANY.sub("which", question)
        found = self._listing.items(wanted, evidence.passages)
        named = [item for item in found if not numbers_in(item.text)]
        if not _speak_of(question, [evidence.passages[item.places[0].passage] for item in named]):
            return []
        is_sure = 2 <= len(named) <= MOST_LISTED and min(item.chance for item in named) >= SURE
        return named if is_sure else []

    def _no_number(self, plan: Plan, evidence: Evidence, read: Answer) -> Answer:
        if read.text is None:
            return read
        return self._abstainer.abstain(plan, evidence.passages, model=read.model)


def _speak_of(question: str, passages: Sequence[Passage]) -> bool:
    """Whether a passage has the word for what ``question`` counts: where none speaks of shots, no shots are named."""
    counted = _HOW_MANY.search(question)
    words = [word for word in words_of(question[counted.end() if counted else 0 :]) if word not in STOPWORDS]
    return not words or any(stem(words[0]) in map(stem, words_of(f"{one.title} {one.text}")) for one in passages)


def stated_number(question: str, text: str | None, citations: tuple[Citation, ...]) -> Number | None:
    """The number that ``text``, an answer in its sentence, states of what ``question`` counts.

    None where it holds no number, or one of something else: of miles or dollars that nobody asked for, or of a year.
    """
    numbers = numbers_in(text or "")
    if not numbers or not citations:
        return None
    number, cited = numbers[0], citations[0]
    start = (cited.start if cited.answer_start is None else cited.answer_start) - cited.start
    # The unit may stand after the span, and a sign of money before it.
    whole = replace(number, start=start + number.start, end=start + number.end)
    measure, _ = unit_of(cited.quote, whole)
    if measure and measure not in _measures(question):
        return None
    if 1500 <= number.value <= 2100 and (text or "")[number.start : number.end].isdigit():
        after = cited.quote[whole.end :].split()
        asked = {stem(word) for word in re.findall(r"\w+", question.lower()) if word not in STOPWORDS}
        if not after or stem(after[0].lower().strip(",.;:)")) not in asked:  # most likely a year
            return None
    return number


def _measures(question: str) -> set[str]:
    """What the units that stand in ``question`` measure."""
    words = [Number(1.0, match.start(), match.start()) for match in re.finditer(r"[^\W\d_]+|[$£€%]", question)]
    return {unit_of(question, word)[0] for word in words} - {""}
