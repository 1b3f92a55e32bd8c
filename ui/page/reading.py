"""What of an article is shown at once: all of it, or of a long one a part, with what lies before and after."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from language.occurrences import occurrences
from ui.page.address import Address, Mark
from vectorstore import Article

LONG = 20_000
"""Characters of an article from which on one looks things up in it rather than reads it: about ten pages."""
WHOLE = 60_000
"""Characters of an article that are shown at once; a browser is slow with many more."""
PART = 60_000
"""Characters of a part of a longer one: about 30 pages."""


@dataclass(frozen=True)
class Span:
    """A part of an article's text, end exclusive, and what people call it."""

    start: int
    end: int
    label: str


@dataclass(frozen=True)
class Reading:
    """An article open at a place."""

    article: Article
    mark: Mark | None = None
    """What is marked in it; without an extent, where it is open."""
    steps: tuple[Mark, ...] = ()
    """Places that one steps through, ``mark`` among them or not: an answer's quotes, or what was looked for."""
    exchange: int = -1
    """Which question of the conversation the quotes belong to; -1 for none."""
    wanted: str = ""
    """The words that were looked for in the article, to which the steps lead; empty for none."""
    has_pictures: bool = False
    """Whether its pages can be shown as they look."""

    @property
    def is_long(self) -> bool:
        """Whether it has what helps to find one's way in a long text."""
        return len(self.article.text) >= LONG

    @property
    def place(self) -> int | None:
        """Which of the steps is marked; None where none is, or where there is nothing to step through."""
        if self.mark not in self.steps or (len(self.steps) < 2 and not self.wanted):
            return None
        return self.steps.index(self.mark)

    @property
    def page(self) -> int | None:
        """The page it is open at; None where it has no pages."""
        pages = self.article.pages
        at = bisect_right(pages, self.mark.start if self.mark else 0, key=lambda page: page[1])
        return pages[max(at - 1, 0)][0] if pages else None

    @property
    def section(self) -> int | None:
        """Which of its pages or chapters it is open at; None before the first."""
        at = bisect_right(self.article.sections, self.mark.start if self.mark else 0, key=lambda one: one.start)
        return at - 1 if at else None


def opened(
    article: Article, address: Address, steps: Sequence[Mark] = (), exchange: int = -1, has_pictures: bool = False
) -> Reading:
    """``article`` as ``address`` opens it: at a mark, at a page, or at the words that are looked for in it.

    ``steps`` are the quotes of the answer it is opened from, of question ``exchange``.
    """
    mark = address.mark
    if address.page is not None and article.pages:
        pages = [number for number, _ in article.pages]
        start = article.pages[max(bisect_right(pages, address.page) - 1, 0)][1]
        mark = Mark(article.id, start, start)
    if not address.wanted:
        return Reading(article, mark, tuple(steps), exchange, has_pictures=has_pictures)
    found = tuple(Mark(article.id, start, end) for start, end in occurrences(article.text, address.wanted))
    at = mark.start if mark else 0
    if mark not in found:
        mark = next((one for one in found if one.start >= at), found[0] if found else mark)
    return Reading(article, mark, found, -1, address.wanted, has_pictures)


def parts_of(article: Article, paragraphs: Sequence[tuple[int, int]]) -> list[Span]:
    """The parts that a long article is shown in, cut where a page or chapter begins as far as that can be, else at
    ``paragraphs``; one of a shorter article."""
    first = paragraphs[0][0] if paragraphs else 0
    if len(article.text) <= WHOLE:
        return [Span(first, len(article.text), "")]
    beginnings = [section.start for section in article.sections]
    starts = [first]
    for start, end in paragraphs:
        length = start - starts[-1]
        at = bisect_right(beginnings, start)
        is_beginning = bisect_right(beginnings, end - 1) > at or (at > 0 and beginnings[at - 1] == start)
        if length >= PART or (length >= PART * 3 // 4 and is_beginning):
            starts.append(start)
    ends = [*starts[1:], len(article.text)]
    return [
        Span(start, end, _label(article, start, end) or f"part {number} of {len(starts)}")
        for number, (start, end) in enumerate(zip(starts, ends, strict=True), 1)
    ]


def _label(article: Article, start: int, end: int) -> str:
    pages = [number for number, begins in article.pages if start <= begins < end]
    return f"pages {pages[0]} to {pages[-1]}" if pages else ""
