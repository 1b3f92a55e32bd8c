"""Articles -> chunks: pieces small enough to embed and read, cut where paragraphs and sentences end. No embedding."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from language.sentences import sentence_spans, strip_span
from vectorstore.types import Article, Chunk

CHUNKER_VERSION = 4
"""Stored with a library; raise it whenever the same article would be cut differently."""

MIN_FILL = 0.55
"""A chunk this full ends at a paragraph's end rather than in the middle of the next one."""
MIN_TAIL = 0.25
"""A last chunk shorter than this share of the size would say too little to be found: it takes in what stands before."""
MAX_HEADING = 100
"""Longest paragraph, in characters, that may be a heading; one is kept with the text it heads."""


MAX_HEADINGS = 3
"""Headings in a row, of a part, a chapter and a section, that are kept with the text below them."""


@dataclass(frozen=True)
class _Unit:
    """What is never cut any further: a sentence, or a piece of one that is longer than a chunk."""

    start: int
    end: int
    ends_paragraph: bool
    is_heading: bool


def chunk_article(article: Article, size: int = 900, overlap: int = 150) -> list[Chunk]:
    """The article's text in overlapping chunks of at most ``size`` characters, in order.

    ``article.text[chunk.start:chunk.end] == chunk.text``, and every character but white space lies in some chunk,
    except for the line above ``article.body_start``, which would answer every question of who and when.
    Chunks consist of whole sentences and, where a paragraph is cut, repeat up to ``overlap`` characters of whole
    sentences; only a sentence longer than ``size`` is cut, between words, and only a word longer than ``size`` is cut
    inside. A last chunk that would be tiny begins earlier or joins the one before it, which may bring that one to
    1.25 times the size.
    """
    if size < 1 or not 0 <= overlap < size:
        raise ValueError(f"size must be positive and overlap from 0 to below it, not size={size}, overlap={overlap}")
    body = article.text[article.body_start :]
    spans = _chunk_spans(body, size, overlap)
    return [_chunk(article, article.body_start + start, article.body_start + end) for start, end in spans]


def _chunk(article: Article, start: int, end: int) -> Chunk:
    text = article.text[start:end]
    # The title is embedded together with the text, so a new title makes a new chunk as new words do.
    digest = hashlib.sha256(f"{article.title}\n{text}".encode()).hexdigest()[:8]
    return Chunk(
        id=f"{article.id}-{start}-{end}-{digest}",
        article_id=article.id,
        title=article.title,
        source=article.source,
        text=text,
        start=start,
        end=end,
    )


def _chunk_spans(text: str, size: int, overlap: int) -> list[tuple[int, int]]:
    units = _units(text, size, overlap)
    groups: list[tuple[int, int]] = []
    first = after = 0
    while after < len(units):
        after = _fill(units, first, after, size)
        groups.append((first, after))
        first = _overlap_start(units, first, after, size, overlap)
    _settle_tail(units, groups, size)
    return [(units[first].start, units[after - 1].end) for first, after in groups]


def _fill(units: list[_Unit], first: int, taken: int, size: int) -> int:
    """Index after the last unit of the chunk that starts at ``first``; ``taken`` is where its new units begin."""
    start = units[first].start
    after = taken + 1
    paragraph_end = 0
    while after < len(units) and units[after].end - start <= size:
        if units[after - 1].ends_paragraph and units[after - 1].end - start >= MIN_FILL * size:
            paragraph_end = after
        after += 1
    if after < len(units) and paragraph_end and not units[after - 1].ends_paragraph:
        after = paragraph_end
    headings = 0
    while after - headings - 1 > taken and units[after - headings - 1].is_heading:
        headings += 1
    # More in a row are a list: given back, each would be a chunk of its own.
    return after - headings if after < len(units) and headings <= MAX_HEADINGS else after


def _overlap_start(units: list[_Unit], first: int, after: int, size: int, overlap: int) -> int:
    """Where the next chunk starts: as many whole units back as fit the overlap and leave room for the next unit.

    Only within a paragraph: one that begins with a chunk is understood without what stands before it.
    """
    start = after
    while (
        start - 1 > first
        and not units[start - 1].ends_paragraph
        and units[after - 1].end - units[start - 1].start <= overlap
        and after < len(units)
        and units[after].end - units[start - 1].start <= size
    ):
        start -= 1
    return start


def _settle_tail(units: list[_Unit], groups: list[tuple[int, int]], size: int) -> None:
    """Lets a tiny last chunk begin earlier or, where a long sentence forbids that, joins it to the one before."""
    if len(groups) < 2:
        return
    first, after = groups[-1]
    start, previous = groups[-2]
    end = units[after - 1].end
    while end - units[first].start < MIN_TAIL * size and end - units[first - 1].start <= size:
        first -= 1
    groups[-1] = (first, after)
    is_tiny = end - units[first].start < MIN_TAIL * size
    if first <= start or (is_tiny and end - units[previous - 1].end <= MIN_TAIL * size):
        groups[-2:] = [(min(first, start), after)]


def _units(text: str, size: int, overlap: int) -> list[_Unit]:
    sentences = sentence_spans(text)
    units: list[_Unit] = []
    starts_paragraph = True
    for index, (start, end) in enumerate(sentences):
        following = sentences[index + 1][0] if index + 1 < len(sentences) else len(text)
        ends_paragraph = index + 1 == len(sentences) or "\n\n" in text[end:following]
        heading = starts_paragraph and ends_paragraph and end - start <= MAX_HEADING and text[end - 1].isalnum()
        for piece_start, piece_end in _pieces(text, start, end, size, overlap):
            units.append(_Unit(piece_start, piece_end, ends_paragraph and piece_end == end, heading))
        starts_paragraph = ends_paragraph
    return units


def _pieces(text: str, start: int, end: int, size: int, overlap: int) -> Iterator[tuple[int, int]]:
    """The sentence itself or, where it is longer than a chunk, pieces short enough to make overlaps of."""
    if end - start <= size:
        yield start, end
        return
    limit = overlap or size
    while start < end:
        cut = _cut(text, start, end, limit, size)
        yield strip_span(text, start, cut)
        start = strip_span(text, cut, end)[0]


def _cut(text: str, start: int, end: int, limit: int, size: int) -> int:
    """Where to cut a piece off ``start:end``: after at most ``limit`` characters, but between words if possible."""
    if end - start <= limit:
        return end
    for cut in range(start + limit, start, -1):
        if text[cut].isspace():
            return cut
    for cut in range(start + limit, min(start + size, end - 1) + 1):
        if text[cut].isspace():
            return cut
    return end if end - start <= size else start + limit
