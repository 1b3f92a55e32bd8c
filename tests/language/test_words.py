from __future__ import annotations

import pytest

from language import words


@pytest.mark.parametrize(
    ("one", "other"), [("opened", "opening"), ("bridges", "bridge"), ("running", "runs"), ("cities", "cited")]
)
def test_words_that_differ_in_their_ending_have_one_stem(one: str, other: str) -> None:
    assert words.stem(one) == words.stem(other)


@pytest.mark.parametrize("word", ["bus", "is", "red", "sing"])
def test_a_short_word_is_left_whole(word: str) -> None:
    assert words.stem(word) == word


def test_stop_words_are_no_nouns_and_no_months() -> None:
    assert words.STOPWORDS.isdisjoint({"may", "march", "bridge", "will-o'-the-wisp"})
    assert {"the", "of", "who"} <= words.STOPWORDS
