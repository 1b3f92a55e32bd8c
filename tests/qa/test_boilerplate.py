"""Words of an article that are nobody's answer."""

from __future__ import annotations

import pytest

from qa.boilerplate import is_boilerplate, stands_alone
from vectorstore import Article

TEXT = (
    "Mill burns\n\nBy Ruth Amsel\n\nWASHINGTON – The old mill in Wexham burned on Monday.\n\nTom Hale:\n\n"
    "It rained.\n\n― Ruth Amsel\n\n- flour\n- seed in sacks\n\nEditor’s note: On mills, hear Ada Birch tonight."
)
ARTICLE = Article("a", "a.txt", "Mill burns", TEXT, fingerprint="")


@pytest.mark.parametrize(
    ("words", "alone", "filed"),
    [
        ("Ruth Amsel", True, False),
        ("Tom Hale", True, False),
        ("WASHINGTON", False, True),
        ("Wexham", False, False),
        ("It rained", False, False),
        ("flour", True, False),
        ("seed", False, False),
        ("Ada Birch", False, True),
    ],
)
def test_bylines_and_datelines_state_nothing(words: str, alone: bool, filed: bool) -> None:
    start = TEXT.index(words)
    assert stands_alone(ARTICLE, start, start + len(words)) is alone
    assert is_boilerplate(ARTICLE, start, start + len(words)) is filed
