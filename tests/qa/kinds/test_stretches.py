"""What may be an item of a list: two readers' spans, put together and taken apart."""

from __future__ import annotations

import re

from qa.kinds.stretches import stretches
from qa.reader.evidence import Evidence, ScoredSpan
from qa.types import Candidate


def _seen(text: str, *tagged: str, read: tuple[str, ...] = ()) -> list[str]:
    """The stretches of ``text`` of which the evidence reader tagged some, and the reader gave others."""

    def place(words: str) -> tuple[int, int]:
        start = re.search(rf"\b{re.escape(words)}\b", text).start()  # type: ignore[union-attr]
        return start, start + len(words)

    items = tuple(ScoredSpan(words, *place(words), 0.5) for words in tagged)
    spans = [Candidate(words, 0, *place(words), 0.0) for words in read]
    found = stretches(spans, [Evidence(0, items, 0.5, (0.0, 0.0, 1.0))], [text])
    return [text[one.start : one.end] for one in found]


def test_what_only_a_space_parts_is_one_item() -> None:
    assert _seen("Near Japan’s Sakurajima volcano, and Calbuco.", "Japan’s", "Sakurajima volcano", "Calbuco") == [
        "Japan’s Sakurajima volcano",
        "Calbuco",
    ]


def test_what_says_nothing_is_no_item_and_an_item_begins_with_itself() -> None:
    text = "She sang for Fun Home, with the cast and I, in The Who."
    assert _seen(text, "I", "the", "The Who", read=("for Fun Home",)) == ["Fun Home", "The Who"]


def test_what_one_run_names_beside_two_items_is_an_item_as_they_are() -> None:
    text = "The boats of Ann Lee, 21; Tom Roe, 34; and Jo May, 20, are lost."
    run = "Ann Lee, 21; Tom Roe, 34; and Jo May"
    items = [ScoredSpan(name, text.index(name), text.index(name) + len(name), 0.5) for name in ("Tom Roe", "Jo May")]
    spans = [Candidate(run, 0, text.index(run), text.index(run) + len(run), 3.0)]
    found = stretches(spans, [Evidence(0, tuple(items), 1.0, (0.0, 0.0, 1.0))], [text])
    assert [(text[one.start : one.end], one.tagged is None) for one in found] == [
        ("Ann Lee", False),
        ("Tom Roe", False),
        ("Jo May", False),
    ]
