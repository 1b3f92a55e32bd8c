from __future__ import annotations

import numpy as np

from qa.fusion import fuse


def test_the_best_of_both_searches_wins() -> None:
    assert int(np.argmax(fuse(np.array([0.7, 0.6, 0.2]), np.array([8.0, 1.0, 8.0])))) == 0


def test_the_weight_moves_between_meaning_and_words() -> None:
    similarity, bm25 = np.array([0.9, 0.1]), np.array([1.0, 9.0])
    assert int(np.argmax(fuse(similarity, bm25, dense_weight=1.0))) == 0
    assert int(np.argmax(fuse(similarity, bm25, dense_weight=0.0))) == 1


def test_repeating_the_questions_wording_counts() -> None:
    similarity, bm25 = np.array([0.6, 0.6]), np.array([5.0, 5.0])
    assert int(np.argmax(fuse(similarity, bm25, np.array([0.1, 0.8])))) == 1


def test_without_a_common_word_the_meaning_alone_ranks() -> None:
    fused = fuse(np.array([0.2, 0.9, 0.5]), np.zeros(3))
    assert np.argsort(-fused).tolist() == [1, 2, 0]


def test_no_candidates_have_no_scores() -> None:
    assert fuse(np.array([]), np.array([])).tolist() == []
