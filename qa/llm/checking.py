"""A model's reply to an answer: with the quotes that are in what it was shown, and none that is not. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from qa.citations import cite_span
from qa.llm.pieces import IN_LINES, Piece, own_quotes, pieces_of
from qa.llm.quotes import Place, QuoteFinder
from qa.llm.reply import Reply
from qa.ports import Extract, Plan
from qa.types import Answer, Citation, Item, Passage, Verdict

MAX_LABEL = 60
"""Characters before a colon that can be the name of a side; the model was asked to write it there."""

_VERDICT = re.compile(r"[\"“*_]{0,4}(yes|no)\b[*_]{0,2}(?:[.,;:!]|\s*[–—-]\s|\s*\Z)", re.I)
_DATE = re.compile(r"(\d{4}(?:-\d\d(?:-\d\d)?)?)\b")


def checked(
    reply: Reply, plan: Plan, extracts: Sequence[Extract], passages: tuple[Passage, ...], model: str
) -> Answer | None:
    """What ``reply`` answers, as far as it quotes ``extracts``; None where it quotes nothing that is there.

    Of a list only the lines that a quote speaks for are left. The answer has no score: nobody has measured what a
    model's would mean.
    """
    finder = QuoteFinder([one.article.text for one in extracts], [(one.start, one.end) for one in extracts])
    found = [finder.find(quote) for quote in reply.quotes]
    if not any(found):
        return None
    citations = _citations([place for places in found for place in places], extracts)
    pieces = pieces_of(reply.text, plan.kind)
    own = own_quotes([piece.text for piece in pieces], [quote.words for quote in reply.quotes])
    support = [_numbers([place for quote in quotes for place in found[quote]], extracts, citations) for quotes in own]
    bare = [piece for piece, numbers in zip(pieces, support, strict=True) if not numbers]
    text = reply.text
    is_list = plan.kind in IN_LINES and bool(pieces)
    if is_list and len(bare) == len(pieces):
        return None
    if is_list:
        text = _without(text, bare)
    return Answer(
        question=plan.query.question,
        text=text,
        kind=plan.kind,
        citations=citations,
        items=tuple(
            _item(piece.text, numbers, citations, plan)
            for piece, numbers in zip(pieces, support, strict=True)
            if numbers
        ),
        verdict=_verdict(text) if plan.kind == "yes_no" else None,
        passages=passages,
        model=model,
        notice=_lines_notice(len(bare), len(pieces)) if is_list else _quotes_notice(found),
    )


def joined(*notices: str | None) -> str | None:
    """The notices that there are, as one."""
    return " ".join(filter(None, notices)) or None


def _citations(places: Sequence[Place], extracts: Sequence[Extract]) -> tuple[Citation, ...]:
    """The quoted words, those of the first extract first, without what another one holds already."""
    citations: list[Citation] = []
    for place in sorted(places, key=lambda place: place.passage):
        citation = _cite(place, extracts)
        if not any(_holds(other, citation) for other in citations):
            citations = [*(other for other in citations if not _holds(citation, other)), citation]
    return tuple(citations)


def _cite(place: Place, extracts: Sequence[Extract]) -> Citation:
    return cite_span(extracts[place.passage].article, place.start, place.end)


def _holds(outer: Citation, inner: Citation) -> bool:
    if outer.article_id != inner.article_id or outer.start > inner.start:
        return False
    # Passages that stand alone may name one article, and each has offsets of its own.
    return outer.quote[inner.start - outer.start : inner.end - outer.start] == inner.quote


def _numbers(places: Sequence[Place], extracts: Sequence[Extract], citations: Sequence[Citation]) -> tuple[int, ...]:
    """Which of ``citations`` hold ``places``, by their numbers from 0."""
    cited = [_cite(place, extracts) for place in places]
    return tuple(number for number, one in enumerate(citations) if any(_holds(one, other) for other in cited))


def _item(text: str, numbers: tuple[int, ...], citations: Sequence[Citation], plan: Plan) -> Item:
    date = _DATE.match(text) if plan.kind == "timeline" else None
    label = None
    if plan.kind == "theme":
        label = citations[numbers[0]].title or None
    elif plan.kind == "comparison":
        named = next((side for side in plan.sides if text.casefold().startswith(side.casefold())), None)
        label = named or (text.partition(":")[0] if ":" in text[:MAX_LABEL] else None)
    return Item(text, numbers, label, date[1] if date else None)


def _without(text: str, pieces: Sequence[Piece]) -> str:
    for piece in reversed(pieces):
        text = text[: piece.start] + text[piece.end :]
    return text.strip()


def _verdict(text: str) -> Verdict | None:
    said = _VERDICT.match(text)
    if said is None:
        return None
    return "yes" if said[1].lower() == "yes" else "no"


def _quotes_notice(found: Sequence[Sequence[Place]]) -> str | None:
    missing = sum(not places for places in found)
    if not missing:
        return None
    were = "was" if missing == 1 else "were"
    return (
        f"{missing} of the language model's {len(found)} quotes {were} not found in the articles and left out; "
        "compare the answer with what it still cites."
    )


def _lines_notice(bare: int, lines: int) -> str | None:
    if not bare:
        return None
    were = "was" if bare == 1 else "were"
    return f"{bare} of the {lines} lines that the language model wrote {were} left out: no quote in the articles."
