"""The question's path as LangChain runnables: rewrite | retrieve | answer.

Each stage takes a list, so that ``chain.batch`` reads many questions in shared forward passes.
"""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypedDict, TypeVar

from langchain_core.runnables import Runnable, RunnableConfig

from qa.answering import Answerer
from qa.errors import QuestionError
from qa.retriever import HybridRetriever
from qa.types import Answer, Query, Retrieved, Turn

MAX_QUESTION_CHARS = 1000
"""Longer ones would crowd the passage out of the reader's window; said early and in words."""

Rewriter = Callable[[str, Sequence[Turn]], str]
"""(question, history) to a question that can be understood alone."""


class QuestionInput(TypedDict, total=False):
    """What the chain takes: the question, and the turns before it."""

    question: str
    history: Sequence[Turn]


In = TypeVar("In")
Out = TypeVar("Out")


class Stage(Runnable[In, Out], Generic[In, Out]):
    """A runnable defined by what it does to a list of inputs."""

    @abstractmethod
    def run(self, inputs: list[In]) -> list[Out]:
        """One output for each of ``inputs``, in their order."""

    def invoke(self, input: In, config: RunnableConfig | None = None, **kwargs: Any) -> Out:
        """The output for one input."""
        return self._call_with_config(lambda one: self.run([one])[0], input, config)

    def batch(
        self, inputs: list[In], config: Any = None, *, return_exceptions: bool = False, **kwargs: Any
    ) -> list[Out]:
        """The outputs for many inputs, worked on together."""
        run: Callable[[list[In]], list[Exception | Out]] = lambda many: [*self.run(many)]  # noqa: E731
        return self._batch_with_config(run, inputs, config, return_exceptions=return_exceptions)


class Rewrite(Stage[QuestionInput, Query]):
    """First stage: what is asked, said so that it can be searched."""

    def __init__(self, rewriter: Rewriter) -> None:
        self._rewriter = rewriter

    def run(self, inputs: list[QuestionInput]) -> list[Query]:
        """Raises QuestionError for an empty question and for one over ``MAX_QUESTION_CHARS``."""
        return [self._rewrite(one["question"], one.get("history") or ()) for one in inputs]

    def _rewrite(self, asked: str, history: Sequence[Turn]) -> Query:
        question = " ".join(asked.split())
        if not any(character.isalnum() for character in question):
            raise QuestionError("the question is empty; type what you want to know")
        if len(question) > MAX_QUESTION_CHARS:
            raise QuestionError(
                f"the question has {len(question):,} characters, more than the {MAX_QUESTION_CHARS:,} that can be "
                "read with a passage; ask a shorter one"
            )
        query = self._rewriter(question, history)
        # A rewrite too long to read is worse than the question as it was typed.
        return Query(question, query if len(query) <= MAX_QUESTION_CHARS else question, time.perf_counter())


class Retrieve(Stage[Query, Retrieved]):
    """Second stage: the passages to read."""

    def __init__(self, retriever: HybridRetriever) -> None:
        self._retriever = retriever

    def run(self, inputs: list[Query]) -> list[Retrieved]:
        """As many passages as the retriever's ``top_k``, fewer where the library holds fewer."""
        return [Retrieved(query, tuple(self._retriever.retrieve(query.text))) for query in inputs]


class Respond(Stage[Retrieved, Answer]):
    """Last stage: an answer with its support, or an abstention."""

    def __init__(self, answerer: Answerer) -> None:
        self._answerer = answerer

    def run(self, inputs: list[Retrieved]) -> list[Answer]:
        """Reads the passages of all the questions together."""
        return self._answerer.answer_many(inputs)


def qa_chain(rewriter: Rewriter, retriever: HybridRetriever, answerer: Answerer) -> Runnable[QuestionInput, Answer]:
    """The whole path as one runnable: ``{"question": ..., "history": ...}`` in, ``Answer`` out."""
    return (Rewrite(rewriter) | Retrieve(retriever) | Respond(answerer)).with_config(run_name="article-qa")
