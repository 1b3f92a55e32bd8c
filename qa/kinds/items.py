"""Many findings in many passages to the distinct items of a list. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from language.normalisation import normalize_answer
from language.words import DETERMINERS

AGREEMENT = 0.1
"""Share of what a further passage's chance adds to an item's: passages of one library often repeat each other."""


@dataclass(frozen=True)
class Finding:
    """An item as one passage tells it."""

    text: str
    passage: int
    """Index of the passage among those read."""
    article_id: str
    start: int
    """Character offsets into the article's text, end exclusive."""
    end: int
    sentence: tuple[int, int]
    """The sentence it stands in, in the same offsets."""
    chance: float
    """0 to 1, of being one of the items asked for."""


@dataclass(frozen=True)
class ListedItem:
    """One item, wherever it was found."""

    text: str
    """In its fullest form."""
    chance: float
    places: tuple[Finding, ...]
    """Likeliest first."""


def merge(findings: Sequence[Finding]) -> list[ListedItem]:
    """The distinct items among ``findings``, likeliest first.

    One that is told again is the same item: in other case, with or without its article, or by a part of its name
    ("Kardashian" for "Kim Kardashian"), unless both stand in one sentence, which would not name one thing twice.
    """
    groups: list[list[Finding]] = []
    # Fuller forms first, so that a shorter one finds all it may be short for.
    for finding in sorted(_apart(findings), key=lambda one: (-len(_words(one.text)), -one.chance)):
        own = [group for group in groups if _same(finding, group)]
        if own:
            max(own, key=lambda group: max(one.chance for one in group)).append(finding)
        else:
            groups.append([finding])
    return sorted(map(_item, groups), key=lambda item: -item.chance)


def _apart(findings: Sequence[Finding]) -> list[Finding]:
    """Without those that overlap a likelier one: passages of one article overlap, and so do what is found in them."""
    kept: list[Finding] = []
    for one in sorted(findings, key=lambda finding: -finding.chance):
        if all(
            one.article_id != other.article_id or one.end <= other.start or other.end <= one.start for other in kept
        ):
            kept.append(one)
    return kept


def _same(finding: Finding, group: Sequence[Finding]) -> bool:
    words = _words(finding.text)
    fullest = _words(group[0].text)
    if words == fullest:
        return True
    short = bool(words) and len(words) < len(fullest) and words in (fullest[: len(words)], fullest[-len(words) :])
    return short and _is_name(finding.text) and all(not _together(finding, one) for one in group)


def _is_name(text: str) -> bool:
    """Whether it has a capital, after an article where there is one: "the Patriots"."""
    return next((word for word in text.split() if word not in DETERMINERS), "")[:1].isupper()


def _together(one: Finding, other: Finding) -> bool:
    return one.article_id == other.article_id and one.sentence == other.sentence


def _words(text: str) -> list[str]:
    words = normalize_answer(text).split() or text.lower().split()
    return [word.removesuffix("’s").removesuffix("’") for word in words]


def _item(group: Sequence[Finding]) -> ListedItem:
    places = sorted(group, key=lambda one: -one.chance)
    missed = 1.0 - places[0].chance
    for article in dict.fromkeys(one.article_id for one in places if one.article_id != places[0].article_id):
        missed *= 1.0 - AGREEMENT * max(one.chance for one in places if one.article_id == article)
    return ListedItem(group[0].text, 1.0 - missed, tuple(places))
