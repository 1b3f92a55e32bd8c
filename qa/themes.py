"""The themes of a library: its articles in groups of those that lie near each other, each called by its own words."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from language.words import STOPWORDS, stem
from vectorstore import ArticleIndex, ArticleSummary

MOST = 6
FEWEST_ARTICLES = 20
"""A library of fewer has its titles for themes."""
LOOKED_AT = 1000
"""Articles that are compared: the newest. So many take about a second."""
ROUNDS = 12
WORDS = 3
"""That a theme is called by."""
COMMON = 0.7
"""A word in more of the titles than this share says nothing of a theme."""
_WORD = re.compile(r"[^\W\d_]{3,}")


@dataclass(frozen=True)
class Theme:
    """Articles on one matter, those nearest to its middle first."""

    words: tuple[str, ...]
    articles: tuple[ArticleSummary, ...]


def themes_of(index: ArticleIndex, articles: Sequence[ArticleSummary]) -> tuple[Theme, ...]:
    """The themes of ``articles``, the largest first; none for a few."""
    newest = sorted(articles, key=lambda one: (one.published or "", one.added_at), reverse=True)[:LOOKED_AT]
    known, vectors = _vectors(index, newest)
    if len(known) < FEWEST_ARTICLES:
        return ()
    count = min(MOST, max(2, round(math.sqrt(len(known) / 2))))
    belongs, middles = _grouped(vectors, count)
    counts = Counter(word for one in known for word in _title_words(one))
    found = []
    for group in range(len(middles)):
        places = np.flatnonzero(belongs == group)
        nearest = places[np.argsort(-(vectors[places] @ middles[group]), kind="stable")]
        members = tuple(known[place] for place in nearest)
        if len(members) > 1 and (words := _called(members, counts, len(known))):
            found.append(Theme(words, members))
    return tuple(sorted(found, key=lambda theme: -len(theme.articles)))


def _vectors(
    index: ArticleIndex, articles: Sequence[ArticleSummary]
) -> tuple[list[ArticleSummary], NDArray[np.float32]]:
    """Those of ``articles`` that have vectors, and the mean of each, of unit length: ``[articles, dimension]``."""
    known, means = [], []
    for article in articles:
        _, vectors = index.vectors_of([chunk.id for chunk in index.chunks_of(article.id)])
        if len(vectors) and (length := float(np.linalg.norm(vectors.mean(axis=0)))):
            known.append(article)
            means.append(vectors.mean(axis=0) / length)
    return known, np.array(means, dtype=np.float32)


def _grouped(vectors: NDArray[np.float32], count: int) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """The group of each vector, and the groups' middles: k-means on the sphere, begun with vectors far apart."""
    chosen = [int(np.argmax(vectors @ vectors.mean(axis=0)))]
    while len(chosen) < count:
        chosen.append(int(np.argmin((vectors @ vectors[chosen].T).max(axis=1))))
    middles = vectors[chosen]
    belongs = np.argmax(vectors @ middles.T, axis=1)
    for _ in range(ROUNDS):
        sums = [vectors[belongs == group].sum(axis=0) for group in range(len(middles)) if np.any(belongs == group)]
        middles = np.array([one / max(float(np.linalg.norm(one)), 1e-9) for one in sums], dtype=np.float32)
        now = np.argmax(vectors @ middles.T, axis=1)
        if np.array_equal(now, belongs):
            break
        belongs = now
    return belongs, middles


def _title_words(article: ArticleSummary) -> dict[str, str]:
    """The words of a title that may name its matter, as they are written, by their stems."""
    words = [word for word in _WORD.findall(article.title) if word.lower() not in STOPWORDS]
    return {stem(word.lower()): word for word in words}


def _called(members: Sequence[ArticleSummary], counts: Counter[str], articles: int) -> tuple[str, ...]:
    """The words that stand in the members' titles more often than in the others', each as it is written most."""
    inside: Counter[str] = Counter()
    written: dict[str, Counter[str]] = {}
    for member in members:
        for key, word in _title_words(member).items():
            inside[key] += 1
            written.setdefault(key, Counter())[word] += 1
    rest = max(articles - len(members), 1)

    def weight(key: str) -> float:
        return inside[key] * math.log((inside[key] / len(members)) / ((counts[key] - inside[key] + 0.5) / rest))

    told = [key for key in inside if counts[key] <= COMMON * articles and (inside[key] > 1 or len(members) < 4)]
    best = sorted(told, key=lambda key: (-weight(key), key))[:WORDS]
    return tuple(written[key].most_common(1)[0][0] for key in best)
