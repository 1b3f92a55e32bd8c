"""The dates that a sentence mentions, as ISO 8601. What could be one of two days is no date."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from typing import NamedTuple

from language.dates import FULL_DATE, days_of, parse_date
from language.relative_dates import relative_dates

_MONTHS = "January February March April May June July August September October November December".split()
_SHORT = "Jan Feb Mar Apr Jun Jul Aug Sept Sep Oct Nov Dec".split()
_MONTH = rf"(?:{'|'.join(_MONTHS)}|(?:{'|'.join(_SHORT)})\b\.?)"
_WEEKDAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
_YEAR = r"(?:1[4-9]|20)\d\d"
_FULL = re.compile(FULL_DATE, re.IGNORECASE)
_MONTH_YEAR = re.compile(rf"\b({_MONTH}),? (?:of )?({_YEAR})\b")
_MONTH_DAY = re.compile(
    rf"\b(?:(?P<weekday>{'|'.join(_WEEKDAYS)}),?(?: [a-z]+,)? )?"
    rf"(?:(?P<month>{_MONTH}) (?P<day>\d{{1,2}})(?:st|nd|rd|th)?"
    rf"|(?P<day2>\d{{1,2}})(?:st|nd|rd|th)? (?:of )?(?P<month2>{_MONTH}))\b(?!,? ?\d)"
)
_MONTH_ALONE = re.compile(
    rf"\b(?:[Ii]n|[Ss]ince|[Uu]ntil|[Ll]ast|[Tt]his|(?:[Ee]arly|[Ll]ate|mid)(?: in)?)[ -]({_MONTH})\b(?!,? ?\d)"
)
_YEAR_ALONE = re.compile(
    rf"\b(?:[Ii]n|[Ss]ince|[Uu]ntil|[Bb]y|[Ff]rom|[Dd]uring|[Bb]efore|[Aa]fter|[Ee]arly|[Ll]ate|mid|of|to)[ -]"
    rf"({_YEAR})\b(?![,.]?\d|s\b)"
)
_ANY_YEAR = re.compile(rf"(?<![\d$£€,.-]){_YEAR}(?![\d%]|[,.]\d|s\b)")
_WEEKDAY = re.compile(
    rf"(?<!first )(?<!second )(?<!third )(?<!fourth )(?<!every )(?<!each )\b(?:(?P<side>[Ll]ast|[Nn]ext|[Tt]his)\s+)?"
    rf"(?P<name>{'|'.join(_WEEKDAYS)})\b(?! of\b|s\b|['’])"
)
_AHEAD = re.compile(
    r"\b(?:will|won't|won’t|would|next|upcoming|coming|scheduled|expected|plans?|planned|set to|due|until|by|can|may|if"
    r"|tomorrow|future|could|should)\b|['’]ll\b"
)
"""Words beside which a day without a year may lie ahead."""
SOON = 45
"""Days that a date without a year may lie ahead in a sentence that does not say so: "the show opens June 20"."""
TOMORROW = 6
"""Days back to the weekday that the day after publication is."""
FAR = 120
"""Days from publication beyond which a date without a year, beside such words, is not told from that of another."""


class Mention(NamedTuple):
    """A date in a text: ``text[start:end]`` says ``date``, as far as it is known (``2017-05-05``, ``2017-05``, …)."""

    start: int
    end: int
    date: str


def dates_in(text: str, published: str | None = None, opening: str = "", before: str = "") -> list[Mention]:
    """The dates that ``text`` mentions, in its order, without overlap.

    ``published``, in ISO 8601, is the day the article came out: without it, days without a year and words such as
    "Tuesday" and "last year" say nothing. Nor do they in an article whose ``opening`` is of an earlier year, and days
    of a month do not where the words right ``before`` are: "on 21 June" in a story of 1954 is of that year. A day that
    may lie behind or ahead is left out.
    """
    published = "" if published and _is_of_the_past(opening, published) else published or ""
    of_the_year = "" if published and _is_of_the_past(before, published) else published
    found: list[Mention] = []
    for mention in _candidates(text, published, of_the_year):
        if all(mention.end <= other.start or mention.start >= other.end for other in found):
            found.append(mention)
    return sorted(found)


def _is_of_the_past(words: str, published: str) -> bool:
    """Whether the last year that ``words`` name is neither that of publication nor one beside it."""
    years = _ANY_YEAR.findall(words)
    return bool(years) and abs(int(years[-1]) - int(published[:4])) > 1


def _candidates(text: str, published: str, of_the_year: str) -> Iterator[Mention]:
    """The surest first: what overlaps an earlier one is part of it."""
    for match in _FULL.finditer(text):
        if date := parse_date(match.group()):
            yield Mention(*match.span(), date)
    for match in _MONTH_YEAR.finditer(text):
        yield Mention(*match.span(), f"{match[2]}-{_month_number(match[1]):02}")
    may_lie_ahead = bool(_AHEAD.search(text))
    for match in _MONTH_DAY.finditer(text):
        month, day = _month_number(match["month"] or match["month2"]), int(match["day"] or match["day2"])
        if match["weekday"]:
            date = _on_weekday(of_the_year, match["weekday"], month, day)
        else:
            date = _without_year(of_the_year, may_lie_ahead, month, day)
        if date:
            yield Mention(*match.span(), date)
        text = _blanked(text, match)  # a weekday beside a day that cannot be told tells no day either
    for match in _MONTH_ALONE.finditer(text):
        if date := _without_year(of_the_year, may_lie_ahead, _month_number(match[1]), None):
            yield Mention(*match.span(), date)
    for match in _YEAR_ALONE.finditer(text):
        yield Mention(*match.span(1), match[1])
    yield from _relative(text, published)
    for match in _WEEKDAY.finditer(text):
        if date := _weekday(published, may_lie_ahead, match):
            yield Mention(*match.span(), date)


def _relative(text: str, published: str) -> Iterator[Mention]:
    for words, date in relative_dates(text, published).items():
        if words.lower() == "today":  # "nowadays", as often as not
            continue
        # "The Queen would call this year a horrible one": whose year it is, only "earlier this year" tells.
        needed = r"(?i:earlier|later)\s+" if words.lower().startswith("this ") else r"(?<![Tt]he )"  # "the next year"
        at = re.search(rf"\b{needed}" + r"\s+".join(map(re.escape, words.split())) + r"\b", text)
        if at:
            yield Mention(*at.span(), date)


def _month_number(name: str) -> int:
    return next(number for number, month in enumerate(_MONTHS, start=1) if month[:3] == name[:3])


def _without_year(published: str, may_lie_ahead: bool, month: int, day: int | None) -> str | None:
    """The last such day or month up to that of publication; where the sentence may look ahead, the nearest one.

    None where the other is not far enough to be out of the question.
    """
    known = days_of(published)
    if known is None or known[0] != known[1]:  # the year is known, and not when in it
        return None
    came_out = known[0]
    this_month = came_out.replace(day=1)
    try:
        dates = [datetime.date(came_out.year + more, month, day or 1) for more in (-1, 0, 1)]
    except ValueError:  # no such day
        return None
    now = came_out if day else this_month
    behind = max(date for date in dates if date <= now)
    ahead = min(date for date in dates if date > now)
    meant: datetime.date | None = behind
    if may_lie_ahead:
        nearest = min(behind, ahead, key=lambda date: abs((date - now).days))
        meant = nearest if abs((nearest - now).days) <= FAR else None
    elif (ahead - now).days <= SOON or (day is None and behind == now):  # this month would be called "this month"
        meant = None
    return meant.isoformat()[: 10 if day else 7] if meant else None


def _on_weekday(published: str, weekday: str, month: int, day: int) -> str | None:
    """The day of the year of publication, or one beside it, that is such a weekday: no two of them are."""
    for year in (int(published[:4]) + more for more in (0, -1, 1)) if published else ():
        try:
            date = datetime.date(year, month, day)
        except ValueError:  # no such day
            continue
        if date.strftime("%A") == weekday:
            return date.isoformat()
    return None


def _blanked(text: str, match: re.Match[str]) -> str:
    return text[: match.start()] + " " * (match.end() - match.start()) + text[match.end() :]


def _weekday(published: str, may_lie_ahead: bool, match: re.Match[str]) -> str | None:
    """The last such day up to that of publication; where the sentence looks ahead, only that of publication."""
    known = days_of(published)
    side = (match["side"] or "").lower()
    if known is None or known[0] != known[1] or side == "next":
        return None
    back = (known[0].weekday() - _WEEKDAYS.index(match["name"])) % 7
    if side == "last" and back == 0:
        back = 7
    if may_lie_ahead and back and side != "last":  # the day of publication itself is meant, whatever is said of it
        return None
    if back == TOMORROW and side != "last":  # or the article was brought up to date on the day after
        return None
    return (known[0] - datetime.timedelta(days=back)).isoformat()
