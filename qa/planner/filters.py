"""A question about the articles themselves -> a filter over the record: whose, about what, of when, in which order."""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from language.dates import FULL_DATE, PARTIAL_DATE, days_of, parse_date
from language.relative_dates import relative_dates
from language.words import STOPWORDS, stem
from qa.planner.features import tokens
from vectorstore import ArticleFilter
from vectorstore.types import Order

ARTICLE_WORDS = frozenset(
    "article articles piece pieces story stories report reports text texts document documents file files post posts"
    " essay paper interview one ones item items news newspaper page pages title titles".split()
)
"""What people call an article; around a name they say no more than that one is meant."""
SEVERAL = frozenset(word for word in ARTICLE_WORDS if word.endswith("s") and word != "news") | frozenset(
    "all authors writers reporters journalists names dates".split()
)
"""Words by which more than one is asked for."""
LIBRARY_WORDS = frozenset(
    "article articles documents library collection index catalogue inventory here author authors writer writers byline"
    " i my me you your we our us this it that these those newest latest oldest recently".split()
)
"""Words that say that a question is asked of what is kept here; "when was the letter published?" has none."""
ORDERS: dict[str, Order] = {
    "newest": "newest",
    "latest": "newest",
    "recent": "newest",
    "recently": "newest",
    "last": "newest",
    "new": "newest",
    "oldest": "oldest",
    "earliest": "oldest",
    "first": "oldest",
    "longest": "longest",
    "shortest": "shortest",
    "added": "added",
}
_VAGUE = frozenset({"new", "recent", "recently"})
"""Words of an order that do not single one out, unless "most" does."""
_MENTIONING = frozenset(map(stem, "mention contain appear occur name".split()))
_NUMBERS = {word: number for number, word in enumerate("one two three four five six seven eight nine ten".split(), 1)}
_DATE = rf"(?:{FULL_DATE}|{PARTIAL_DATE})"
_PERIOD = re.compile(
    rf"(?:(?P<cue>since|after|from|before|until|till|between|older than|newer than|up to) )?\b(?P<date>{_DATE})\b"
    rf"(?: ?(?:-|–|and|to|until) ?(?P<end>{_DATE})\b)?",
    re.IGNORECASE,
)
_WEEK = re.compile(r"\b(?:last|this|past) week\b", re.IGNORECASE)
_MONTH_CUES = frozenset("in from since during of last this after before until".split())
_EXCLUSIVE = {"after": 1, "newer than": 1, "before": -1, "older than": -1}


@dataclass(frozen=True)
class Period:
    """A stretch of time, both ends in it and either open: ISO 8601 as far as it was said."""

    since: str | None = None
    until: str | None = None


def period(question: str, today: datetime.date) -> Period:
    """When what a question asks for came out; open at both ends where it does not say."""
    if match := _PERIOD.search(question):
        date, end = parse_date(match["date"]), parse_date(match["end"] or "")
        if date is not None:
            return _period((match["cue"] or "").lower(), date, end)
    if _WEEK.search(question):
        return Period(since=(today - datetime.timedelta(days=7)).isoformat())
    for cue, word in pairwise(token.word for token in tokens(question)):
        if cue in _MONTH_CUES and (month := _latest_month(word, today)):
            return _period(cue, month, None)
    for words, date in relative_dates(question, today.isoformat()).items():
        before = question.lower().partition(words.lower())[0].split()
        return _period(before[-1] if before else "", date, None)
    return Period()


def _latest_month(word: str, today: datetime.date) -> str | None:
    """The month that ``word`` names, of this year or, where that lies ahead, of the last."""
    this_year = parse_date(f"{word} {today.year}")
    return this_year if this_year is None or this_year <= today.isoformat() else parse_date(f"{word} {today.year - 1}")


def _period(cue: str, date: str, end: str | None) -> Period:
    if end is not None:
        return Period(date, end)
    if cue in _EXCLUSIVE:
        days = days_of(date)
        assert days is not None  # parse_date gave it
        beyond = (days[1] if _EXCLUSIVE[cue] > 0 else days[0]) + datetime.timedelta(_EXCLUSIVE[cue])
        return Period(since=beyond.isoformat()) if _EXCLUSIVE[cue] > 0 else Period(until=beyond.isoformat())
    if cue == "since":
        return Period(since=date)
    if cue in ("until", "till", "up to"):
        return Period(until=date)
    return Period(date, date)


def without_dates(about: str, question: str) -> str:
    """``about`` without the period that ``question`` names: what is left is what the articles are about."""
    dates = " ".join(match.group() for pattern in (_PERIOD, _WEEK) for match in pattern.finditer(question))
    of_dates = {token.word for token in tokens(dates)}
    return " ".join(word for word in about.split() if word.lower() not in of_dates)


def core(reference: str) -> str:
    """What ``reference`` says besides that an article is meant: ``Met Gala`` of "the Met Gala piece"."""
    found = [token for token in tokens(reference) if token.word != "?"]
    telling = [place for place, token in enumerate(found) if not _is_frame(token.word)]
    return reference[found[telling[0]].start : found[telling[-1]].end] if telling else ""


def _is_frame(word: str) -> bool:
    return word in STOPWORDS or word in ARTICLE_WORDS or word in ORDERS or word in _NUMBERS


def order(words: Sequence[str]) -> Order | None:
    """In which order articles are asked for, where a word of the question says one."""
    return next((ORDERS[word] for word in reversed(words) if word in ORDERS), None)


def limit(words: Sequence[str], wanted_order: Order | None) -> int | None:
    """How many are asked for: a number said before them, one of "the newest article", else all."""
    for place, word in enumerate(words[:-1]):
        number = int(word) if word.isdigit() and len(word) < 4 else _NUMBERS.get(word)
        if number is not None and number > 1 and any(next_ in ARTICLE_WORDS for next_ in words[place + 1 : place + 4]):
            return number
    is_one = wanted_order not in (None, "added") and ("most" in words or _VAGUE.isdisjoint(words))
    return 1 if is_one and not is_plural(words) else None


def is_plural(words: Sequence[str]) -> bool:
    """Whether more than one article, author or date is asked for."""
    return not SEVERAL.isdisjoint(words)


def is_mention(words: Sequence[str]) -> bool:
    """Whether articles are asked for that hold certain words, rather than are about something."""
    return any(stem(word) in _MENTIONING for word in words)


def speaks_of_articles(words: Sequence[str]) -> bool:
    """Whether a question says that articles are meant, if only by a word that may also mean a tale or a document."""
    return not ARTICLE_WORDS.isdisjoint(words)


def speaks_of_library(words: Sequence[str]) -> bool:
    """Whether a question says that it is asked of what is kept here."""
    return not LIBRARY_WORDS.isdisjoint(words)


def make_filter(question: str, about: str, author: str | None, site: str | None, today: datetime.date) -> ArticleFilter:
    """The filter that ``question`` asks for; ``about``, ``author`` and ``site`` are what was found in it."""
    words = [token.word for token in tokens(question)]
    told = period(question, today)
    subject = core(without_dates(about, question))
    mentioned = subject if subject and is_mention(words) else None
    ordered = order([word for word in words if word not in subject.lower().split()])
    return ArticleFilter(
        author=author,
        since=told.since,
        until=told.until,
        source=site,
        about=subject if subject and not mentioned else None,
        mentions=mentioned,
        order=ordered,
        limit=limit(words, ordered),
    )
