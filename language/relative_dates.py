"""Words such as "yesterday" and "two years ago" in an article, read against the day it came out."""

from __future__ import annotations

import datetime
import re

_DAYS = {
    "the day before yesterday": -2, "yesterday": -1, "last night": -1, "today": 0, "tonight": 0, "this morning": 0,
    "this afternoon": 0, "this evening": 0, "tomorrow": 1, "the day after tomorrow": 2,
}  # fmt: skip
_SIDES = {"last": -1, "this": 0, "next": 1}
_NUMBERS = {word: number for number, word in enumerate("zero one two three four five six seven eight nine ten".split())}
_NUMBERS |= {"a": 1, "an": 1}
_DAY = "|".join(sorted(_DAYS, key=len, reverse=True)).replace(" ", r"\s+")
_WORDS = re.compile(
    rf"\b(?:(?P<day>{_DAY})|(?P<side>last|this|next)\s+(?P<period>month|year)"
    rf"|(?P<number>\d{{1,3}}|{'|'.join(_NUMBERS)})\s+(?P<unit>day|month|year)s?\s+ago)\b",
    re.IGNORECASE,
)


def relative_dates(text: str, published: str | None) -> dict[str, str]:
    """What the relative dates in ``text`` mean in an article that came out on a day: ``{"yesterday": "2017-05-04"}``.

    As exact as the words are: "last year" is a year. Weekdays, and weeks, are left: "on Friday" may lie behind or
    ahead. Nothing where ``published``, in ISO 8601, is not known as exactly as the words need.
    """
    found = ((" ".join(match.group().split()), _meant(match, published or "")) for match in _WORDS.finditer(text))
    return {words: date for words, date in found if date}


def _meant(match: re.Match[str], published: str) -> str | None:
    if match["day"]:
        return _day(published, _DAYS[" ".join(match["day"].lower().split())])
    if match["side"]:
        return _period(published, _SIDES[match["side"].lower()], match["period"].lower())
    word = match["number"].lower()
    number = int(word) if word.isdigit() else _NUMBERS[word]
    return _day(published, -number) if match["unit"].lower() == "day" else _period(published, -number, match["unit"])


def _day(published: str, days: int) -> str | None:
    try:
        return (datetime.date.fromisoformat(published) + datetime.timedelta(days)).isoformat()
    except (ValueError, OverflowError):  # known by its month or year only
        return None


def _period(published: str, count: int, unit: str) -> str | None:
    """The month or year that lies ``count`` of them after the one of publication."""
    known = re.match(r"(\d{4})(?:-(\d\d))?", published)
    if not known:
        return None
    if unit.lower() == "year":
        return f"{int(known[1]) + count:04}"
    if not known[2]:
        return None
    year, month = divmod(int(known[1]) * 12 + int(known[2]) - 1 + count, 12)
    return f"{year:04}-{month + 1:02}"
