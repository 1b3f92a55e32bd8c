"""``timeline``: sentences that say when something happened, in the order of their dates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from language.dated import dates_in
from language.dates import date_in_words, days_of
from language.words import stems_of, words_of
from qa.about import holds, weights_of
from qa.choosing import choose
from qa.gathering import Gatherer
from qa.kinds.theme import ThemeStrategy
from qa.kinds.told import plain, told
from qa.ports import Evidence, Plan, Sentence
from qa.relevance import relevance
from qa.shown import ShownSentences
from qa.types import Answer
from vectorstore import Article, ArticleFilter, FoundArticle

MOST_ARTICLES = 6
ALL_ABOUT = 0.75
"""Score of a found article from which on its sentences need not name the subject."""
STANDS_OUT, APART = 0.65, 0.85
"""Likewise where no other article scores more than ``APART`` of it."""
MOST_DATES = 10
FEWEST_DATES = 2
WEIGHED = 150
"""Dated sentences that are compared with the subject."""
WHOLE = 0.3
"""What standing in such an article is worth to a sentence, beside its relevance."""
NAMED_AROUND, PARAGRAPHS_BEFORE = 0.25, 3
"""How much of the subject the paragraphs by a sentence of such an article must name: a recap tells of many things."""
WHOLLY = 0.6
"""The share of such sentences from which on the article is no recap (news: 0.2 to 0.4 of one, and 0.75 to 1)."""
REPETITION = 0.3
OPENING, CONTEXT = 250, 600
"""Characters at the beginning of an article, and before a sentence, that say of which year a day without one is."""


class TimelineStrategy:
    """Puts what articles say of a subject in order of time; where too little is dated, says it by article."""

    def __init__(self, gatherer: Gatherer, shown: ShownSentences, theme: ThemeStrategy) -> None:
        self._gatherer = gatherer
        self._shown = shown
        self._theme = theme

    def gather(self, plan: Plan) -> Evidence:
        """See ``Strategy``."""
        if not plan.subject and plan.articles is not None:
            return Evidence(articles=self._gatherer.articles(plan.articles[:MOST_ARTICLES]))
        if not plan.subject and plan.filter is not None:
            # "What happened in 2018?": what the articles of then say of it.
            found = self._gatherer.catalogue(replace(plan.filter, order="newest", limit=MOST_ARTICLES))
            return Evidence(articles=self._gatherer.articles([one.summary.id for one in found]), catalogue=found)
        passages = self._theme.gather(plan).passages
        wanted = ArticleFilter(about=plan.searched, limit=MOST_ARTICLES)
        found = self._gatherer.catalogue(wanted, plan.articles)
        return Evidence(passages, self._gatherer.articles(_all_about(found)), found)

    def answer(self, plan: Plan, evidence: Evidence) -> Answer:
        """See ``Strategy``."""
        dated = self._dated(plan, evidence)[:WEIGHED]
        # Of a time that was asked for, one date is an answer.
        fewest = FEWEST_DATES if plan.filter is None else 1
        if len(dated) >= fewest:
            chosen = self._chosen(plan, evidence, dated)
            if len(chosen) >= fewest:
                text = "\n".join(f"{date_in_words(date)}: {plain(sentence)}" for sentence, date in chosen)
                sentences, dates = zip(*chosen, strict=True)
                return told(plan, sentences, text=text, dates=dates, passages=evidence.passages)
        return self._theme.answer(replace(plan, kind="theme"), evidence)

    def _dated(self, plan: Plan, evidence: Evidence) -> list[tuple[Sentence, str]]:
        """The sentences on the subject that name a date, with the one they name most exactly, of the time asked for."""
        found = []
        for one in self._sentences(plan, evidence):
            before = one.article.text[max(0, one.start - CONTEXT) : one.start]
            opening = one.article.text[one.article.body_start :][:OPENING]
            dated = dates_in(one.text, one.article.published, opening, before)
            if mentions := [mention for mention in dated if _is_within(mention.date, plan.filter)]:
                found.append((one, max(mentions, key=lambda mention: len(mention.date)).date))
        return found

    def _sentences(self, plan: Plan, evidence: Evidence) -> list[Sentence]:
        """Of the articles that are all about the subject, those that stand where it is named; of passages of others,
        those that name it themselves."""
        whole = {article.id for article in evidence.articles}
        others = [one for one in evidence.passages if one.article_id not in whole]
        naming = [one for one in self._shown.of_passages(others) if _names(one, plan.searched)]
        weights = weights_of(self._gatherer.index, plan.subject) if stems_of(plan.subject) else {}
        return naming + [one for article in evidence.articles for one in self._of_article(article, weights)]

    def _of_article(self, article: Article, weights: Mapping[str, float]) -> Sequence[Sentence]:
        """Those of its sentences that stand where the subject is named; all, where that is most of them."""
        told = self._shown.of_article(article)
        if not weights:
            return told
        near = [one for one in told if _share_around(one, weights) >= NAMED_AROUND]
        return told if len(near) >= WHOLLY * len(told) else near

    def _chosen(
        self, plan: Plan, evidence: Evidence, dated: Sequence[tuple[Sentence, str]]
    ) -> list[tuple[Sentence, str]]:
        """The most relevant, none of them twice, in order of their dates."""
        sentences = [sentence for sentence, _ in dated]
        vectors = self._gatherer.vectors([sentence.text for sentence in sentences])
        scores = relevance(sentences, vectors, self._gatherer.vector(plan.searched), plan.searched)
        whole = {article.id for article in evidence.articles}
        scores += WHOLE * np.array([one.article.id in whole for one in sentences], dtype=np.float32)
        best = choose(scores, vectors, REPETITION, lambda chosen: len(chosen) >= MOST_DATES)
        # "2022" begins before "2022-03" does: a year stands before its days.
        return sorted((dated[place] for place in best), key=lambda one: (one[1], one[0].article.id, one[0].start))


def _is_within(date: str, wanted: ArticleFilter | None) -> bool:
    """Whether all of ``date`` lies in the time that ``wanted`` names."""
    days = days_of(date)
    if wanted is None or days is None:
        return wanted is None
    since, until = days_of(wanted.since or ""), days_of(wanted.until or "")
    return (since is None or since[0] <= days[0]) and (until is None or days[1] <= until[1])


def _all_about(found: Sequence[FoundArticle]) -> list[str]:
    """Ids of the articles whose every sentence is on the subject; of one that stands out, a lower score will do."""
    scores = [one.score or 0.0 for one in found]
    stands_out = len(scores) == 1 or (len(scores) > 1 and scores[1] < APART * scores[0])
    least = STANDS_OUT if stands_out else ALL_ABOUT
    return [
        one.summary.id
        for one, score in zip(found, scores, strict=True)
        if score >= (least if one is found[0] else ALL_ABOUT)
    ]


def _share_around(sentence: Sentence, weights: Mapping[str, float]) -> float:
    """How much of the subject is named in the paragraph of ``sentence`` and the ``PARAGRAPHS_BEFORE`` it."""
    text = sentence.article.text
    start = sentence.start
    for _ in range(1 + PARAGRAPHS_BEFORE):
        start = max(0, text.rfind("\n\n", 0, start))
    end = text.find("\n\n", sentence.end)
    stems = stems_of(text[start : end if end >= 0 else len(text)])
    return sum(weight for one, weight in weights.items() if one in stems)


def _stand_together(wanted: frozenset[str], text: str) -> bool:
    """Whether all of ``wanted``, stems, are within a few words of each other somewhere in ``text``.

    "President Wilson declared a day of prayer" does not name Presidents' Day.
    """
    reach = 2 * len(wanted) + 1
    stems = [next(iter(stems_of(word)), "") for word in words_of(text)]
    return any(wanted <= set(stems[place : place + reach]) for place in range(len(stems)) if stems[place] in wanted)


def _names(sentence: Sentence, subject: str) -> bool:
    """Whether ``sentence`` has the words of ``subject``; of a name that its article has in full, the last will do."""
    wanted, stems = stems_of(subject), stems_of(sentence.text)
    if wanted <= stems:
        return bool(wanted) and _stand_together(wanted, sentence.text)
    is_name = all(word[0].isupper() for word in subject.split())
    last = stems_of(subject.split()[-1])
    return is_name and last <= stems and holds(sentence.article, wanted)
