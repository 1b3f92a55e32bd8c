"""Questions with the words of a sentence that answer them: what all ways to make them share. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from language import words as en
from qa.clauses import CALENDAR, VAGUE, Token, tokens_of

QUESTION_WORDS = (4, 16)
"""Fewest and most of a question."""


@dataclass(frozen=True)
class Asked:
    """A question with the words of the sentence that answer it: characters from ``start`` to ``end``, exclusive."""

    question: str
    start: int
    end: int


def is_person(name: str, article: str) -> bool:
    """Whether ``article`` speaks of the bearer of ``name`` by the last name alone too, as one does of people."""
    *first, last = name.split()
    if not first:
        return False
    for match in re.finditer(rf"(?<!\w){re.escape(last)}(?!\w| [A-Z])", article):
        before = article[max(0, match.start() - 30) : match.start()].split()[-1:] or ["."]
        is_named_so = before[0][0].isupper() and before[0].lower() not in en.STOPWORDS and before[0][-1].isalnum()
        if not is_named_so and before[0].lower() not in en.DETERMINERS and before != first[-1:]:
            return True
    return False


def is_sensible(question: str) -> bool:
    """Whether ``question`` names something, points at nothing outside of itself, and has a fair number of words."""
    words = [token.text for token in tokens_of(question)][:-1]
    lows = [word.lower() for word in words]
    names = [word for word in words[1:] if word[0].isupper() and word.lower() not in CALENDAR]
    return (
        QUESTION_WORDS[0] - (lows[0] == "who") <= len(words) <= QUESTION_WORDS[1]
        and bool(names)
        and VAGUE.isdisjoint(lows)
    )


def asked_of(question: str, tokens: Sequence[Token], answer: range) -> Asked:
    """``question`` with the tokens that answer it."""
    return Asked(closed(question), tokens[answer[0]].start, tokens[answer[-1]].end)


def closed(question: str) -> str:
    """``question`` with its mark, and nothing else at its end."""
    return " ".join(question.split()).rstrip(" ,.") + "?"
