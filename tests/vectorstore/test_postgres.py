"""What only a library in a database does: several write at once, and a server says no, or goes away."""

from __future__ import annotations

import logging
import random
import shutil
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.crash import HashEmbedder, contents, edit
from ingest import add_articles
from tests.conftest import Store
from tests.servers import ESCAPED, NAMES, PASSWORD, Server
from tests.vectorstore.fresh import assert_is_as_made_at_once
from vectorstore import ArticleIndex, StoreError, StoreLocked, StoreMismatch, StoreReadOnly

pytest.importorskip("psycopg", reason="the driver is not installed: make setup-test")
from vectorstore.place import Address, library_place
from vectorstore.postgres import dense, schema, writing
from vectorstore.postgres.database import Connection, Database
from vectorstore.postgres.pgvector import find_extension
from vectorstore.postgres.writing import Writing

both = pytest.mark.parametrize("store", NAMES, indirect=True)
newest = pytest.mark.parametrize("store", ["postgresql 18"], indirect=True)

STORY = (
    "The old bridge over the river was closed to all traffic on Friday after engineers found cracks in two of its "
    "granite towers. The mayor said that the repairs would take until the spring and that a ferry would run every half "
    "hour from the northern landing. Shopkeepers along the quay fear for their trade. "
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two articles, and one of them again."""
    made = tmp_path / "articles"
    made.mkdir()
    (made / "bridge.txt").write_text(f"Bridge\n\n{STORY}\n", encoding="utf-8")
    (made / "again.txt").write_text(f"Bridge again\n\n{STORY}More later.\n", encoding="utf-8")
    (made / "terns.txt").write_text("Terns\n\nArctic terns fly from pole to pole each year.\n", encoding="utf-8")
    return made


@pytest.fixture
def index(store: Store, folder: Path) -> Iterator[ArticleIndex]:
    opened = ArticleIndex.open(store.place(), HashEmbedder())
    add_articles([folder], opened)
    yield opened
    opened.close()


def server_of(store: Store) -> Server:
    assert store.server is not None
    return store.server


PATIENCE_SECONDS = 120
"""For a server that was away to be found again."""


def told(index: ArticleIndex, query: str = "Arctic terns") -> str:
    [best] = index.search_dense(query, 1)
    return best.chunk.title


# What a server refuses -----------------------------------------------------------------------------


@newest
def test_a_wrong_password_is_said_and_none_is_shown(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(StoreError, match=r"cannot be opened: .*password authentication failed") as raised:
        ArticleIndex.open(server_of(store).address(password="wrong%20horse"), HashEmbedder())
    said = f"{raised.value} {raised.value!r} {raised.value.__cause__} {caplog.text}"
    assert "horse" not in said


def test_a_server_that_cannot_be_reached_is_named(caplog: pytest.LogCaptureFixture) -> None:
    pytest.importorskip("psycopg")
    with pytest.raises(StoreError, match=r"postgresql://ann@127\.0\.0\.1:1/a cannot be opened") as raised:
        ArticleIndex.open("postgresql://ann:battery@127.0.0.1:1/a", HashEmbedder())
    assert "battery" not in f"{raised.value}{caplog.text}"


@pytest.mark.parametrize("port", ["55x", "battery", "99999999"])
def test_an_address_that_makes_no_sense_is_refused_and_shows_no_password(port: str) -> None:
    pytest.importorskip("psycopg")
    with pytest.raises(StoreError, match="cannot be opened") as raised:
        ArticleIndex.open(f"postgresql://ann:battery%zz@127.0.0.1:{port}/a?password=staple&nonsense=1", HashEmbedder())
    assert "staple" not in str(raised.value)
    assert "battery%" not in str(raised.value)


def test_without_the_driver_it_is_said_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(StoreError, match=r"pip install 'article-qa\[shared\]'") as raised:
        ArticleIndex.open("postgresql://ann:battery@127.0.0.1:1/a", HashEmbedder())
    assert "battery" not in str(raised.value)


@both
@pytest.mark.parametrize("format", ["postgresql 0", "postgresql 99", "4"])
def test_a_library_of_another_format_is_refused(index: ArticleIndex, store: Store, format: str) -> None:
    schema = index.place.schema  # type: ignore[union-attr]
    server_of(store).execute(f"UPDATE \"{schema}\".manifest SET value = '{format}' WHERE key = 'format'")
    with pytest.raises(StoreMismatch, match=f"has format {format}, this version reads postgresql 1"):
        ArticleIndex.open(store.place(), HashEmbedder())


@both
def test_a_user_who_may_only_read_asks_and_is_told_where_writing_ends(
    index: ArticleIndex, store: Store, folder: Path
) -> None:
    server, schema = server_of(store), index.place.schema  # type: ignore[union-attr]
    server.execute(
        "DROP ROLE IF EXISTS reader",
        f"CREATE ROLE reader LOGIN PASSWORD '{PASSWORD}'",
        f'GRANT USAGE ON SCHEMA "{schema}" TO reader',
        f'GRANT SELECT ON ALL TABLES IN SCHEMA "{schema}" TO reader',
    )
    with closing(ArticleIndex.open(server.address(schema, user="reader"), HashEmbedder())) as reading:
        assert told(reading) == "Terns"
        assert reading.check().sound
        for write in (lambda: add_articles([folder], reading), lambda: reading.remove(["x"]), reading.rebuild):
            with pytest.raises(StoreReadOnly, match="cannot be written"):
                write()
    with pytest.raises(StoreReadOnly, match="no library can be made"):
        ArticleIndex.open(server.address("another", user="reader"), HashEmbedder())
    server.execute("DROP OWNED BY reader", "DROP ROLE reader")


@both
def test_a_library_that_is_dropped_while_it_is_open_is_named(index: ArticleIndex, store: Store) -> None:
    server_of(store).execute(f'DROP SCHEMA "{index.place.schema}" CASCADE')  # type: ignore[union-attr]
    with pytest.raises(StoreError, match=r"there is no library at .* any more"):
        index.search_lexical("bridge", 3)


@pytest.mark.parametrize("store", ["postgresql 15"], indirect=True)  # the wheel's 18 is built without TLS
@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl, which makes the certificate, is not installed")
def test_an_address_can_ask_for_encryption_and_for_the_right_certificate(store: Store, tmp_path: Path) -> None:
    server = server_of(store)
    certificate = server.encrypt()
    address = f"{store.place()}&sslmode=verify-full&connect_timeout=9&sslrootcert="
    with closing(ArticleIndex.open(f"{address}{certificate}", HashEmbedder())) as index:
        used = index._record._database.rows("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
        assert used == [(True,)]
    (tmp_path / "other.crt").write_text(certificate.read_text(encoding="ascii")[:200], encoding="ascii")
    with pytest.raises(StoreError, match=r"cannot be opened: .*certificate"):
        ArticleIndex.open(f"{address}{tmp_path / 'other.crt'}", HashEmbedder())


# Connections that are lost -------------------------------------------------------------------------


def cut_off(server: Server) -> None:
    """Ends every connection but the one that asks for it."""
    server.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'client backend' "
        "AND pid != pg_backend_pid()"
    )


@both
def test_a_connection_that_is_lost_between_two_questions_is_made_again(index: ArticleIndex, store: Store) -> None:
    with ThreadPoolExecutor(6) as several:
        for _ in range(3):
            assert set(several.map(told, [index] * 12)) == {"Terns"}
            cut_off(server_of(store))
        assert told(index) == "Terns"


@newest
def test_a_connection_that_is_lost_in_mid_write_stores_nothing_by_halves(
    index: ArticleIndex, store: Store, folder: Path
) -> None:
    (folder / "more.txt").write_text("More\n\nOne more article on lighthouses.\n", encoding="utf-8")
    before = contents(index)
    with pytest.raises(StoreError, match=r"could not be (read|written) .*kept.*again"), index.writing():
        cut_off(server_of(store))
        add_articles([folder], index)
    assert contents(index) == before
    add_articles([folder], index)
    assert index.search_lexical("lighthouses", 1)
    assert index.check().sound


@newest
def test_a_server_that_goes_away_is_named_and_found_again(
    index: ArticleIndex, store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    index._record._database._pool.timeout = 0.5
    server = server_of(store)
    server.stop()
    try:
        with pytest.raises(StoreError, match="cannot be opened") as raised:
            index.search_lexical("bridge", 3)
    finally:
        server.start()
    # The pool looks for the server ever less often while it is away.
    until = time.monotonic() + PATIENCE_SECONDS
    found = ""
    while not found:
        try:
            found = told(index)
        except StoreError:
            assert time.monotonic() < until
    assert found == "Terns"
    said = f"{raised.value} {caplog.text}"
    assert PASSWORD not in said and ESCAPED not in said


@newest
def test_a_server_that_is_back_is_found_by_the_next_who_asks(
    index: ArticleIndex, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As after an hour without one, when a pool by itself looks for it once in many minutes.
    monkeypatch.setattr("psycopg_pool.base.AttemptWithBackoff.INITIAL_DELAY", 3600.0)
    pool = index._record._database._pool
    server = server_of(store)
    server.stop()
    try:
        monkeypatch.setattr(pool, "timeout", 0.5)
        with pytest.raises(StoreError, match="cannot be opened"):
            index.counts()
    finally:
        server.start()
    monkeypatch.setattr(pool, "timeout", 30.0)
    assert told(index) == "Terns"


@newest
def test_a_connection_that_was_in_use_while_others_were_lost_is_not_trusted(index: ArticleIndex, store: Store) -> None:
    database = index._record._database
    with database._connection() as first:
        with database._connection() as second:
            assert first.execute("SELECT 1").fetchall() == second.execute("SELECT 1").fetchall()
            cut_off(server_of(store))
        database._lost_at = time.monotonic()  # somebody else has noticed
    assert database.transact(lambda connection: connection.execute("SELECT 1").fetchall()) == [(1,)]
    assert database.transact(lambda connection: connection.execute("SELECT 1").fetchall()) == [(1,)]


@newest
def test_two_who_make_the_extension_at_once_both_have_it(store: Store) -> None:
    server = server_of(store)
    server.execute("CREATE DATABASE bare")
    try:
        address = library_place(store.place().replace("/postgres?", "/bare?"))
        assert isinstance(address, Address)
        with (
            ThreadPoolExecutor(1) as other,
            closing(Database(address).connect()) as one,
            closing(Database(address).connect()) as two,
        ):
            with one.transaction():
                assert find_extension(one) == "public"
                later = other.submit(find_extension, two)
                waits = "SELECT 1 FROM pg_stat_activity WHERE datname = 'bare' AND wait_event_type = 'Lock'"
                while not server.execute(waits):
                    assert not later.done()
            assert later.result() == "public"
    finally:
        server.execute("DROP DATABASE bare")


# Several at once -----------------------------------------------------------------------------------


@both
def test_eight_writers_at_once_leave_what_one_would_have(store: Store, tmp_path: Path) -> None:
    chance = random.Random(5)
    words = STORY.split()
    folders = [tmp_path / f"shelf{number}" for number in range(8)]
    for number, shelf in enumerate(folders):
        shelf.mkdir()
        for which in range(4):
            story = [*words]
            story[chance.randrange(len(story))] = f"word{which}"
            text = f"Story {which}\n\n{' '.join(story * (1 + which % 2))} {'On' * which} it went.\n"
            (shelf / f"{which}.txt").write_text(text, encoding="utf-8")
        (shelf / "own.txt").write_text(f"Own {number}\n\nOnly shelf w{number} says so.\n", encoding="utf-8")
    failures: list[BaseException] = []
    ready = threading.Barrier(len(folders))

    def ingest(number: int) -> None:
        try:
            with closing(ArticleIndex.open(store.place(), HashEmbedder())) as own:
                ready.wait(600)
                add_articles([folders[number]], own)
                add_articles([folders[(number + 1) % 8]], own)  # what a neighbour adds at the same time
                (folders[number] / "own.txt").write_text(f"Own {number}\n\nChanged by w{number}.\n", encoding="utf-8")
                add_articles([folders[number]], own)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=ingest, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert_is_as_made_at_once(store.place(), folders, tmp_path / "fresh")


@both
def test_who_changes_what_is_just_being_grouped_takes_the_group_apart(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = random.Random(1).choices(STORY.replace(".", "").lower().split(), k=150)
    first, last = [*words], [*words]
    first[0:27:3], last[60:87:3] = ["changed"] * 9, ["altered"] * 9
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    for name, told in {"first": first, "last": last}.items():
        (shelf / f"{name}.txt").write_text(f"Bridge\n\n{' '.join(told)}\n", encoding="utf-8")
    writing, grouped, go_on = threading.Event(), threading.Event(), threading.Event()
    with (
        closing(ArticleIndex.open(store.place(), HashEmbedder())) as index,
        closing(ArticleIndex.open(store.place(), HashEmbedder())) as other,
        closing(Database(library_place(store.place()))) as database,  # type: ignore[arg-type]
        ThreadPoolExecutor(2) as threads,
    ):
        add_articles([shelf], index)
        assert len(index.articles()) == 2
        between = tmp_path / "between.txt"
        between.write_text(f"Bridge\n\n{' '.join(words[:-5])}\n", encoding="utf-8")

        def pause(connection: Connection) -> None:
            sum_up(connection)
            grouped.set()
            go_on.wait(600)

        def change() -> None:
            with other.writing():  # and has seen to what others left ungrouped
                writing.set()
                grouped.wait(600)
                between.write_text("Terns\n\nArctic terns fly from pole to pole each year.\n", encoding="utf-8")
                add_articles([between], other)

        sum_up = schema.sum_up
        changing = threads.submit(change)
        assert writing.wait(600)
        with monkeypatch.context() as patch:
            patch.setattr(schema, "sum_up", pause)
            adding = threads.submit(add_articles, [between], index)
            assert grouped.wait(600)
        assert len(index.articles()) == 3  # the group is not stored yet
        while not database.rows("SELECT 1 FROM pg_locks WHERE NOT granted"):
            time.sleep(0.01)
        go_on.set()
        adding.result(600)
        changing.result(600)
    assert_is_as_made_at_once(store.place(), [shelf, between], tmp_path / "fresh")


@both
def test_what_is_stored_already_is_not_written_again(index: ArticleIndex) -> None:
    [terns] = [one for one in index.articles() if one.title == "Terns"]
    article, chunks = index.article(terns.id), index.chunks_of(terns.id)
    assert article is not None
    before = index.generation
    index.add([(article, chunks)])
    assert index.generation == before


@both
def test_an_article_with_more_chunks_than_one_statement_takes_is_stored_whole(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "TOGETHER", 3)
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    edit(shelf, random.Random(7), articles=4)
    assert_is_as_made_at_once(store.place(), [shelf], tmp_path / "fresh")


@both
def test_who_makes_it_anew_does_so_alone(index: ArticleIndex, store: Store, folder: Path) -> None:
    with closing(ArticleIndex.open(store.place(), HashEmbedder())) as other:
        with index.writing():
            with pytest.raises(StoreLocked, match="another process is adding"):
                other.rebuild()
            with pytest.raises(StoreLocked):
                other.check()
            other.remove([])  # others write meanwhile
        with index.writing(alone=True), pytest.raises(StoreLocked, match="another process"):
            add_articles([folder], other)
        other.rebuild()


@both
def test_a_writer_stopped_before_it_has_grouped_leaves_that_to_the_next(
    index: ArticleIndex, store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = contents(index)

    group, calls = Writing.group, []

    def stop(writing: Writing) -> None:
        calls.append(1)
        if len(calls) > 1:  # the first looks for what another has left
            raise KeyboardInterrupt
        group(writing)

    [again] = [one for one in index.articles(copies=True) if one.source.endswith("again.txt")]
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Writing, "group", stop)
        index.remove([again.id])
    [problem] = index.check().problems
    assert "have not been compared" in problem
    assert told(index, "old bridge closed") == "Bridge"
    add_articles([folder], index)
    assert index.check().sound
    assert contents(index) == before


# Searching -----------------------------------------------------------------------------------------


@both
def test_words_are_scored_as_in_a_folder(store: Store, tmp_path: Path) -> None:
    chance = random.Random(7)
    names = [f"{'lantern meadow copper'.split()[n % 3]}{chr(97 + n % 26)}{chr(97 + n // 26)}" for n in range(200)]
    shelf = tmp_path / "made"
    shelf.mkdir()
    for number in range(40):
        made = (names[min(int(chance.paretovariate(0.6)), 199)] for _ in range(chance.randrange(30, 400)))
        (shelf / f"{number}.txt").write_text(f"Bridges {number}\n\n{' '.join(made)}.\n", encoding="utf-8")
    with (
        closing(ArticleIndex.open(store.place(), HashEmbedder())) as shared,
        closing(ArticleIndex.open(tmp_path / "local", HashEmbedder())) as local,
    ):
        for index in (shared, local):
            add_articles([shelf], index)
        for query in (*(" ".join(names[first : first + 5]) for first in (0, 5, 20)), "bridge", f"bridging {names[3]}"):
            ours, theirs = (
                {hit.chunk.id: hit.score for hit in one.search_lexical(query, 9_999)} for one in (shared, local)
            )
            assert ours.keys() == theirs.keys()
            assert list(ours.values()) == pytest.approx([theirs[one] for one in ours], rel=1e-3)
            assert shared._record.lexical.weight(query) == pytest.approx(local._record.lexical.weight(query))


@pytest.mark.parametrize("store", ["postgresql 15"], indirect=True)
def test_a_large_library_without_pgvector_compares_what_words_find_and_says_so_once(
    index: ArticleIndex, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    everything = {hit.chunk.title: hit.score for hit in index.search_dense("bridge over the terns", 9)}
    assert len(everything) > 1
    monkeypatch.setattr(dense, "EXACT_MOST", 1)
    for _ in range(2):
        found = {hit.chunk.title: hit.score for hit in index.search_dense("arctic terns", 9)}
        assert found.keys() == {"Terns"}
    [warning] = [one for one in caplog.records if "no vector index" in one.getMessage()]
    assert warning.levelname == "WARNING"


@newest
def test_vectors_of_another_model_are_not_searched_until_the_index_is_made_anew(
    index: ArticleIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Backwards(HashEmbedder):
        name = "backwards"

        def embed_query(self, text: str) -> list[float]:
            return super().embed_query(text)[::-1]

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):

        def stop(self: object) -> None:
            raise KeyboardInterrupt

        patch.setattr(dense.PgDense, "renew", stop)
        index.rebuild(Backwards())
    assert index._dense.nearest(Backwards().embed_query("terns"), 1) is None
    assert told(index) == "Terns"
    assert index.check().problems == ("there is no vector index for the embedding model of this library",)
    index.rebuild()
    assert index.check().sound
    assert index._dense.nearest(Backwards().embed_query("terns"), 1) is not None
    assert told(index) == "Terns"


@newest
def test_a_vector_index_that_is_not_the_records_is_found_and_mended(index: ArticleIndex, store: Store) -> None:
    table = f'"{index.place.schema}".embeddings'  # type: ignore[union-attr]
    one = f"(SELECT min(number) FROM {table})"
    server_of(store).execute(
        f"UPDATE {table} SET embedding = (SELECT embedding FROM {table} ORDER BY number DESC LIMIT 1) "
        f"WHERE number = {one}"
    )
    assert index.check().problems == ("the vector index holds 1 vectors that are not the record's",)
    server_of(store).execute(f"DELETE FROM {table} WHERE number = {one}")
    assert index.check().problems == ("the vector index lacks 1 chunks",)
    index.rebuild()
    assert index.check().sound


@both
def test_words_that_are_counted_wrongly_are_found_and_mended(index: ArticleIndex, store: Store) -> None:
    table = f'"{index.place.schema}".words'  # type: ignore[union-attr]
    server_of(store).execute(f"UPDATE {table} SET chunks = chunks + 1 WHERE word = 'bridg'")
    assert index.check().problems == ("1 words are counted wrongly",)
    index.rebuild()
    assert index.check().sound


@both
def test_what_postgresql_cannot_store_is_said(index: ArticleIndex, store: Store) -> None:
    [terns] = [one for one in index.articles() if one.title == "Terns"]
    article = index.article(terns.id)
    assert article is not None
    before = contents(index)
    with pytest.raises(StoreError, match="NUL"):
        index.add([(replace(article, text="a\0b", fingerprint="other"), [])])
    assert contents(index) == before
