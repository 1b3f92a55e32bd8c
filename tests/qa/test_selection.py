from __future__ import annotations

import math
from pathlib import Path

import pytest

from qa.selection import Calibration, Calibrations, rank_answers, select, standardized
from qa.types import Candidate, Passage

PLAIN = Calibration(retrieval_weight=0.0, agreement=0.0, bias=0.0, score_weight=1.0, margin_weight=0.0, threshold=0.5)


def passage(score: float = 0.0) -> Passage:
    return Passage("c", "a", "", "", "", 0, 0, score=score, rank=1)


def candidate(text: str, score: float, passage: int = 0) -> Candidate:
    return Candidate(text, passage, 0, len(text), score)


def test_the_highest_score_comes_first() -> None:
    selection = select([candidate("1883", 1.0), candidate("1884", 2.0)], [passage()], PLAIN)
    assert [answer.best.text for answer in selection.answers] == ["1884", "1883"]


def test_chances_are_the_logistic_of_the_score() -> None:
    [chance] = select([candidate("1883", 1.5)], [passage()], PLAIN).chances
    assert chance == pytest.approx(1 / (1 + math.exp(-1.5)))


def test_the_same_words_from_two_passages_are_one_answer_that_counts_more() -> None:
    candidates = [candidate("1884", 2.2), candidate("In 1883", 2.0, 1), candidate("in 1883.", 2.0, 2)]
    ranked = rank_answers(candidates, [passage()] * 3, retrieval_weight=0.0, agreement=1.0)
    assert [answer.best.text for answer in ranked] == ["In 1883", "1884"]
    assert len(ranked[0].places) == 2
    assert ranked[0].score == pytest.approx(2.0 + math.log(2))


def test_one_passage_has_one_vote_for_an_answer() -> None:
    candidates = [candidate("1883", 2.0), candidate("1883", 1.9)]
    [answer] = rank_answers(candidates, [passage()], retrieval_weight=0.0, agreement=1.0)
    assert answer.score == pytest.approx(2.0)


def test_retrieval_decides_between_answers_the_reader_likes_alike() -> None:
    candidates = [candidate("first", 1.0, 0), candidate("second", 1.1, 1)]
    ranked = rank_answers(candidates, [passage(0.9), passage(0.1)], retrieval_weight=1.0, agreement=0.0)
    assert ranked[0].best.text == "first"


def test_no_candidates_are_no_answers() -> None:
    assert select([], [], PLAIN).answers == ()


def test_scores_that_do_not_differ_say_nothing() -> None:
    assert standardized([0.3, 0.3]).tolist() == [0.0, 0.0]
    assert standardized([]).tolist() == []


def test_calibrations_survive_being_saved(tmp_path: Path) -> None:
    saved = Calibrations(PLAIN, Calibration(0.5, 0.3, -1.0, 0.7, 0.2, 0.4))
    saved.save(tmp_path / "reader.json")
    assert Calibrations.load(tmp_path / "reader.json") == saved
