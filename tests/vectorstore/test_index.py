from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import textwrap
import threading
import zlib
from collections.abc import Iterator
from pathlib import Path

import chromadb
import langchain_chroma
import numpy as np
import pytest
from chromadb.config import Settings as ChromaSettings

from vectorstore import (
    Article,
    ArticleIndex,
    Chunk,
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
