from __future__ import annotations

import pytest

from language.characters import whole_characters


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("", ""),
        ("Zürich 東京 🙂", "Zürich 東京 🙂"),
        ("\ud83c\udf09", "\N{BRIDGE AT NIGHT}"),
        ("a\ud83cb\udf09", "a\ufffdb\ufffd"),
        ("\udf09\ud83c", "\ufffd\ufffd"),
    ],
)
def test_halves_of_characters_are_put_together_or_replaced(text: str, whole: str) -> None:
    assert whole_characters(text) == whole
