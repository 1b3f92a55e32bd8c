"""Words of an article that are nobody's answer."""

from __future__ import annotations

import pytest

from qa.furniture import is_in_dateline, stands_alone
from vectorstore import Article

TEXT = (
    "Mill burns\n\nBy Ruth Amsel\n\nWASHINGTON – The old mill in Wexham burned on Monday.\n\nTom Hale:\n\n"
    "It rained.\n\n― Ruth Amsel\n\n- flour\n- seed in sacks"
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
    ],
)
def test_bylines_and_datelines_state_nothing(words: str, alone: bool, filed: bool) -> None:
    start = TEXT.index(words)
    assert stands_alone(ARTICLE, start, start + len(words)) is alone
    assert is_in_dateline(ARTICLE, start, start + len(words)) is filed
