"""The friendly face: one object that answers questions over a library."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langchain_core.embeddings import Embeddings
from langchain_core.retrievers import BaseRetriever

from qa.about import tells_of
from qa.abstaining import Abstainer
from qa.errors import QAError
from qa.followups import load_followups
from qa.foreign import word_about_language
from qa.further import Further
from qa.gathering import Gatherer
from qa.kinds import strategies
from qa.kinds.fact import FactStrategy
from qa.path import QuestionPath
from qa.planner import load_planner
from qa.ports import Cancel, Planner, Reader, Rewriter, Strategy, Writer
from qa.reader import load_reader
from qa.retriever import HybridRetriever
from qa.runnable import QuestionRunnable, in_thread, last_answer
from qa.selection import Calibration
from qa.settings import Settings
from qa.spelling import Speller
from qa.suggesting import Suggester
from qa.types import Answer, AnswerEvent, Earlier, Kind
from vectorstore import ArticleIndex
from vectorstore.place import Address

if TYPE_CHECKING:
    from qa.llm import LanguageModel


class Chatbot:
    """Answers questions over the articles of ``index``. Safe to share between threads."""

    def __init__(
        self,
        index: ArticleIndex,
        settings: Settings | None = None,
        *,
        retriever: BaseRetriever | None = None,
        reader: Reader | None = None,
        rewriter: Rewriter | None = None,
        planner: Planner | None = None,
        kinds: Mapping[Kind, Strategy] | None = None,
    ) -> None:
        """What is given takes the place of the project's own; ``kinds`` does so for the kinds it names.

        Raises GeneratorError for a language model in ``settings`` that cannot be used as it is named.
        """
        self.index = index
        self.settings = settings or Settings()
        self.retriever: BaseRetriever = retriever or HybridRetriever(index=index, top_k=self.settings.top_k)
        self._given_reader = reader
        self._given_rewriter = rewriter
        self._given_planner = planner
        self._given_kinds = dict(kinds or {})
        self._model: LanguageModel | None = None
        if self.settings.llm is not None:
            from qa.llm import LanguageModel  # half a second that nobody else should wait

            self._model = LanguageModel.from_settings(self.settings)

    @classmethod
    def open(
        cls,
        index: str | Path | Address | None = None,
        settings: Settings | None = None,
        *,
        embedder: str | Embeddings | None = None,
        **changes: Any,
    ) -> Chatbot:
        """A chatbot over the library in folder ``index``, or at a ``postgresql://`` address; made if there is none.

        ``embedder`` is the name of a sentence-transformers model, or any of LangChain's ``Embeddings``; a library that
        exists must have been made with it. ``changes`` are fields of ``Settings``: ``Chatbot.open("data/index",
        threshold=0.5)``. Raises StoreError when the library cannot be used, and ValueError for a setting that makes
        no sense.
        """
        # Built anew rather than copied, so that changes are validated as the environment's values are.
        fixed = dict(settings) if settings else {}
        if isinstance(embedder, str):
            changes["embedder"] = embedder
        settings = Settings(**(fixed | ({"index": index} if index is not None else {}) | changes))
        given = embedder if isinstance(embedder, Embeddings) else settings.embedder
        return cls(ArticleIndex.open(settings.index, given, threads=settings.threads), settings)

    def with_models(self, llm: str | None, second_reading: bool) -> Chatbot:
        """A chatbot over the same library, with or without a language model and the second reading.

        What both need is loaded once. Raises GeneratorError for a language model that cannot be used as it is named.
        """
        settings = self.settings.model_copy(update={"llm": llm, "second_reading": second_reading})
        reader = self._given_reader
        if reader is None and second_reading == self.settings.second_reading:
            reader = self.reader
        elif reader is None and not second_reading:
            reader = getattr(self.reader, "first", self.reader)  # without its second reading, if it has one
        return Chatbot(
            self.index,
            settings,
            retriever=self.retriever,
            reader=reader,
            rewriter=self._given_rewriter,
            planner=self._planner,
            kinds=self._given_kinds,
        )

    @cached_property
    def reader(self) -> Reader:
        """The extractive reader, loaded on first use."""
        settings = self.settings
        return self._given_reader or load_reader(settings.reader, settings.threads, settings.second_reading)

    @cached_property
    def gatherer(self) -> Gatherer:
        """What finds passages, articles and sentences."""
        return Gatherer(self.index, self.retriever, self.settings.top_k)

    @cached_property
    def path(self) -> QuestionPath:
        """The way of a question; its parts load their models on first use."""
        return QuestionPath(
            self._rewriter(),
            self._planner,
            self._kinds,
            self._writer(),
            self._speller,
            Further(self.gatherer),
            lambda ids, question: tells_of(self.gatherer.articles(ids), question),
            lambda: self.index.limits,
        )

    @cached_property
    def _speller(self) -> Speller:
        return Speller(self.index)

    @cached_property
    def _planner(self) -> Planner:
        return self._given_planner or load_planner(self.index, self.settings.threads)

    @cached_property
    def _kinds(self) -> dict[Kind, Strategy]:
        abstainer = Abstainer(self.gatherer, partial(word_about_language, speller=self._speller))
        calibration = self._calibration_of(self.reader)
        fact = FactStrategy(self.gatherer, self.reader, abstainer, calibration, self.settings.threshold)
        kinds = strategies(self.gatherer, abstainer, fact, self.reader, self.settings.threads)
        return kinds | self._given_kinds

    @cached_property
    def _suggester(self) -> Suggester:
        # What a language model would write is neither quick nor known to come again: questions are tried without it.
        alone = QuestionPath(lambda question, _: question, self._planner, self._kinds)
        return Suggester(self.gatherer, self.reader, lambda question: last_answer(alone.events(question)))

    def _calibration_of(self, reader: Reader) -> Calibration | None:
        """What was fitted over what our own retriever finds; over another's it says nothing."""
        return getattr(reader, "calibration", None) if isinstance(self.retriever, HybridRetriever) else None

    def _rewriter(self) -> Rewriter:
        if self._given_rewriter is not None or self._model is None:
            return self._given_rewriter or load_followups()
        from qa.llm import ModelRewriter

        return ModelRewriter(self._model, otherwise=load_followups())

    def _writer(self) -> Writer | None:
        if self._model is None:
            return None
        from qa.llm import GroundedWriter

        return GroundedWriter(self._model, self.gatherer)

    def as_runnable(self) -> QuestionRunnable:
        """The whole path as a LangChain runnable: ``{"question": ..., "history": ..., "articles": ...}`` to ``Answer``;
        its ``stream`` gives the events."""
        return QuestionRunnable(self.path)

    def ask(self, question: str, history: Sequence[Earlier] = (), articles: Sequence[str] | None = None) -> Answer:
        """The answer to ``question``.

        ``history`` holds the turns before it as (question, answer) pairs, or as the answers themselves, which know
        which articles they came from; ``articles`` the ids of the articles it is asked of, None for all. Raises
        QuestionError for a question that cannot be asked (empty, or far too long).
        """
        return last_answer(self.path.events(question, history, articles))

    def ask_many(self, questions: Sequence[str], articles: Sequence[str] | None = None) -> list[Answer | QAError]:
        """Answers to stand-alone questions, in their order; one that fails has its error in the place of its answer."""
        return [self._answer_or_error(question, articles) for question in questions]

    def _answer_or_error(self, question: str, articles: Sequence[str] | None) -> Answer | QAError:
        try:
            return self.ask(question, articles=articles)
        except QAError as error:
            return error

    def stream(
        self,
        question: str,
        history: Sequence[Earlier] = (),
        articles: Sequence[str] | None = None,
        cancel: Cancel | None = None,
    ) -> Iterator[AnswerEvent]:
        """The answer as it comes about: ``Planned``, ``PassagesFound``, any ``TextWritten``, ``AnswerReady``.

        Ends early once ``cancel`` is set, a ``threading.Event`` or anything else with ``is_set()``.
        """
        return self.path.events(question, history, articles, cancel)

    async def astream(
        self,
        question: str,
        history: Sequence[Earlier] = (),
        articles: Sequence[str] | None = None,
        cancel: Cancel | None = None,
    ) -> AsyncIterator[AnswerEvent]:
        """``stream`` for async code: the work is done in threads, so that the event loop stays free."""
        async for event in in_thread(self.stream(question, history, articles, cancel)):
            yield event

    def suggest(self, answer: Answer, asked: Sequence[str] = (), cancel: Cancel | None = None) -> tuple[str, ...]:
        """Up to three questions to ask next, each of which the library is known to answer; often fewer, or none.

        They are made from the sentences around what ``answer`` cites, and none asks for what it has just said, nor is
        one that was ``asked`` before. Each was tried, so this takes about as long as answering three to six questions,
        one or two seconds: show the answer first. Ends early, with what it has, once ``cancel`` is set.
        """
        return self._suggester.after(answer, asked, cancel=cancel)

    def questions_of(self, article_id: str, cancel: Cancel | None = None) -> tuple[str, ...]:
        """The same of one article, from its beginning on; none where it is not there. Takes as long as ``suggest``."""
        return self._suggester.of_article(article_id, cancel=cancel)

    def questions(self, articles: Sequence[str] | None = None) -> tuple[str, ...]:
        """The same of the newest of ``articles``, ids (None: of all), one each. Takes some seconds, so keep them."""
        return self._suggester.of_library(articles)

    def warm_up(self) -> None:
        """Loads the models now, so that the first question does not wait for them."""
        self.index.embed_query("ready")
        self.reader.read("ready?", [("", "It is ready.")])
