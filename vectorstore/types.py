"""The values the store takes in and hands out. No I/O."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from typing import Literal, get_args

from language.dates import days_of

_PAGE = re.compile(r"page (\d{1,6})\b")


@dataclass(frozen=True)
class Section:
    """Where a page or chapter of an article begins; it reaches to the next one, or to the end."""

    start: int
    """Character offset into the article's text."""
    label: str
    """As a citation names it: ``page 4``, ``Chapter 2``."""


@dataclass(frozen=True)
class Article:
    """One source text as it is kept: every offset in the project counts characters of ``text``."""

    id: str
    """Derived from ``source``, so that reading the same source again updates the same article."""
    source: str
    """Absolute path or address the article was read from; with a fragment (``news.csv#row=12``, ``a.zip!/b.txt``)
    where several articles were read from one file."""
    title: str
    text: str
    fingerprint: str
    """What the text was made from: equal fingerprints mean that nothing has to be read, cut or embedded again."""
    authors: tuple[str, ...] = ()
    published: str | None = None
    """ISO 8601 date as far as the source gives it: ``2017-05-05``, ``2017-05`` or ``2017``."""
    origin: str = ""
    """The file or address that was opened to read it, without any fragment; empty where that is ``source``."""
    language: str | None = None
    """Primary language subtag of BCP 47 (``en``, ``fr``) as far as the source gives it."""
    sections: tuple[Section, ...] = ()
    """Pages or chapters in the order of the text; empty where the source has none."""
    body_start: int = 0
    """Where ``text`` begins after its first line, which says who wrote it and when; 0 where it has no such line.
    What stands before is cited when that is asked, and is not searched for anything else."""
    other_sources: tuple[str, ...] = ()
    """Where else the same story, or nearly the same, was read; filled in by the library."""

    @property
    def pages(self) -> tuple[tuple[int, int], ...]:
        """The numbers of its pages with where they begin, in order; empty where its sections are no pages."""
        found = ((_PAGE.match(section.label), section.start) for section in self.sections)
        return tuple((int(label[1]), start) for label, start in found if label)

    def section_at(self, offset: int) -> str | None:
        """The label of the page or chapter that the character at ``offset`` stands in, or None."""
        number = bisect_right(self.sections, offset, key=lambda section: section.start)
        return self.sections[number - 1].label if number else None


@dataclass(frozen=True)
class StoredSource:
    """What an ingest compares before it reads anything closely."""

    source: str
    article_id: str
    fingerprint: str
    origin: str
    """The file or address the article was read from; the same for all the articles of one file."""


@dataclass(frozen=True)
class ArticleSummary:
    """What a list of the library shows of an article: all but its text."""

    id: str
    source: str
    title: str
    authors: tuple[str, ...]
    published: str | None
    characters: int
    chunks: int
    added_at: str
    """ISO 8601, UTC, to the second: when the article was first stored or last changed."""
    language: str | None = None
    other_sources: tuple[str, ...] = ()
    """Where else the same story, or nearly the same, was read: shown as one article with several sources."""


Order = Literal["title", "newest", "oldest", "longest", "shortest", "added", "relevance"]


@dataclass(frozen=True)
class ArticleFilter:
    """Which articles are asked for, and in which order; all that is given has to hold."""

    author: str | None = None
    """Words that stand in the name of one of the authors, in any case, with or without accents."""
    since: str | None = None
    """ISO 8601 date as far as it matters: ``2022`` takes in all of that year. Articles whose date is not known, or not
    known closely enough to tell, are left out."""
    until: str | None = None
    """Likewise, and inclusive: ``2022-08`` takes in the whole of August."""
    title: str | None = None
    """Words that stand in the title."""
    source: str | None = None
    """Part of one of the article's sources: a folder, a site, the name of a file."""
    language: str | None = None
    """``en``, ``fr``."""
    about: str | None = None
    """What the articles are about, in any words: ranked by words and meaning; what only brushes it is left out."""
    mentions: str | None = None
    """Words that stand in the article one after the other, in any form: ``bridge`` finds "bridges"."""
    order: Order | None = None
    """By relevance where ``about`` is given, else by title, unless this says otherwise. ``added`` is latest first."""
    limit: int | None = None

    def __post_init__(self) -> None:
        """Refuses what cannot be meant."""
        for name in ("since", "until"):
            value = getattr(self, name)
            if value is not None and days_of(value) is None:
                raise ValueError(f"{name}={value!r} is no date; expected 2022, 2022-08 or 2022-08-10")
        if self.order is not None and self.order not in get_args(Order):
            raise ValueError(f"order={self.order!r} is unknown; expected one of {', '.join(get_args(Order))}")
        if self.order == "relevance" and not self.about:
            raise ValueError("order='relevance' needs about: relevant to what?")
        if self.limit is not None and self.limit < 0:
            raise ValueError(f"limit={self.limit} is below 0")


@dataclass(frozen=True)
class FoundArticle:
    """An article that a filter lets through."""

    summary: ArticleSummary
    score: float | None = None
    """How much the article is about what was asked, where something was; higher is better."""
    mention: tuple[int, int] | None = None
    """Where the words asked for first stand, as offsets into the article's text; None where only in its title."""
    mentions: int = 0
    """How often they stand in the text."""


@dataclass(frozen=True)
class Mentions:
    """Where words stand in an article."""

    first: tuple[int, int] | None
    """Offsets into its text; None where they stand in its title alone."""
    count: int
    """How often they stand in its text."""


@dataclass(frozen=True)
class Chunk:
    """A piece of an article: ``article.text[start:end] == text``."""

    id: str
    article_id: str
    title: str
    source: str
    text: str
    start: int
    end: int

    @property
    def indexed_text(self) -> str:
        """What is embedded: the title says what a passage in mid-article is about."""
        return f"{self.title}\n{self.text}" if self.title else self.text


@dataclass(frozen=True)
class ScoredChunk:
    """A chunk with the score of the search that found it; higher is better."""

    chunk: Chunk
    score: float


@dataclass(frozen=True)
class CheckReport:
    """What ``ArticleIndex.check`` found: sound when ``problems`` is empty."""

    articles: int
    chunks: int
    problems: tuple[str, ...] = ()
    damaged: bool = False
    """Whether the record itself cannot be read: nothing can be made anew from it."""

    @property
    def sound(self) -> bool:
        """Whether everything derived agrees with the record."""
        return not self.problems


@dataclass(frozen=True)
class Comparison:
    """A vector index beside the record it was derived from."""

    missing: int = 0
    """Chunks of the record that it lacks."""
    extra: int = 0
    """Chunks it holds that the record does not."""
    wrong: int = 0
    """Chunks with other vectors than the record's, or not found by their own."""


@dataclass(frozen=True)
class Chunking:
    """How articles are cut, in characters; kept with the library it was used for."""

    size: int = 900
    overlap: int = 150

    def __post_init__(self) -> None:
        """Refuses sizes that would lose text or never end."""
        if not 0 <= self.overlap < self.size:
            raise ValueError(f"chunks need 0 <= overlap < size, not size={self.size} overlap={self.overlap}")

    def __str__(self) -> str:
        return f"size={self.size} overlap={self.overlap}"

    @classmethod
    def parse(cls, text: str) -> Chunking:
        """The reverse of ``str``."""
        values = dict(part.split("=") for part in text.split())
        return cls(size=int(values["size"]), overlap=int(values["overlap"]))
