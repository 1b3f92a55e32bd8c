"""Follow-ups get the words of the conversation that they lean on; questions that stand alone get none."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer

from qa.errors import ReaderError
from qa.followups import FollowUps, load_followups
from qa.followups.features import MAX_TOKENS, Row, Rows, content
from qa.followups.tagger import TermTagger
from qa.followups.weighing import Weights, features, scores
from qa.reader import WEIGHTS
from qa.several import questions_in
from qa.types import Turn

ORCHESTRA: list[Turn] = [
    ("Who founded the Wexmoor Town Orchestra?", "Anna Bell founded the orchestra with two friends."),
    ("Where does it play?", "The orchestra plays in the old corn hall."),
]


@pytest.fixture(scope="module")
def rewrite() -> FollowUps:
    return load_followups()


@pytest.fixture(scope="module")
def rows() -> Rows:
    return Rows(Tokenizer.from_file(str(WEIGHTS / "tokenizer.json")))


@pytest.mark.parametrize(
    ("question", "history", "word"),
    [
        ("When did she die?", [("Who was Marie Curie?", "Marie Curie was a physicist.")], "curie"),
        ("What are his weaknesses?", [("Who is Pinhead in Hellraiser?", "Pinhead is the leader.")], "pinhead"),
        ("What else did he write?", [("What did Victor Hugo publish in 1831?", "Notre-Dame de Paris")], "hugo"),
    ],
)
def test_a_follow_up_names_what_it_is_about(rewrite: FollowUps, question: str, history: list[Turn], word: str) -> None:
    assert word in content(rewrite(question, history))


@pytest.mark.parametrize(
    "question",
    [
        "How tall is the Eiffel Tower in Paris?",
        "Which company built the first steam locomotive in England?",
        "What is the capital of Australia?",
    ],
)
def test_a_question_that_stands_alone_stays_as_it_is(rewrite: FollowUps, question: str) -> None:
    assert rewrite(question, ORCHESTRA) == question


def test_without_a_conversation_nothing_is_added(rewrite: FollowUps) -> None:
    assert rewrite("when did she die?", []) == "when did she die?"


def test_an_abstention_is_no_subject(rewrite: FollowUps) -> None:
    asked: list[Turn] = [("Who was Marie Curie?", "Marie Curie was a physicist.")]
    assert rewrite("When did she die?", [*asked, ("zzz", None)]) == rewrite("When did she die?", [*asked, ("zzz", "")])


@pytest.mark.parametrize(
    "history",
    [
        [("Who was Marie Curie?", "a physicist")] * 5000,
        [("who " * 2500, "Paris " * 2500)],
        [("", ""), (" ", None), ("?", "…")],
        [("Wer war Marie Curie?", "Eine Physikerin."), ("居里夫人是谁？", "物理学家"), ("من هي", "ماري كوري")],
    ],
    ids=["5,000 turns", "10,000 characters", "empty", "other languages"],
)
@pytest.mark.parametrize(
    "question", ["when did she die?", "why?", "Wann starb sie?", "她什么时候去世？", "?", "it " * 400]
)
def test_any_conversation_gives_a_question(rewrite: FollowUps, question: str, history: list[Turn]) -> None:
    rewritten = rewrite(question, history)
    assert rewritten == rewrite(question, history)
    assert rewritten.strip() and len(rewritten) <= len(question) + 2 * MAX_TOKENS * 10


def test_only_the_latest_turns_are_read(rewrite: FollowUps) -> None:
    history: list[Turn] = [("Who was Marie Curie?", "Marie Curie was a physicist.")]
    assert rewrite("When did she die?", [("Who was Ada Lovelace?", "x" * 9000)] * 1 + history) == rewrite(
        "When did she die?", [("Who was Ada Lovelace?", "x" * 300)] * 1 + history
    )


class _Chosen(TermTagger):
    """The real tagger's rows, with the words that belong."""

    def __init__(self, rows: Rows, words: Sequence[str]) -> None:
        self._given_rows, self._words = rows, words

    def taken(self, question: str, history: Sequence[Turn]) -> tuple[Row, set[str]]:
        row = self._given_rows.row(question, history)
        return row, {word.low for word in row.words} & set(self._words)


def test_words_are_put_in_as_they_were_said(rows: Rows) -> None:
    history: list[Turn] = [("Who founded it in Wexmoor?", "Anna Bell founded the orchestra; Bell played the viola.")]
    rewrite = FollowUps(_Chosen(rows, ["anna", "bell", "orchestra"]))
    assert rewrite("When was the first concert?", history) == "When was the first concert (Anna Bell, orchestra)?"


def test_a_question_with_words_beside_it_is_still_one(rows: Rows) -> None:
    history: list[Turn] = [("Who founded it in Wexmoor?", "Anna Bell founded the orchestra; Bell played the viola.")]
    rewritten = FollowUps(_Chosen(rows, ["anna", "bell", "orchestra"]))("When was the first concert?", history)
    assert questions_in(rewritten) == [rewritten]


def test_a_question_word_alone_asks_again_whatever_else_belongs(rows: Rows) -> None:
    history: list[Turn] = [("What is Wexmoor?", "a town"), ("Who founded the orchestra?", "three friends")]
    rewrite = FollowUps(_Chosen(rows, ["wexmoor"]))
    assert rewrite("When was it?", history) == "When was it that somebody founded the orchestra (Wexmoor)?"


def test_the_rules_name_whom_the_tagger_took_in_part(rows: Rows) -> None:
    history: list[Turn] = [("Who leads Wexmoor?", "Anna Bell")]
    assert FollowUps(_Chosen(rows, ["anna"]))("and her husband?", history) == "who is Anna Bell's husband?"


def test_one_name_takes_the_place_of_a_pronoun(rows: Rows) -> None:
    history: list[Turn] = [("Who plays first violin?", "Anna Bell of Wexmoor plays it.")]
    rewrite = FollowUps(_Chosen(rows, ["anna", "bell"]))
    assert rewrite("When was she born?", history) == "When was Anna Bell born?"
    assert rewrite("What is her first song?", history) == "What is Anna Bell's first song?"
    assert rewrite("Who married her?", history) == "Who married Anna Bell?"


def test_a_name_is_put_in_whole(rows: Rows) -> None:
    history: list[Turn] = [("Who led Wexmoor?", "Omar al-Amin")]
    rewrite = FollowUps(_Chosen(rows, ["omar", "al", "amin"]))
    assert rewrite("When was he born?", history) == "When was Omar al-Amin born?"
    ride: list[Turn] = [("Where is the Wild Mouse 2 ride?", None)]
    rewrite = FollowUps(_Chosen(rows, ["wild", "mouse", "2", "ride"]))
    assert rewrite("Who built it?", ride) == "Who built the Wild Mouse 2 ride?"


def test_the_rules_word_a_question_whose_words_the_tagger_takes(rows: Rows) -> None:
    history: list[Turn] = [("When did Anna Bell retire?", "in 1934")]
    assert FollowUps(_Chosen(rows, ["anna", "bell", "retire"]))("why?", history) == "why did Anna Bell retire?"
    assert FollowUps(_Chosen(rows, []))("why?", history) == "why did Anna Bell retire?"


def test_a_row_holds_the_latest_turns_and_no_more_than_fits(rows: Rows) -> None:
    history: list[Turn] = [(f"What is number {n}?", "many words " * 40) for n in range(50)]
    row = rows.row("And the next one?", history)
    assert len(row.ids) == len(row.types) <= MAX_TOKENS
    assert row.said[0] == "What is number 49?"
    assert all(row.said[word.said][word.start : word.end].lower() == word.low for word in row.words)
    assert all(word.token < len(row.ids) for word in row.words)


def test_missing_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(ReaderError, match=r"lacks followups\.onnx, tokenizer\.json, followups\.json"):
        TermTagger.load(tmp_path)


def test_the_tagger_shares_what_the_reader_has() -> None:
    assert (WEIGHTS / "followups.onnx").stat().st_size < 8_000_000


def test_a_word_is_weighed_by_all_its_places(rows: Rows) -> None:
    row = rows.row("When was she born?", [("Who founded Wexmoor?", "In May, Anna Bell did; Wexmoor grew.")])
    logits = np.zeros(len(row.ids), dtype=np.float32)
    first, second = (word.token for word in row.words if word.low == "wexmoor")
    logits[[first, second]] = 1.0, -3.0
    assert features(row, logits)["wexmoor"] == (1.0, -1.0, 2.0, 1.0, 1.0)
    assert features(row, logits)["bell"] == (0.0, 0.0, 1.0, 1.0, 0.0)
    assert scores(row, logits, Weights())["wexmoor"] == 1.0
    assert scores(row, logits, Weights(1.0, 2.0, 0.5, 0.25, 0.125))["wexmoor"] == pytest.approx(0.375)


def test_what_only_the_rules_would_take_is_left_out_but_of_part_of_a_question(rows: Rows) -> None:
    history: list[Turn] = [("When did Anna Bell retire?", "in 1934")]
    rewrite = FollowUps(_Chosen(rows, []))
    assert rewrite("Where was she born?", history) == "Where was she born?"
    assert rewrite("and Tom Hart?", history) == "When did Tom Hart retire?"
    assert rewrite("when was that?", history) == "when did Anna Bell retire?"
