"""Answers that are sentences of articles: each an item, each cited, together the text."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from qa.citations import cite_span
from qa.ports import Plan, Sentence
from qa.types import Answer, Item, Kind, Passage

MODEL = "sentences"
"""Who "wrote" such an answer: nobody, it is the articles' own sentences."""


def told(
    plan: Plan,
    sentences: Sequence[Sentence],
    *,
    kind: Kind | None = None,
    text: str | None = None,
    labels: Sequence[str | None] | None = None,
    dates: Sequence[str | None] | None = None,
    passages: Sequence[Passage] = (),
    notice: str | None = None,
) -> Answer:
    """The answer that ``sentences`` are, in their order; ``labels`` and ``dates`` are one a sentence."""
    citations = tuple(cite_span(one.article, one.start, one.end) for one in sentences)
    items = tuple(
        Item(plain(one), (place,), labels[place] if labels else None, dates[place] if dates else None)
        for place, one in enumerate(sentences)
    )
    return Answer(
        question=plan.query.question,
        text=text if text is not None else " ".join(item.text for item in items),
        kind=kind or plan.kind,
        citations=citations,
        items=items,
        passages=tuple(passages),
        model=MODEL,
        notice=notice,
    )


def plain(sentence: Sentence) -> str:
    """The words of ``sentence`` on one line."""
    return " ".join(sentence.text.split())


def labels_of(sentences: Sequence[Sentence]) -> list[str | None]:
    """What the article of each of ``sentences`` is called; None for a document that has neither title nor source."""
    return [_called(one) or None for one in sentences]


def by_article(sentences: Sequence[Sentence]) -> str:
    """A paragraph an article, which begins with what it is called."""
    paragraphs = []
    for (_, called), of_article in groupby(sentences, key=lambda one: (one.article.id, _called(one))):
        said = " ".join(map(plain, of_article))
        paragraphs.append(f"{called}: {said}" if called else said)
    return "\n\n".join(paragraphs)


def _called(sentence: Sentence) -> str:
    """A document that is in no library may have no title, and is called by its source."""
    return sentence.article.title or sentence.article.source
