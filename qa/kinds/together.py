"""Facts that two linked articles state together, beside what one states alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from language.normalisation import same_answer
from language.words import stems_of
from qa.citations import cite_span
from qa.gathering import Gatherer
from qa.kinds.fact import MAX_ALTERNATIVES, FactStrategy
from qa.kinds.linked import Linking, Pair, names
from qa.ports import Plan
from qa.selection import RankedAnswer
from qa.types import Alternative, Answer, Candidate, Citation, Passage

NEARLY = 0.85
"""Share of the direct answer's chance that one read in two articles must have: it rests on more of the question."""
AHEAD = 1.0
"""Log-odds by which an answer must be ahead, where both are read, of one that may only lead to it."""


class Together:
    """Reads linked articles as one. Safe to share between threads."""

    def __init__(self, gatherer: Gatherer, fact: FactStrategy) -> None:
        self._gatherer = gatherer
        self._fact = fact
        self._linking = Linking(gatherer)

    def answer(self, plan: Plan, passages: Sequence[Passage], direct: Answer) -> Answer:
        """What two articles say together where that is about as likely as ``direct``, or ``direct`` leads to it; else
        ``direct``, with the other article beside it where both say the same.

        ``passages`` are those that ``direct``, which has a score, was read in, as they were found.
        """
        pairs = self._linking.pairs(plan, passages, direct.passages)
        if not pairs:
            return direct
        both = [passage for pair in pairs for passage in (pair.first, pair.second)]
        found = [
            replace(placed, passage=2 * one.passage + placed.passage)
            for one in self._fact.read(plan.query.text, [pair.as_read for pair in pairs])
            if (placed := pairs[one.passage].place_of(one)) is not None
        ]
        selection = self._fact.likeliest(both, found)
        if not selection.answers:
            return direct
        best = selection.answers[0]
        if direct.text is not None and same_answer(best.best.text, direct.text):
            own = self._fact.citations(best, both)[0]
            return _with_other(plan, direct, [own, self._way(plan, pairs, best.best)])
        least = self._fact.threshold if direct.text is None else NEARLY * (direct.score or 0.0)
        if selection.chances[0] < least:
            led_to = self._led_to(direct, pairs, selection.answers)
            if led_to is None:
                return direct
            best = led_to
        way = self._way(plan, pairs, best.best)
        own, *others = self._fact.citations(best, both)
        return replace(
            direct,
            text=best.best.text,
            kind="fact",
            score=None,  # nobody has measured how often such answers are right
            citations=tuple(dict.fromkeys([own, way, *others])),
            passages=tuple({one.chunk_id: one for one in (*direct.passages, *both)}.values()),
            alternatives=_beside(direct),
            nearest=(),
            reason=None,
            notice=None,
        )

    def _led_to(self, direct: Answer, pairs: Sequence[Pair], answers: Sequence[RankedAnswer]) -> RankedAnswer | None:
        """What is answered rather than ``direct`` by an article about ``direct``: then that was only the way there."""
        if direct.text is None:
            return None
        for number, pair in enumerate(pairs):
            if not names(pair.second.title, direct.text) and not names(direct.text, pair.second.title):
                continue
            here = [(answer, place) for answer in answers for place in answer.places if place.passage // 2 == number]
            own = [place.score for _, place in here if same_answer(place.text, direct.text)]
            other = max(
                (one for one in here if not same_answer(one[1].text, direct.text)),
                key=lambda one: one[1].score,
                default=None,
            )
            if own and other and other[1].score >= max(own) + AHEAD:
                return replace(other[0], places=(other[1],))
        return None

    def _way(self, plan: Plan, pairs: Sequence[Pair], answer: Candidate) -> Citation:
        """The sentence of the article beside the one that ``answer`` stands in."""
        pair = pairs[answer.passage // 2]
        sentence = pair.sentence
        if answer.passage % 2 == 0:  # it stands in the first: what does the second add?
            lacking = stems_of(plan.query.text) - stems_of(sentence.text)
            sentence = max(self._gatherer.sentences_of(pair.second), key=lambda one: len(lacking & stems_of(one.text)))
        return cite_span(sentence.article, sentence.start, sentence.end)


def _with_other(plan: Plan, direct: Answer, others: Sequence[Citation]) -> Answer:
    """``direct`` with those of ``others`` that are of another article and say of the question what its own do not."""
    cited = direct.citations[0]
    lacking = stems_of(plan.query.text) - stems_of(f"{cited.title} {cited.quote}")
    adding = [
        one for one in others if one.article_id != cited.article_id and lacking & stems_of(f"{one.title} {one.quote}")
    ]
    return replace(direct, citations=tuple(dict.fromkeys([cited, *adding, *direct.citations[1:]])))


def _beside(direct: Answer) -> tuple[Alternative, ...]:
    """``direct`` as the first of the other likely answers."""
    if direct.text is None:
        return direct.alternatives
    return (Alternative(direct.text, direct.score, direct.citations[0]), *direct.alternatives)[:MAX_ALTERNATIVES]
