"""An article with a place in it marked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ui.page.address import Mark
from ui.page.render.values import fill, paragraph_spans
from vectorstore.types import Article

SHOWN_AROUND = 150_000
"""Characters of a very long article shown on either side of the mark; a browser is slow with more."""


@dataclass(frozen=True)
class Paragraph:
    """A paragraph cut at the mark: before it, the mark itself (before, in and after the answer), after it."""

    start: int
    """Where it begins in the article's text."""
    before: str
    marked: tuple[str, str, str] | None = None
    after: str = ""


def render_article(article: Article, mark: Mark | None = None, steps: Sequence[Mark] = (), number: int = 0) -> str:
    """The whole article as text, ``mark`` marked in it; ``steps`` are the places one can step through."""
    # The text's own line of authors and date says what stands in the head already; it is shown where it is cited.
    begin = 0 if mark and mark.start < min(mark.end, article.body_start) else article.body_start
    place = steps.index(mark) if mark in steps and len(steps) > 1 else None
    around: tuple[Mark | None, Mark | None] = (None, None)
    if place is not None:
        around = (steps[place - 1] if place else None, steps[place + 1] if place + 1 < len(steps) else None)
    return fill(
        "article.html", "article", article, _shown(article.text, mark, begin), place, len(steps), around, number
    )


def render_text(text: str, mark: Mark | None = None, begin: int = 0) -> str:
    """Paragraphs of ``text`` from ``begin`` on; what ``mark`` names in <mark>, the answer's words in <strong> in it."""
    return fill("article.html", "text", _shown(text, mark, begin))


def render_no_article(title: str, text: str) -> str:
    """What stands in the article's place when none is shown."""
    return fill("article.html", "placeholder", title, text)


@dataclass(frozen=True)
class Shown:
    """The part of a text that is shown."""

    paragraphs: list[Paragraph]
    is_cut_before: bool
    is_cut_after: bool


def _shown(text: str, mark: Mark | None, begin: int) -> Shown:
    first, last = begin, len(text)
    if len(text) > 2 * SHOWN_AROUND:
        middle = mark.start if mark else 0
        first, last = max(begin, middle - SHOWN_AROUND), min(len(text), middle + SHOWN_AROUND)
    inside = [(start, end) for start, end in paragraph_spans(text) if end > first and start < last]
    return Shown([_paragraph(text, start, end, mark) for start, end in inside], first > begin, last < len(text))


def _paragraph(text: str, start: int, end: int, mark: Mark | None) -> Paragraph:
    """``text[start:end]``, with the part of the mark that falls into it."""
    at, to = _clipped(mark.start, mark.end, start, end) if mark else (start, start)
    if mark is None or at == to:
        return Paragraph(start, text[start:end])
    answer_at, answer_to = _clipped(mark.answer_start or 0, mark.answer_end or 0, at, to)
    marked = text[at:answer_at], text[answer_at:answer_to], text[answer_to:to]
    return Paragraph(start, text[start:at], marked, text[to:end])


def _clipped(start: int, end: int, low: int, high: int) -> tuple[int, int]:
    start = min(max(start, low), high)
    return start, min(max(end, start), high)
