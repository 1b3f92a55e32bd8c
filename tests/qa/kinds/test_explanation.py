"""Which sentences explain: the likeliest of one article wherever they stand, and of what was asked."""

from __future__ import annotations

from typing import Any

import numpy as np

from qa.kinds.explanation import _names, _with_others
from qa.ports import Sentence
from qa.types import Passage
from vectorstore import Article


def _article(key: str) -> Article:
    text = "The line was halted. It rained. Nobody was hurt. Both boats had failed their inspection."
    return Article(key, f"/news/{key}.txt", key, text, fingerprint=key)


def _sentences(article: Article) -> list[Sentence]:
    starts = [0, 21, 32, 49]
    return [Sentence(article, start, end) for start, end in zip(starts, [20, 31, 48, 88], strict=True)]


def test_the_sentence_that_says_why_is_shown_though_it_stands_far_from_the_best() -> None:
    sentences = [*_sentences(_article("a")), *_sentences(_article("b"))]
    scores = np.array([1.7, 0.4, 0.5, 1.3, 1.6, 0.4, 0.5, 1.6], dtype=np.float32)
    shown = _with_others(0, sentences, scores)
    assert [one.text for one in shown] == ["The line was halted.", "Both boats had failed their inspection."]
    assert {one.article.id for one in shown} == {"a"}


def test_where_nothing_else_comes_near_what_stands_around_the_best_is_shown() -> None:
    sentences = _sentences(_article("a"))
    scores = np.array([0.1, 0.5, 1.7, 0.4], dtype=np.float32)
    assert [one.start for one in _with_others(2, sentences, scores)] == [21, 32, 49]


def test_no_more_than_three_are_shown() -> None:
    sentences = _sentences(_article("a"))
    scores = np.array([1.0, 0.9, 0.95, 0.99], dtype=np.float32)
    assert [one.start for one in _with_others(0, sentences, scores)] == [0, 32, 49]


def test_names_are_told_by_capitals_or_by_how_the_passages_write_them() -> None:
    text = "On Friday Newsmax settled with Smartmatic. The deal with Newsmax is secret. Settle was no word of theirs."
    passage = Passage("1", "a", "Newsmax", "/a.txt", text, 0, len(text), 1.0, 1)
    assert _names("why did newsmax settle", [passage]) == {"newsmax"}
    assert _names("why did newsmax keep the deal secret", [passage]) == {"newsmax"}
    assert _names("Why did Newsmax's lawyers agree", []) == {"newsmax"}
    assert _names("why is the NTSB asking", []) == frozenset()


RACE = """The regatta at Alder Point

The rower Mara Voss may not start at Ferry Street after a crash with Tom Hale on Sunday. The judges hold that Mara Voss
meant it when her boat struck that of Hale at the last buoy. Hale's boat broke, and Mara Voss fell into the water.

The best known rower of the league was away from six regattas in spring, after breaking her tibia in a skiing accident
in March. "I will be back," Voss said.
"""


def test_a_cause_that_is_told_in_other_words_is_found(asking_of: Any) -> None:
    answer = asking_of({"race.txt": RACE}, "explanation", "how did mara voss break her leg")
    assert "a skiing accident" in answer.text


def test_what_points_back_is_shown_after_what_it_points_to_or_not_at_all() -> None:
    text = "The line was halted. It had been wet for days. Both boats had failed. This was known to all in the town."
    starts = [0, 21, 47, 70]
    article = Article("a", "/news/a.txt", "a", text, fingerprint="a")
    sentences = [Sentence(article, at, end) for at, end in zip(starts, [20, 46, 69, len(text)], strict=True)]

    def shown(best: int, *scores: float) -> list[int]:
        return [one.start for one in _with_others(best, sentences, np.array(scores, dtype=np.float32))]

    assert shown(0, 1.7, 0.2, 0.3, 1.6) == [0, 70]  # one sentence alone says too little
    assert shown(2, 1.5, 1.5, 1.7, 0.1) == [0, 21, 47]
    assert shown(0, 1.7, 0.1, 1.4, 1.5) == [0, 47, 70]
    assert shown(2, 0.1, 1.5, 1.7, 1.6) == [47, 70]
    assert shown(1, 0.1, 1.7, 1.5, 0.2) == [0, 21, 47]
