"""Which language models can be used, and how each provider's is spoken to."""

from __future__ import annotations

import asyncio
import importlib
import json
import re
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import pytest
from langchain_core.language_models import FakeListChatModel
from langchain_core.messages import AIMessageChunk, HumanMessage
from langchain_core.outputs import ChatGenerationChunk

from qa.errors import GeneratorError
from qa.gathering import Gatherer
from qa.llm import GroundedWriter, LanguageModel, recipient_of
from qa.llm.background import start_request
from qa.llm.failures import NoReply
from qa.retriever import HybridRetriever
from qa.settings import Settings
from tests.qa.fake_llm_server import FakeLLMServer, raw, write
from tests.qa.llm.writing import GOOD, answer_of, passages, writer_for
from vectorstore import ArticleIndex


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"llm": "gpt-4o-mini"}, "'gpt-4o-mini' is not of the form provider:model; say openai:"),
        ({"llm": "openai:"}, "not of the form provider:model"),
        ({"llm": ":gpt"}, "not of the form provider:model"),
        ({"llm": "opnai:gpt-4o"}, "no provider 'opnai'"),
        ({"llm": "groq:llama"}, "pip install langchain-groq"),
        ({"llm": "openai:x", "llm_base_url": "localhost:8080/v1"}, "does not begin with http://"),
    ],
)
def test_a_model_that_can_never_answer_is_refused_at_once(changes: dict[str, str], message: str) -> None:
    with pytest.raises(GeneratorError, match=re.escape(message)):
        LanguageModel.from_settings(Settings.model_validate(changes))


@pytest.mark.parametrize("provider", ["openai", "anthropic", "ollama"])
def test_a_package_that_is_missing_is_named_with_the_command_that_installs_it(
    provider: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    creator = importlib.import_module("langchain.chat_models.base")._get_chat_model_creator
    monkeypatch.setitem(sys.modules, f"langchain_{provider}", None)
    creator.cache_clear()
    try:
        with pytest.raises(GeneratorError, match=re.escape(f'pip install "article-qa[{provider}]"')):
            LanguageModel.from_settings(Settings(llm=f"{provider}:some-model"))
    finally:
        creator.cache_clear()


@pytest.mark.parametrize(
    ("llm", "variable"), [("openai:gpt-x", "OPENAI_API_KEY"), ("anthropic:claude-x", "ANTHROPIC_API_KEY")]
)
def test_a_missing_key_is_told_with_the_reader_s_answer(index: ArticleIndex, llm: str, variable: str) -> None:
    pytest.importorskip(f"langchain_{llm.partition(':')[0]}")
    writer = writer_for(Settings(llm=llm), index)
    answer = answer_of(writer, passages(index))
    assert answer.text == "1883"
    assert answer.notice == (
        f"The language model {llm} did not answer (no API key: set {variable}); this is the reader's own answer."
    )


def test_the_key_is_the_environment_s_and_may_be_set_later(
    index: ArticleIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FakeLLMServer(write(GOOD)) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        writer = writer_for(Settings(llm="openai:test-model"), index)
        before = answer_of(writer, passages(index))
        monkeypatch.setenv("OPENAI_API_KEY", "sk-from-the-environment")
        after = answer_of(writer, passages(index))
    assert (before.model, after.model) == ("reader", "openai:test-model")
    assert server.headers[0]["authorization"] == "Bearer sk-from-the-environment"
    assert server.paths == ["/v1/chat/completions"]


def test_ollama_models_keep_their_colons_and_get_room_for_the_passages(index: ArticleIndex) -> None:
    pytest.importorskip("langchain_ollama")
    settings = Settings(llm="ollama:llama3.2:3b", llm_base_url="http://127.0.0.1:9")
    model = LanguageModel.from_settings(settings).chat_model()
    assert (model.model, model.temperature) == ("llama3.2:3b", 0)  # type: ignore[attr-defined]
    assert model.num_ctx > 6000  # type: ignore[attr-defined]
    answer = answer_of(writer_for(settings, index), passages(index))
    assert answer.notice is not None
    assert "(connection refused)" in answer.notice


# Other providers


@pytest.mark.parametrize(
    ("end", "notice"),
    [
        ({"status": "completed"}, None),
        (
            {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}},
            "its reply was cut off at its limit of length",
        ),
        (
            {"status": "incomplete", "incomplete_details": {"reason": "content_filter"}},
            "its provider's filter withheld the reply",
        ),
    ],
)
def test_a_model_that_speaks_openais_second_protocol_answers(
    index: ArticleIndex, end: dict[str, Any], notice: str | None
) -> None:
    part = {"item_id": "m", "output_index": 0, "content_index": 0, "logprobs": []}
    response = {"id": "r", "object": "response", "created_at": 0, "model": "m", "output": [], "tools": []}
    response |= {"tool_choice": "auto", "parallel_tool_calls": True}
    events: list[dict[str, Any]] = [
        {"type": "response.created", "response": response | {"status": "in_progress"}},
        *({"type": "response.output_text.delta", "delta": piece} | part for piece in (GOOD[:30], GOOD[30:])),
        {"type": f"response.{end['status']}", "response": response | end},
    ]
    numbered = [event | {"sequence_number": number} for number, event in enumerate(events)]
    sse = "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in numbered)
    with FakeLLMServer(raw(sse.encode())) as server:
        settings = Settings(llm="openai:gpt-5-codex", llm_base_url=server.url)
        answer = answer_of(writer_for(settings, index), passages(index))
        assert server.paths == ["/v1/responses"]
    if notice is None:
        assert (answer.text, answer.notice) == ("In 1883.", None)
    else:
        assert answer.model == "reader"
        assert answer.notice is not None
        assert notice in answer.notice


def test_an_ollama_server_answers(index: ArticleIndex) -> None:
    pytest.importorskip("langchain_ollama")
    lines = [{"message": {"role": "assistant", "content": piece}, "done": False} for piece in (GOOD[:30], GOOD[30:])]
    end = {"message": {"role": "assistant", "content": ""}, "done": True, "done_reason": "stop"}
    ndjson = "".join(
        json.dumps({"model": "llama", "created_at": "2026-01-01T00:00:00Z"} | one) + "\n" for one in [*lines, end]
    )
    with FakeLLMServer(raw(ndjson.encode(), "application/x-ndjson")) as server:
        settings = Settings(llm="ollama:llama", llm_base_url=server.root)
        answer = answer_of(writer_for(settings, index), passages(index))
        assert server.paths == ["/api/chat"]
    assert (answer.text, answer.model, len(answer.citations)) == ("In 1883.", "ollama:llama", 1)


def test_an_anthropic_server_answers(index: ArticleIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("langchain_anthropic")
    message: dict[str, object] = {
        "id": "m",
        "type": "message",
        "role": "assistant",
        "model": "claude-x",
        "content": [],
        "stop_reason": None,
    }
    usage = {"input_tokens": 1, "output_tokens": 1}
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": message | {"stop_sequence": None, "usage": usage}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": GOOD[:30]}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": GOOD[30:]}},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": None}, "usage": usage},
        {"type": "message_stop"},
    ]
    sse = "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events)
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant")
    with FakeLLMServer(raw(sse.encode())) as server:
        settings = Settings(llm="anthropic:claude-x", llm_base_url=server.root)
        answer = answer_of(writer_for(settings, index), passages(index))
        assert server.paths == ["/v1/messages"]
    assert (answer.text, answer.model, len(answer.citations)) == ("In 1883.", "anthropic:claude-x", 1)


def test_any_chat_model_of_langchains_answers_though_it_neither_streams_nor_says_how_it_ended(
    index: ArticleIndex,
) -> None:
    model = LanguageModel("mine:own", 20.0, lambda steady: FakeListChatModel(responses=[GOOD]))
    writer = GroundedWriter(model, Gatherer(index, HybridRetriever(index=index), 10))
    answer = answer_of(writer, passages(index))
    assert (answer.text, answer.model, len(answer.citations)) == ("In 1883.", "mine:own", 1)


class SwallowsCancellation(FakeListChatModel):
    """A model that goes on when it is cancelled, as a client may whose next piece has just arrived."""

    async def _astream(self, *args: Any, **kwargs: Any) -> AsyncIterator[ChatGenerationChunk]:
        while True:
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(0.01)
            yield ChatGenerationChunk(message=AIMessageChunk("word "))


def test_a_model_that_goes_on_when_it_is_late_or_cancelled_is_ended() -> None:
    model = LanguageModel("mine:own", 0.3, lambda steady: SwallowsCancellation(responses=[""]))
    heard = ""
    with pytest.raises(NoReply, match=re.escape("no full reply within 0.3 s")):
        for piece in model.write([HumanMessage("Speak!")]):
            heard += piece
    assert len(heard) < 20_000, "as much as it can say in its time, with room for a busy machine, and not without end"
    cancel = threading.Event()
    for _ in model.write([HumanMessage("Speak!")], timeout=600, cancel=cancel):
        cancel.set()
    start_request(others_end()).result(20)


async def others_end() -> None:
    """Waits until the loop that it runs on has nothing else to do."""
    while len(asyncio.all_tasks()) > 1:
        await asyncio.sleep(0.01)


class HoldsUpEverything(FakeListChatModel):
    """A model whose asynchronous side does not let go of the event loop."""

    release: Any

    async def _astream(self, *args: Any, **kwargs: Any) -> AsyncIterator[ChatGenerationChunk]:
        self.release.wait(60)
        yield ChatGenerationChunk(message=AIMessageChunk("too late"))


def test_a_model_that_holds_up_the_loop_of_requests_is_not_waited_for() -> None:
    release = threading.Event()
    model = LanguageModel("mine:own", 0.2, lambda steady: HoldsUpEverything(responses=[""], release=release))
    with pytest.raises(NoReply, match=re.escape("no full reply within 0.2 s")):
        list(model.write([HumanMessage("Speak!")]))
    assert not release.is_set()
    release.set()


@pytest.mark.parametrize(
    ("changes", "recipient"),
    [
        ({"llm": "openai:gpt-5-mini"}, "OpenAI"),
        ({"llm": "openai:x", "llm_base_url": "http://ann:secret@10.0.0.7:8080/v1"}, "the server at 10.0.0.7:8080"),
        ({"llm": "ollama:llama3.2"}, "the Ollama server, which is on this computer unless OLLAMA_HOST names another"),
        ({"llm": "groq:llama"}, "groq"),
    ],
)
def test_who_is_sent_the_question_is_named_without_a_secret(changes: dict[str, str], recipient: str) -> None:
    assert recipient_of(Settings(**changes)) == recipient  # type: ignore[arg-type]
