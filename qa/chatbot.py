"""The friendly face: one object that answers questions over a library."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Generator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langchain_core.runnables import Runnable

from qa.answering import Answerer, ExtractiveAnswerer
from qa.chain import QuestionInput, Retrieve, Rewrite, Rewriter, qa_chain
from qa.conversation import standalone
from qa.metadata import MetadataAnswerer
from qa.reader import Reader, load_reader
from qa.reader.reader import WEIGHTS
from qa.retriever import HybridRetriever
from qa.selection import Calibrations
from qa.settings import Settings
from qa.types import Answer, AnswerEvent, PassagesFound, Turn
from vectorstore import ArticleIndex

if TYPE_CHECKING:
    from qa.generator import LanguageModel


class Chatbot:
    """Answers questions over the articles of ``index``. Safe to share between threads."""

    def __init__(
        self,
        index: ArticleIndex,
        settings: Settings | None = None,
        *,
        reader: Reader | None = None,
        rewriter: Rewriter | None = None,
    ) -> None:
        """``reader`` and ``rewriter`` take the place of the project's own.

        Raises GeneratorError for a language model in ``settings`` that cannot be used as it is named.
        """
        self.index = index
        self.settings = settings or Settings()
        self._given_reader = reader
        self._model: LanguageModel | None = None
        self._rewriter = rewriter or standalone
        if self.settings.llm is not None:
            from qa.generator import LanguageModel, ModelRewriter  # half a second that nobody else should wait

            self._model = LanguageModel.from_settings(self.settings)
            self._rewriter = rewriter or ModelRewriter(self._model, by_rule=standalone)

    @classmethod
    def open(cls, index: str | Path | None = None, settings: Settings | None = None, **changes: Any) -> Chatbot:
        """A chatbot over the library in folder ``index``, which is made if there is none.

        ``changes`` are fields of ``Settings``: ``Chatbot.open("data/index", threshold=0.5)``. Raises
        StoreError when the library cannot be used, and ValueError for a setting that makes no sense.
        """
        # Built anew rather than copied, so that changes are validated as the environment's values are.
        fixed = settings.model_dump() if settings else {}
        settings = Settings(**(fixed | ({"index": index} if index is not None else {}) | changes))
        return cls(ArticleIndex.open(settings.index, settings.embedder), settings)

    @cached_property
    def reader(self) -> Reader:
        """The extractive reader, loaded on first use."""
        return self._given_reader or load_reader(self.settings.reader, self.settings.threads)

    @cached_property
    def retriever(self) -> HybridRetriever:
        """The LangChain retriever over this library."""
        return HybridRetriever(index=self.index, top_k=self.settings.top_k)

    @cached_property
    def answerer(self) -> Answerer:
        """What writes the answers: the articles' metadata where they are asked about themselves; else the reader, or a
        language model that falls back to it."""
        return MetadataAnswerer(self._text_answerer(), self.index, self.retriever)

    def _text_answerer(self) -> Answerer:
        extractive = ExtractiveAnswerer(
            self.index, self.reader, Calibrations.load(WEIGHTS).library, self.settings.threshold
        )
        if self._model is None:
            return extractive
        from qa.generator import GroundedAnswerer

        return GroundedAnswerer(self._model, self.index, extractive)

    @cached_property
    def _chain(self) -> Runnable[QuestionInput, Answer]:
        return qa_chain(self._rewriter, self.retriever, self.answerer)

    def as_runnable(self) -> Runnable[QuestionInput, Answer]:
        """The whole path as a LangChain runnable: ``{"question": ..., "history": ...}`` to ``Answer``."""
        return self._chain

    def ask(self, question: str, history: Sequence[Turn] = ()) -> Answer:
        """The answer to ``question``; ``history`` holds the turns before it as (question, answer) pairs.

        Raises QuestionError for a question that cannot be asked (empty, or far too long).
        """
        return self._chain.invoke({"question": question, "history": history})

    def ask_many(self, questions: Sequence[str]) -> list[Answer]:
        """Answers to stand-alone questions, read together: faster than one by one."""
        return self._chain.batch([{"question": question} for question in questions])

    def stream(self, question: str, history: Sequence[Turn] = ()) -> Generator[AnswerEvent]:
        """The answer as it comes about: ``PassagesFound``, any number of ``TextWritten``, ``AnswerReady``."""
        query = Rewrite(self._rewriter).invoke({"question": question, "history": history})
        retrieved = Retrieve(self.retriever).invoke(query)
        yield PassagesFound(query.text, retrieved.passages)
        yield from self.answerer.stream(retrieved)

    async def astream(self, question: str, history: Sequence[Turn] = ()) -> AsyncIterator[AnswerEvent]:
        """``stream`` for async code: the work is done in threads, so that the event loop stays free."""
        events = self.stream(question, history)
        while (event := await asyncio.to_thread(next, events, None)) is not None:
            yield event

    def warm_up(self) -> None:
        """Loads the models now, so that the first question does not wait for them."""
        self.index.embed_query("ready")
        self.answerer.answer_many([])
