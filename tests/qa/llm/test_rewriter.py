"""Follow-ups are rewritten by a language model, or by rule."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from qa.llm import LanguageModel, ModelRewriter
from qa.types import Turn
from tests.qa.fake_llm_server import Act, FakeLLMServer, fail, hang, write
from tests.qa.llm.writing import settings_for

HISTORY = [("When was the bridge opened?", "In 1883."), ("Who sells bread?", None)]


def by_rule(question: str, history: Sequence[Turn]) -> str:
    return f"by rule: {question}"


@pytest.mark.parametrize(
    "reply",
    [
        "Who built the old bridge?",
        '  "Who built the old bridge?"\n',
        "Question: Who built the old bridge?",
        "<think>it = the bridge</think>\nWho built the old bridge?",
    ],
)
def test_a_follow_up_is_rewritten_by_the_model(reply: str) -> None:
    with FakeLLMServer(write(reply)) as server:
        rewrite = ModelRewriter(LanguageModel.from_settings(settings_for(server)))
        assert rewrite("Who built it?", HISTORY) == "Who built the old bridge?"
        _, user = server.prompt()
    assert "Answer: In 1883.\nQuestion: Who sells bread?\nAnswer: (none)" in user
    assert user.endswith("Question to rewrite: Who built it?")


@pytest.mark.parametrize(
    "act",
    [
        fail(500),
        fail(401),
        write(""),
        write("..."),
        write("Sure! Here it is:\nWho built the old bridge?"),
        write("Who built the bridge, " * 20),
    ],
)
def test_without_a_plausible_rewrite_the_rules_rewrite(act: Act) -> None:
    with FakeLLMServer(act) as server:
        rewrite = ModelRewriter(LanguageModel.from_settings(settings_for(server)), by_rule)
        assert rewrite("Who?", HISTORY) == "by rule: Who?"


def test_a_first_question_is_not_sent_to_be_rewritten() -> None:
    with FakeLLMServer(fail(500)) as server:
        assert ModelRewriter(LanguageModel.from_settings(settings_for(server)))("Who built it?", ()) == "Who built it?"
        assert server.requests == []


def test_rewriting_takes_a_small_part_of_the_time_that_an_answer_may(caplog: pytest.LogCaptureFixture) -> None:
    with FakeLLMServer(hang()) as server:
        rewrite = ModelRewriter(LanguageModel.from_settings(settings_for(server, timeout=2.0)), by_rule)
        assert rewrite("Who?", HISTORY) == "by rule: Who?"
        assert "no full reply within 0.5 s" in caplog.text
