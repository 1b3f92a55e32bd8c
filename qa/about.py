"""Whether an article that was found for a subject is really about it."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from language.words import STOPWORDS, stem, stems_of, words_of
from vectorstore import Article, ArticleFilter, ArticleIndex, FoundArticle

CLOSE = 0.8
"""Score of a found article from which on it is about the subject, whatever its words."""
NAMED = 0.7
"""Share of the subject's words that an article must have, where a word counts for more the fewer articles have it."""


def really_about(
    index: ArticleIndex, found: Sequence[FoundArticle], subject: str
) -> list[tuple[Article, FoundArticle]]:
    """Those of ``found`` that are close to ``subject``, or have most of its words, in their order.

    By meaning alone, an article on a rocket to the Moon is found for "the moon landing hoax".
    """
    pairs = [(index.article(one.summary.id), one) for one in found]
    return [
        (article, one)
        for article, one in pairs
        if article is not None and ((one.score or 0.0) >= CLOSE or _share_named(index, article, subject) >= NAMED)
    ]


def tells_of(articles: Sequence[Article], question: str) -> bool:
    """Whether one of ``articles`` has every word of ``question`` that carries content; so it is where it has none."""
    stems = stems_of(question)
    return any(holds(article, stems) for article in articles)


def _share_named(index: ArticleIndex, article: Article, subject: str) -> float:
    wanted = stems_of(subject)
    missing = frozenset(one for one in wanted if not holds(article, frozenset([one])))
    if not missing or not wanted:
        return 1.0
    words = {stem(word.removesuffix("'s")): word for word in words_of(subject) if word not in STOPWORDS}
    count = index.counts()[0]
    having = {one: len(index.find_articles(ArticleFilter(mentions=word))) for one, word in words.items()}
    weights = {one: math.log((1 + count) / (1 + number)) for one, number in having.items()}
    return 1.0 - sum(weights[one] for one in missing) / (sum(weights.values()) or 1.0)


def holds(article: Article, stems: frozenset[str]) -> bool:
    """Whether every one of ``stems`` begins a word of ``article``."""
    text = f"{article.title}\n{article.text}".lower()
    return all(re.search(rf"\b{re.escape(one)}", text) for one in stems)
