"""Anybody's retriever, reader, rewriter, planner and kind of question take their place on the path."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import pytest
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from langchain_core.retrievers import BaseRetriever
from langchain_core.vectorstores import InMemoryVectorStore

from qa import Answer, AnswerReady, Candidate, Chatbot, Evidence, PassagesFound, Plan, Query, QuestionError, Turn
from vectorstore import ArticleIndex


class LibraryEmbeddings(Embeddings):
    def __init__(self, index: ArticleIndex) -> None:
        self._index = index

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return self._index.embedder.embed_documents(texts)

    def embed_query(self, text: str) -> list[float]:
        return self._index.embed_query(text)


@pytest.fixture(scope="module")
def in_memory(library: ArticleIndex) -> BaseRetriever:
    """An InMemoryVectorStore's retriever over the stored chunks."""
    store = InMemoryVectorStore(LibraryEmbeddings(library))
    chunks = [hit.chunk for hit in library.search_dense("the", 1000)]
    store.add_documents(
        [
            Document(chunk.text, metadata={"article_id": chunk.article_id, "start": chunk.start, "end": chunk.end})
            for chunk in chunks
        ]
    )
    return store.as_retriever(search_kwargs={"k": 5})


class Notes(BaseRetriever):
    """Ten lines over documents that are in no library."""

    texts: tuple[str, ...] = (
        "The old mill stands by the river. It was built in 1702 by Jonas Weaver. Nobody lives there now.",
        "The new school opened last autumn with forty pupils.",
    )

    def _get_relevant_documents(self, query: str, *, run_manager: Any) -> list[Document]:
        return [
            Document(text, metadata={"source": f"note-{at}.txt", "mood": 0.5}) for at, text in enumerate(self.texts)
        ]


def test_any_langchain_retriever_is_cited_in_the_stored_article(
    library: ArticleIndex, in_memory: BaseRetriever
) -> None:
    answer = Chatbot(library, retriever=in_memory).ask("When did the Brooklyn Bridge open?")
    assert "1883" in (answer.text or "")
    assert answer.citations
    for citation in answer.citations:
        article = library.article(citation.article_id)
        assert article is not None
        assert article.text[citation.start : citation.end] == citation.quote
    assert answer.score is None  # our chances were fitted over what our own retriever finds


def test_documents_of_no_library_are_cited_by_their_own_text(library: ArticleIndex) -> None:
    notes = Notes()
    answer = Chatbot(library, retriever=notes).ask("Who built the old mill?")
    assert answer.text == "Jonas Weaver"
    [citation] = answer.citations
    assert citation.source == "note-0.txt"
    assert notes.texts[0][citation.start : citation.end] == citation.quote
    assert answer.passages[0].scores["mood"] == 0.5


def test_documents_without_a_title_are_called_by_their_source(library: ArticleIndex) -> None:
    answer = Chatbot(library, retriever=Notes()).ask("What do my articles say about the old mill?")
    assert answer.kind == "theme"
    assert answer.text is not None and answer.text.startswith("note-0.txt: The old mill")
    assert answer.items[0].label == "note-0.txt"


def test_a_retriever_that_finds_nothing_leads_to_an_abstention(library: ArticleIndex) -> None:
    answer = Chatbot(library, retriever=Notes(texts=())).ask("Who built the old mill?")
    assert (answer.text, answer.reason, answer.passages) == (None, "nothing", ())


class FirstWord:
    """A reader that nobody has measured: the first word of every passage."""

    def read(self, question: str, passages: Sequence[tuple[str, str]]) -> list[Candidate]:
        firsts = [text.split()[0] for _, text in passages]
        return [Candidate(word, at, 0, len(word), 3.0 - at) for at, word in enumerate(firsts)]


def test_a_reader_without_calibration_gives_no_score(library: ArticleIndex) -> None:
    answer = Chatbot(library, reader=FirstWord()).ask("When was Saint born?")
    assert answer.text is not None
    assert answer.score is None
    assert answer.to_dict()["score"] is None
    assert [other.score for other in answer.alternatives] == [None] * len(answer.alternatives)
    assert answer.model == "FirstWord"


def test_a_rewriter_of_ones_own_is_asked(library: ArticleIndex) -> None:
    def louder(question: str, history: Sequence[Turn]) -> str:
        return f"{question} ({len(history)} before)"

    assert Chatbot(library, rewriter=louder).ask("when?", [("who?", None)]).query == "when? (1 before)"


class Shouts:
    """A kind of question of one's own."""

    def gather(self, plan: Plan) -> Evidence:
        return Evidence()

    def answer(self, plan: Plan, evidence: Evidence) -> Answer:
        return Answer(plan.query.question, plan.query.text.upper(), kind=plan.kind)


class AlwaysChat:
    def plan(self, query: Query) -> Plan:
        return Plan(query, "chat")


def test_a_kind_and_a_planner_of_ones_own_are_used_and_nothing_is_searched(library: ArticleIndex) -> None:
    bot = Chatbot(library, planner=AlwaysChat(), kinds={"chat": Shouts()})
    events = list(bot.stream("hello there"))
    assert not any(isinstance(event, PassagesFound) for event in events)
    assert isinstance(events[-1], AnswerReady)
    assert events[-1].answer.text == "HELLO THERE"


def test_the_runnable_streams_events_and_a_batch_fails_one_by_one(bot: Chatbot) -> None:
    chain = bot.as_runnable()
    events = list(chain.stream({"question": "When was Saint born?"}))
    assert len(events) > 1
    assert isinstance(events[-1], AnswerReady)
    good, bad = chain.batch([{"question": "When was Saint born?"}, {"question": "?"}], return_exceptions=True)
    assert isinstance(good, Answer) and "2015" in (good.text or "")
    assert isinstance(bad, QuestionError)


def test_a_question_can_be_asked_of_some_articles_only(bot: Chatbot) -> None:
    of_all = bot.ask("When was Saint born?")
    elsewhere = [one.id for one in bot.index.articles() if one.id != of_all.citations[0].article_id]
    answer = bot.ask("When was Saint born?", articles=elsewhere)
    assert {passage.article_id for passage in answer.passages} <= set(elsewhere)
    assert bot.ask("When was Saint born?", articles=[]).text is None


def test_a_cancelled_question_ends_without_an_answer(bot: Chatbot) -> None:
    cancel = threading.Event()
    events = bot.stream("When was Saint born?", cancel=cancel)
    next(events)
    cancel.set()
    assert not any(isinstance(event, AnswerReady) for event in events)


def test_every_promised_field_is_there(bot: Chatbot) -> None:
    told = bot.ask("When was Saint born?").to_dict()
    promised = "question query kind answer items verdict score citations nearest passages model notice latency_ms"
    assert set(promised.split()) <= told.keys()
    assert {"article_id", "title", "source", "quote", "start", "end"} <= told["citations"][0].keys()
