"""Whether an article that was found for a subject is really about it."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from itertools import groupby

from language.dates import days_of
from language.words import STOPWORDS, stem, stems_of, words_of
from qa.names import FEWEST_MENTIONS, NO_NAMES
from qa.types import Passage
from vectorstore import Article, ArticleFilter, ArticleIndex, FoundArticle

CLOSE = 0.8
"""Score of a found article from which on it is about the subject, whatever its words."""
NAMED = 0.7
"""Share of the subject's words that an article must have, where a word counts for more the fewer articles have it."""
NEAR = 0.58
"""Score of a found article from which on it may lack words of the subject: "birds migrating" is "migration of birds";
what has "Hong Kong" and no more says nothing of the protests there."""

_YEAR = re.compile(r"\b(?:1[0-9]|20)\d\d\b")
WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
"""A word, with what a hyphen joins to it."""
_WITHIN = re.compile(rf"(?<=[\w,;] ){WORD.pattern}")
"""A word that does not begin a sentence, where anything has a capital."""


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
        if article is not None and ((one.score or 0.0) >= CLOSE or share_named(index, article, subject) >= NAMED)
    ]


def comes_near(index: ArticleIndex, found: FoundArticle, subject: str) -> bool:
    """Whether ``found`` is near to ``subject``, or has all of its words at least."""
    if (found.score or 0.0) >= NEAR:
        return True
    article = index.article(found.summary.id)
    return article is not None and share_named(index, article, subject) == 1.0


def tells_of(articles: Sequence[Article], question: str) -> bool:
    """Whether one of ``articles`` has every word of ``question`` that carries content; so it is where it has none."""
    stems = stems_of(question)
    return any(holds(article, stems) for article in articles)


def share_named(index: ArticleIndex, article: Article, subject: str) -> float:
    """The share of the words of ``subject`` that ``article`` has, where rarer ones count for more."""
    missing = frozenset(one for one in stems_of(subject) if not holds(article, frozenset([one])))
    if not missing:
        return 1.0
    weights = weights_of(index, subject)
    return 1.0 - sum(weights.get(one, 0.0) for one in missing)


def weights_of(index: ArticleIndex, subject: str) -> dict[str, float]:
    """What each word of ``subject``, as its stem, counts for: together 1, more the fewer articles have it."""
    words = {stem(word.removesuffix("'s")): word for word in words_of(subject) if word not in STOPWORDS}
    count = index.counts()[0]
    having = {one: len(index.find_articles(ArticleFilter(mentions=word))) for one, word in words.items()}
    weights = {one: math.log((1 + count) / (1 + number)) for one, number in having.items()}
    whole = sum(weights.values())
    return {one: weight / whole if whole else 1.0 / len(weights) for one, weight in weights.items()}


def holds(article: Article, stems: frozenset[str]) -> bool:
    """Whether every one of ``stems`` begins a word of ``article``."""
    return speaks_of(article, [frozenset((one,)) for one in stems])


def names_asked(question: str, passages: Sequence[Passage]) -> tuple[frozenset[str], ...]:
    """The names in ``question``, each as the stems of its words: what ``passages`` write more than once, and with a
    capital only.

    Where the question has capitals itself, a word that it writes small is none.
    """
    typed = WORD.findall(question)
    written = [word for passage in passages for word in _WITHIN.findall(passage.text)]
    small = {word for word in written if not word[0].isupper()}
    told = Counter(_bare(word) for word in written if word[0].isupper())
    capital = {word for word, count in told.items() if count >= FEWEST_MENTIONS} - small - NO_NAMES
    has_capitals = any(word[0].isupper() for word in typed[1:])

    def is_name(word: str) -> bool:
        return _bare(word) in capital and (word[0].isupper() or not has_capitals)

    return tuple(frozenset().union(*map(stems_of, run)) for is_one, run in groupby(typed, is_name) if is_one)


def speaks_of(article: Article, names: Sequence[frozenset[str]]) -> bool:
    """Whether ``article`` has a word of each of ``names``: what is said elsewhere is said of somebody else."""
    text = f"{article.title}\n{article.text}".lower().replace("’", "'")
    return all(any(re.search(rf"\b{re.escape(one)}", text) for one in name) for name in names)


def speaks_of_years(article: Article, question: str) -> bool:
    """Whether ``article`` has every year that ``question`` names, or came out in it, the one before or the one after:
    what it calls "last year" is not written out."""
    asked = set(_YEAR.findall(question))
    if not asked:
        return True
    said = set(_YEAR.findall(f"{article.title}\n{article.text}"))
    if days := days_of(article.published or ""):
        said |= {str(days[0].year + shift) for shift in (-1, 0, 1)}
    return asked <= said


def _bare(word: str) -> str:
    return word.lower().replace("’", "'").removesuffix("'s")
