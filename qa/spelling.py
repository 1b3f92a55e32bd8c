"""Mistyped words of a question, put right by the library's own words."""

from __future__ import annotations

import re
from functools import cached_property, lru_cache

from tokenizers import Tokenizer

from language.words import fold
from qa.planner.model import load_model
from qa.reader import WEIGHTS
from vectorstore import ArticleFilter, ArticleIndex

_WORD = re.compile(r"[^\W\d_]+")

SHORTEST = 5
"""Letters; shorter words are one letter away from too many others, as wifi is from wife."""


class Speller:
    """Corrects what is no word to anybody: neither to the library, its titles and authors, nor to the reader's
    vocabulary, nor to the planner.

    The vocabulary holds 30,000 English words and names whole; the planner knows what questions are built with
    ("summarise"). A question about something else than the articles keeps
    its words, so that it is not taken for one about them.
    """

    def __init__(self, index: ArticleIndex) -> None:
        self._index = index
        self._names = lru_cache(maxsize=1)(self._collect_names)

    @cached_property
    def _vocabulary(self) -> Tokenizer:
        return Tokenizer.from_file(str(WEIGHTS / "tokenizer.json"))

    def __call__(self, question: str) -> str:
        """``question`` with each such word replaced by the one of the library that is spelled most alike, if any."""
        doubtful = [word for word in _WORD.findall(question) if len(word) >= SHORTEST and self._is_no_word(word)]
        if doubtful:
            names = self._names(self._index.generation)
            doubtful = [word for word in doubtful if fold(word) not in names]
        meant = self._index.nearest_words(doubtful) if doubtful else {}

        def corrected(word: re.Match[str]) -> str:
            right = meant.get(word[0])
            return word[0] if right is None else right[:1].upper() + right[1:] if word[0][0].isupper() else right

        return _WORD.sub(corrected, question)

    def is_strange(self, word: str) -> bool:
        """Whether neither the dictionary nor the library has ``word``, however it is spelled."""
        return self._vocabulary.token_to_id(fold(word)) is None and not self.is_in_library(word)

    def is_in_library(self, word: str) -> bool:
        """Whether an article of the library has ``word``, in its text, its title or its author's name."""
        if fold(word) in self._names(self._index.generation):
            return True
        return bool(self._index.find_articles(ArticleFilter(mentions=word, limit=1)))

    def _is_no_word(self, word: str) -> bool:
        """Whether nobody knows it; one that is spelled with care, as WiFi and iPhone are, is meant as it stands."""
        low = word.lower()
        known = self._vocabulary.token_to_id(low) is not None or low in load_model().frame
        return not known and word in (low, word.capitalize())

    def _collect_names(self, generation: int) -> frozenset[str]:
        """The words of titles and of authors' names, which need not stand in any text; anew for each state of the
        library."""
        told = (name for article in self._index.articles() for name in (article.title, *article.authors))
        return frozenset(word for name in told for word in _WORD.findall(fold(name)))
