"""What has no short answer, told in the sentence that says it, and marked as that."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from qa.gathering import Gatherer
from qa.kinds.told import told
from qa.ports import Evidence, Plan, Sentence, Strategy
from qa.reader.evidence import EvidenceReader
from qa.shown import ShownSentences
from qa.types import Answer

NOTICE = "No short answer was sure enough; this sentence comes nearest to one."
LOOKED_AT = 6
"""Passages whose sentences are weighed, the best by reading."""
# Both are needed: a chance alone, or a likeness alone, picks more wrong sentences than right ones. Few questions have
# such a sentence (four of 33 on news that were left open, right each time; one of 57 in a public set, wrong).
LEAST_CHANCE = 0.8
"""Of the sentence to answer, by the evidence reader."""
LEAST_SIMILARITY = 0.6
"""Cosine of the question and the sentence."""

_NUMBER = re.compile(r"\d+")


class InASentence:
    """The answer of another strategy; where it finds none, a sentence that most likely holds it."""

    def __init__(self, strategy: Strategy, gatherer: Gatherer, shown: ShownSentences, weigher: EvidenceReader) -> None:
        self._strategy = strategy
        self._gatherer = gatherer
        self._shown = shown
        self._weigher = weigher

    def gather(self, plan: Plan) -> Evidence:
        """See ``Strategy``."""
        return self._strategy.gather(plan)

    def answer(self, plan: Plan, evidence: Evidence) -> Answer:
        """See ``Strategy``."""
        answer = self._strategy.answer(plan, evidence)
        if answer.text is not None or answer.reason != "no_answer":
            return answer
        sentence = self._likeliest(plan.query.text, answer)
        if sentence is None:
            return answer
        said = told(plan, [sentence], kind="explanation", passages=answer.passages, notice=NOTICE)
        return replace(said, alternatives=answer.alternatives)

    def _likeliest(self, question: str, answer: Answer) -> Sentence | None:
        passages = answer.passages[:LOOKED_AT]
        numbers = set(_NUMBER.findall(question))
        found: list[tuple[float, Sentence]] = []
        for passage, weighed in zip(
            passages, self._weigher.weigh(question, [one.as_read for one in passages]), strict=True
        ):
            for one in self._shown.of_passage(passage):
                chance = weighed.sentence(
                    max(0, one.start - passage.start), min(len(passage.text), one.end - passage.start)
                )
                # What is said of another year is no answer.
                is_of_it = numbers <= set(_NUMBER.findall(f"{one.article.title} {one.article.published} {one.text}"))
                if chance >= LEAST_CHANCE and is_of_it:
                    found.append((chance, one))
        if not found:
            return None
        similarity = self._gatherer.vectors([one.text for _, one in found]) @ self._gatherer.vector(question)
        near = np.flatnonzero(similarity >= LEAST_SIMILARITY)
        return max((found[place] for place in near), key=lambda pair: pair[0])[1] if len(near) else None
