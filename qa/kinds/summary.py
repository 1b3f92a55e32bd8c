"""``summary``: the sentences that carry an article; of a whole library, a sentence of each of its newest articles."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from language.words import stems_of, words_of
from qa.about import really_about
from qa.abstaining import Abstainer
from qa.choosing import choose
from qa.gathering import Gatherer
from qa.kinds.told import by_article, labels_of, told
from qa.ports import Evidence, Plan, Sentence
from qa.prose import leans
from qa.shown import ShownSentences
from qa.types import Answer
from vectorstore import Article, ArticleFilter

MOST_SENTENCES = 6
FEWEST_SENTENCES = 3
WORDS = 150
"""Where a summary ends, once it has ``FEWEST_SENTENCES``: a fourth sentence is added only to fewer words."""
SHARE = 0.45
"""Of a short article's words, the most that its summary has."""
MOST_ARTICLES = 6
"""Of a library, each with one sentence."""
WEIGHED = 150
"""Sentences that are compared, about as many as can be embedded in a fifth of a second."""
LEAST = 0.66
"""Score of an article from which on it is the one that is meant: what only mentions the subject scores less."""
AS_CLOSE = 0.85
"""Of the best article's score for a subject, what another one must have to be meant as likely."""
NAMED = 3
"""Titles that a notice names."""

# Chosen on news articles, by how far the summaries agree with those of other methods without training, and by reading.
REPETITION = 0.2
COMMON_WORDS = 0.5
"""What having most of the article's frequent words is worth, beside the cosine with the article's mean vector."""
EARLY = 0.15
LEANING = 0.15
FEW_WORDS, FEW_WORDS_COST = 9, 0.08


class SummaryStrategy:
    """Picks the sentences nearest to what the whole article says."""

    def __init__(self, gatherer: Gatherer, shown: ShownSentences, abstainer: Abstainer) -> None:
        self._gatherer = gatherer
        self._shown = shown
        self._abstainer = abstainer

    def gather(self, plan: Plan) -> Evidence:
        """See ``Strategy``."""
        if plan.articles is not None:
            articles = self._gatherer.articles(plan.articles[:MOST_ARTICLES])
            if len(articles) != 1 or not plan.subject:
                return Evidence(articles=articles)
            found = self._gatherer.catalogue(ArticleFilter(about=plan.subject, limit=NAMED + 1))
            is_first = bool(found) and found[0].summary.id == articles[0].id
            return Evidence(articles=articles, catalogue=found if is_first else ())
        if plan.subject and len(self._gatherer.index.articles()) > 1:
            found = self._gatherer.catalogue(ArticleFilter(about=plan.subject, limit=NAMED + 1))
            about = really_about(self._gatherer.index, found, plan.subject)
            about = [pair for pair in about if (pair[1].score or 0.0) >= LEAST]
            articles = tuple(article for article, _ in about[:1])
            return Evidence(articles=articles, catalogue=tuple(one for _, one in about) or found)
        newest = self._gatherer.catalogue(ArticleFilter(order="newest", limit=MOST_ARTICLES))
        return Evidence(articles=self._gatherer.articles([one.summary.id for one in newest]), catalogue=newest)

    def answer(self, plan: Plan, evidence: Evidence) -> Answer:
        """See ``Strategy``."""
        if len(evidence.articles) == 1:
            article = evidence.articles[0]
            if sentences := self._carrying(article):
                return told(plan, sentences, notice=_meant(plan, evidence))
            return self._abstainer.abstain(plan, (), notice=f"“{article.title}” holds no sentences.")
        if evidence.articles:
            return self._overview(plan, evidence.articles)
        return self._abstainer.abstain(plan, (), notice=self._what_there_is(plan, evidence))

    def _overview(self, plan: Plan, articles: Sequence[Article]) -> Answer:
        """The sentence of each article that says most of it."""
        weighed = WEIGHED // len(articles)
        sentences = [one for article in articles for one in self._carrying(article, weighed, only=1)]
        notice = None
        if plan.articles is None:
            count = len(self._gatherer.index.articles())
            which = f"the {len(articles)} newest of {count:,} articles" if count > len(articles) else "each article"
            notice = f"A sentence of {which}. Name an article, or choose one, and its summary is given."
        return told(plan, sentences, text=by_article(sentences), labels=labels_of(sentences), notice=notice)

    def _what_there_is(self, plan: Plan, evidence: Evidence) -> str:
        """What to ask for instead: what comes nearest to the subject, or else what is newest."""
        nearest = [one.summary.title for one in evidence.catalogue[:NAMED]]
        newest = self._gatherer.catalogue(ArticleFilter(order="newest", limit=NAMED))
        if not newest:
            return "The library is empty; add articles to it first."
        if not plan.subject:
            return "The article that is meant is no longer there."
        there = f"The nearest: {_named(nearest)}." if nearest else ""
        there = there or f"There are, among others: {_named([one.summary.title for one in newest])}."
        return f"No article here is about “{plan.subject}”. {there}"

    # One article ------------------------------------------------------------------------------

    def _carrying(self, article: Article, weighed: int = WEIGHED, only: int | None = None) -> list[Sentence]:
        """The sentences that carry ``article``, in their order; ``only`` so many where given."""
        sentences = self._telling(article, weighed)
        if not sentences:
            return []
        vectors = self._gatherer.vectors([one.text for one in sentences])
        lengths = [len(words_of(one.text)) for one in sentences]
        enough = min(WORDS, SHARE * sum(lengths))

        def is_enough(chosen: list[int]) -> bool:
            if only is not None or len(chosen) >= MOST_SENTENCES:
                return len(chosen) >= (only or 0)
            return len(chosen) >= FEWEST_SENTENCES and sum(lengths[one] for one in chosen) >= enough

        chosen = choose(carrying_scores(sentences, vectors), vectors, REPETITION, is_enough)
        return [sentences[one] for one in sorted(chosen)]

    def _telling(self, article: Article, most: int) -> list[Sentence]:
        """The sentences to choose from: all of them, or, of a long article, ``most`` of its telling passages."""
        sentences = self._shown.of_article(article)
        if len(sentences) <= most:
            return list(sentences)
        index = self._gatherer.index
        chunks = {chunk.id: chunk for chunk in index.chunks_of(article.id)}
        ids, vectors = index.vectors_of(list(chunks))
        places = np.array([[chunks[one].start, chunks[one].end] for one in ids])
        starts = np.array([one.start for one in sentences])
        held = [int(np.sum((starts >= first) & (starts < last))) for first, last in places]

        def is_enough(chosen: list[int]) -> bool:
            return sum(held[one] for one in chosen) >= most

        mean = vectors.mean(axis=0)
        chosen = choose(vectors @ mean, vectors, REPETITION, is_enough)
        inside = {n for one in chosen for n in np.flatnonzero((starts >= places[one][0]) & (starts < places[one][1]))}
        return [sentences[n] for n in sorted(inside)[:most]]


def carrying_scores(sentences: Sequence[Sentence], vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """How well each sentence stands for all of them, ``[sentences]``; higher is better.

    Near to the mean of all vectors, and made of the words that come up most; a little for standing early, less for
    what does not stand alone.
    """
    mean = vectors.mean(axis=0)
    nearness = vectors @ (mean / max(float(np.linalg.norm(mean)), 1e-6))
    stems = [stems_of(one.text) for one in sentences]
    counts = Counter(stem for found in stems for stem in found)
    common = np.array([sum(counts[stem] for stem in found) ** 0.5 for found in stems])
    early = np.exp(-np.arange(len(sentences)) / 4)
    costs = [LEANING * leans(one.text) + FEW_WORDS_COST * (len(words_of(one.text)) < FEW_WORDS) for one in sentences]
    scores = nearness + COMMON_WORDS * common / max(float(common.max()), 1e-6) + EARLY * early - np.array(costs)
    return scores.astype(np.float32)  # type: ignore[no-any-return]


def _meant(plan: Plan, evidence: Evidence) -> str | None:
    """Which article was taken to be meant, where several could have been."""
    best, *others = evidence.catalogue or (None,)
    if not plan.subject or best is None:
        return None
    close = [one.summary.title for one in others if (one.score or 0.0) >= AS_CLOSE * (best.score or 0.0)]
    return f"This is of “{best.summary.title}”. Also about it: {_named(close[:NAMED])}." if close else None


def _named(titles: Sequence[str]) -> str:
    return ", ".join(f"“{title}”" for title in titles)
