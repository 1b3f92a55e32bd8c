import numpy as np

from qa.choosing import choose


def _vectors(*angles: float) -> np.ndarray:
    return np.array([[np.cos(angle), np.sin(angle)] for angle in angles], dtype=np.float32)


def test_the_best_come_first_until_there_are_enough() -> None:
    scores = np.array([0.1, 0.9, 0.5], dtype=np.float32)
    assert choose(scores, _vectors(0, 0.9, 1.8), 0.0, lambda chosen: len(chosen) >= 2) == [1, 2]


def test_what_says_the_same_is_chosen_once() -> None:
    scores = np.array([0.9, 0.89, 0.2], dtype=np.float32)
    assert choose(scores, _vectors(0, 0.01, 1.5), 0.0, lambda chosen: len(chosen) >= 3) == [0, 2]


def test_what_is_alike_loses_to_what_is_new() -> None:
    scores = np.array([0.9, 0.7, 0.6], dtype=np.float32)
    vectors = _vectors(0, 0.7, 1.5)
    assert choose(scores, vectors, 0.0, lambda chosen: len(chosen) >= 2) == [0, 1]
    assert choose(scores, vectors, 0.5, lambda chosen: len(chosen) >= 2) == [0, 2]


def test_what_is_ruled_out_is_never_chosen() -> None:
    scores = np.array([-np.inf, 0.1], dtype=np.float32)
    assert choose(scores, _vectors(0, 1), 0.0, lambda chosen: False) == [1]
    assert choose(np.empty(0, dtype=np.float32), np.empty((0, 2), dtype=np.float32), 0.0, lambda chosen: False) == []
