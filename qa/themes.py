"""The themes of a library: what several of its articles are about and lie near each other for, the largest first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qa.topics import topics_of
from vectorstore import ArticleIndex, ArticleSummary

MOST = 6
FEWEST_ARTICLES = 20
"""A library of fewer has its titles for themes."""
LOOKED_AT = 1000
"""Articles that are compared: the newest. So many take some two seconds."""
LEAST_SHARE = 0.007
"""Of the articles that are looked at, the fewest that make a theme; and two at least."""
LARGEST_SHARE = 0.6
"""What more of the articles are about tells none from the others."""
LEAST_NEARER = 0.12
"""How much nearer, by cosine, a theme's articles lie to each other than any two do: "CNN" and "U.S." stay below."""
LEAST_NEARER_OF_A_NOUN = 0.3
"""Likewise where one common noun is all they share, as "prices"."""
SIZE = 0.8
"""The power of its size that a theme is ranked by, times how much nearer its articles lie."""
NAMES = 2
"""That a theme is called by at most."""
SHARED = 0.34
"""Articles on both of two topics, of those on either, from which on they are one theme: "Russia and Ukraine"."""


@dataclass(frozen=True)
class Theme:
    """Articles on one matter, those nearest to its middle first."""

    names: tuple[str, ...]
    articles: tuple[ArticleSummary, ...]


def themes_of(index: ArticleIndex, articles: Sequence[ArticleSummary]) -> tuple[Theme, ...]:
    """The themes of ``articles``, the largest first; none for a few. An article can be in several, or in none."""
    newest = sorted(articles, key=lambda one: (one.published or "", one.added_at), reverse=True)[:LOOKED_AT]
    known, texts, vectors = _known(index, newest)
    if len(known) < FEWEST_ARTICLES:
        return ()
    on: defaultdict[str, set[int]] = defaultdict(set)
    for place, topics in enumerate(topics_of(texts)):
        for topic in topics:
            on[topic].add(place)
    groups = _groups(on, vectors)
    found = [Theme(names, tuple(known[place] for place in _by_nearness(group, vectors))) for names, group in groups]
    return tuple(sorted(found, key=lambda theme: -len(theme.articles)))


def _known(
    index: ArticleIndex, articles: Sequence[ArticleSummary]
) -> tuple[list[ArticleSummary], list[tuple[str, str]], NDArray[np.float32]]:
    """Those of ``articles`` that have vectors, title and text of each, and the mean vector of each, of unit length:
    ``[articles, dimension]``."""
    known, texts, means = [], [], []
    for summary in articles:
        article = index.article(summary.id)
        _, vectors = index.vectors_of([chunk.id for chunk in index.chunks_of(summary.id)])
        if article and len(vectors) and (length := float(np.linalg.norm(vectors.mean(axis=0)))):
            known.append(summary)
            texts.append((article.title, article.text[article.body_start :]))
            means.append(vectors.mean(axis=0) / length)
    return known, texts, np.array(means, dtype=np.float32)


def _groups(on: dict[str, set[int]], vectors: NDArray[np.float32]) -> list[tuple[tuple[str, ...], set[int]]]:
    """The names of each theme with the places of its articles: each time the one that says most of those left over."""
    count = len(vectors)
    fewest = max(2, round(LEAST_SHARE * count))
    usual = _likeness(vectors)
    nearer: dict[str, float] = {}
    for topic in sorted(on):
        is_noun = topic[0].islower() and " " not in topic
        if fewest + is_noun <= len(on[topic]) <= LARGEST_SHARE * count:
            gained = _likeness(vectors[sorted(on[topic])]) - usual
            if gained >= (LEAST_NEARER_OF_A_NOUN if is_noun else LEAST_NEARER):
                nearer[topic] = gained
    left = set(range(count))
    found: list[tuple[tuple[str, ...], set[int]]] = []

    def worth(topic: str) -> float:
        new = len(on[topic] & left)
        return nearer[topic] * new**SIZE if new >= fewest else 0.0

    while nearer and len(found) < MOST:
        best = max(nearer, key=worth)
        if not worth(best):
            break
        names = (best, *_akin(best, on, nearer))
        group = set().union(*(on[name] for name in names))
        found.append((names, group))
        left -= group
    return found


def _akin(topic: str, on: dict[str, set[int]], nearer: dict[str, float]) -> list[str]:
    """Further names of the theme ``topic``: of much the same articles, in other words."""
    words = set(topic.lower().split())
    shares = {
        other: len(on[topic] & on[other]) / len(on[topic] | on[other])
        for other in nearer
        if words.isdisjoint(other.lower().split()) and (other[0].isupper() or " " in other)
    }
    akin = sorted(shares, key=lambda other: (-shares[other], other))[: NAMES - 1]
    return [other for other in akin if shares[other] >= SHARED]


def _likeness(vectors: NDArray[np.float32]) -> float:
    """The mean cosine of two of ``vectors``, which are of unit length."""
    count = len(vectors)
    return (float((vectors.sum(axis=0) ** 2).sum()) - count) / max(count * (count - 1), 1)


def _by_nearness(group: set[int], vectors: NDArray[np.float32]) -> list[int]:
    """The places of ``group``, those nearest to its middle first."""
    places = sorted(group)
    near = vectors[places] @ vectors[places].sum(axis=0)
    return [places[one] for one in np.argsort(-near, kind="stable")]
