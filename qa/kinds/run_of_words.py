"""One run of words that lists several things ("A, B and C"), as the items it holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from qa.kinds.conjunctions import split_conjunction
from qa.types import Answer, Item


def taken_apart(answer: Answer) -> Answer:
    """``answer``, a run of words in its first citation, as a list of what it names: one item where that is one. Its
    text stays."""
    cited, words = answer.citations[0], answer.text or ""
    start = cited.start if cited.answer_start is None else cited.answer_start
    parts = split_conjunction(words)
    if len(parts) == 1 and start == cited.start:  # "Stout and porter": its capital is that of the sentence
        parts = split_conjunction(words[:1].lower() + words[1:])
    citations = tuple(replace(cited, answer_start=start + first, answer_end=start + last) for first, last in parts)
    items = tuple(Item(words[first:last], (place,)) for place, (first, last) in enumerate(parts))
    return replace(answer, kind="list", items=items, citations=citations + answer.citations[1:])


def in_words(texts: Sequence[str]) -> str:
    """``A``, ``A and B``, ``A, B and C``; with semicolons where an item has a comma of its own."""
    if len(texts) < 2:
        return "".join(texts)
    separator = "; " if any("," in text for text in texts) else ", "
    return f"{separator.join(texts[:-1])} and {texts[-1]}"
