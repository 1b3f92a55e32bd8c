from __future__ import annotations

import numpy as np
import pytest

from qa.reader.decoding import MAX_ANSWER_TOKENS, best_spans, polish
from qa.reader.features import Window


def window(tokens: int, context_start: int = 3) -> Window:
    offsets = tuple((2 * place, 2 * place + 1) for place in range(tokens))
    return Window(0, tuple(range(context_start + tokens + 1)), context_start, offsets)


def logits(window: Window, peaks: dict[int, float]) -> np.ndarray:
    values = np.full(len(window.ids) + 2, -9.0)  # two of padding
    values[0] = 0.0
    for place, value in peaks.items():
        values[window.context_start + place] = value
    return values


def test_the_best_span_joins_the_best_start_and_end() -> None:
    w = window(10)
    [span] = best_spans(logits(w, {2: 5.0}), logits(w, {4: 3.0}), w, top_k=1)
    assert (span.first, span.last, span.score) == (2, 4, 8.0)


def test_scores_count_from_the_null_answer() -> None:
    w = window(10)
    start, end = logits(w, {2: 5.0}), logits(w, {4: 3.0})
    start[0], end[0] = 6.0, 7.0
    [span] = best_spans(start, end, w, top_k=1)
    assert span.score == pytest.approx(8.0 - 13.0)


def test_an_end_never_stands_before_its_start() -> None:
    w = window(10)
    spans = best_spans(logits(w, {6: 5.0}), logits(w, {2: 5.0}), w, top_k=20)
    assert all(span.first <= span.last for span in spans)


def test_spans_are_not_longer_than_answers_are() -> None:
    w = window(80)
    spans = best_spans(logits(w, {0: 9.0}), logits(w, {70: 9.0}), w, top_k=50)
    assert all(span.last - span.first < MAX_ANSWER_TOKENS for span in spans)


def test_the_runners_up_follow_in_order() -> None:
    w = window(10)
    spans = best_spans(logits(w, {1: 5.0, 5: 4.0}), logits(w, {1: 5.0, 5: 4.0}), w, top_k=2)
    assert [(span.first, span.last) for span in spans] == [(1, 1), (1, 5)]
    assert spans[0].score >= spans[1].score


def test_a_window_without_context_has_no_span() -> None:
    w = window(0)
    assert best_spans(np.zeros(4), np.zeros(4), w, top_k=3) == []


@pytest.mark.parametrize(
    ("text", "polished"),
    [
        ("Paris.", "Paris"),
        (" in 1883, ", "in 1883"),
        ("“Blue in Green", "Blue in Green"),
        ("“Blue in Green”", "“Blue in Green”"),
        ("(born 1867", "born 1867"),
        ("NASA (founded 1958)", "NASA (founded 1958)"),
        ("Washington, D.C.", "Washington, D.C."),
        ("John F.", "John F."),
        ("three-hour", "three-hour"),
        ("-40 degrees", "-40 degrees"),
        ("– in May –", "in May"),
        ("...", ""),
        ("1950s)", "1950s"),
    ],
)
def test_stray_punctuation_is_taken_off(text: str, polished: str) -> None:
    start, end = polish(text, 0, len(text))
    assert text[start:end] == polished


def test_polishing_keeps_to_its_span() -> None:
    text = "He (the mayor) left, he said."
    start, end = polish(text, 4, 19)
    assert text[start:end] == "the mayor) left"


def test_a_span_is_widened_to_whole_words() -> None:
    text = "called TheKidsSupply, a line"
    start, end = polish(text, text.index("Kids"), text.index("Supply"))
    assert text[start:end] == "TheKidsSupply"


@pytest.mark.parametrize(
    ("text", "cut", "whole"),
    [
        ("Months after Texas Gov. Greg Abbott sent buses", "Texas Gov", "Texas Gov. Greg Abbott"),
        ("then Sen. Rand Paul, a Republican, blocked", "Sen", "Sen. Rand Paul"),
        ("He was a general. Gen. George S. Patton led", "Gen", "Gen. George S. Patton"),
        ("It stood on Market St. Wilmington had others", "Market St", "Market St"),
        ("She had one more rep. Then she went home", "rep", "rep"),
        ("They met Sen. in the hall", "Sen", "Sen"),
    ],
)
def test_a_title_takes_the_name_that_follows_it(text: str, cut: str, whole: str) -> None:
    start = text.index(cut)
    start, end = polish(text, start, start + len(cut))
    assert text[start:end] == whole
