from __future__ import annotations

from qa import Chatbot
from qa.reranker import MAX_LOG_ODDS, rerank
from qa.types import Candidate, Passage


def passage(name: str, score: float, rank: int) -> Passage:
    return Passage(name, "a", "", "", "text", 0, 4, score=score, rank=rank, scores={"similarity": 0.5})


PASSAGES = [passage("first", 1.0, 1), passage("second", 0.9, 2), passage("third", 0.2, 3)]


def test_what_answers_rises_over_what_was_only_found_first() -> None:
    read = [Candidate("text", 0, 0, 4, score=-6.0), Candidate("text", 1, 0, 4, score=8.0)]
    ranked = rerank(PASSAGES, read)
    assert [one.chunk_id for one in ranked] == ["second", "first", "third"]
    assert [one.rank for one in ranked] == [1, 2, 3]
    assert [one.scores["reading"] for one in ranked] == [8.0, -6.0, -MAX_LOG_ODDS]
    assert ranked[0].score > ranked[1].score > ranked[2].score


def test_without_candidates_the_order_stays() -> None:
    assert [one.chunk_id for one in rerank(PASSAGES, [])] == ["first", "second", "third"]


def test_an_extreme_score_counts_no_more_than_certainty() -> None:
    [first, *_] = rerank(PASSAGES, [Candidate("text", 2, 0, 4, score=1e9)])
    assert first.scores["reading"] == MAX_LOG_ODDS


def test_every_passage_of_an_answer_says_why_it_ranked(bot: Chatbot) -> None:
    answer = bot.ask("when did the Brooklyn Bridge open?")
    assert [one.rank for one in answer.passages] == list(range(1, len(answer.passages) + 1))
    scores = [one.score for one in answer.passages]
    assert scores == sorted(scores, reverse=True)
    assert all(-1 <= one.scores["similarity"] <= 1 and one.scores["bm25"] >= 0 for one in answer.passages)
    assert all(0 <= one.scores["phrases"] <= 1 for one in answer.passages)
    assert all("reading" in one.scores for one in answer.passages)
