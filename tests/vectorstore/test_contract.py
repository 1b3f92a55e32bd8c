"""What every library does, wherever it is: in a folder, in PostgreSQL with pgvector, in PostgreSQL without."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import numpy as np
import pytest
from langchain_core.embeddings import DeterministicFakeEmbedding

from tests.conftest import Store
from tests.vectorstore.test_index import TEXTS, article
from vectorstore import (
    DEFAULT_EMBEDDER,
    ArticleIndex,
    Chunking,
    Section,
    StoreMismatch,
    load_embedder,
)
from vectorstore.place import Place


@pytest.fixture
def empty_index(store: Store) -> Iterator[ArticleIndex]:
    index = ArticleIndex.open(store.place())
    yield index
    index.close()


@pytest.fixture
def index(empty_index: ArticleIndex) -> Iterator[ArticleIndex]:
    """A library of three small articles."""
    empty_index.add([article(name) for name in TEXTS])
    yield empty_index


def test_dense_search_finds_by_meaning(index: ArticleIndex) -> None:
    [best] = index.search_dense("migrating birds", top_k=1)
    assert best.chunk.article_id == "terns"


def test_lexical_search_finds_by_words(index: ArticleIndex) -> None:
    hits = index.search_lexical("granite towers", top_k=5)
    assert [hit.chunk.text for hit in hits] == ["Its towers are made of granite."]
    assert hits[0].score > 0


def test_lexical_search_finds_nothing_for_words_that_do_not_occur(index: ArticleIndex) -> None:
    assert index.search_lexical("xylophone", top_k=5) == []


@pytest.mark.parametrize("query", ['"', "NOT", "a AND", "title:cheese", "*", "(", "", "'; DROP TABLE chunks; --", "\0"])
def test_a_query_is_never_read_as_search_syntax(index: ArticleIndex, query: str) -> None:
    index.search_lexical(query, top_k=5)
    index.search_dense(query, top_k=5)
    assert index.counts() == (3, 6)


def test_an_empty_library_finds_nothing(empty_index: ArticleIndex) -> None:
    assert empty_index.search_dense("anything", top_k=5) == []
    assert empty_index.search_lexical("anything", top_k=5) == []
    assert empty_index.check().sound


def test_an_article_added_again_replaces_itself(index: ArticleIndex) -> None:
    index.add([article("cheese", "The dairy closed in 1999. Nobody knows why.")])
    assert index.counts() == (3, 6)
    assert index.search_lexical("hammer", top_k=5) == []
    assert index.search_dense("when did the dairy close", top_k=1)[0].chunk.text == "The dairy closed in 1999."
    assert index.check().sound


def test_a_removed_article_is_found_no_more(index: ArticleIndex) -> None:
    assert index.remove(["terns", "unknown"]) == 1
    assert {hit.chunk.article_id for hit in index.search_dense("birds", top_k=10)} == {"bridges", "cheese"}
    assert index.search_lexical("terns", top_k=5) == []
    assert index.check().sound


def test_a_library_opens_again_with_all_it_held(index: ArticleIndex) -> None:
    before = [(hit.chunk.id, round(hit.score, 4)) for hit in index.search_dense("birds", top_k=6)]
    index.close()
    with closing(ArticleIndex.open(index.place)) as again:
        assert [(hit.chunk.id, round(hit.score, 4)) for hit in again.search_dense("birds", top_k=6)] == before
        assert again.article("terns") == article("terns")[0]


def test_nothing_is_stored_of_a_batch_that_fails(index: ArticleIndex) -> None:
    good, bad = article("cheese", "New text entirely."), article("extra", "One. Two.")
    twice = bad[1] + bad[1]  # the same chunk id two times
    with pytest.raises(Exception, match=r"(?i)unique"):
        index.add([good, (bad[0], twice)])
    assert index.article("cheese") == article("cheese")[0]
    assert index.counts() == (3, 6)
    assert index.check().sound


def test_another_embedding_model_is_refused_with_both_names(index: ArticleIndex) -> None:
    with pytest.raises(StoreMismatch, match=r"all-MiniLM-L6-v2.*other-model"):
        ArticleIndex.open(index.place, embedder="other-model")


def test_another_chunking_is_refused(index: ArticleIndex) -> None:
    with pytest.raises(StoreMismatch, match=r"size=900.*size=300"):
        ArticleIndex.open(index.place, chunking=Chunking(300, 50))


def test_an_article_is_stored_with_its_sections(index: ArticleIndex) -> None:
    sections = (Section(0, "page 1"), Section(5, "page 2"))
    made = replace(article("terns")[0], sections=sections, language="en", origin="/a.zip", body_start=3)
    index.add([(made, article("terns")[1])])
    assert index.article("terns") == made
    assert [made.section_at(offset) for offset in (0, 4, 5, 99)] == ["page 1", "page 1", "page 2", "page 2"]
    assert article("terns")[0].section_at(0) is None


def test_another_thread_reads_while_one_writes(index: ArticleIndex) -> None:
    failures: list[BaseException] = []
    done = threading.Event()

    def read() -> None:
        try:
            while not done.is_set():
                assert index.search_dense("migrating birds", top_k=1)[0].chunk.article_id == "terns"
        except BaseException as error:
            failures.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(15):
        index.add([article("cheese", f"Wheel {number} is ripe. It weighs {number} kilos.")])
    done.set()
    reader.join()
    assert failures == []


def _add_terns_only(place: Place) -> None:
    with closing(ArticleIndex.open(place)) as index:
        index.add([article("terns")])


def test_what_another_process_added_is_found(store: Store) -> None:
    index = ArticleIndex.open(store.place())
    index.add([article("cheese")])
    assert index.search_dense("birds", top_k=1)[0].chunk.article_id == "cheese"
    process = multiprocessing.get_context("spawn").Process(target=_add_terns_only, args=(index.place,))
    process.start()
    process.join()
    assert index.search_dense("birds", top_k=1)[0].chunk.article_id == "terns"
    index.add([article("bridges")])  # over the other's write
    assert index.check().sound
    assert index.counts()[0] == 3


def test_rebuilding_a_sound_library_warns_of_nothing(index: ArticleIndex, caplog: pytest.LogCaptureFixture) -> None:
    index.rebuild()
    assert caplog.records == []
    assert index.check().sound
    assert index.search_dense("birds that fly far", top_k=1)


def test_rebuilding_with_another_model_needs_no_sources(index: ArticleIndex) -> None:
    class Backwards:
        name = "backwards"
        dimension = 384

        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            return [vector[::-1] for vector in load_embedder().embed_documents(texts)]

        def embed_query(self, text: str) -> list[float]:
            return self.embed_documents([text])[0]

    index.rebuild(Backwards())
    assert index.embedder_name == "backwards"
    assert index.check().sound
    assert index.search_dense("migrating birds", top_k=1)[0].chunk.article_id == "terns"
    with pytest.raises(StoreMismatch, match="backwards"):
        ArticleIndex.open(index.place, embedder="all-MiniLM-L6-v2")


@pytest.mark.parametrize("articles", [["cheese"], ["cheese", "terns"], ["cheese", "unknown"], [], [*TEXTS]])
def test_a_search_stays_within_the_articles_it_is_given(index: ArticleIndex, articles: list[str]) -> None:
    known = set(articles) & TEXTS.keys()
    everywhere = [(hit.chunk.id, round(hit.score, 4)) for hit in index.search_dense("migrating birds", 6)]
    within = index.search_dense("migrating birds", 6, articles)
    assert [(hit.chunk.id, round(hit.score, 4)) for hit in within] == [
        (chunk_id, score) for chunk_id, score in everywhere if chunk_id.partition("-")[0] in known
    ]
    words = "granite towers, wheels of cheese, arctic terns"
    assert {hit.chunk.article_id for hit in index.search_lexical(words, 6, articles)} == known
    assert len(index.search_lexical(words, 1, articles)) == min(1, len(known))


def test_a_score_by_words_is_the_same_within_articles_as_everywhere(index: ArticleIndex) -> None:
    [everywhere] = index.search_lexical("granite", 5)
    assert index.search_lexical("granite", 5, ["bridges"]) == [everywhere]


def test_chunks_come_in_the_order_of_the_text_and_vectors_in_the_order_asked_for(index: ArticleIndex) -> None:
    chunks = index.chunks_of("terns")
    assert [chunk.text for chunk in chunks] == [chunk.text for chunk in article("terns")[1]]
    assert index.chunks_of("unknown") == []
    asked = [chunks[1].id, "unknown", chunks[0].id]
    ids, vectors = index.vectors_of(asked)
    assert ids == [asked[0], asked[2]]
    made = index.embed_documents([chunks[1].indexed_text, chunks[0].indexed_text])
    assert np.allclose(vectors, made, atol=1e-5)
    assert index.vectors_of([])[0] == []


def test_a_text_is_embedded_once_while_it_is_remembered(index: ArticleIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    first = index.embed_documents(["One sentence.", "Another.", "One sentence."])
    assert np.allclose(np.linalg.norm(first, axis=1), 1.0, atol=1e-5)
    assert np.array_equal(first[0], first[2])
    monkeypatch.setattr(index.embedder, "embed_documents", lambda texts: pytest.fail(f"embedded again: {texts}"))
    assert np.array_equal(index.embed_documents(["Another."])[0], first[1])
    assert index.embed_documents([]).shape == (0, 0)


def test_a_library_moved_to_another_model_is_noticed_where_it_is_open(store: Store) -> None:
    writer = ArticleIndex.open(store.place(), load_embedder("all-MiniLM-L6-v2"))
    writer.add([article(name) for name in TEXTS])
    reader = ArticleIndex.open(store.place())
    before = reader.embed_documents(["migrating birds"])
    assert reader.search_dense("migrating birds", 1)[0].chunk.article_id == "terns"
    writer.rebuild(load_embedder(DEFAULT_EMBEDDER))
    assert reader.embedder_name == reader.embedder.name == DEFAULT_EMBEDDER
    after = reader.embed_documents(["migrating birds"])
    assert not np.array_equal(before, after)
    assert reader.search_dense("migrating birds", 1)[0].chunk.article_id == "terns"
    assert writer.check().sound
    reader.close()
    writer.close()


def test_a_model_that_was_given_is_not_silently_swapped(store: Store) -> None:
    writer = ArticleIndex.open(store.place(), DeterministicFakeEmbedding(size=8))
    writer.add([article("terns")])
    reader = ArticleIndex.open(store.place(), DeterministicFakeEmbedding(size=8))
    writer.rebuild(load_embedder(DEFAULT_EMBEDDER))
    with pytest.raises(StoreMismatch, match="was moved to the embedding model"):
        reader.search_dense("birds", 1)
    reader.close()
    writer.close()
