from __future__ import annotations

import numpy as np

from qa.phrases import phrase_overlap

FUNCTION_WORDS = {"what", "is", "the", "of", "a", "in"}


def overlap(question: str, *texts: str) -> list[float]:
    return [round(float(one), 3) for one in phrase_overlap(question, texts, FUNCTION_WORDS)]


def test_the_same_words_side_by_side_beat_the_same_words_apart() -> None:
    together, apart = overlap("federal tax rate", "The federal tax rate rose.", "Rates of tax that federal bodies set.")
    assert together == 1.0
    assert apart == 0.0


def test_words_count_by_their_stems() -> None:
    assert overlap("opening bridges", "They opened the bridge: opened bridge by bridge.") == [1.0]


def test_a_pair_counts_once_for_each_word_that_tells_something() -> None:
    # "is the" counts nothing, "the capital" and "of france" one each, "capital of" one: two of three are repeated.
    assert overlap("is the capital of france", "of France, the capital") == [0.667]


def test_function_words_count_where_there_is_nothing_else() -> None:
    assert overlap("what is the", "That is what is the matter.") == [1.0]


def test_one_word_has_no_wording_to_repeat() -> None:
    assert overlap("otters", "Otters swim.") == [0.0]
    assert phrase_overlap("otters swim", [], FUNCTION_WORDS).shape == (0,)


def test_no_share_is_out_of_bounds() -> None:
    found = phrase_overlap("the river rose and the river fell", ["the river rose", "", "的的 的"], FUNCTION_WORDS)
    assert np.all((found >= 0) & (found <= 1))
