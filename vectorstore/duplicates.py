"""The same story told twice: which articles are near-duplicates, and which of a group is shown.

A group is what pairs of near-duplicates connect. Whether two articles are such a pair depends on their texts, and on
which words in a row so many articles share that they are a form and no story. Both are known from what is stored, so a
library that has grown edit by edit has the groups of one built afresh. Of a group, the longest article is shown.
Passages of the others are searched only where they say something that it does not.
"""

from __future__ import annotations

import re
import zlib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import islice
from typing import Protocol

SHINGLE = 3
"""Words in a row that are compared together."""
SKETCH = 32
"""Shingles, those with the smallest hashes, by which near-duplicates are looked for; texts with fewer are compared
whole, and so are those of more than ``MAX_WORDS``."""
SHARED = 6
"""Shingles two sketches have in common before the texts are compared. Of pairs that only just are near-duplicates, one
cut to half of the other, 1 in 100 has fewer; of those of like length 1 in 10,000."""
CONTAINED = 0.8
"""Share of its shingles that a near-duplicate has in common with the longer text."""
LENGTH = 0.5
"""A text shorter than this share of another is a quotation or a summary of it, not the same story."""
FORM = 50
"""A shingle that more sketches have than this belongs to a form that was filled in: rows made from one template, a
notice below every article. It tells nothing about a story, and looking for near-duplicates by it would take time in
proportion to the square of the articles."""
MAX_WORDS = 20_000
TOGETHER = 200
"""Articles whose near-duplicates are looked for at once: their profiles are in memory, and a candidate for several of
them is read once."""

_WORD = re.compile(r"\w+")
# A name within a sentence: at its beginning any word has a capital.
_NAME = re.compile(r"(?<=[^\s.!?…:\"“”] )[^\W\d_a-z]\w*")


@dataclass(frozen=True)
class Profile:
    """What two texts are compared by."""

    whole: int
    """Hash of the text; with its title for texts too short, or too long, for shingles, where it is all that counts."""
    shingles: frozenset[int]
    """Empty for those."""
    words: frozenset[str]
    numbers: frozenset[str]

    @cached_property
    def sketch(self) -> list[int]:
        """Shingles to look for near-duplicates by; none for texts that are compared whole."""
        return sorted(self.shingles)[:SKETCH]

    @property
    def copy_key(self) -> int:
        """What to look for copies by. Below zero for texts with shingles, so that it is not taken for one."""
        return ~self.whole if self.shingles else self.whole


def profile(title: str, text: str) -> Profile:
    """The profile of an article's text, without the line above its body."""
    words = _WORD.findall(text.lower())
    different = frozenset(words)
    shingles = _shingles(words) if len(words) <= MAX_WORDS else frozenset()
    compared = shingles if len(shingles) >= SKETCH else frozenset()
    return Profile(
        whole=_hash(text if compared else f"{title}\n{text}"),
        shingles=compared,
        words=different,
        numbers=frozenset(filter(_has_digit, different)),
    )


def near(one: Profile, other: Profile) -> bool:
    """Whether two texts tell the same story, slightly edited.

    Texts in which both have numbers of their own are not: of a weather report every day's is worded alike.
    """
    if not one.shingles or not other.shingles:
        return one.whole == other.whole
    short, long = sorted((len(one.shingles), len(other.shingles)))
    if short < LENGTH * long or not (one.numbers <= other.numbers or other.numbers <= one.numbers):
        return False
    return len(one.shingles & other.shingles) >= CONTAINED * short


def adds_nothing(passage: str, shown: Profile) -> bool:
    """Whether all that a passage of a near-duplicate says is in the text shown: every name, every number."""
    if not shown.shingles:
        return True
    words = _WORD.findall(passage.lower())
    telling = set(filter(_has_digit, words))
    telling |= {name.lower() for name in _NAME.findall(passage)}
    shingles = _shingles(words)
    return telling <= shown.words and len(shingles & shown.shingles) >= CONTAINED * len(shingles)


class GroupRows(Protocol):
    """What a record keeps of groups and sketches, within a transaction that is open."""

    def sketched(self, article_ids: Collection[str]) -> set[str]:
        """Those of the articles whose sketches are noted."""
        ...

    def note_sketch(self, article_id: str, hashes: Collection[int]) -> None:
        """Notes the hashes that near-duplicates of the article will be found by."""
        ...

    def counts(self, hashes: Collection[int], most: int) -> Mapping[int, int]:
        """How many sketches have each of the hashes, counted up to ``most``."""
        ...

    def sharing(self, hashes: Collection[int]) -> list[str]:
        """All articles of the groups in which one has any of the hashes, by id."""
        ...

    def loosen(self, article_ids: Collection[str]) -> None:
        """Takes the articles out of their groups: each is shown as itself."""
        ...

    def copies(self, copy_key: int) -> list[str]:
        """All articles that have it."""
        ...

    def candidates(self, article_id: str, hashes: Collection[int], least: int) -> list[str]:
        """The other articles that have at least so many of ``hashes``."""
        ...

    def group(self, article_id: str) -> set[str]:
        """The articles that are shown as the same one."""
        ...

    def longest_first(self, article_ids: Collection[str]) -> list[tuple[str, str]]:
        """The articles, and as which each is shown now: by length of body, then by source."""
        ...

    def show(self, article_ids: Collection[str], shown: str) -> None:
        """Notes as which article these are shown."""
        ...

    def passages(self, article_id: str) -> list[tuple[str, str, bool]]:
        """Id and text of each chunk, and whether it is searched."""
        ...

    def search(self, changed: Sequence[tuple[bool, str]]) -> None:
        """Notes of chunks, by id, whether they are searched from now on."""
        ...

    def body(self, article_id: str) -> tuple[str, str]:
        """Title and text of the article, without the line above its body."""
        ...


def group(rows: GroupRows, article_ids: Iterable[str], gone: Mapping[int, int]) -> None:
    """Groups articles anew: those just stored, and what was in a group with those just removed. All others keep their
    groups, but for those that share what has become a form by this, or is none any more.

    ``gone`` holds the hashes of the sketches that were removed, with how many of them had each. Of the articles just
    stored it notes the sketches, too, by which later ones will find them.
    """
    _Grouping(rows, article_ids).run(gone)


class _Grouping:
    def __init__(self, rows: GroupRows, article_ids: Iterable[str]) -> None:
        self._rows = rows
        self._loose = dict.fromkeys(article_ids)
        self._groups: dict[str, set[str]] = {}
        """The group of each article met so far; the same set for all that are in it."""
        self._copy_keys: set[int] = set()
        """Those whose copies have been looked for: of many copies, all are found by the first."""
        self._profile = lru_cache(maxsize=TOGETHER)(self._read_profile)

    def run(self, gone: Mapping[int, int]) -> None:
        """Groups them; ``gone`` says how many of the articles just removed had each hash."""
        new = self._note_sketches()
        self._loose |= dict.fromkeys(self._loosened(new, gone))
        self._groups = {one: {one} for one in self._loose}
        self._rows.loosen(self._loose)
        loose = iter(self._loose)
        while together := list(islice(loose, TOGETHER)):
            self._join(together)
        for group in {id(group): group for group in map(self._groups.__getitem__, self._loose)}.values():
            self._show(group)

    def _note_sketches(self) -> Counter[int]:
        """Notes the sketches of articles that have none yet; returns how many of them have each hash."""
        noted = self._rows.sketched(self._loose)
        new: Counter[int] = Counter()
        for article_id in self._loose.keys() - noted:
            own = self._profile(article_id)
            new.update(own.sketch)
            self._rows.note_sketch(article_id, (*own.sketch, own.copy_key))
        return new

    def _loosened(self, new: Mapping[int, int], gone: Mapping[int, int]) -> list[str]:
        """The groups of articles that share what has become a form by these articles, or is none any more."""
        most = max([*new.values(), *gone.values()], default=0)
        crossed = [
            value
            for value, count in self._rows.counts(new.keys() | gone.keys(), FORM + most + 1).items()
            if (count > FORM) != (count - new.get(value, 0) + gone.get(value, 0) > FORM)
        ]
        return self._rows.sharing(crossed)

    def _join(self, together: Sequence[str]) -> None:
        """Joins the groups of articles with those of their near-duplicates."""
        own = {article_id: self._profile(article_id) for article_id in together}
        hashes = {value for profile in own.values() for value in profile.sketch}
        forms = {value for value, count in self._rows.counts(hashes, FORM + 1).items() if count > FORM}
        beside: dict[str, list[str]] = {}
        for article_id, profile in own.items():
            telling = [value for value in profile.sketch if value not in forms]
            candidates = self._rows.candidates(article_id, telling, SHARED)
            if profile.copy_key not in self._copy_keys:
                self._copy_keys.add(profile.copy_key)
                candidates += self._rows.copies(profile.copy_key)
            for candidate in dict.fromkeys(candidates):
                beside.setdefault(candidate, []).append(article_id)
        # One candidate after the other, so that each is read once.
        for candidate, articles in beside.items():
            theirs = own.get(candidate)
            for article_id in articles:
                # A group's members are connected already: one that is near is as good as all of them.
                if self._group(candidate) is self._groups[article_id]:
                    continue
                theirs = theirs or self._read_profile(candidate)
                if near(own[article_id], theirs):
                    self._unite(self._groups[article_id], self._group(candidate))

    def _unite(self, one: set[str], other: set[str]) -> None:
        small, large = sorted((one, other), key=len)
        large |= small
        self._groups.update(dict.fromkeys(small, large))

    def _group(self, article_id: str) -> set[str]:
        if article_id not in self._groups:
            group = self._rows.group(article_id)
            self._groups.update(dict.fromkeys(group, group))
        return self._groups[article_id]

    def _show(self, group: set[str]) -> None:
        """Notes which article of a group is shown, and which passages of the others are searched."""
        # The longest: the others say least beside it. Of copies, the first by name.
        members = self._rows.longest_first(group)
        shown = members[0][0]
        for article_id, shown_before in members:
            if shown_before != shown or article_id in self._loose:
                self._search(article_id, shown)
        self._rows.show([article_id for article_id, before in members if before != shown], shown)

    def _search(self, article_id: str, shown: str) -> None:
        changed = [
            (searched, chunk_id)
            for chunk_id, text, before in self._rows.passages(article_id)
            if (searched := article_id == shown or not adds_nothing(text, self._profile(shown))) != before
        ]
        self._rows.search(changed)

    def _read_profile(self, article_id: str) -> Profile:
        return profile(*self._rows.body(article_id))


def _shingles(words: Sequence[str]) -> frozenset[int]:
    rows = zip(*(words[first:] for first in range(SHINGLE)), strict=False)
    return frozenset(map(_hash, set(map(" ".join, rows))))


def _has_digit(word: str) -> bool:
    return any(map(str.isdigit, word))


def _hash(text: str) -> int:
    """32 bits, the same on every machine. CRC alone keeps like texts together; the sketch needs them scattered."""
    mixed = zlib.crc32(text.encode("utf-8", "surrogatepass")) * 0x9E3779B1 & 0xFFFFFFFF
    return (mixed ^ mixed >> 15) * 0x85EBCA6B & 0xFFFFFFFF
