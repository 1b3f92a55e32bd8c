from __future__ import annotations

import multiprocessing
import os
import shutil
import sqlite3
import subprocess
import sys
import textwrap
import threading
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import chromadb
import langchain_chroma
import numpy as np
import pytest
from chromadb.config import Settings as ChromaSettings
from langchain_core.embeddings import DeterministicFakeEmbedding

from vectorstore import (
    DEFAULT_EMBEDDER,
    Article,
    ArticleIndex,
    Chunk,
    Chunking,
    Section,
    StoreDamaged,
    StoreError,
    StoreLocked,
    StoreMismatch,
    load_embedder,
)
from vectorstore.chroma import seal

TEXTS = {
    "bridges": "The old bridge over the river was opened in 1883. Its towers are made of granite.",
    "cheese": "The wheels of cheese ripen for two years. An expert taps each of them with a hammer.",
    "terns": "Arctic terns fly from pole to pole. No animal sees more daylight.",
}


def article(name: str, text: str | None = None) -> tuple[Article, list[Chunk]]:
    """An article called ``name`` with one chunk per sentence."""
    text = TEXTS[name] if text is None else text
    made = Article(id=name, source=f"/articles/{name}.txt", title=name.title(), text=text, fingerprint=text)
    chunks, start = [], 0
    for sentence in text.split(". "):
        end = min(len(text), start + len(sentence) + 1)
        identity = f"{name}-{start}-{zlib.crc32(text[start:end].encode()):08x}"
        chunks.append(Chunk(identity, name, made.title, made.source, text[start:end], start, end))
        start = end + 1
    return made, chunks


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
    again = ArticleIndex.open(index.folder)
    assert [(hit.chunk.id, round(hit.score, 4)) for hit in again.search_dense("birds", top_k=6)] == before
    assert again.article("terns") == article("terns")[0]


def test_nothing_is_stored_of_a_batch_that_fails(index: ArticleIndex) -> None:
    good, bad = article("cheese", "New text entirely."), article("extra", "One. Two.")
    twice = bad[1] + bad[1]  # the same chunk id two times
    with pytest.raises(Exception, match="UNIQUE"):
        index.add([good, (bad[0], twice)])
    assert index.article("cheese") == article("cheese")[0]
    assert index.counts() == (3, 6)
    assert index.check().sound


def test_another_embedding_model_is_refused_with_both_names(index: ArticleIndex) -> None:
    with pytest.raises(StoreMismatch, match=r"all-MiniLM-L6-v2.*other-model"):
        ArticleIndex.open(index.folder, embedder="other-model")


def test_another_chunking_is_refused(index: ArticleIndex) -> None:
    with pytest.raises(StoreMismatch, match=r"size=900.*size=300"):
        ArticleIndex.open(index.folder, chunking=Chunking(300, 50))


def test_a_library_of_the_first_format_is_brought_up_to_date(index: ArticleIndex) -> None:
    connection = index._record._database.connection
    for name in ("insert", "show", "hide", "delete"):
        connection.execute(f"DROP TRIGGER lexical_{name}")
        connection.execute(f"DROP TRIGGER spellings_{name}")
    for statement in (
        "DROP TRIGGER pending_update",
        "DROP TABLE vocabulary",
        "DROP TABLE spellings",
        "DROP TABLE lexical",
        "DROP VIEW searched_chunks",
        "DROP TABLE sketches",
        "DROP INDEX chunks_by_digest",
        "DROP INDEX articles_by_shown",
        "ALTER TABLE chunks DROP COLUMN digest",
        "ALTER TABLE chunks DROP COLUMN searched",
        *(
            f"ALTER TABLE articles DROP COLUMN {c}"
            for c in ("origin", "language", "sections", "body_start", "shown_as")
        ),
        "CREATE VIRTUAL TABLE lexical USING fts5(title, text, content='chunks', content_rowid='number')",
        "CREATE TRIGGER lexical_insert AFTER INSERT ON chunks BEGIN INSERT INTO lexical(rowid) VALUES (1); END",
        "CREATE TRIGGER lexical_delete AFTER DELETE ON chunks BEGIN INSERT INTO lexical(rowid) VALUES (1); END",
    ):
        connection.execute(statement)
    index._record.set_manifest("format", "1")
    index.close()
    again = ArticleIndex.open(index.folder)
    assert again.article("terns") == article("terns")[0]
    assert [(stored.source, stored.origin) for stored in again.sources()] == [
        (stored.source, stored.source) for stored in again.sources()
    ]
    assert again.check().sound
    assert again.nearest_words(["grenite"]) == {"grenite": "granite"}


def test_an_article_is_stored_with_its_sections(index: ArticleIndex) -> None:
    sections = (Section(0, "page 1"), Section(5, "page 2"))
    made = replace(article("terns")[0], sections=sections, language="en", origin="/a.zip", body_start=3)
    index.add([(made, article("terns")[1])])
    assert index.article("terns") == made
    assert [made.section_at(offset) for offset in (0, 4, 5, 99)] == ["page 1", "page 1", "page 2", "page 2"]
    assert article("terns")[0].section_at(0) is None


def test_another_format_is_refused(index: ArticleIndex) -> None:
    index._record.set_manifest("format", "99")
    with pytest.raises(StoreMismatch, match="format 99"):
        ArticleIndex.open(index.folder)


@pytest.mark.parametrize("content", [b"", b"this is not a database at all, but it is long enough to look like one" * 9])
def test_a_damaged_record_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "record.sqlite3").write_bytes(content)
    with pytest.raises(StoreDamaged, match=r"record\.sqlite3"):
        ArticleIndex.open(tmp_path)


def test_a_lost_vector_index_does_not_stop_the_search_and_is_made_anew(index: ArticleIndex) -> None:
    index.close()
    shutil.rmtree(index.folder / "chroma")
    again = ArticleIndex.open(index.folder)
    assert again.search_dense("migrating birds", top_k=1)[0].chunk.article_id == "terns"
    assert not again.check().sound
    again.repair()
    assert again.check().sound


@pytest.mark.parametrize("harm", ["truncate", "garbage", "huge"])
def test_a_damaged_vector_index_is_found_before_it_can_crash_the_process(tmp_path: Path, harm: str) -> None:
    index = ArticleIndex.open(tmp_path / "index")
    text = ". ".join(f"Sentence number {number} speaks of topic {number * 7}" for number in range(120)) + "."
    index.add([article("long", text)])
    index.close()
    for path in (index.folder / "chroma").glob("*/*.bin"):
        content, times = path.read_bytes(), path.stat()
        harmed = {"truncate": content[: len(content) // 2], "garbage": b"\xff" * len(content), "huge": content * 3}
        path.write_bytes(harmed[harm])
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    again = ArticleIndex.open(index.folder)
    assert again.search_dense("topic 21", top_k=3)
    again.repair()
    assert again.check().sound
    assert again.search_dense("topic 21", top_k=3)


def test_a_second_writer_is_told_and_a_reader_goes_on(index: ArticleIndex) -> None:
    other = ArticleIndex.open(index.folder)
    with index.writing():
        with pytest.raises(StoreLocked, match="another process"):
            other.add([article("cheese", "Changed. Twice.")])
        assert other.search_dense("migrating birds", top_k=1)[0].chunk.article_id == "terns"
    other.add([article("cheese", "Changed. Twice.")])
    assert index.search_lexical("twice", top_k=1)


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


def _add_terns_only(folder: Path) -> None:
    ArticleIndex.open(folder).add([article("terns")])


def test_what_another_process_added_is_found(tmp_path: Path) -> None:
    index = ArticleIndex.open(tmp_path / "index")
    index.add([article("cheese")])
    assert index.search_dense("birds", top_k=1)[0].chunk.article_id == "cheese"
    process = multiprocessing.get_context("spawn").Process(target=_add_terns_only, args=(index.folder,))
    process.start()
    process.join()
    assert index.search_dense("birds", top_k=1)[0].chunk.article_id == "terns"
    index.add([article("bridges")])  # over the other's write
    assert index.check().sound
    assert index.counts()[0] == 3


def test_a_run_killed_between_record_and_vector_index_loses_nothing(tmp_path: Path) -> None:
    script = textwrap.dedent(
        """
        import os, sys
        sys.path.insert(0, sys.argv[2])
        from tests.vectorstore.test_index import article
        from vectorstore import ArticleIndex
        index = ArticleIndex.open(sys.argv[1])
        index.add([article("terns")])
        with index.writing():
            index.add([article("cheese")])
            os.kill(os.getpid(), 9)
        """
    )
    root = str(Path(__file__).resolve().parents[2])
    killed = subprocess.run([sys.executable, "-c", script, str(tmp_path / "index"), root], check=False, cwd=root)
    assert killed.returncode == -9
    index = ArticleIndex.open(tmp_path / "index")
    assert index.counts()[0] == 2
    assert not index.check().sound
    assert index.search_dense("ripening wheels", top_k=1)[0].chunk.article_id == "cheese"
    index.repair()
    assert index.check().sound


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
        ArticleIndex.open(index.folder, embedder="all-MiniLM-L6-v2")


def test_the_collection_is_an_ordinary_one_for_chroma_and_langchain(index: ArticleIndex) -> None:
    index.close()
    folder = str(index.folder / "chroma")
    client = chromadb.PersistentClient(folder, ChromaSettings(anonymized_telemetry=False))
    stored = client.get_collection("articles", embedding_function=None).get(include=["documents", "metadatas"])
    assert len(stored["ids"]) == 6
    assert stored["metadatas"] is not None
    assert set(stored["metadatas"][0]) == {"article_id", "title", "source", "start", "end"}
    store = langchain_chroma.Chroma("articles", embedding_function=load_embedder(), client=client)  # type: ignore[arg-type]
    [found] = store.similarity_search("migrating birds", k=1)
    assert found.metadata["article_id"] == "terns"


def test_exact_search_and_the_vector_index_agree(index: ArticleIndex) -> None:
    query = index.embed_query("old stone bridges")
    with_index = index.search_vector(query, top_k=6)
    index.close()
    shutil.rmtree(index.folder / "chroma")
    exact = ArticleIndex.open(index.folder).search_vector(query, top_k=6)
    assert [hit.chunk.id for hit in exact] == [hit.chunk.id for hit in with_index]
    assert np.allclose([hit.score for hit in exact], [hit.score for hit in with_index], atol=1e-5)


def test_reading_does_not_break_the_seal(tmp_path: Path) -> None:
    index = ArticleIndex.open(tmp_path / "index")
    index.add([article(name) for name in TEXTS])
    index.close()
    for _ in range(2):
        reader = ArticleIndex.open(tmp_path / "index")
        reader.search_dense("birds", top_k=1)
        assert reader._dense is not None
        reader.close()
        assert reader._dense._sealed()


def test_the_seal_changes_with_the_files(tmp_path: Path) -> None:
    (tmp_path / "segment").mkdir()
    file = tmp_path / "segment" / "data_level0.bin"
    file.write_bytes(b"abc")
    before = seal(tmp_path)
    file.write_bytes(b"abcd")
    assert seal(tmp_path) != before
    assert seal(tmp_path / "missing") == ""


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


def test_a_record_whose_pages_are_broken_is_named_and_not_a_traceback(index: ArticleIndex) -> None:
    index.close()
    record = index.folder / "record.sqlite3"
    with sqlite3.connect(record) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        page = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'chunks'").fetchone()[0]
        size = connection.execute("PRAGMA page_size").fetchone()[0]
    connection.close()
    with record.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)
    broken = ArticleIndex.open(index.folder)
    for use in (
        lambda: broken.search_lexical("granite", 5),
        lambda: broken.search_dense("granite", 5),
        lambda: broken.chunks_of("terns"),
        lambda: broken.remove(["terns"]),
        broken.rebuild,
    ):
        with pytest.raises(StoreDamaged, match=r"record\.sqlite3 is damaged.*backup"):
            use()
    checked = broken.check()
    assert checked.damaged
    assert not checked.sound
    assert "record.sqlite3 is damaged" in checked.problems[0]
    broken.close()


@pytest.mark.parametrize("harm", ["CAST(x'ff00fe' AS TEXT)", "'[1,'", "'7'"])
@pytest.mark.parametrize("column", ["authors", "sections"])
def test_a_record_with_something_else_in_its_rows_is_named(index: ArticleIndex, harm: str, column: str) -> None:
    with sqlite3.connect(index.folder / "record.sqlite3") as connection:
        connection.execute(f"UPDATE articles SET {column} = {harm}")
    connection.close()
    with pytest.raises(StoreDamaged, match=r"record\.sqlite3 is damaged.*backup"):
        index.article("terns")


def test_a_library_that_is_deleted_in_mid_write_takes_no_more_articles(index: ArticleIndex) -> None:
    with pytest.raises(StoreError, match="deleted"), index.writing():
        shutil.rmtree(index.folder)
        index.add([article("more", "One more article.")])
    with pytest.raises(StoreError, match="deleted or moved"):
        index.add([article("more", "One more article.")])


def test_a_library_deleted_while_nothing_was_to_be_written_is_told_too(index: ArticleIndex) -> None:
    with pytest.raises(StoreError, match="deleted"), index.writing():
        shutil.rmtree(index.folder)


def test_a_library_replaced_by_another_takes_no_more_of_this_ones_articles(index: ArticleIndex, tmp_path: Path) -> None:
    other = ArticleIndex.open(tmp_path / "other")
    with pytest.raises(StoreError, match="replaced"), index.writing():
        (tmp_path / "other" / "record.sqlite3").replace(index.folder / "record.sqlite3")
        index.add([article("more", "One more article.")])
    other.close()


def test_a_library_moved_to_another_model_is_noticed_where_it_is_open(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    writer = ArticleIndex.open(folder, load_embedder("all-MiniLM-L6-v2"))
    writer.add([article(name) for name in TEXTS])
    reader = ArticleIndex.open(folder)
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


def test_a_model_that_was_given_is_not_silently_swapped(tmp_path: Path) -> None:
    writer = ArticleIndex.open(tmp_path / "index", DeterministicFakeEmbedding(size=8))
    writer.add([article("terns")])
    reader = ArticleIndex.open(tmp_path / "index", DeterministicFakeEmbedding(size=8))
    writer.rebuild(load_embedder(DEFAULT_EMBEDDER))
    with pytest.raises(StoreMismatch, match="was moved to the embedding model"):
        reader.search_dense("birds", 1)
    reader.close()
    writer.close()


def test_a_writer_waits_for_a_reader_that_is_opening_the_vector_index(index: ArticleIndex) -> None:
    """As long as one reads, nobody writes the files, and no one is told that another process is adding."""
    opening, go_on = threading.Event(), threading.Event()

    def open_to_read() -> None:
        reader = ArticleIndex.open(index.folder)
        with reader._writer.files_at_rest() as at_rest:
            assert at_rest
            opening.set()
            go_on.wait(60)

    reading = threading.Thread(target=open_to_read)
    reading.start()
    assert opening.wait(60)
    threading.Timer(0.3, go_on.set).start()
    index.add([article("more", "One more article. It has two sentences.")])
    assert go_on.is_set()
    reading.join()
    assert index.check().sound


def test_a_reader_searches_the_record_while_another_opens_the_vector_index(index: ArticleIndex) -> None:
    reader = ArticleIndex.open(index.folder)
    with index._writer.files_at_rest() as at_rest:
        assert at_rest
        assert reader._dense.nearest([1.0] * 384, 1) is None
        assert reader.search_dense("migrating birds", 1)[0].chunk.article_id == "terns"
    assert reader._dense.nearest([1.0] * 384, 1) is not None
    reader.close()
