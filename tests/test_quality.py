"""Floors under the quality of answers on the sample articles: a change may raise them, never lower them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

import samples
from qa import Chatbot
from qa.evaluation import evaluate, load_test_set
from qa.evaluation.metrics import holds_answer
from qa.types import Passage
from vectorstore import Chunk

pytestmark = [pytest.mark.slow, pytest.mark.timeout(2400)]


@pytest.fixture(scope="module")
def figures(bot: Chatbot) -> dict[str, Any]:
    return evaluate(bot, load_test_set(samples.QUESTIONS)).to_dict()


@pytest.fixture(scope="module")
def kinds(bot: Chatbot) -> dict[str, Any]:
    return evaluate(bot, load_test_set(samples.KINDS)).to_dict()


def test_answers_are_right(figures: dict[str, Any]) -> None:
    assert figures["failed"] == []
    # Of the answers shown few may be wrong, which costs some that were right and not sure enough.
    assert figures["has_answer"]["exact_match"] >= 65
    assert figures["has_answer"]["f1"] >= 68
    assert figures["wrong_of_shown"] <= 0.25


def test_what_the_articles_do_not_say_is_left_unanswered(figures: dict[str, Any]) -> None:
    # 72 now; 83 when only the small reader read, and 63 instead of 77 of the answerable ones were answered rightly.
    assert figures["no_answer"]["exact_match"] >= 62
    assert figures["abstention"]["auroc"] >= 0.80  # 0.88 now


def test_the_right_passage_is_found(figures: dict[str, Any]) -> None:
    assert figures["answer_recall_at"]["1"] >= 0.74
    assert figures["answer_recall_at"]["5"] >= 0.95
    assert figures["mrr_at_10"] >= 0.85


def test_scores_mean_what_they_say(figures: dict[str, Any]) -> None:
    # Chances are fitted to one accepted answer a question, on held-out articles (0.05 there). The samples accept
    # several, so that more of the answers are right than the scores say, which is the side to err on: above a chance of
    # 0.5, 66 of 69 were right with both readers. The bound was 0.26 at an error of 0.21; without titles that are told
    # more is right at the same chances (82 % EM of 51 answerable ones, error 0.25 over 70), so that it is 0.36.
    assert figures["calibration_error"] <= 0.36


FLOORS = {
    "list": {"items_partial_f1": 42},
    "count": {"exact_match": 65},
    "yes_no": {"verdicts_right": 0.7, "verdicts_shown": 0.2},
    "explanation": {"rouge_l": 57, "shown": 0.6},
    "definition": {"rouge_l": 75, "shown": 0.6},
    "summary": {"rouge_l": 36, "shown": 0.7},
    "theme": {"rouge_l": 32, "shown": 0.7},
    "timeline": {"rouge_l": 45, "items_partial_f1": 45},
    "comparison": {"f1": 38},
}
"""What each kind reaches at least, some way below what was measured when it was set: never to be lowered in silence."""


@pytest.mark.parametrize("kind", list(FLOORS))
def test_every_kind_of_question_keeps_its_floor(kinds: dict[str, Any], kind: str) -> None:
    reached = kinds["kinds"][kind]
    assert all(reached[name] >= least for name, least in FLOORS[kind].items()), reached


def test_few_of_the_answers_shown_are_wrong(kinds: dict[str, Any]) -> None:
    assert kinds["failed"] == []
    assert kinds["wrong_of_shown"] <= 0.21


def test_follow_ups_are_answered_through_their_conversation(bot: Chatbot) -> None:
    result = evaluate(bot, load_test_set(samples.FOLLOWUPS))
    assert result.to_dict()["answer_recall_at"]["5"] >= 0.85


def test_fused_search_is_nowhere_worse_than_its_parts(bot: Chatbot) -> None:
    questions = [one for one in load_test_set(samples.QUESTIONS) if one.is_answerable]
    searches: dict[str, Callable[[str], Sequence[Passage | Chunk]]] = {
        "dense": lambda question: [hit.chunk for hit in bot.index.search_dense(question, 20)],
        "lexical": lambda question: [hit.chunk for hit in bot.index.search_lexical(question, 20)],
        "ours": lambda question: bot.retriever.retrieve(question, top_k=20),
    }
    ranks = {
        name: [_rank([one.text for one in search(question.question)], question.answers) for question in questions]
        for name, search in searches.items()
    }
    recall = {(name, k): sum(rank <= k for rank in found) for name, found in ranks.items() for k in (1, 5, 20)}
    for part in ("dense", "lexical"):
        # Two of the 114 questions either way is chance: a passage may move by one place with any change of the text.
        assert all(recall["ours", k] >= recall[part, k] - 2 for k in (1, 5, 20)), recall


def _rank(texts: Sequence[str], answers: Sequence[str]) -> float:
    return next((rank for rank, text in enumerate(texts, start=1) if holds_answer(text, answers)), float("inf"))
