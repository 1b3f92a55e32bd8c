"""The names that a text speaks of, told by how it writes them itself: no list of names is needed."""

from __future__ import annotations

import calendar
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from language.words import STOPWORDS

_WORD = re.compile(r"[^\W\d_][\w'’-]*")
_SPACE = re.compile(r"[ \t]+|\n")
_POSSESSIVE = re.compile(r"['’]s?\Z")
_FOLLOWING = re.compile(r" ([^\W\d_]\w*)")
NO_NAMES = STOPWORDS | {name.lower() for name in (*calendar.month_name, *calendar.day_name)}
"""Words with a capital that name nothing: of sentences that begin, and of dates, which are told apart."""
MOST_WORDS = 4
FEWEST_MENTIONS = 2
_BEFORE_PLACES = frozenset(("in", "at", "near", "across", "around", "outside"))
"""Words that stand before a place, and seldom before a person."""
PLACE_SHARE = 0.5
"""Of a name's mentions, those that must have such a word before them for it to be taken for a place."""


@dataclass(frozen=True)
class Name:
    """A name with where it first stands: ``text[start:end]``."""

    text: str
    start: int
    end: int
    mentions: int
    is_place: bool


def names_in(text: str, most: int = 8) -> list[Name]:
    """The names that ``text`` mentions more than once, the most frequent first.

    A name is a run of words with a capital that do not only begin a sentence, and none of which the text also writes
    small, unless the run always goes on with such a word ("Supreme Court"). A shorter name that only stands for a
    longer one ("Kim" for "Kim Kardashian") is counted with it.
    """
    words = list(_WORD.finditer(text))
    small = {word[0] for word in words if word[0][0].islower()}
    runs = _gone_on(text, _runs(text, words, small))
    # At the beginning of a sentence anything has a capital: a single word there is a name only if it is one elsewhere.
    names = {name for name, _, _, before in runs if before or " " in name}
    whole: Counter[str] = Counter(run[0] for run in runs)
    in_places = Counter(name for name, _, _, before in runs if before in _BEFORE_PLACES)
    standing = {
        name: name if in_places[name] >= PLACE_SHARE * whole[name] else _standing_for(name, whole) for name in whole
    }
    first: dict[str, tuple[int, int]] = {}
    mentions: Counter[str] = Counter()
    placed: Counter[str] = Counter()
    for name, start, end, before in runs:
        meant = standing[name]
        mentions[meant] += 1
        placed[meant] += before in _BEFORE_PLACES
        if name == meant:
            first.setdefault(meant, (start, end))
    ranked = sorted(first, key=lambda name: (-mentions[name], first[name][0]))
    return [
        Name(name, *first[name], mentions[name], placed[name] >= PLACE_SHARE * mentions[name])
        for name in ranked
        if name in names and mentions[name] >= FEWEST_MENTIONS
    ][:most]


def _standing_for(name: str, whole: Counter[str]) -> str:
    """The longer name that ``name`` is short for: one it ends, or begins where that is of two words and said again."""
    longer = [
        other
        for other in whole
        if other.endswith(f" {name}") or (other.startswith(f"{name} ") and other.count(" ") == 1 and whole[other] > 1)
    ]
    return max(longer, key=lambda other: (whole[other], len(other))) if longer else name


def _runs(text: str, words: Sequence[re.Match[str]], small: set[str]) -> list[tuple[str, int, int, str]]:
    """(name, start, end, the word right before it) of each run of words with a capital."""
    runs: list[tuple[str, int, int, str]] = []
    place = 0
    while place < len(words):
        end = place
        while end < len(words) and end - place < MOST_WORDS and _belongs(text, words, place, end, small):
            end += 1
        if end == place:
            place += 1
            continue
        start, stop = words[place].start(), words[end - 1].end()
        before = words[place - 1][0] if place and _SPACE.fullmatch(text[words[place - 1].end() : start]) else ""
        name = " ".join(_POSSESSIVE.sub("", text[start:stop]).split())
        if len(name) > 1:
            runs.append((name, start, start + len(_POSSESSIVE.sub("", text[start:stop])), before.lower()))
        place = end
    return runs


def _gone_on(text: str, runs: Sequence[tuple[str, int, int, str]]) -> list[tuple[str, int, int, str]]:
    """``runs``, each with the next word where all runs of its name are followed by one with a capital."""
    following = [_FOLLOWING.match(text, end) for _, _, end, _ in runs]
    often = Counter(name for name, _, _, _ in runs)
    whole = {name for name, count in often.items() if count < FEWEST_MENTIONS or name.count(" ") + 1 >= MOST_WORDS}
    whole |= {run[0] for run, word in zip(runs, following, strict=True) if word is None or not word[1].istitle()}
    return [
        run if word is None or run[0] in whole else (f"{run[0]}{word[0]}", run[1], word.end(), run[3])
        for run, word in zip(runs, following, strict=True)
    ]


def _belongs(text: str, words: Sequence[re.Match[str]], first: int, place: int, small: set[str]) -> bool:
    """Whether the word at ``place`` goes on with the name that begins at ``first``."""
    word = words[place][0]
    if not word[0].isupper() or word.lower() in small or word.lower() in NO_NAMES:
        return False
    if place == first:
        return True
    gap = text[words[place - 1].end() : words[place].start()]
    return gap in (" ", "\n") and not _POSSESSIVE.search(words[place - 1][0])
