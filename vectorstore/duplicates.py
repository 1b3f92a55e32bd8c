"""The same story told twice: which articles are near-duplicates, in the record's own transactions.

Two articles are near-duplicates or not whatever else is stored, and a group is what such pairs connect, so a library
that has grown edit by edit has the groups of one built afresh. Of a group, the longest article is shown. Passages of
the others are searched only where they say something that it does not.
"""

from __future__ import annotations

import json
import re
import sqlite3
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import islice

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
MAX_WORDS = 20_000
TOGETHER = 200
"""Articles whose near-duplicates are looked for at once: their profiles are in memory, and a candidate for several of
them is read once."""

SCHEMA = """
CREATE TABLE sketches (
    hash INTEGER NOT NULL, article_id TEXT NOT NULL REFERENCES articles(id) ON DELETE CASCADE,
    PRIMARY KEY (hash, article_id)
) WITHOUT ROWID;
CREATE INDEX sketches_by_article ON sketches(article_id);
CREATE INDEX articles_by_shown ON articles(shown_as);
"""

_WORD = re.compile(r"\w+")
# A name within a sentence: at its beginning any word has a capital.
_NAME = re.compile(r"(?<=[^\s.!?…:\"“”] )[^\W\d_a-z]\w*")


@dataclass(frozen=True)
class Profile:
    """What two texts are compared by."""

    whole: int
    """Hash of title and text: all that counts for texts too short, or too long, for shingles."""
    shingles: frozenset[int]
    """Empty for those."""
    words: frozenset[str]
    numbers: frozenset[str]

    @cached_property
    def sketch(self) -> list[int]:
        """What to look for near-duplicates by."""
        return sorted(self.shingles)[:SKETCH] or [self.whole]


def profile(title: str, text: str) -> Profile:
    """The profile of an article's text, without the line above its body."""
    words = _WORD.findall(text.lower())
    different = frozenset(words)
    shingles = _shingles(words) if len(words) <= MAX_WORDS else frozenset()
    return Profile(
        whole=_hash(f"{title}\n{text}"),
        shingles=shingles if len(shingles) >= SKETCH else frozenset(),
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


def regroup(connection: sqlite3.Connection, article_ids: Iterable[str]) -> None:
    """Groups articles anew: those just stored, and those left of a group that has lost one. All others keep theirs.

    Of those just stored it notes the sketches, too, by which later ones will find them.
    """
    _Grouping(connection, article_ids).run()


def regroup_all(connection: sqlite3.Connection) -> None:
    """Makes all sketches and groups anew from the texts."""
    connection.execute("DELETE FROM sketches")
    regroup(connection, [article_id for (article_id,) in connection.execute("SELECT id FROM articles")])


def group_of(connection: sqlite3.Connection, article_id: str) -> set[str]:
    """The ids of an article and of its near-duplicates; none for an unknown id."""
    rows = connection.execute(
        "SELECT id FROM articles WHERE shown_as = (SELECT shown_as FROM articles WHERE id = ?)", (article_id,)
    )
    return {member for (member,) in rows}


class _Grouping:
    def __init__(self, connection: sqlite3.Connection, article_ids: Iterable[str]) -> None:
        self._connection = connection
        self._loose = dict.fromkeys(article_ids)
        self._groups: dict[str, set[str]] = {one: {one} for one in self._loose}
        """The group of each article met so far; the same set for all that are in it."""
        self._profile = lru_cache(maxsize=32)(self._read_profile)

    def run(self) -> None:
        self._connection.executemany(
            "UPDATE articles SET shown_as = id WHERE id = ?", [(article_id,) for article_id in self._loose]
        )
        loose = iter(self._loose)
        while together := list(islice(loose, TOGETHER)):
            self._join(together)
        for group in {id(group): group for group in map(self._groups.__getitem__, self._loose)}.values():
            self._show(group)

    def _join(self, together: Sequence[str]) -> None:
        """Joins the groups of articles with those of their near-duplicates."""
        own = {article_id: self._read_profile(article_id) for article_id in together}
        # Articles that are joined later find these by them.
        sketches = [(value, article_id) for article_id, profile in own.items() for value in profile.sketch]
        self._connection.executemany("INSERT OR IGNORE INTO sketches VALUES (?, ?)", sketches)
        beside: dict[str, list[str]] = {}
        for article_id, profile in own.items():
            for candidate in self._candidates(article_id, profile):
                beside.setdefault(candidate, []).append(article_id)
        # One candidate after the other, so that each is read once: where all articles of a library have a notice in
        # common, or are weather reports, each is a candidate for all the others.
        for candidate, articles in beside.items():
            theirs = own.get(candidate)
            for article_id in articles:
                # A group's members are connected already: one that is near is as good as all of them.
                group = self._group(candidate)
                if group is self._groups[article_id]:
                    continue
                theirs = theirs or self._read_profile(candidate)
                if near(own[article_id], theirs):
                    joined = self._groups[article_id] | group
                    self._groups.update(dict.fromkeys(joined, joined))

    def _candidates(self, article_id: str, own: Profile) -> list[str]:
        sketch = own.sketch
        rows = self._connection.execute(
            "SELECT article_id FROM sketches WHERE hash IN (SELECT value FROM json_each(?)) AND article_id != ? "
            "GROUP BY article_id HAVING count(*) >= ?",
            (json.dumps(sketch), article_id, min(SHARED, len(sketch))),
        )
        return [candidate for (candidate,) in rows]

    def _group(self, article_id: str) -> set[str]:
        if article_id not in self._groups:
            group = group_of(self._connection, article_id)
            self._groups.update(dict.fromkeys(group, group))
        return self._groups[article_id]

    def _show(self, group: set[str]) -> None:
        """Notes which article of a group is shown, and which passages of the others are searched."""
        rows = self._connection.execute(
            # The longest: the others say least beside it. Of copies, the first by name.
            "SELECT id, shown_as FROM articles WHERE id IN (SELECT value FROM json_each(?)) "
            "ORDER BY length(text) - body_start DESC, source",
            (json.dumps(list(group)),),
        ).fetchall()
        shown = rows[0][0]
        for article_id, shown_before in rows:
            if shown_before != shown or article_id in self._loose:
                self._search(article_id, shown)
        self._connection.executemany(
            "UPDATE articles SET shown_as = ? WHERE id = ?",
            [(shown, article_id) for article_id, before in rows if before != shown],
        )

    def _search(self, article_id: str, shown: str) -> None:
        rows = self._connection.execute("SELECT id, text, searched FROM chunks WHERE article_id = ?", (article_id,))
        changed = [
            (searched, chunk_id)
            for chunk_id, text, before in rows.fetchall()
            if (searched := int(article_id == shown or not adds_nothing(text, self._profile(shown)))) != before
        ]
        self._connection.executemany("UPDATE chunks SET searched = ? WHERE id = ?", changed)

    def _read_profile(self, article_id: str) -> Profile:
        title, text = self._connection.execute(
            "SELECT title, substr(text, body_start + 1) FROM articles WHERE id = ?", (article_id,)
        ).fetchone()
        return profile(title, text)


def _shingles(words: Sequence[str]) -> frozenset[int]:
    rows = zip(*(words[first:] for first in range(SHINGLE)), strict=False)
    return frozenset(map(_hash, set(map(" ".join, rows))))


def _has_digit(word: str) -> bool:
    return any(map(str.isdigit, word))


def _hash(text: str) -> int:
    """32 bits, the same on every machine. CRC alone keeps like texts together; the sketch needs them scattered."""
    mixed = zlib.crc32(text.encode("utf-8", "surrogatepass")) * 0x9E3779B1 & 0xFFFFFFFF
    return (mixed ^ mixed >> 15) * 0x85EBCA6B & 0xFFFFFFFF
