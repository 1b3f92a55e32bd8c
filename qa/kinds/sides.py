"""What a comparing question compares, and in what: its two sides, and the question to ask of each. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from language.words import AUXILIARIES, BE, DETERMINERS, stem

_FRAMES = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"^(?P<before>.{0,200}\b(?:differences?|differ|comparison|choice|distinction)\b.{0,200}?)"
        r"\bbetween\s++(?P<a>.{1,200}?)\s++and\s++(?P<b>.+)$",
        r"^(?P<before>.{0,200}\bbetween)\s++(?P<a>.{1,200}?)\s++and\s++(?P<b>[^,]+)(?P<after>,.+)$",
        r"^(?P<before>.{0,200}\bcompare)\s++(?P<a>.{1,200}?)\s++(?:and|with|to)\s++(?P<b>.+)$",
        r"^(?P<before>how (?:do|does|did|is|are|was|were))\s++(?P<a>.{1,200}?)\s++"
        r"(?:compare (?:to|with)|(?:differ|different) from)\s++(?P<b>.+)$",
        r"^(?P<before>how (?:do|does|did))\s++(?P<a>.{1,200}?)\s++and\s++(?P<b>.{1,200}?)"
        r"\s++(?:compare|differ)\b(?P<after>.*)$",
        r"^(?P<before>)(?P<a>.{1,200}?)\s++(?:vs\.?|versus|compared (?:to|with))\s++(?P<b>.+)$",
        r"^(?P<before>.{0,200}?(?:[,:;]|\s[–—-]{1,2})\s*)(?P<a>(?:(?!,?\sor\s)[^,:;]){1,200}+),?\sor\s(?P<b>[^,:;]+)$",
    )
]


@dataclass(frozen=True)
class Compared:
    """Two sides, and the words around them."""

    sides: tuple[str, str]
    asked: str
    """The question without its sides."""


def compared(question: str, sides: Sequence[str] = ()) -> Compared | None:
    """The sides of ``question`` and what is asked of them; None where it names no two.

    ``sides`` are those that are known already, in the words of the question.
    """
    asked = " ".join(question.split()).rstrip("?!. ")
    if len(sides) >= 2 and not _FRAMES[-1].match(asked):  # "..., A or B" says itself where its sides begin
        return Compared((_bare(sides[0]), _bare(sides[1])), _without(asked, sides[:2]))
    for frame in _FRAMES:
        if match := frame.match(asked):
            rest = match.groupdict().get("after") or ""
            return _compared(match["a"], match["b"], f"{match['before']} {rest}")
    if (place := asked.lower().find(" or ", 1)) > 0:
        before, other = asked[:place].split(), asked[place + len(" or ") :]
        # "Who sold more records Rihanna or Beyonce": as many words as the other side has, or a name's.
        count = len(other.split())
        names = next((n for n, word in enumerate(reversed(before)) if not word[:1].isupper()), 0)
        count = min(names or count, len(before) - 1)
        if count > 0:
            return _compared(" ".join(before[-count:]), other, " ".join(before[:-count]))
    return None


def _compared(a: str, b: str, asked: str) -> Compared:
    return Compared((_bare(a), _bare(b)), " ".join(asked.split()).strip(" ,:;-–—"))


def whole_name(side: str, asked: str) -> str:
    """``side`` with what it owns: "Webb's" of "Which mirror is bigger" is "Webb's mirror"."""
    if not re.search(r"['’]s?$", side):
        return side
    nouns = []
    for word in asked.split()[1:]:
        if word.lower() in AUXILIARIES:
            break
        nouns.append(word)
    return " ".join([side, *nouns])


def _bare(side: str) -> str:
    words = side.strip(" ,:;").split()
    return " ".join(words[1:] if len(words) > 1 and words[0].lower() in ("either", "between") else words)


def _without(asked: str, sides: Sequence[str]) -> str:
    for side in sides:
        asked = re.sub(rf"\b{re.escape(side)}(?!\w)", " ", asked, count=1, flags=re.IGNORECASE)
    words = asked.split()
    while words and words[-1].strip(",:;?").lower() in ("", "or", "and"):
        words.pop()
    return " ".join(words).rstrip(",:;?")


@dataclass(frozen=True)
class Measured:
    """A comparison that a date or a number decides."""

    question: str
    """What to ask of a side; ``{}`` stands for its name."""
    by: Literal["date", "number"]
    greatest: bool
    """Whether the side with the greatest, or latest, is asked for."""


_DATES = {
    **dict.fromkeys("first earlier earliest before sooner".split(), False),
    **dict.fromkeys("last later latest second after newer newest recently".split(), True),
}
_AGES = {"older": False, "oldest": False, "elder": False, "younger": True, "youngest": True}
"""Whether the latest birth decides."""
_AMOUNTS = {"more": True, "most": True, "fewer": False, "fewest": False, "less": False, "least": False}
_PARTICLES = frozenset("out up in off on down over away".split())


def _sizes(adjectives: str, greatest: bool) -> dict[str, tuple[str, bool]]:
    """Each comparative and superlative of ``adjectives``, with its adjective."""
    found: dict[str, tuple[str, bool]] = {}
    for base in adjectives.split():
        root = base.removesuffix("e")
        root = root[:-1] + "i" if root.endswith("y") else root + root[-1] if base in ("big", "hot", "thin") else root
        found |= dict.fromkeys((root + "er", root + "est"), (base, greatest))
    return found


_SIZES = _sizes("big large long tall high heavy fast deep wide strong rich costly hot warm loud thick great busy", True)
_SIZES |= _sizes("small short low light slow cheap near close weak thin narrow cold poor", False)


def measured(asked: str) -> list[Measured]:
    """The questions whose answers, dates or numbers, decide ``asked``, each to be tried where those before it find
    nothing; empty where nothing that is counted decides."""
    words = asked.split()
    for place, word in enumerate(words):
        word = word.lower().strip(",.:;")
        before, after = words[:place], words[place + 1 :]
        if word in _AGES:
            begun = "born" if before and before[0].lower() in ("who", "whose") else "founded"
            return [
                Measured(f"When was {{}} {begun}?", "date", _AGES[word]),
                Measured("How old is {}?", "number", not _AGES[word]),
            ]
        if word in _DATES:
            return [Measured(_when([*_predicate(before), *after]), "date", _DATES[word])]
        if word in _AMOUNTS:
            return [Measured(_how_many(before, after), "number", _AMOUNTS[word])]
        if word in _SIZES:
            base, greatest = _SIZES[word]
            return [Measured(_how(base, before, after), "number", greatest)]
    return []


def stated_of_one(asked: str) -> str | None:
    """What ``asked`` says of the side it asks for: "is American" of "Which singer is American"; None where it asks for
    something else."""
    words = asked.split()
    if not words or words[0].lower() not in ("which", "who", "what"):
        return None
    place = next((place for place, word in enumerate(words) if word.lower() in AUXILIARIES), None)
    return None if place is None or place == len(words) - 1 else " ".join(words[place:])


def _predicate(before: Sequence[str]) -> list[str]:
    """What ``before`` says of a side: "Which city was incorporated" -> "was incorporated"."""
    start = next((place for place, word in enumerate(before) if word.lower() in AUXILIARIES), None)
    if start is not None:
        return list(before[start:])
    # Without an auxiliary the verb stands last: "Which magazine started", "Which came out".
    return list(before[-2:] if before and before[-1].lower() in _PARTICLES else before[-1:])


def _when(rest: Sequence[str]) -> str:
    if not rest or stem(rest[0].lower()) == stem("happened"):
        return "When was {}?"
    if rest[0].lower() in AUXILIARIES:
        return f"When {' '.join([rest[0], '{}', *rest[1:]])}?"
    return f"When did {{}} {' '.join(rest)}?"


def _how_many(before: Sequence[str], things: Sequence[str]) -> str:
    """ "Who threw more passes" -> "How many passes did {} threw?"; readers are used to worse."""
    verb = _predicate(before)
    if before and before[0].lower() in AUXILIARIES:  # "Were there fewer scribes or scholars?"
        return f"How many {{}} {' '.join([*before, *things])}?"
    if verb and verb[0].lower() in BE:
        return f"How {' '.join(things) or 'much'} {verb[0]} {{}}?"
    return f"How {'many' if things else 'much'} {' '.join([*things, 'did', '{}', *verb])}?"


def _how(base: str, before: Sequence[str], after: Sequence[str]) -> str:
    verb = _predicate(before)
    if before and before[0].lower() in AUXILIARIES:  # "Was life expectancy longer for men or women?"
        return f"How {' '.join([base, *before, *after])} {{}}?"
    if verb and verb[0].lower() in BE:
        return f"How {' '.join([base, verb[0], '{}', *after])}?"
    if after:  # "Which has a longer life expectancy"
        return f"How {base} is the {' '.join(after)} of {{}}?"
    return f"How {base} did {{}} {' '.join(verb)}?"


def is_about(side: str, text: str, other: str = "") -> bool:
    """Whether ``text`` speaks of ``side``: it has the words of its name, or the last of them; what is said of
    ``other``, a longer name with the same words ("the Wii U"), does not count."""
    if other and _bare_name(side) != _bare_name(other) and _bare_name(side) in _bare_name(other):
        text = re.sub(rf"(?<!\w){re.escape(_bare_name(other))}(?!\w)", " ", text, flags=re.IGNORECASE)
    words = [stem(word) for word in re.findall(r"\w+", _bare_name(side))]
    found = {stem(word) for word in re.findall(r"\w+", text.lower())}
    if not words or not (words[-1] in found or all(word in found for word in words)):
        return False
    # "the State of the Union" is not what a story on a union of workers is about.
    last = re.findall(r"\w+", re.sub(r"['’]s?$", "", side.strip()))[-1]
    return (
        not last[:1].isupper() or re.search(rf"(?<!\w){re.escape(last[0])}(?i:{re.escape(last[1:])})", text) is not None
    )


def _bare_name(side: str) -> str:
    """In lower case, without its article and without what makes it a possessive."""
    words = re.sub(r"['’]s?$", "", side.lower().strip()).split()
    return " ".join(words[1:] if len(words) > 1 and words[0] in DETERMINERS else words)
