"""The library's own names in a question: titles of its articles, their authors, the sites they come from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

from language.words import fold
from qa.planner.features import Token, tokens
from vectorstore import ArticleIndex, ArticleSummary

LEAST_TITLE = 5
"""Words that a title, or the part of it before a colon, has at least to be recognised: shorter ones are names of things
too. "Who built the mill at Wexham?" is no question about the article called so, nor is one about "Met Gala 2023"."""
LEAST_AUTHOR = 2
THIS_ARTICLE = "this article"
"""What stands for a title while the rest of the question is read: what a title says is not what is asked."""
_SUBTITLE = re.compile(r"(?::|\s[-–—|])\s")
_QUOTES = "\"'“”‘’«»„"

Words = tuple[str, ...]


@dataclass(frozen=True)
class Named:
    """A question and what it names of the library."""

    question: str
    """With every title in it replaced by ``THIS_ARTICLE``."""
    asked: str
    """As it was asked."""
    articles: tuple[str, ...]
    """Ids of the articles whose titles it gives."""
    authors: tuple[str, ...]
    """Its words that are the full name of an author, as they were typed."""


class LibraryNames:
    """The names of one library, kept until it changes."""

    def __init__(self, index: ArticleIndex) -> None:
        self._index = index
        self._known = lru_cache(maxsize=1)(self._collect)

    def find(self, question: str) -> Named:
        """What ``question`` names of the library."""
        known = self._known(self._index.generation)
        authors = tuple(question[start:end] for start, end, _ in _longest(question, known.authors))
        articles: list[str] = []
        rest, at = [], 0
        for start, end, ids in _longest(question, known.titles):
            if end - start < len(question) or len(question.split()) >= LEAST_TITLE:
                articles += ids
                rest += [question[at:start].rstrip(_QUOTES), THIS_ARTICLE]
                at = end
        rest.append(question[at:].lstrip(_QUOTES) if articles else question)
        return Named("".join(rest), question, tuple(dict.fromkeys(articles)), authors)

    def site(self, words: Iterable[str]) -> str | None:
        """The one of ``words`` that is the name of a site which articles come from."""
        sites = self._known(self._index.generation).sites
        return next((word for word in words if word in sites), None)

    def is_author(self, name: str) -> bool:
        """Whether the words of ``name`` stand in the name of an author."""
        wanted = set(_folded(name))
        return bool(wanted) and any(wanted <= author for author in self._known(self._index.generation).names)

    def _collect(self, generation: int) -> _Known:
        stored = self._index.articles()
        titles: dict[Words, list[str]] = {}
        for article in stored:
            for words in {_folded(article.title), _folded(_SUBTITLE.split(article.title)[0])}:
                if len(words) >= LEAST_TITLE:
                    titles.setdefault(words, []).append(article.id)
        names = {_folded(author) for article in stored for author in article.authors}
        return _Known(
            titles,
            {words: [] for words in names if len(words) >= LEAST_AUTHOR},
            frozenset(map(frozenset, names)),
            frozenset(site for article in stored for site in _sites(article)),
        )


@dataclass(frozen=True)
class _Known:
    titles: dict[Words, list[str]]
    authors: dict[Words, list[str]]
    names: frozenset[frozenset[str]]
    sites: frozenset[str]


def _folded(text: str) -> Words:
    return tuple(fold(token.word) for token in tokens(text) if token.word != "?")


def _sites(article: ArticleSummary) -> set[str]:
    """``bbc`` and ``bbc.co.uk`` of https://www.bbc.co.uk/news; nothing for a file."""
    host = (urlsplit(article.source).hostname or "").removeprefix("www.")
    return {host, host.split(".")[0]} if "." in host else set()


def _longest(question: str, names: dict[Words, list[str]]) -> list[tuple[int, int, list[str]]]:
    """Where names stand in ``question``, from left to right, the longest at each place."""
    found: list[tuple[int, int, list[str]]] = []
    words: Sequence[Token] = [token for token in tokens(question) if token.word != "?"]
    folded = [fold(token.word) for token in words]
    longest = max(map(len, names), default=0)
    place = 0
    while place < len(words):
        for length in range(min(longest, len(words) - place), 0, -1):
            ids = names.get(tuple(folded[place : place + length]))
            if ids is not None:
                found.append((words[place].start, words[place + length - 1].end, ids))
                place += length
                break
        else:
            place += 1
    return found
