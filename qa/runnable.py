"""The question's path as a LangChain runnable."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any, TypedDict

from langchain_core.runnables import Runnable, RunnableConfig

from qa.path import QuestionPath
from qa.types import Answer, AnswerEvent, AnswerReady, Earlier


class QuestionInput(TypedDict, total=False):
    """What the runnable takes: the question, the turns before it, and the ids of the articles it is asked of."""

    question: str
    history: Sequence[Earlier]
    articles: Sequence[str] | None


class QuestionRunnable(Runnable[QuestionInput, Answer]):
    """``invoke`` gives the answer, ``stream`` the events that lead to it, ``batch`` many answers, each on its own."""

    def __init__(self, path: QuestionPath) -> None:
        self._path = path
        self.name = "article-qa"

    def invoke(self, input: QuestionInput, config: RunnableConfig | None = None, **kwargs: Any) -> Answer:
        """The answer to one question."""
        return self._call_with_config(lambda asked: last_answer(self._events(asked)), input, config)

    def stream(  # type: ignore[override]  # events on the way to what invoke returns
        self, input: QuestionInput, config: RunnableConfig | None = None, **kwargs: Any | None
    ) -> Iterator[AnswerEvent]:
        """The events of one question, ``AnswerReady`` last."""
        yield from self._transform_stream_with_config(iter([input]), self._each, config)  # type: ignore[misc]

    async def astream(  # type: ignore[override]
        self, input: QuestionInput, config: RunnableConfig | None = None, **kwargs: Any | None
    ) -> AsyncIterator[AnswerEvent]:
        """``stream`` for async code: the work is done in a thread."""
        async for event in in_thread(self.stream(input, config)):
            yield event

    def _each(self, inputs: Iterator[QuestionInput]) -> Iterator[Any]:
        for one in inputs:
            yield from self._events(one)

    def _events(self, asked: QuestionInput) -> Iterator[AnswerEvent]:
        return self._path.events(asked["question"], asked.get("history") or (), asked.get("articles"))


def last_answer(events: Iterator[AnswerEvent]) -> Answer:
    """The answer that ``events`` end with."""
    for event in events:
        if isinstance(event, AnswerReady):
            return event.answer
    raise RuntimeError("the events of a question ended without an answer, though nobody cancelled it")


async def in_thread(events: Iterator[AnswerEvent]) -> AsyncIterator[AnswerEvent]:
    """``events`` for async code: each is waited for in a thread, so that the event loop stays free."""
    while (event := await asyncio.to_thread(next, events, None)) is not None:
        yield event
