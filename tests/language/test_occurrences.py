"""Words are found in a text whatever their case and the white space between them."""

from __future__ import annotations

from language.occurrences import occurrences


def test_words_are_found_in_any_case_and_over_line_breaks() -> None:
    text = "The old bridge. THE OLD\nBRIDGE and the old  bridges."
    assert [text[start:end] for start, end in occurrences(text, " the old bridge ")] == [
        "The old bridge",
        "THE OLD\nBRIDGE",
        "the old  bridge",
    ]


def test_signs_mean_themselves_and_nothing_finds_nothing() -> None:
    assert occurrences("a+b (c)", "+b (") == [(1, 5)]
    assert occurrences("text", "  ") == []


def test_there_is_a_bound() -> None:
    assert len(occurrences("a " * 5000, "a", most=7)) == 7
