"""A plain word about a question in another language than the articles."""

from __future__ import annotations

import re

from language.words import STOPWORDS
from qa.spelling import Speller

_WORD = re.compile(r"[^\W\d_]{3,}")
STRANGE = 0.4
"""Share of a question's letters in words that neither the library nor the dictionary has, from which on it is most
likely in another language."""
FEWEST = 2
"""Such words at least: one alone is a name. A question a third of which is the small words of English is English."""
NOTICE = (
    "Most of these words stand neither in the articles nor in a dictionary of English. If the question is in another "
    "language than the articles, ask it in theirs."
)


def word_about_language(question: str, speller: Speller) -> str | None:
    """``NOTICE`` for a question that seems to be in a language the library is not in; None for any other."""
    words = _WORD.findall(question)
    if any(not word.isascii() and not _is_latin(word) for word in words):
        strange = [word for word in words if not speller.is_in_library(word)]
    else:
        strange = [word for word in words if speller.is_strange(word)]
        every = question.lower().split()
        if len(strange) < FEWEST or 3 * sum(word in STOPWORDS for word in every) > len(every):
            return None
    return NOTICE if sum(map(len, strange)) > STRANGE * sum(map(len, words)) else None


def _is_latin(word: str) -> bool:
    return all(ord(letter) < 0x250 for letter in word)
