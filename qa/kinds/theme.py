"""``theme``: what each article that is about something says of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from language.words import stems_of
from qa.about import comes_near, really_about
from qa.abstaining import Abstainer
from qa.choosing import choose
from qa.gathering import Gatherer
from qa.kinds.told import by_article, labels_of, told
from qa.ports import Evidence, Plan, Sentence
from qa.prose import points_back
from qa.relevance import relevance
from qa.shown import ShownSentences
from qa.types import Answer, Passage
from vectorstore import ArticleFilter

SEARCHED = 30
"""Passages the sentences are found in."""
MOST_ARTICLES = 5
MOST_SENTENCES = 3
"""Of one article."""
PASSAGES_READ = 3
"""Of one article."""
LEAST = 0.5
"""Relevance (see ``qa.relevance``) from which on a sentence is about the subject."""
NEAR_BEST = 0.65
"""Of the relevance of the best sentence of all, the least that another sentence, of any article, must have."""
REPETITION = 0.2
NEAREST = "No article is about “{}” as a whole; this is what comes nearest."


class ThemeStrategy:
    """Picks the best sentences of every article that is about the subject, and shows them by article."""

    def __init__(self, gatherer: Gatherer, shown: ShownSentences, abstainer: Abstainer) -> None:
        self._gatherer = gatherer
        self._shown = shown
        self._abstainer = abstainer

    def gather(self, plan: Plan) -> Evidence:
        """See ``Strategy``."""
        about = ArticleFilter(about=plan.searched, limit=MOST_ARTICLES)
        return Evidence(
            passages=self._gatherer.passages(plan.searched, plan.articles, SEARCHED),
            catalogue=self._gatherer.catalogue(about, plan.articles),
        )

    def answer(self, plan: Plan, evidence: Evidence) -> Answer:
        """See ``Strategy``."""
        sentences = self._sentences(evidence)
        index, found = self._gatherer.index, evidence.catalogue
        is_near = not plan.subject or not found or any(comes_near(index, one, plan.subject) for one in found)
        if not sentences or not is_near:
            return self._abstainer.abstain(plan, evidence.passages)
        vectors = self._gatherer.vectors([one.text for one in sentences])
        scores = relevance(sentences, vectors, self._gatherer.vector(plan.searched), plan.searched)
        least = max(LEAST, NEAR_BEST * float(scores.max()))
        wanted = stems_of(plan.searched)
        about_it = really_about(index, found, plan.searched)
        known = {one.summary.id for _, one in about_it} or {one.summary.id for one in found}
        about: dict[str, list[int]] = {}
        for place, one in enumerate(sentences):
            # Beside articles that are about it, one that is about something else has to name it.
            if scores[place] >= least and (not known or one.article.id in known or wanted <= stems_of(one.text)):
                about.setdefault(one.article.id, []).append(place)
        chosen = [
            one
            for places in list(about.values())[:MOST_ARTICLES]
            for one in self._with_antecedents([sentences[n] for n in _chosen(places, sentences, scores, vectors)])
        ]
        if not chosen:
            is_named = any(wanted & stems_of(one.text) for one in sentences)
            return self._abstainer.abstain(plan, evidence.passages if is_named else ())
        return told(
            plan,
            chosen,
            text=by_article(chosen),
            labels=labels_of(chosen),
            passages=evidence.passages,
            notice=NEAREST.format(plan.searched) if evidence.catalogue and not about_it else None,
        )

    def _sentences(self, evidence: Evidence) -> list[Sentence]:
        """What can be shown of the first few passages of each article: of those most about the subject first."""
        passages: dict[str, list[Passage]] = {one.summary.id: [] for one in evidence.catalogue}
        for passage in evidence.passages:
            passages.setdefault(passage.article_id, []).append(passage)
        found = {
            (one.article.id, one.start): one
            for of_article in list(passages.values())[: 2 * MOST_ARTICLES]
            for one in self._shown.of_passages(of_article[:PASSAGES_READ])
        }
        return list(found.values())

    def _with_antecedents(self, chosen: Sequence[Sentence]) -> list[Sentence]:
        """``chosen``, of one article, after the sentence that the first points back to, where there is room."""
        if len(chosen) >= MOST_SENTENCES or not points_back(chosen[0].text):
            return list(chosen)
        article, start = chosen[0].article, chosen[0].start
        before = [one for one in self._shown.of_article(article) if one.end <= start][-1:]
        belongs = before and "\n\n" not in article.text[before[0].end : start]
        return [*before, *chosen] if belongs else list(chosen)


def _chosen(
    places: list[int], sentences: Sequence[Sentence], scores: NDArray[np.float32], vectors: NDArray[np.float32]
) -> list[int]:
    """Up to ``MOST_SENTENCES`` of an article's sentences, in their order in it."""
    best = choose(scores[places], vectors[places], REPETITION, lambda chosen: len(chosen) >= MOST_SENTENCES)
    return sorted((places[one] for one in best), key=lambda place: sentences[place].start)
