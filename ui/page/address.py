"""Addresses of the page: a conversation, an article and a place in it stand after the ``#``.

``#conversation=…`` is a conversation, ``#article=…&at=120-180&answer=130-138`` a place in an article, with the words in
it that are the answer; ``exchange=2`` says which question of the conversation the place belongs to. ``page=12`` opens
an article at a page, ``find=…`` at words that are looked for in it. What stands after the ``#`` stays in the browser:
no log and no other site sees it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, urlencode

from qa.types import Citation, Passage

MOST_WANTED = 100
"""Characters that are looked for in an article."""
_SPAN = re.compile(r"(\d{1,11})-(\d{1,11})")


@dataclass(frozen=True)
class Mark:
    """A place in an article to show: what is marked, and the words in it that are the answer."""

    article_id: str
    start: int
    end: int
    answer_start: int | None = None
    answer_end: int | None = None

    @classmethod
    def of(cls, place: Citation | Passage) -> Mark:
        """Where a citation or a passage stands."""
        if isinstance(place, Passage):
            return cls(place.article_id, place.start, place.end)
        return cls(place.article_id, place.start, place.end, place.answer_start, place.answer_end)


@dataclass(frozen=True)
class Address:
    """What an address names; empty, or None, where it names no such."""

    conversation: str = ""
    mark: Mark | None = None
    exchange: int | None = None
    page: int | None = None
    wanted: str = ""
    """Words that are looked for in the article."""

    @classmethod
    def read(cls, text: object) -> Address:
        """What is named after the ``#``, as a browser sent it: trusted for nothing."""
        named = parse_qs(str(text or "")[:2000].lstrip("#"))
        article = named.get("article", [""])[0]
        answer = _span(named, "answer")
        return cls(
            named.get("conversation", [""])[0],
            Mark(article, *(_span(named, "at") or (0, 0)), *(answer or (None, None))) if article else None,
            _number(named, "exchange"),
            _number(named, "page"),
            named.get("find", [""])[0].strip()[:MOST_WANTED],
        )


def address_of(mark: Mark, exchange: int | None = None, wanted: str = "") -> str:
    """What stands after the ``#`` for a place in an article."""
    named: dict[str, object] = {"article": mark.article_id}
    if mark.end > mark.start:
        named["at"] = f"{mark.start}-{mark.end}"
    if mark.answer_start is not None and mark.answer_end is not None:
        named["answer"] = f"{mark.answer_start}-{mark.answer_end}"
    if exchange is not None:
        named["exchange"] = exchange
    if wanted:
        named["find"] = wanted
    return urlencode(named)


def _number(named: dict[str, list[str]], name: str) -> int | None:
    text = named.get(name, [""])[0]
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else None


def _span(named: dict[str, list[str]], name: str) -> tuple[int, int] | None:
    found = _SPAN.fullmatch(named.get(name, [""])[0])
    return (int(found[1]), int(found[2])) if found else None
