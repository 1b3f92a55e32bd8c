"""``explanation``: one to three sentences that say why, or how."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from language.words import stems_of
from qa.about import WORD, holds, names_asked, share_named
from qa.abstaining import Abstainer
from qa.gathering import Gatherer
from qa.kinds.fact import FactStrategy
from qa.kinds.told import MODEL, told
from qa.ports import Evidence, Plan, Sentence
from qa.prose import points_back
from qa.reader.evidence import EvidenceReader
from qa.relevance import relevance
from qa.shown import ShownSentences
from qa.types import Answer, Citation, Passage

LOOKED_AT = 4
"""Passages whose sentences are weighed, the best by reading."""
MOST_SENTENCES = 3
FEWEST_LEFT = 2
"""What is left when a sentence goes that has lost the one it points back to: alone, the best often says too little."""

# Chosen on questions of a search engine whose paragraph the library holds, and others whose paragraph it does not, and
# on the questions over the sample articles.
SPAN = 1.0
"""What the chance of a span that the reader finds in a sentence is worth, beside the sentence's relevance."""
WEIGHED = 0.6
"""What the evidence reader's chance that it answers is worth."""
BESIDE = 0.7
"""Of the best sentence's score, what another one of its article must come to."""
ROOM = 0.2
"""Of it, what one must be worth that only stands around it."""
LEAST = 0.93
"""What the best sentence's score, and ``NEARNESS`` times its cosine with the question, must come to."""
NEARNESS = 0.3
MISSING = 0.4
"""What more it must come to where the article has none of the question's words, rare ones counting for more."""


class ExplanationStrategy:
    """Gives the sentences that most likely answer, or abstains."""

    def __init__(
        self,
        gatherer: Gatherer,
        shown: ShownSentences,
        abstainer: Abstainer,
        fact: FactStrategy,
        weigher: EvidenceReader,
    ) -> None:
        self._gatherer = gatherer
        self._shown = shown
        self._abstainer = abstainer
        self._fact = fact
        self._weigher = weigher

    def gather(self, plan: Plan) -> Evidence:
        """See ``Strategy``."""
        return Evidence(self._gatherer.passages(plan.query.text, plan.articles, None, plan.query.talked_about))

    def answer(self, plan: Plan, evidence: Evidence) -> Answer:
        """See ``Strategy``."""
        read = self._fact.answer(plan, evidence)
        sentences, chances = self._weighed(plan.query.text, read.passages[:LOOKED_AT])
        if not sentences:
            return self._abstainer.abstain(plan, read.passages)
        asked = self._gatherer.vector(plan.query.text)
        vectors = self._gatherer.vectors([one.text for one in sentences])
        scores = relevance(sentences, vectors, asked, plan.query.text) + WEIGHED * chances
        scores += SPAN * np.array([_chance_of_span(one, read) for one in sentences], dtype=np.float32)
        names = _names(plan.query.text, read.passages)
        is_of_them = {one.article.id: holds(one.article, names) for one in sentences}
        best = max(range(len(sentences)), key=lambda place: (is_of_them[sentences[place].article.id], scores[place]))
        nearness = scores[best] + NEARNESS * float(vectors[best] @ asked)
        if not self._is_near(nearness, sentences[best], plan) or not is_of_them[sentences[best].article.id]:
            return self._abstainer.abstain(plan, read.passages, alternatives=read.alternatives, model=MODEL)
        return told(plan, _with_others(best, sentences, scores), passages=read.passages)

    def _is_near(self, nearness: float, best: Sentence, plan: Plan) -> bool:
        """Whether that is near enough, where what the article lacks of the question's words has to be made up for."""
        if not LEAST <= nearness < LEAST + MISSING:
            return nearness >= LEAST
        share = share_named(self._gatherer.index, best.article, plan.query.text)
        return nearness >= LEAST + MISSING * (1.0 - share)

    def _weighed(self, question: str, passages: Sequence[Passage]) -> tuple[list[Sentence], NDArray[np.float32]]:
        """The sentences of ``passages`` with the chance that each answers, by the evidence reader."""
        found: dict[tuple[str, int], tuple[Sentence, float]] = {}
        weighed = self._weigher.weigh(question, [passage.as_read for passage in passages])
        for passage, evidence in zip(passages, weighed, strict=True):
            for one in self._shown.of_passage(passage):
                chance = evidence.sentence(one.start - passage.start, one.end - passage.start)
                key = (one.article.id, one.start)
                found[key] = max(found.get(key, (one, 0.0)), (one, chance), key=lambda known: known[1])
        chances = np.array([chance for _, chance in found.values()], dtype=np.float32)
        return [one for one, _ in found.values()], chances


def _names(question: str, passages: Sequence[Passage]) -> frozenset[str]:
    """The names in ``question``, as stems: an explanation that is not of them is of something else.

    What is typed with a capital, but the first word and abbreviations, which an article may write out; and what is
    typed small and ``passages`` write as a name.
    """
    typed = WORD.findall(question)
    names = [stems_of(word) for word in typed[1:] if word[0].isupper() and not word.isupper()]
    small = " ".join(word for word in typed if word.islower())
    return frozenset().union(*names, *names_asked(small, passages))


def _chance_of_span(sentence: Sentence, read: Answer) -> float:
    """The chance of the likeliest span that the reader found in ``sentence``; 0 where it found none."""
    spans = [(read.score, citation) for citation in read.citations]
    spans += [(other.score, other.citation) for other in read.alternatives]
    return max((chance or 0.0 for chance, span in spans if _holds(sentence, span)), default=0.0)


def _holds(sentence: Sentence, span: Citation) -> bool:
    if span.answer_start is None or span.answer_end is None:
        return False
    is_there = sentence.article.id == span.article_id
    return is_there and sentence.start <= span.answer_start and span.answer_end <= sentence.end


def _with_others(best: int, sentences: Sequence[Sentence], scores: NDArray[np.float32]) -> list[Sentence]:
    """The best sentence and what of its article says more, ``MOST_SENTENCES`` in all, in their order.

    That is what is worth nearly as much, wherever it stands: an article says what happened in one place and why in
    another. Where nothing is, it is what stands around it.
    """
    article = sentences[best].article.id
    places = [place for place, one in enumerate(sentences) if one.article.id == article]
    near = sorted((place for place in places if scores[place] >= BESIDE * scores[best]), key=lambda at: -scores[at])
    if len(near) > 1:
        shown: Sequence[int] = _understood(best, near[:MOST_SENTENCES], places, sentences)
    else:
        shown = _around(best, places, sentences, scores)
    return sorted((sentences[place] for place in shown), key=lambda one: one.start)


def _understood(best: int, shown: Sequence[int], places: Sequence[int], sentences: Sequence[Sentence]) -> list[int]:
    """``shown`` without those that point back to a sentence that is not among them, where two are left.

    The best gets that sentence, if there is room.
    """
    in_order = sorted(places, key=lambda place: sentences[place].start)
    before = dict(zip(in_order[1:], in_order[:-1], strict=True))
    dangling = [one for one in shown if points_back(sentences[one].text) and before.get(one) not in shown]
    kept = [one for one in shown if one == best or one not in dangling]
    if len(kept) < FEWEST_LEFT:
        return list(shown)
    has_room = len(kept) < MOST_SENTENCES and best in dangling and best in before
    return [before[best], *kept] if has_room else kept


def _around(
    best: int, places: Sequence[int], sentences: Sequence[Sentence], scores: NDArray[np.float32]
) -> Sequence[int]:
    """Of ``places``, the run about ``best`` whose sentences are worth most, each less the room it takes."""
    places = sorted(places, key=lambda place: sentences[place].start)
    middle = places.index(best)
    runs = [
        places[first:end]
        for first in range(max(0, middle - MOST_SENTENCES + 1), middle + 1)
        for end in range(middle + 1, min(first + MOST_SENTENCES, len(places)) + 1)
    ]
    room = ROOM * float(scores[best])
    return max(runs, key=lambda run: sum(float(scores[one]) - room for one in run))
