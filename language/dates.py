"""Dates as articles write them, in English and other languages -> ISO 8601. An ambiguous date is no date."""

from __future__ import annotations

import calendar
import datetime
import re

_MONTHS = "january february march april may june july august september october november december".split()
_OTHER_MONTHS = """
januar februar märz april mai juni juli august september oktober november dezember
janvier février mars avril mai juin juillet août septembre octobre novembre décembre
enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre
janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro
gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre
januari februari maart april mei juni juli augustus september oktober november december
"""
_MONTH_NUMBERS = {
    name: number
    for names in (_MONTHS, *map(str.split, _OTHER_MONTHS.strip().splitlines()))
    for number, name in enumerate(names, start=1)
}
_MONTH_NUMBERS |= {name[:3]: number for number, name in enumerate(_MONTHS, start=1)} | {"sept": 9, "jänner": 1}
_MONTH = rf"(?:{'|'.join(sorted(_MONTH_NUMBERS, key=len, reverse=True))})\.?"
_WEEKDAY = (
    r"(?:(?:Mon|Diens|Donners|Frei|Sams|Sonn)tag|Mittwoch|Sonnabend|(?:lun|mar|mercre|jeu|vendre|same)di|dimanche"
    r"|lunes|martes|miércoles|jueves|viernes|sábado|domingo|(?:segunda|terça|quarta|quinta|sexta)-feira"
    r"|(?:lune|marte|mercole|giove|vener)dì|sabato|domenica|(?:maan|dins|woens|donder|vrij|zater|zon)dag"
    r"|(?:Mon|Tues?|Wed(?:nes)?|Thu(?:rs)?|Fri|Sat(?:ur)?|Sun)(?:day)?\.?)"
)
_DAY = r"\d{1,2}(?:st|nd|rd|th|er|\.|º)?"
_YEAR = r"\d{4}"
_OF, _IN = r"(?:of |de )?", r",?(?: del?)? "

FULL_DATE = (
    rf"(?:(?:{_WEEKDAY},? )?(?:{_MONTH} {_DAY},? {_YEAR}|{_DAY} {_OF}{_MONTH}{_IN}{_YEAR})"
    rf"|{_YEAR}[-/]\d\d[-/]\d\d|\d{{1,2}}[/.]\d{{1,2}}[/.]{_YEAR})"
)
"""Pattern of a date with its day; to be used ignoring case."""
PARTIAL_DATE = rf"(?:{_MONTH}{_IN}{_YEAR}|{_YEAR}-\d\d|{_YEAR})"
"""Pattern of a year, or a month of a year; to be used ignoring case."""
TIME = r"(?:\d{1,2}[:.h]\d\d(?:[:.]\d\d)?(?:\s?[AP]\.?M\.?)?|\d{1,2}\s?[AP]\.?M\.?)(?:\s\(?[A-Z]{1,4}T?\)?)?"

_MONTH_FIRST = re.compile(rf"(?:{_WEEKDAY},? )?({_MONTH}) (\d{{1,2}})(?:st|nd|rd|th)?,? ({_YEAR})", re.IGNORECASE)
_DAY_FIRST = re.compile(
    rf"(?:{_WEEKDAY},? )?(\d{{1,2}})(?:st|nd|rd|th|er|\.|º)? {_OF}({_MONTH}){_IN}({_YEAR})", re.IGNORECASE
)
_NUMERIC = re.compile(rf"(\d{{1,2}})([/.])(\d{{1,2}})\2({_YEAR})")
_ISO = re.compile(rf"({_YEAR})(?:-(\d\d)(?:-(\d\d)(?:[T ]\d\d:?\d\d.{{0,20}})?)?)?")
_YEAR_FIRST = re.compile(rf"({_YEAR})/(\d\d)/(\d\d)")
_BASIC_ISO = re.compile(rf"({_YEAR})(\d\d)(\d\d)(?:T\d{{4,6}}.{{0,10}})?")
_MONTH_YEAR = re.compile(rf"({_MONTH}){_IN}({_YEAR})", re.IGNORECASE)
_CLOCK = re.compile(rf"(?:,| -| \|)?(?: at| um| à)?\s{TIME}\Z", re.IGNORECASE)


def parse_date(text: str) -> str | None:
    """``2017-05-05``, ``2017-05`` or ``2017`` for a text that is a date and nothing else, however it is written."""
    text = " ".join(text.split())
    if len(text) > 60:
        return None
    return _parse(text) or _parse(_CLOCK.sub("", text))


def date_in_words(date: str) -> str:
    """``5 May 2017``, ``May 2017`` or ``2017`` for an ISO 8601 date; any other text as it is."""
    match = re.fullmatch(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?", date)
    if not match or (match[2] and not 1 <= int(match[2]) <= 12):
        return date
    month = _MONTHS[int(match[2]) - 1].capitalize() if match[2] else None
    return " ".join(part for part in (match[3] and str(int(match[3])), month, match[1]) if part)


def days_of(date: str) -> tuple[datetime.date, datetime.date] | None:
    """The first and the last day of an ISO 8601 date, which may be a month or a year; None where it is none."""
    match = re.fullmatch(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?", date)
    if not match:
        return None
    year, month, day = (int(part) if part else None for part in match.groups())
    assert year is not None
    try:
        first = datetime.date(year, month or 1, day or 1)
    except ValueError:  # no such day
        return None
    if day is None:
        last_month = month or 12
        return first, datetime.date(year, last_month, calendar.monthrange(year, last_month)[1])
    return first, first


def _parse(text: str) -> str | None:
    if match := _ISO.fullmatch(text) or _YEAR_FIRST.fullmatch(text) or _BASIC_ISO.fullmatch(text):
        year, month, day = match.groups()
        return _iso(year, month, day)
    if match := _MONTH_FIRST.fullmatch(text):
        return _iso(match[3], _month_number(match[1]), match[2])
    if match := _DAY_FIRST.fullmatch(text):
        return _iso(match[3], _month_number(match[2]), match[1])
    if match := _MONTH_YEAR.fullmatch(text):
        return _iso(match[2], _month_number(match[1]), None)
    if match := _NUMERIC.fullmatch(text):
        return _numeric(int(match[1]), match[2], int(match[3]), match[4])
    return None


def _numeric(first: int, separator: str, second: int, year: str) -> str | None:
    """Dots put the day first; with slashes only a number above 12, or two equal ones, tell day from month."""
    if separator == "." or first > 12 or first == second:
        return _iso(year, str(second), str(first))
    return _iso(year, str(first), str(second)) if second > 12 else None


def _month_number(name: str) -> str:
    return str(_MONTH_NUMBERS[name.lower().removesuffix(".")])


def _iso(year: str, month: str | None, day: str | None) -> str | None:
    """The ISO form, or None where there is no such day."""
    try:
        date = datetime.date(int(year), int(month or 1), int(day or 1))
    except ValueError:
        return None
    if not 1400 <= date.year <= 2200:
        return None
    return date.isoformat()[: 10 if day else 7 if month else 4]
