"""Whether an article that was found for a subject is really about it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from qa.gathering import Gatherer
from qa.prose import stems_of
from vectorstore import Article, FoundArticle

CLOSE = 0.8
"""Score of a found article from which on it is about the subject, whatever its words."""


def really_about(gatherer: Gatherer, found: Sequence[FoundArticle], subject: str) -> list[tuple[Article, FoundArticle]]:
    """Those of ``found`` that are close to ``subject``, or have all of its words, in their order.

    By meaning alone, an article on a rocket to the Moon is found for "the moon landing hoax".
    """
    articles = {article.id: article for article in gatherer.articles([one.summary.id for one in found])}
    pairs = [(articles[one.summary.id], one) for one in found if one.summary.id in articles]
    return [
        (article, one) for article, one in pairs if (one.score or 0.0) >= CLOSE or holds(article, stems_of(subject))
    ]


def holds(article: Article, stems: frozenset[str]) -> bool:
    """Whether every one of ``stems`` begins a word of ``article``."""
    text = f"{article.title}\n{article.text}".lower()
    return all(re.search(rf"\b{re.escape(stem)}", text) for stem in stems)
