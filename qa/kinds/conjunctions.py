"""Taking "A, B and C" apart, with care: many an "and" stands inside a name. Pure."""

from __future__ import annotations

import re

Span = tuple[int, int]

_AGE = r"(?<=[^\W\d]),\s\d{1,3}"
_JOINT = re.compile(
    rf"{_AGE}\s++(?:and|or|as well as)\s++"
    rf"|(?:{_AGE}(?=[,;]))?(?<!\s)\s*+[,;]\s*+(?:(?:and|or|as well as)\s++)?"
    r"|(?<!\s)\s++(?:and|or|as well as),?\s++"
)
_AGE_AT_THE_END = re.compile(rf"{_AGE}\Z")
_JOINT_WORD = re.compile(r"\b(?:and|or|as well as)\b")
_LED_IN = re.compile(r"(?:such as|including|both|either|namely|like)\s+", re.IGNORECASE)
_BOUND = re.compile(r"\b(?:between|from)\b", re.IGNORECASE)
"""What stands after these goes together: "between A and B"."""
LONGEST_ITEM = 6
"""Words of an item; what is longer is a clause, and its "and" joins more than names."""


def split_conjunction(text: str) -> list[Span]:
    """The items of ``text`` where it is a list ("A, B and C"), in their order; one span, the whole, where it is not.

    Two parts are a list only if they are alike: both names, both plain words. Ages ("Ann, 34, and Tom, 31") are left
    out. "Health and Human Services", numbers with commas, dates, places with their countries ("Florence, Italy") and
    "between A and B" stay whole.
    """
    whole = [(0, len(text))]
    if not _JOINT_WORD.search(text) or _BOUND.search(text):
        return whole
    led_in = _LED_IN.match(text)
    age = _AGE_AT_THE_END.search(text)
    end = age.start() if age else len(text)
    joints = [joint for joint in _joints(text) if joint[1] <= end]
    edges = [led_in.end() if led_in else 0, *(edge for joint in joints for edge in joint), end]
    parts = [(start, end) for start, end in zip(edges[::2], edges[1::2], strict=True)]
    words = [text[start:end].split() for start, end in parts]
    if len(parts) < 2 or not all(1 <= len(part) <= LONGEST_ITEM for part in words):
        return whole
    if any(text[start:end].count('"') % 2 for start, end in parts):
        return whole
    # A list of names has a name in every place: a plain word among them is one name's own "and", or no list.
    return parts if len({_shape(part) for part in words}) == 1 else whole


def _joints(text: str) -> list[Span]:
    """Commas inside a number or a date ("May 24, 2014") join nothing."""
    return [
        (joint.start(), joint.end())
        for joint in _JOINT.finditer(text)
        if not (text[joint.end() : joint.end() + 1].isdigit() and text[: joint.start()][-1:].isdigit())
    ]


def _shape(words: list[str]) -> str:
    if words[0][:1].isdigit():
        return "number"
    return "name" if any(word[:1].isupper() for word in words) else "words"
