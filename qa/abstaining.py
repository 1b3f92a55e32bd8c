"""Saying honestly that no answer was found: why, and what comes nearest."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from qa.citations import cite_span
from qa.gathering import Gatherer
from qa.ports import Plan
from qa.types import Alternative, Answer, Citation, Passage

MAX_NEAREST = 3
LOOKED_AT = 4
"""Passages whose sentences are compared with the question."""
LEAST_SIMILARITY = 0.35
"""Cosine of a question and a sentence from which on the sentence is about what the question is about."""


class Abstainer:
    """Makes the abstentions of every kind of question."""

    def __init__(self, gatherer: Gatherer, word_about: Callable[[str], str | None] | None = None) -> None:
        """``word_about`` says what there is to say of a question that got no answer, if anything."""
        self._gatherer = gatherer
        self._word_about = word_about

    def abstain(
        self,
        plan: Plan,
        passages: Sequence[Passage],
        *,
        score: float | None = None,
        alternatives: tuple[Alternative, ...] = (),
        model: str = "reader",
        notice: str | None = None,
    ) -> Answer:
        """An answer without text: that there is nothing about it, or what there is and that no answer was found."""
        nearest = self._nearest(plan.searched, passages)
        if notice is None and not passages and self._gatherer.index.counts()[0] == 0:
            notice = "There are no articles in the library yet."
        elif self._word_about is not None:
            notice = self._word_about(plan.query.question) or notice
        return Answer(
            question=plan.query.question,
            text=None,
            kind=plan.kind,
            score=score,
            nearest=nearest,
            passages=tuple(passages),
            alternatives=alternatives if nearest else (),
            reason="no_answer" if nearest else "nothing",
            model=model,
            notice=notice,
        )

    def _nearest(self, words: str, passages: Sequence[Passage]) -> tuple[Citation, ...]:
        """Up to three sentences of ``passages`` on the subject, the nearest first, none twice."""
        sentences = list(
            {
                (sentence.article.id, sentence.start): sentence
                for passage in passages[:LOOKED_AT]
                for sentence in self._gatherer.sentences_of(passage)
            }.values()
        )
        if not sentences:
            return ()
        asked = self._gatherer.vector(words)
        similarity = self._gatherer.vectors([sentence.text for sentence in sentences]) @ asked
        near = [place for place in np.argsort(-similarity, kind="stable") if similarity[place] >= LEAST_SIMILARITY]
        chosen = [sentences[place] for place in near[:MAX_NEAREST]]
        return tuple(cite_span(sentence.article, sentence.start, sentence.end) for sentence in chosen)
