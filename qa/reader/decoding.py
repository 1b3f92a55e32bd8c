"""Start and end logits to spans. Pure functions of arrays."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from language.sentences import TITLES_OF_PEOPLE
from qa.reader.features import Window

MAX_ANSWER_TOKENS = 30
TOP_STARTS = 20
"""Starts and ends looked at per window; the best span always begins at a likely start."""


@dataclass(frozen=True)
class TokenSpan:
    """A span of context tokens, both ends inclusive, counted from the first context token of its window."""

    score: float
    """Log-odds of the span against "no answer in this window": its logits less those of ``[CLS]``."""
    first: int
    last: int


def best_spans(start: NDArray[np.floating], end: NDArray[np.floating], window: Window, top_k: int) -> list[TokenSpan]:
    """The ``top_k`` best spans of one window, best first; none for a window without context.

    ``start`` and ``end`` are the window's logits, ``[tokens]``, padding at the end allowed. Because the
    null score is taken from the same window, scores compare across windows and passages (the
    "no-answer option" of Clark & Gardner 2017, arXiv 1710.10723).
    """
    if not window.offsets:
        return []
    null = float(start[0] + end[0])
    context = slice(window.context_start, window.context_end)
    starts, ends = start[context], end[context]
    likely_starts = np.argsort(-starts)[:TOP_STARTS]
    likely_ends = np.argsort(-ends)[:TOP_STARTS]
    spans = [
        TokenSpan(float(starts[first] + ends[last]) - null, int(first), int(last))
        for first in likely_starts
        for last in likely_ends
        if first <= last < first + MAX_ANSWER_TOKENS
    ]
    if not spans:  # every likely end stands before every likely start: the single best token is a span still
        best = int(np.argmax(starts + ends))
        spans = [TokenSpan(float(starts[best] + ends[best]) - null, best, best)]
    return sorted(spans, key=lambda span: -span.score)[:top_k]


_EDGES = " \t\n.,;:!?–—-\u2026"
_TITLE = re.compile(r"\b([A-Z][a-z]*)\Z")
_REST_OF_NAME = re.compile(r"\.(?: [A-Z][\w'’-]*\.?){0,3} [A-Z][\w'’-]+")
"""What follows a title: ". Rand Paul", ". J. B. Pritzker"."""
_PAIRS = {"(": ")", "[": "]", "“": "”", "‘": "’", '"': '"', "«": "»"}


def polish(text: str, start: int, end: int) -> tuple[int, int]:
    """``start:end`` in whole words, without stray punctuation at its edges: what a person would write as the answer.

    The network sees pieces of words, so a span may begin or end inside one. A full stop that belongs to
    an abbreviation or an initial ("Washington, D.C.", "Dr. J.") stays, and so do brackets and quotation
    marks that open and close within the span. A title takes the name that follows it: "Texas Gov" of
    "Texas Gov. Greg Abbott" is nobody.
    """
    while 0 < start < end and text[start - 1].isalnum() and text[start].isalnum():
        start -= 1
    while start < end < len(text) and text[end - 1].isalnum() and text[end].isalnum():
        end += 1
    while start < end and text[start] in _EDGES and not (text[start] == "-" and text[start + 1 : end][:1].isdigit()):
        start += 1
    while start < end and text[end - 1] in _EDGES and not _ends_abbreviation(text, start, end):
        end -= 1
    for opening, closing in _PAIRS.items():
        inside = text[start:end]
        if inside.startswith(opening) and closing not in inside[1:]:
            start += 1
        elif inside.endswith(closing) and opening not in inside[:-1]:
            end -= 1
    title = _TITLE.search(text, start, end)
    if title and title[1].lower() in TITLES_OF_PEOPLE and (rest := _REST_OF_NAME.match(text, end)):
        end = rest.end()
    return start, end


def _ends_abbreviation(text: str, start: int, end: int) -> bool:
    """Whether the full stop at ``end - 1`` belongs to the word before it: "D.C.", "J." and the like."""
    if text[end - 1] != ".":
        return False
    words = text[start : end - 1].split()
    return bool(words) and ((len(words[-1]) == 1 and words[-1].isalpha()) or "." in words[-1].strip("."))


def decode_items(logits: NDArray[np.floating]) -> list[TokenSpan]:
    """The items of a list, in order: the likeliest tags of a text's tokens (Segal et al. 2019, arXiv 1909.13375).

    ``logits`` is ``[tokens, 3]``: outside of every item, at the beginning of one, inside one; inside follows only on
    one of the latter two. An item's score is the mean chance of its tokens to be in some item.
    """
    if not len(logits):
        return []
    shifted = logits - logits.max(axis=1, keepdims=True)
    chances = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    best, came_from = chances[0].copy(), np.zeros(logits.shape, dtype=np.int64)
    best[2] = -np.inf
    for place in range(1, len(logits)):
        into_inside = 1 if best[1] >= best[2] else 2
        came_from[place] = (int(np.argmax(best)), int(np.argmax(best)), into_inside)
        best = chances[place] + best[came_from[place]]
    tags = [int(np.argmax(best))]
    for place in range(len(logits) - 1, 0, -1):
        tags.append(int(came_from[place][tags[-1]]))
    tags.reverse()
    inside = 1.0 - np.exp(chances[:, 0])
    starts = [place for place, tag in enumerate(tags) if tag == 1]
    spans = []
    for first in starts:
        last = first
        while last + 1 < len(tags) and tags[last + 1] == 2:
            last += 1
        spans.append(TokenSpan(float(inside[first : last + 1].mean()), first, last))
    return spans
