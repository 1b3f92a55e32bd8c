"""An article with a place in it marked; of a long one the part that the place is in."""

from __future__ import annotations

import base64
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace

from qa.types import Answer
from ui.page.address import Mark
from ui.page.reading import Reading, Span, parts_of
from ui.page.render.values import fill, paragraph_spans
from vectorstore.types import Article


@dataclass(frozen=True)
class Paragraph:
    """A paragraph cut at the mark: before it, the mark itself (before, in and after the answer), after it."""

    start: int
    """Where it begins in the article's text."""
    before: str
    marked: tuple[str, str, str] | None = None
    after: str = ""
    page: int | None = None
    """The page it begins on; None where the article has no pages."""
    begins_page: bool = False
    """Whether the paragraph before it began on another page."""
    is_here: bool = False
    """Whether the article is open at it, with nothing marked."""


@dataclass(frozen=True)
class Shown:
    """The part of a text that is shown, and the parts before and after it."""

    paragraphs: list[Paragraph]
    before: Span | None = None
    after: Span | None = None


def render_article(reading: Reading) -> str:
    """The article as text, or the part of it that it is open at, with the mark marked."""
    mark = reading.mark
    article = reading.article
    # The text's own line of authors and date says what stands in the head already; it is shown where it is cited.
    begin = 0 if mark and mark.start < min(mark.end, article.body_start) else article.body_start
    place = reading.place
    around: tuple[Mark | None, Mark | None] = (None, None)
    if place is not None:
        steps = reading.steps
        around = (steps[place - 1] if place else None, steps[place + 1] if place + 1 < len(steps) else None)
    exchange = None if reading.wanted or reading.exchange < 0 else reading.exchange
    return fill("article.html", "article", reading, _shown(article, mark, begin), place, around, exchange)


def render_text(text: str, mark: Mark | None = None) -> str:
    """Paragraphs of ``text``; what ``mark`` names in <mark>, the answer's words in <strong> in it."""
    article = Article("", "", "", text, "")
    return fill("article.html", "text", article, _shown(article, mark, 0))


def render_no_article(title: str, text: str) -> str:
    """What stands in the article's place when none is shown."""
    return fill("article.html", "placeholder", title, text)


def render_nothing_marked(answer: Answer) -> str:
    """What stands there for an answer that cites nothing: what can be done instead."""
    if answer.alternatives or answer.nearest:
        return render_no_article("Nothing is marked yet", "Press a title beside a sentence to read it in its article.")
    if answer.passages:
        return render_no_article("Nothing to mark", "What was read, and why, is listed below.")
    text = "When an answer comes, its article opens here with the supporting words marked."
    return render_no_article("The words behind the answer", text)


def render_picture(article_id: str, page: int, picture: bytes | None) -> str:
    """A page of an article as it looks, by its JPEG ``picture``; says so where there is none."""
    address = f"data:image/jpeg;base64,{base64.b64encode(picture).decode()}" if picture else ""
    return fill("article.html", "picture", article_id, page, address)


def _shown(article: Article, mark: Mark | None, begin: int) -> Shown:
    spans = [(start, end) for start, end in paragraph_spans(article.text) if end > begin]
    parts = parts_of(article, spans)
    at = max(bisect_right(parts, mark.start if mark else begin, key=lambda part: part.start) - 1, 0)
    last = max(parts[at].end, mark.end if mark else 0)  # a mark that goes on in the next part is shown whole
    inside = [(start, end) for start, end in spans if end > parts[at].start and start < last]
    return Shown(
        _with_pages([_paragraph(article.text, start, end, mark) for start, end in inside], article),
        parts[at - 1] if at else None,
        parts[at + 1] if at + 1 < len(parts) else None,
    )


def _paragraph(text: str, start: int, end: int, mark: Mark | None) -> Paragraph:
    """``text[start:end]``, with the part of the mark that falls into it."""
    at, to = _clipped(mark.start, mark.end, start, end) if mark else (start, start)
    if mark is None or at == to:
        is_here = mark is not None and mark.start == mark.end > 0 and start <= mark.start < end
        return Paragraph(start, text[start:end], is_here=is_here)
    answer_at, answer_to = _clipped(mark.answer_start or 0, mark.answer_end or 0, at, to)
    marked = text[at:answer_at], text[answer_at:answer_to], text[answer_to:to]
    return Paragraph(start, text[start:at], marked, text[to:end])


def _with_pages(paragraphs: Sequence[Paragraph], article: Article) -> list[Paragraph]:
    pages = article.pages
    if not pages:
        return list(paragraphs)
    told: list[Paragraph] = []
    for one in paragraphs:
        number = pages[max(bisect_right(pages, one.start, key=lambda page: page[1]) - 1, 0)][0]
        begins = not told or told[-1].page != number
        told.append(replace(one, page=number, begins_page=begins))
    return told


def _clipped(start: int, end: int, low: int, high: int) -> tuple[int, int]:
    start = min(max(start, low), high)
    return start, min(max(end, start), high)
