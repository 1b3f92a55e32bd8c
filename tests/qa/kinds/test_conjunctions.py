"""What is taken apart, and what stays whole."""

from __future__ import annotations

import pytest

from qa.kinds.conjunctions import split_conjunction


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("Parma, Reggio Emilia and Modena", ["Parma", "Reggio Emilia", "Modena"]),
        ("salt, milk, and rennet", ["salt", "milk", "rennet"]),
        ("polonium and radium", ["polonium", "radium"]),
        ("such as apples or pears", ["apples", "pears"]),
        ("Ann Lee, 21; Tom Roe, 34; and Jo May, 20", ["Ann Lee", "Tom Roe", "Jo May"]),
        ("Ann Lee, 34, Tom Roe, 31 and Jo May", ["Ann Lee", "Tom Roe", "Jo May"]),
    ],
)
def test_lists_are_taken_apart(text: str, items: list[str]) -> None:
    assert [text[start:end] for start, end in split_conjunction(text)] == items


@pytest.mark.parametrize(
    "text",
    [
        "Kanye West",
        "Florence, Italy",
        "May 24, 2014",
        "between Tokyo and Osaka",
        "4,000 and more",
        "10, 20, 30 and 40",
        "Irène and her husband, who was a physicist at the same university",
        'the song "Pomp and Circumstance',
        "",
    ],
)
def test_what_is_no_list_stays_whole(text: str) -> None:
    assert split_conjunction(text) == [(0, len(text))]
