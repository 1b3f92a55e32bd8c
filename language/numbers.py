"""Numbers as articles write them, in figures or in English words, and what they measure. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

_SMALL = {
    word: float(number)
    for number, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
        " seventeen eighteen nineteen".split()
    )
}
_TENS = {
    word: 10.0 * number
    for number, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), start=2)
}
_SCALES = {"dozen": 12.0, "hundred": 100.0, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}
_SHORT_SCALES = {"k": 1e3, "m": 1e6, "bn": 1e9, "tn": 1e12}
_FIGURES = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_TOKEN = re.compile(rf"(?<![\w.,])(?:{_FIGURES})(?:(?:bn|tn|[km])\b)?|[^\W\d_]+", re.IGNORECASE)
_ORDINAL = re.compile(r"(?:st|nd|rd|th)\b", re.IGNORECASE)

_UNITS: dict[str, tuple[str, float]] = {
    **dict.fromkeys(("millimetre", "millimeter", "mm"), ("length", 1e-3)),
    **dict.fromkeys(("centimetre", "centimeter", "cm"), ("length", 1e-2)),
    **dict.fromkeys(("metre", "meter", "m"), ("length", 1.0)),
    **dict.fromkeys(("kilometre", "kilometer", "km"), ("length", 1e3)),
    **dict.fromkeys(("inch", "inche"), ("length", 0.0254)),
    **dict.fromkeys(("foot", "feet", "ft"), ("length", 0.3048)),
    **dict.fromkeys(("yard", "yd"), ("length", 0.9144)),
    "mile": ("length", 1609.344),
    **dict.fromkeys(("gram", "gramme", "g"), ("weight", 1e-3)),
    **dict.fromkeys(("kilogram", "kilo", "kg"), ("weight", 1.0)),
    **dict.fromkeys(("tonne", "ton"), ("weight", 1e3)),
    **dict.fromkeys(("pound", "lb"), ("weight", 0.45359237)),
    "ounce": ("weight", 0.0283495),
    **dict.fromkeys(("second", "sec"), ("time", 1.0)),
    **dict.fromkeys(("minute", "min"), ("time", 60.0)),
    "hour": ("time", 3600.0),
    "day": ("time", 86400.0),
    "week": ("time", 7 * 86400.0),
    "month": ("time", 365.25 / 12 * 86400.0),
    "year": ("time", 365.25 * 86400.0),
    "litre": ("volume", 1.0),
    "liter": ("volume", 1.0),
    "gallon": ("volume", 3.785),
    "acre": ("area", 4046.86),
    "hectare": ("area", 1e4),
    "degree": ("degrees", 1.0),
    **dict.fromkeys(("percent", "%", "percentage"), ("share", 1.0)),
    **dict.fromkeys(("dollar", "$", "cent"), ("dollars", 1.0)),
    **dict.fromkeys(("euro", "€"), ("euros", 1.0)),
    **dict.fromkeys(("£", "sterling"), ("pounds", 1.0)),
    "yen": ("yen", 1.0),
}
"""What each unit measures, and how many of the measure's base unit it is; a pound is a weight, where no sign says
that it is money. Without a final s."""


@dataclass(frozen=True)
class Number:
    """A number in a text: ``text[start:end]`` is how it is written."""

    value: float
    start: int
    end: int


@dataclass(frozen=True)
class Quantity:
    """How much of what; ``measure`` is ``length``, ``time`` and the like, with ``value`` in its base unit (metres,
    seconds), or empty where it is a plain number."""

    value: float
    measure: str


def numbers_in(text: str) -> list[Number]:
    """The numbers of ``text`` in their order, words such as "twenty-one" and "2.3 million" whole; no ordinals."""
    found: list[Number] = []
    run: list[re.Match[str]] = []
    for token in _TOKEN.finditer(text):
        if run and not _joins(text, run, token):
            found += _numbers(run)
            run = []
        if _value(token.group()) is not None and not _ORDINAL.match(text, token.end()):
            run.append(token)
        elif run and token.group().lower() in ("and", "a"):
            continue
        elif run:
            found += _numbers(run)
            run = []
    return found + _numbers(run)


def quantity_in(text: str) -> Quantity | None:
    """The first quantity of ``text``: "3 minutes 59.4 seconds" is one, in seconds. None where there is no number."""
    numbers = numbers_in(text)
    if not numbers:
        return None
    first = numbers[0]
    measure, factor = unit_of(text, first)
    value = first.value * factor
    for previous, number in pairwise(numbers):
        between = text[previous.end : number.start].split()
        measured, factor = unit_of(text, number)
        if not measure or measured != measure or len(between) > 2:
            break
        value += number.value * factor
    return Quantity(value, measure)


def unit_of(text: str, number: Number) -> tuple[str, float]:
    """What ``number`` measures, and the size of its unit in the measure's base unit; ("", 1.0) for a plain number."""
    before, after = text[: number.start].rstrip(), text[number.end :].lstrip(" -\u00a0")
    if before[-1:] in _UNITS:
        return _UNITS[before[-1:]]
    if after[:1] == "%":
        return _UNITS["%"]
    word = re.match(r"[^\W\d_]+", after)
    name = word.group().lower() if word else ""
    # One letter is a unit only where it is written close to figures: "5 m", not "5 a".
    return _UNITS.get(name) or _UNITS.get(name.removesuffix("s")) or ("", 1.0)


def _joins(text: str, run: list[re.Match[str]], token: re.Match[str]) -> bool:
    between = text[run[-1].end() : token.start()].strip().lower()
    if token.group().lower() in _SCALES and between in ("", "-"):
        return True
    if run[-1].group()[0].isdigit() or token.group()[0].isdigit():
        return False
    return between in ("", "-", "and") and not (between == "and" and not _is_scale(run[-1]))


def _is_scale(token: re.Match[str]) -> bool:
    return token.group().lower() in _SCALES


def _value(token: str) -> float | None:
    word = token.lower()
    if word in _SMALL or word in _TENS or word in _SCALES:
        return _SMALL.get(word, _TENS.get(word, _SCALES.get(word)))
    if not word[0].isdigit():
        return None
    scale = next((scale for scale in ("bn", "tn", "k", "m") if word.endswith(scale)), "")
    return float(word.removesuffix(scale).replace(",", "")) * _SHORT_SCALES.get(scale, 1.0)


def _numbers(run: list[re.Match[str]]) -> list[Number]:
    """The numbers of neighbouring number words: most often one ("two hundred and six"), else several ("one two")."""
    found: list[Number] = []
    total, part, last = 0.0, 0.0, None
    start = run[0].start() if run else 0
    for token in run:
        word, value = token.group().lower(), _value(token.group()) or 0.0
        if word in _SCALES:
            if last is None:
                part = 1.0
            if value > 100:
                total, part = total + (part or 1.0) * value, 0.0
            else:
                part = (part or 1.0) * value
        elif last is not None and not (part % 100 == 0 or (word in _SMALL and 0 < value < 10 and part % 10 == 0)):
            found.append(Number(total + part, start, last.end()))
            total, part, start = 0.0, value, token.start()
        else:
            part += value
        last = token
    if last is not None:
        found.append(Number(total + part, start, last.end()))
    return found
