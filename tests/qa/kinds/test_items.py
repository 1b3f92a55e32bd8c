"""Findings of many passages as the items of one list."""

from __future__ import annotations

from qa.kinds.items import Finding, merge


def _finding(
    text: str, chance: float, article: str = "a", start: int = 0, sentence: int = 0, passage: int = 0
) -> Finding:
    return Finding(text, passage, article, start, start + len(text), (sentence, sentence + 100), chance)


def test_the_same_item_told_differently_is_one_in_its_fullest_form() -> None:
    (item,) = merge(
        [
            _finding("Kardashian", 0.9, start=500, sentence=500),
            _finding("Kim Kardashian", 0.6),
            _finding("kim kardashian", 0.4, "b"),
        ]
    )
    assert item.text == "Kim Kardashian"
    assert item.chance > 0.9


def test_articles_and_case_make_no_other_item() -> None:
    assert len(merge([_finding("the piano", 0.9), _finding("Piano", 0.5, "b")])) == 1


def test_two_names_in_one_sentence_are_two_items_though_one_ends_like_the_other() -> None:
    found = merge([_finding("West Germany", 0.9), _finding("Germany", 0.8, start=30)])
    assert {item.text for item in found} == {"West Germany", "Germany"}


def test_what_overlapping_passages_show_twice_is_found_once() -> None:
    found = merge([_finding("oak tables", 0.7, start=40), _finding("reading oak tables", 0.3, start=32, passage=1)])
    assert [item.text for item in found] == ["oak tables"]


def test_items_come_likeliest_first_with_their_places() -> None:
    found = merge([_finding("radium", 0.5, start=90), _finding("polonium", 0.8), _finding("radium", 0.6, "b")])
    assert [item.text for item in found] == ["polonium", "radium"]
    assert [place.article_id for place in found[1].places] == ["b", "a"]


def test_nothing_found_is_no_item() -> None:
    assert merge([]) == []
