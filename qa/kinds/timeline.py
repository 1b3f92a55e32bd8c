"""``timeline``: sentences that say when something happened, in the order of their dates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from language.dated import Mention, dates_in
from language.dates import date_in_words
from qa.about import really_about
from qa.choosing import choose
from qa.gathering import Gatherer
from qa.kinds.theme import ThemeStrategy
from qa.kinds.told import plain, told
from qa.ports import Evidence, Plan, Sentence
from qa.prose import stems_of
from qa.relevance import relevance
from qa.shown import ShownSentences
from qa.types import Answer, Passage
from vectorstore import Article, ArticleFilter

MOST_ARTICLES = 6
MOST_DATES = 10
FEWEST_DATES = 2
WEIGHED = 150
"""Dated sentences that are compared with the subject."""
LEAST = 0.45
"""Relevance (see ``qa.relevance``) from which on a sentence belongs to the subject."""
NEAR_BEST = 0.6
ABOUT = 0.5
"""What standing in an article that is all about the subject is worth to a sentence."""
REPETITION = 0.3


class TimelineStrategy:
    """Puts what articles say of a subject in order of time; where too little is dated, says it by article."""

    def __init__(self, gatherer: Gatherer, shown: ShownSentences, theme: ThemeStrategy) -> None:
        self._gatherer = gatherer
        self._shown = shown
        self._theme = theme

    def gather(self, plan: Plan) -> Evidence:
        """See ``Strategy``."""
        passages = self._theme.gather(plan).passages
        if plan.articles is not None and len(plan.articles) <= MOST_ARTICLES:
            return Evidence(passages, self._gatherer.articles(plan.articles))
        about = ArticleFilter(about=plan.searched, limit=MOST_ARTICLES)
        found = self._gatherer.catalogue(about, plan.articles)
        return Evidence(
            passages, tuple(article for article, _ in really_about(self._gatherer, found, plan.searched)), found
        )

    def answer(self, plan: Plan, evidence: Evidence) -> Answer:
        """See ``Strategy``."""
        dated = self._dated(plan.searched, evidence)[:WEIGHED]
        chosen = self._chosen(plan, evidence, dated) if dated else []
        if len(chosen) < FEWEST_DATES:
            return self._theme.answer(replace(plan, kind="theme"), evidence)
        sentences, dates = zip(*chosen, strict=True)
        text = "\n".join(f"{date_in_words(date)}: {plain(sentence)}" for sentence, date in chosen)
        return told(plan, sentences, text=text, dates=dates, passages=evidence.passages)

    def _dated(self, words: str, evidence: Evidence) -> list[tuple[Sentence, str]]:
        """The sentences that name a date, with the first they name: of passages found, then of whole articles."""
        found: dict[tuple[str, int], tuple[Sentence, str]] = {}
        for sentence in self._sentences(words, evidence.passages, evidence.articles):
            if mentions := dates_in(sentence.text, sentence.article.published):
                found.setdefault((sentence.article.id, sentence.start), (sentence, _told_date(mentions)))
        return list(found.values())

    def _sentences(self, words: str, passages: Sequence[Passage], articles: Sequence[Article]) -> list[Sentence]:
        about = {article.id for article in articles}
        wanted = stems_of(words)
        # What an article that is about something else says of it has to name it.
        named = [
            one for one in self._shown.of_passages(passages) if one.article.id in about or wanted <= stems_of(one.text)
        ]
        return named + [one for article in articles for one in self._shown.of_article(article)]

    def _chosen(
        self, plan: Plan, evidence: Evidence, dated: Sequence[tuple[Sentence, str]]
    ) -> list[tuple[Sentence, str]]:
        """Those about the subject, none of them twice, in order of their dates."""
        sentences = [sentence for sentence, _ in dated]
        vectors = self._gatherer.vectors([sentence.text for sentence in sentences])
        scores = relevance(sentences, vectors, self._gatherer.vector(plan.searched), plan.searched)
        # Of an article that is about the subject, a sentence need not name it.
        about = {article.id: 1.0 for article in evidence.articles}
        about |= {one.summary.id: max(0.0, min(1.0, 2 * (one.score or 0.0) - 1)) for one in evidence.catalogue}
        scores += ABOUT * np.array([about.get(one.article.id, 0.0) for one in sentences], dtype=np.float32)
        least = max(LEAST, NEAR_BEST * float(scores.max()))
        best = choose(
            np.where(scores >= least, scores, -np.inf), vectors, REPETITION, lambda chosen: len(chosen) >= MOST_DATES
        )
        # "2022" begins before "2022-03" does: a year stands before its days.
        return sorted((dated[place] for place in best), key=lambda one: (one[1], one[0].article.id, one[0].start))


def _told_date(mentions: Sequence[Mention]) -> str:
    """The first of the dates that are known most exactly."""
    return max(mentions, key=lambda mention: len(mention.date)).date
