"""A language model that fails, hangs, drips or is stopped: the reader answers, in time, and the person is told."""

from __future__ import annotations

import logging
import socket
import threading
import time
from contextvars import ContextVar
from itertools import count

import pytest
from langchain_core.messages import HumanMessage

from qa.llm import LanguageModel
from qa.llm.failures import NoReply
from qa.ports import Evidence
from qa.settings import Settings
from qa.types import Answer, AnswerReady, Passage, TextWritten
from tests.qa.fake_llm_server import Act, FakeLLMServer, Handler, broken_off, disconnect, drip, fail, hang, raw, write
from tests.qa.llm.writing import (
    GOOD,
    WITHOUT_MODEL,
    answer_of,
    ask,
    events,
    passages,
    plan,
    reads,
    settings_for,
    writer_for,
)
from vectorstore import ArticleIndex

PATIENCE_SECONDS = 120
"""For what takes a moment, on a machine that is busy with something else."""


@pytest.mark.parametrize(
    ("act", "why"),
    [
        (fail(500), "its server failed, HTTP 500"),
        (fail(401, "Incorrect API key provided: sk-secret"), "its API key was refused, HTTP 401: check OPENAI_API_KEY"),
        (fail(404), "its server knows no such model or address, HTTP 404"),
        (fail(429), "too many requests or no credit left, HTTP 429"),
        (fail(400), "the request was refused, HTTP 400"),
        (disconnect("In 18"), "the connection broke"),
        (raw(b"data: {nonsense\n\n"), "its reply could not be read"),
        (raw(b"<html>It works!</html>", "text/html"), None),
        (write(""), "its reply held no answer"),
        (write("  \n"), "its reply held no answer"),
        (write('QUOTES:\n[1] "The old bridge was opened"'), "its reply held no answer"),
        (write("In 18", finish="length"), "its reply was cut off at its limit of length"),
        (write(GOOD, finish="content_filter"), "its provider's filter withheld the reply"),
        (write(GOOD, finish="tool_calls"), "its reply ended early, with 'tool_calls'"),
        (broken_off(GOOD), "its reply was broken off"),
        (raw(b'data: {"error": {"message": "sk-secret overloaded"}}\n\n'), "its server reported an error"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_after_a_failure_the_reader_answers_and_the_person_is_told(
    index: ArticleIndex, act: Act, why: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        answer, _ = ask(index, act)
    assert (answer.text, answer.model) == ("1883", "reader")
    assert answer.notice is not None
    beginning = "The language model openai:test-model did not answer ("
    assert answer.notice.startswith(beginning)
    assert answer.notice.endswith("); this is the reader's own answer.")
    if why is not None:
        assert answer.notice == f"{beginning}{why}); this is the reader's own answer."
        assert why in caplog.text
    assert "sk-secret" not in caplog.text + answer.notice


def test_a_failure_is_told_where_the_reader_finds_nothing_too(index: ArticleIndex) -> None:
    answer, _ = ask(index, fail(500), knows=False)
    assert answer.text is None
    assert answer.notice is not None
    assert "did not answer" in answer.notice
    assert answer.notice.endswith("the reader alone found no answer.")


def test_where_nothing_listens_the_reader_answers(index: ArticleIndex) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    settings = Settings(llm="openai:test-model", llm_base_url=f"http://127.0.0.1:{port}/v1")
    answer = answer_of(writer_for(settings, index), passages(index))
    assert (answer.text, answer.notice) == (
        "1883",
        "The language model openai:test-model did not answer (connection refused); this is the reader's own answer.",
    )


@pytest.mark.parametrize(
    "act",
    [
        hang(),
        hang(after="In 1883."),
        drip((f" word {number}" for number in count()), seconds=0.1),
        drip((" " for _ in count()), seconds=0.1),
    ],
    ids=["hangs", "hangs in mid-reply", "drips", "drips spaces"],
)
def test_a_server_that_does_not_come_to_an_end_is_not_waited_for(index: ArticleIndex, act: Act) -> None:
    answer, _ = ask(index, act, timeout=1.0)  # nothing else ends it
    assert answer.text == "1883"
    assert answer.notice is not None
    assert "in time" in answer.notice or "within 1 s" in answer.notice


def test_a_reply_without_end_is_cut_off_before_the_time_is_up(index: ArticleIndex) -> None:
    answer, _ = ask(index, drip(("word " * 1000 for _ in count()), seconds=0.0))
    assert answer.notice is not None
    assert "its reply did not come to an end" in answer.notice


def test_what_was_streamed_before_a_failure_is_replaced(index: ArticleIndex) -> None:
    answer, written = ask(index, disconnect("It was opened in 18"))
    assert written == ["It was opened in 18"]
    assert answer.text == "1883"


def wait_for(happened: threading.Event) -> None:
    assert happened.wait(PATIENCE_SECONDS)


def test_whoever_stops_listening_stops_the_model_too(index: ArticleIndex) -> None:
    with FakeLLMServer(drip((f" word {number}" for number in count()), seconds=0.05)) as server:
        answering = events(writer_for(settings_for(server), index), passages(index))
        assert isinstance(next(answering), TextWritten)
        answering.close()  # type: ignore[attr-defined]
        wait_for(server.left_by_client)


@pytest.mark.parametrize("act", [hang(), hang(after="In 1883.")], ids=["before it began", "in mid-reply"])
def test_a_question_is_cancelled_while_the_model_is_waited_for(index: ArticleIndex, act: Act) -> None:
    cancel = threading.Event()
    with FakeLLMServer(act) as server:
        answering = events(writer_for(settings_for(server, timeout=600), index), passages(index), cancel=cancel)
        threading.Timer(0.3, cancel.set).start()
        assert not any(isinstance(event, AnswerReady) for event in answering)
        wait_for(server.left_by_client)


def test_a_question_is_cancelled_while_the_reader_is_waited_for(index: ArticleIndex) -> None:
    cancel, read = threading.Event(), threading.Event()

    def reading() -> Answer:
        read.wait(PATIENCE_SECONDS)
        return reads()()

    with FakeLLMServer(fail(500)) as server:
        writer = writer_for(settings_for(server), index)
        threading.Timer(0.5, cancel.set).start()
        assert list(events(writer, passages(index), otherwise=reading, cancel=cancel)) == []
        assert not read.is_set()
        read.set()


def test_the_reader_reads_while_the_model_thinks_in_the_callers_context(index: ArticleIndex) -> None:
    reader_began = threading.Event()
    asked_by = ContextVar("asked_by", default="nobody")
    asked_by.set("Ada")
    seen = []

    def reading() -> Answer:
        seen.append(asked_by.get())
        reader_began.set()
        return reads()()

    def waits_for_the_reader(handler: Handler) -> None:
        assert reader_began.wait(PATIENCE_SECONDS)
        write("NOT IN THE ARTICLES")(handler)

    with FakeLLMServer(waits_for_the_reader) as server:
        *_, last = events(writer_for(settings_for(server), index), passages(index), otherwise=reading)
    assert isinstance(last, AnswerReady)
    assert last.answer.alternatives[0].text == WITHOUT_MODEL
    assert seen == ["Ada"]


def test_a_good_answer_does_not_wait_for_the_reader(index: ArticleIndex) -> None:
    read = threading.Event()

    def reading() -> Answer:
        read.wait(PATIENCE_SECONDS)
        return reads()()

    with FakeLLMServer(write(GOOD)) as server:
        *_, last = events(writer_for(settings_for(server), index), passages(index), otherwise=reading)
        assert isinstance(last, AnswerReady)
        assert (last.answer.text, read.is_set()) == ("In 1883.", False)
        read.set()


def test_what_fails_without_the_model_is_not_hidden_by_it(index: ArticleIndex) -> None:
    def reading() -> Answer:
        raise TimeoutError("the reader's own")

    with FakeLLMServer(fail(500)) as server, pytest.raises(TimeoutError, match="the reader's own"):
        list(events(writer_for(settings_for(server), index), passages(index), otherwise=reading))


def test_a_slow_listener_does_not_lengthen_the_models_time(index: ArticleIndex) -> None:
    with FakeLLMServer(drip((f" word {number}" for number in count()), seconds=0.02)) as server:
        model = LanguageModel.from_settings(settings_for(server, timeout=1.0))
        heard = 0
        with pytest.raises(NoReply, match=r"within 1 s|in time"):
            for _ in model.write([HumanMessage("Speak!")]):
                heard += 1
                time.sleep(0.1)
                assert heard < 300, "the rest of what it said in its time comes at once"


HALVES = (b"\\ud83c", b"\\udf09")
"""Of one character, as JSON spells it."""


def spelled(*pieces: bytes) -> Act:
    """A reply whose pieces are JSON strings as they are."""
    head = b'{"id":"1","object":"chat.completion.chunk","created":0,"model":"m","choices":[{"index":0,'
    lines = [head + b'"delta":{"content":"' + piece + b'"},"finish_reason":null}]}' for piece in pieces]
    lines.append(head + b'"delta":{},"finish_reason":"stop"}]}')
    return raw(b"".join(b"data: " + line + b"\n\n" for line in [*lines, b"[DONE]"]))


def test_a_character_in_two_pieces_is_put_together_and_half_a_one_is_replaced(index: ArticleIndex) -> None:
    quotes = b'\\nQUOTES:\\n[1] \\"The old bridge was opened in 1883\\"'
    answer, written = ask(index, spelled(b"In 1883 ", *HALVES, b".", quotes))
    assert answer.text == "".join(written) == "In 1883 \N{BRIDGE AT NIGHT}."
    answer, written = ask(index, spelled(b"In ", HALVES[0], b"1883", HALVES[1], b".", quotes))
    assert answer.text == "".join(written) == "In \ufffd1883\ufffd."


def test_half_a_character_in_a_question_or_a_passage_does_not_keep_it_from_the_model(index: ArticleIndex) -> None:
    text = "The tower\ud83c was built in 1889."
    alone = Passage("t", "t", "Tower", "", text, 0, len(text), 1.0, 1, alone=True)
    with FakeLLMServer(write('In 1889.\nQUOTES:\n[1] "was built in 1889"')) as server:
        asked = plan(question="When was it built\udf09?")
        answer = answer_of(writer_for(settings_for(server), index), Evidence(passages=(alone,)), asked)
    assert (answer.text, answer.model) == ("In 1889.", "openai:test-model")
