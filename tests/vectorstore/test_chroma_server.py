"""A library in a database whose vectors are on a Chroma server: what is pending, a server that says no or is away."""

from __future__ import annotations

import base64
import http.server
import logging
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from benchmarks.crash import HashEmbedder
from ingest import add_articles
from tests.conftest import Store
from tests.servers import ChromaServer, free_port
from tests.vectorstore.fresh import assert_is_as_made_at_once
from vectorstore import ArticleIndex, StoreError
from vectorstore import chroma_server as chroma_server_module
from vectorstore.chroma_server import TIMEOUT
from vectorstore.collection import DenseError
from vectorstore.place import ChromaAddress, library_place

pytest.importorskip("psycopg", reason="the driver is not installed: make setup-test")
from vectorstore.postgres import chroma, dense, open_indexer
from vectorstore.postgres.chroma import ChromaVectors
from vectorstore.postgres.database import Database
from vectorstore.postgres.pending import LEASE_SECONDS, TELL_SECONDS, Pending

on_chroma = pytest.mark.parametrize("store", ["chroma server"], indirect=True)
in_database = pytest.mark.parametrize("store", ["postgresql 18"], indirect=True)

TEXTS = {
    "bridge": "The old bridge closed on Friday. Its granite towers have cracks.",
    "terns": "Arctic terns fly from pole to pole each year. No bird flies further.",
    "cheese": "The dairy sells a wheel of cheese a day. Nobody knows why.",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "articles"
    made.mkdir()
    for name, text in TEXTS.items():
        (made / f"{name}.txt").write_text(f"{name.title()}\n\n{text}\n", encoding="utf-8")
    return made


@pytest.fixture
def index(store: Store, folder: Path) -> Iterator[ArticleIndex]:
    with closing(ArticleIndex.open(store.place(), HashEmbedder())) as opened:
        add_articles([folder], opened)
        yield opened


@pytest.fixture(scope="module")
def own_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChromaServer]:
    """One that tests stop, and start again."""
    server = ChromaServer(tmp_path_factory.mktemp("own-chroma"))
    yield server
    server.stop()


def vectors_of(index: ArticleIndex) -> ChromaVectors:
    found = index._dense._chroma
    assert isinstance(found, ChromaVectors)
    return found


def collection_of(index: ArticleIndex) -> Any:
    return vectors_of(index)._collection(index._record.manifest())


def told(index: ArticleIndex, query: str = "Arctic terns") -> str:
    [best] = index.search_dense(query, 1)
    return best.chunk.title


@contextmanager
def an_indexer_that_rests(store: Store) -> Iterator[None]:
    """Writers leave to it what is pending, and it does nothing yet."""
    with closing(Database(library_place(store.place()))) as database, Pending(database).working_off():
        yield


def work_off(store: Store) -> int:
    with closing(open_indexer(library_place(store.place()))) as indexer:
        return indexer.run_once()


# Addresses -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "shown", "url", "proof"),
    [
        (
            "postgresql://a:pw@db/x?chroma=http://c:8000",
            "postgresql://a@db/x?chroma=http://c:8000",
            "http://c:8000",
            "",
        ),
        (
            "postgresql://a:pw@db/x?schema=s&chroma=https://ann:se:cr@et@c/vectors/&sslmode=require",
            "postgresql://a@db/x?schema=s&sslmode=require&chroma=https://c/vectors",
            "https://c/vectors",
            "Basic " + base64.b64encode(b"ann:se:cr@et").decode(),
        ),
        (
            "postgresql://db/x?chroma=http%3A%2F%2Fsecret%40c%3A8000&schema=s",
            "postgresql://db/x?schema=s&chroma=http://c:8000",
            "http://c:8000",
            "Bearer secret",
        ),
        ("postgresql://db/x?chroma=none", "postgresql://db/x?chroma=none", "", ""),
        ("postgresql://db/x?chroma=secret@c", "postgresql://db/x?chroma=c", "c", ""),
    ],
)
def test_an_address_names_a_chroma_server_and_shows_no_secret_of_it(
    given: str, shown: str, url: str, proof: str
) -> None:
    address = library_place(given)
    assert not isinstance(address, Path)
    assert str(address) == shown
    assert address.chroma is not None
    assert (address.chroma.url, address.chroma.headers.get("Authorization", "")) == (url, proof)
    assert "chroma" not in address.for_server and "secret" not in f"{address!r}{address.chroma!r}{address.chroma}"
    assert library_place(shown).for_server == address.for_server.replace(":pw", "")  # type: ignore[union-attr]


@in_database
def test_a_server_that_cannot_be_reached_is_named_and_no_library_is_made(store: Store) -> None:
    for place, said in (
        (f"http://127.0.0.1:{free_port()}", "cannot be reached"),
        (f"http://127.0.0.1:{store.server.port}", "cannot be reached|no Chroma server"),  # type: ignore[union-attr]
        ("127.0.0.1:8000", "is no address of a Chroma server"),
    ):
        with pytest.raises(StoreError, match=f"was left as it was: .*{said}"):
            ArticleIndex.open(f"{store.place()}&chroma={place}", HashEmbedder())
        with pytest.raises(StoreError, match="there is no library at"):
            open_indexer(library_place(store.place()))  # type: ignore[arg-type]


@in_database
def test_what_is_no_chroma_server_is_not_taken_for_one(store: Store) -> None:
    class Other(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<html>Welcome</html>")

    with serving(Other) as url, pytest.raises(StoreError, match=r"there is no Chroma server at .*something else"):
        ArticleIndex.open(f"{store.place()}&chroma={url}", HashEmbedder())


@contextmanager
def serving(handler: type[http.server.BaseHTTPRequestHandler]) -> Iterator[str]:
    handler.log_message = lambda *_: None  # type: ignore[method-assign, assignment]
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@in_database
def test_a_proxy_sees_who_asks_and_nobody_else_does(
    store: Store, folder: Path, chroma_server: ChromaServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    let_in = f"Basic {base64.b64encode(b'ann:battery staple').decode()}"
    asked: list[str] = []

    class Proxy(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            if self.headers["Authorization"] != let_in:
                self.send_error(401)
                return
            body = self.rfile.read(int(self.headers["Content-Length"] or 0)) or None
            passed = {"Content-Type": "application/json"}
            request = urllib.request.Request(chroma_server.url + self.path, body, passed, method=self.command)
            try:
                with urllib.request.urlopen(request) as answer:
                    status, said = answer.status, answer.read()
            except urllib.error.HTTPError as error:
                status, said = error.code, error.read()
                error.close()
            self.send_response(status)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        do_POST = do_DELETE = do_GET  # noqa: N815

    with serving(Proxy) as url:
        host = url.partition("://")[2]
        with closing(
            ArticleIndex.open(f"{store.place()}&chroma=http://ann:battery staple@{host}", HashEmbedder())
        ) as index:
            add_articles([folder], index)
            assert told(index) == "Terns"
            assert index.check().problems == ()
            assert index._record.manifest()["chroma"] == url
        assert any("query" in path for path in asked)
        with pytest.raises(StoreError, match="wants to know who asks") as raised:
            ArticleIndex.open(f"{store.place('other')}&chroma=http://ann:wrong horse@{host}", HashEmbedder())
    said = f"{raised.value!r}{raised.value.__cause__!r}{caplog.text}"
    assert not [secret for secret in ("battery", "horse", let_in.split()[1]) if secret in said]


def test_a_lease_outlasts_what_is_written_under_it() -> None:
    assert LEASE_SECONDS >= TELL_SECONDS + 2 * TIMEOUT


# What is pending -----------------------------------------------------------------------------------


@on_chroma
def test_what_a_writer_stores_is_told_by_it_or_left_to_an_indexer_and_found_at_once(
    index: ArticleIndex, store: Store, folder: Path
) -> None:
    assert collection_of(index).ids() == index._record.chunk_ids()
    with an_indexer_that_rests(store):
        (folder / "terns.txt").write_text("Puffins\n\nPuffins nest in burrows.\n", encoding="utf-8")
        (folder / "cheese.txt").unlink()
        add_articles([folder], index)
        assert told(index, "Puffins nest") == "Puffins"
        assert {hit.chunk.title for hit in index.search_dense("cheese terns", 9)} == {"Bridge", "Puffins"}
        [problem] = index.check().problems
        assert "has not been told of" in problem and "article-qa indexer" in problem
        assert collection_of(index).ids() != index._record.chunk_ids()
        assert work_off(store) > 0
    assert work_off(store) == 0
    assert collection_of(index).ids() == index._record.chunk_ids()
    assert index.check().problems == ()


@on_chroma
def test_what_changes_while_chroma_is_told_of_it_is_told_again_and_by_nobody_else_meanwhile(
    index: ArticleIndex, store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vectors, apply = vectors_of(index), ChromaVectors._apply
    ids = sorted(index._record.chunk_ids())

    def change_meanwhile(self: ChromaVectors, claim: Any, collection: Any) -> None:
        monkeypatch.setattr(ChromaVectors, "_apply", apply)
        apply(self, claim, collection)
        vectors.pending.add(ids[:1])
        assert vectors.pending.claim(99) is None

    with an_indexer_that_rests(store):
        vectors.pending.add(ids)
        monkeypatch.setattr(ChromaVectors, "_apply", change_meanwhile)
        assert vectors.tell() == len(ids)
        assert vectors.pending.some(99) == ids[:1]
        assert vectors.tell() == 1  # it can be claimed at once
        assert vectors.pending.some(99) == []


@on_chroma
def test_what_a_stopped_indexer_has_claimed_is_told_once_its_lease_is_over(
    index: ArticleIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    vectors = vectors_of(index)
    ids = sorted(index._record.chunk_ids())
    vectors.pending.add(ids)
    monkeypatch.setattr("vectorstore.postgres.pending.LEASE_SECONDS", 0)
    stopped = vectors.pending.claim(99)
    assert stopped is not None
    monkeypatch.undo()
    later = vectors.pending.claim(99)
    assert later is not None and later.versions == stopped.versions
    vectors.pending.release(stopped)  # which lets go of nothing that is not its own any more
    assert vectors.pending.claim(99) is None
    vectors.pending.settle(later)
    assert vectors.pending.count() == 0


@on_chroma
def test_a_claim_that_is_too_old_is_not_told(index: ArticleIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    vectors = vectors_of(index)
    vectors.pending.add(sorted(index._record.chunk_ids()))
    monkeypatch.setattr("vectorstore.postgres.pending.TELL_SECONDS", -1)
    with pytest.raises(DenseError, match="too slowly"):
        vectors.tell()
    assert vectors.pending.count() == len(index._record.chunk_ids())


@on_chroma
def test_a_lease_counts_from_before_the_database_was_asked(
    index: ArticleIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer that took long must not make a claim look fresh that others may have by then."""
    vectors = vectors_of(index)
    vectors.pending.add(sorted(index._record.chunk_ids()))
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr("vectorstore.postgres.pending.time", SimpleNamespace(monotonic=lambda: clock.now))
    transact = vectors.pending._database.transact

    class Slow:
        def __init__(self, connection: Any) -> None:
            self._connection = connection

        def execute(self, *asked: Any) -> Any:
            clock.now += 30.0
            return self._connection.execute(*asked)

    monkeypatch.setattr(
        vectors.pending._database, "transact", lambda work: transact(lambda connection: work(Slow(connection)))
    )
    claim = vectors.pending.claim(99)
    assert claim is not None and not claim.holds


@on_chroma
def test_writers_and_indexers_at_once_leave_what_one_writer_leaves(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Trouble on a slow machine is none.
    for name, seconds in (("postgres.pending.LEASE", 400), ("postgres.pending.TELL", 100)):
        monkeypatch.setattr(f"vectorstore.{name}_SECONDS", seconds)
    monkeypatch.setattr("vectorstore.chroma_server.TIMEOUT", 120.0)
    shelves = [tmp_path / f"shelf{number}" for number in range(3)]
    for number, shelf in enumerate(shelves):
        shelf.mkdir()
        for which in range(6):
            text = f"Story {which}\n\nStory {which} of shelf {number % 2} is about w{which} and w{number % 2}.\n"
            (shelf / f"{which}.txt").write_text(text, encoding="utf-8")
    failures: list[BaseException] = []
    stop = threading.Event()

    def write(shelf: Path) -> None:
        try:
            with closing(ArticleIndex.open(store.place(), HashEmbedder())) as own:
                add_articles([shelf], own)
                for number in (1, 3):
                    (shelf / f"{number}.txt").write_text(f"Changed {number}\n\nNow of w9.\n", encoding="utf-8")
                (shelf / "2.txt").unlink()
                add_articles([shelf], own)
        except BaseException as error:
            failures.append(error)

    def tell() -> None:
        try:
            with closing(open_indexer(library_place(store.place()))) as own:  # type: ignore[arg-type]
                own.run(stop, lambda _: None, lambda said: failures.append(AssertionError(said)))
        except BaseException as error:
            failures.append(error)

    ArticleIndex.open(store.place(), HashEmbedder()).close()
    writers = [threading.Thread(target=write, args=(shelf,)) for shelf in shelves]
    indexers = [threading.Thread(target=tell) for _ in range(2)]
    for thread in [*indexers, *writers]:
        thread.start()
    for thread in writers:
        thread.join()
    stop.set()
    for thread in indexers:
        thread.join()
    assert failures == []
    work_off(store)
    assert_is_as_made_at_once(store.place(), shelves, tmp_path / "fresh")


@on_chroma
def test_with_more_pending_than_are_compared_those_that_share_words_are(
    index: ArticleIndex, store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dense, "EXACT_MOST", 1)
    monkeypatch.setattr(dense, "PENDING_MOST", 1)
    with an_indexer_that_rests(store):
        for name in ("puffins", "walnuts", "lanterns"):
            (folder / f"{name}.txt").write_text(f"{name.title()}\n\nAll about {name} is here.\n", encoding="utf-8")
        add_articles([folder], index)
        for name in ("Puffins", "Walnuts", "Lanterns", "Terns"):
            assert name in {hit.chunk.title for hit in index.search_dense(name, 9)}


# What is not the record's --------------------------------------------------------------------------


@on_chroma
def test_what_chroma_holds_and_the_record_does_not_is_dropped_found_and_swept(
    index: ArticleIndex, store: Store
) -> None:
    collection = collection_of(index)
    [chunk] = [one for one in index._record.chunks(list(index._record.chunk_ids())).values() if one.title == "Terns"]
    vector = np.asarray(index.embed_query("Arctic terns"), dtype=np.float32)
    ghosts = [f"ghost{number}" for number in range(30)]
    collection._collection.upsert(ids=ghosts, embeddings=[vector] * 30, metadatas=[{"title": "x"}] * 30)
    collection.delete([chunk.id])
    assert [hit.chunk.title for hit in index.search_dense("old bridge", 1)] == ["Bridge"]
    assert len(index.search_dense("Arctic terns", 2)) == 2  # more are asked for where ghosts are in the way
    problems = index.check().problems
    assert any("lacks 1 chunks" in one for one in problems)
    assert any("holds 30 chunks that the record does not" in one for one in problems)
    assert work_off(store) == 31
    assert index.check().problems == ()


@on_chroma
def test_a_collection_of_another_library_or_none_is_named_and_made_anew(index: ArticleIndex, store: Store) -> None:
    class Other(HashEmbedder):
        name = "other-hashes"

    def point_at(name: str) -> None:
        index._record._database.transact(
            lambda connection: connection.execute("UPDATE manifest SET value = %s WHERE key = 'collection'", (name,))
        )
        vectors_of(index)._failed_at = -1e9

    with closing(ArticleIndex.open(store.place("other"), Other())) as other:
        name = other._record.manifest()["collection"]
    point_at(name)
    assert told(index) == "Terns"  # all are compared
    [problem] = index.check().problems
    assert "holds vectors of 'other-hashes' of 32 numbers, and the library is of 'word-hashes'" in problem
    point_at("no-such-collection")
    [problem] = index.check().problems
    assert "has no collection no-such-collection" in problem
    index.rebuild()
    assert index.check().problems == ()


@in_database
def test_vectors_move_to_a_chroma_server_and_back(
    index: ArticleIndex, store: Store, chroma_server: ChromaServer, caplog: pytest.LogCaptureFixture
) -> None:
    best = [(hit.chunk.id, round(hit.score, 4)) for hit in index.search_dense("cheese on a bridge", 3)]

    def found(where: str, rebuild: bool) -> dict[str, str]:
        with closing(ArticleIndex.open(f"{store.place()}{where}", HashEmbedder())) as opened:
            if rebuild:
                opened.rebuild()
                assert opened.check().problems == ()
            hits = [(hit.chunk.id, round(hit.score, 4)) for hit in opened.search_dense("cheese on a bridge", 3)]
            assert hits == best
            return opened._record.manifest()

    there = f"&chroma={chroma_server.url}"
    assert "collection" not in found(there, rebuild=False)
    assert "not on a Chroma server: article-qa index rebuild" in caplog.text
    moved = found(there, rebuild=True)
    assert moved["chroma"] == chroma_server.url and "embeddings" not in moved
    assert moved["collection"] == found("", rebuild=False)["collection"]  # who asks need not know
    again = found("", rebuild=True)
    assert again["collection"] != moved["collection"]
    server = vectors_of(index)._reached(ChromaAddress(chroma_server.url))
    with pytest.raises(DenseError, match="has no collection"):
        server.collection(moved["collection"], moved)
    back = found("&chroma=none", rebuild=True)
    assert "collection" not in back and "embeddings" in back
    with pytest.raises(DenseError, match="has no collection"):
        server.collection(again["collection"], again)
    with pytest.raises(StoreError, match="are on no Chroma server"):
        open_indexer(library_place(store.place()))  # type: ignore[arg-type]


@on_chroma
def test_who_asks_while_another_makes_the_collection_anew_misses_nothing(
    index: ArticleIndex, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dense, "EXACT_MOST", 1)
    assert told(index) == "Terns"
    some = Pending.some

    def made_anew_meanwhile(self: Pending, most: int) -> list[str]:
        monkeypatch.setattr(Pending, "some", some)
        with closing(ArticleIndex.open(store.place(), HashEmbedder())) as other:
            other.rebuild()
        return []

    monkeypatch.setattr(Pending, "some", made_anew_meanwhile)
    assert len(index.search_dense("granite towers", 9)) == 3
    assert index.limits is None and not vectors_of(index).is_down


@on_chroma
def test_what_a_search_could_not_do_is_not_taken_back_by_one_that_has_begun(
    index: ArticleIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dense, "EXACT_MOST", 1)
    said: list[str | None] = []

    def away(*_: object) -> None:
        said.append(index.limits)

    monkeypatch.setattr(ChromaVectors, "nearest", away)
    assert told(index) == told(index) == "Terns"
    assert said == [None, dense.WORDS_ONLY]
    monkeypatch.undo()
    assert told(index) == "Terns" and index.limits is None


# A server that is away -----------------------------------------------------------------------------


@in_database
def test_while_chroma_is_away_all_are_compared_or_in_a_large_library_what_words_find_and_it_is_said(
    store: Store,
    folder: Path,
    own_server: ChromaServer,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    place = f"{store.place()}&chroma={own_server.url}"
    with closing(ArticleIndex.open(place, HashEmbedder())) as index:
        add_articles([folder], index)
        asked = "who flies over the bridge"
        before = [(hit.chunk.title, round(hit.score, 4)) for hit in index.search_dense(asked, 9)]
        assert len(before) == 3
        own_server.stop()
        try:
            assert [(hit.chunk.title, round(hit.score, 4)) for hit in index.search_dense(asked, 9)] == before
            assert index.limits is None
            assert "searching without it" in caplog.text
            (folder / "puffins.txt").write_text("Puffins\n\nPuffins nest in burrows.\n", encoding="utf-8")
            add_articles([folder], index)  # is stored
            monkeypatch.setattr(dense, "EXACT_MOST", 1)
            assert {hit.chunk.title for hit in index.search_dense("granite towers", 9)} == {"Bridge", "Puffins"}
            assert index.limits == dense.WORDS_ONLY
            with (
                closing(open_indexer(library_place(place))) as indexer,  # type: ignore[arg-type]
                pytest.raises(StoreError, match=r"could not follow .*cannot be reached"),
            ):
                indexer.run_once()
            with pytest.raises(StoreError, match="left as it was"):
                index.rebuild()
        finally:
            own_server.start()
        monkeypatch.setattr(chroma, "RETRY_SECONDS", 0.0)
        assert len(index.search_dense("granite towers", 9)) == 4
        assert index.limits is None
        index.repair()
        assert index.check().problems == ()


def test_a_server_that_does_not_answer_is_waited_for_once_by_all_who_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    server = chroma_server_module.ChromaServer(ChromaAddress("http://127.0.0.1:1"))
    looks: list[int] = []
    with ThreadPoolExecutor(1) as another:
        waiting = threading.Event()
        clock = SimpleNamespace(monotonic=lambda: (waiting.set(), time.monotonic())[1])

        def look() -> None:
            looks.append(1)
            if len(looks) == 1:
                waiting.clear()
                later.append(another.submit(server.drop, "x"))
                waiting.wait(600)
            raise DenseError("it does not answer")

        later: list[Future[None]] = []
        monkeypatch.setattr(chroma_server_module, "time", clock, raising=False)
        monkeypatch.setattr(server, "_look", look)
        with pytest.raises(DenseError, match="it does not answer"):
            server.drop("x")
        with pytest.raises(DenseError, match="it does not answer"):
            later[0].result()
    assert len(looks) == 1


@dataclass
class Told:
    chunks: int = 0
    trouble: list[str] = field(default_factory=list)
    done: threading.Event = field(default_factory=threading.Event)

    def told(self, count: int) -> None:
        self.chunks += count
        self.done.set()


@in_database
def test_an_indexer_goes_on_when_chroma_is_back(
    store: Store, folder: Path, own_server: ChromaServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vectorstore.postgres.indexer.RETRY_SECONDS", 0.1)
    place = f"{store.place()}&chroma={own_server.url}"
    with closing(ArticleIndex.open(place, HashEmbedder())) as index:
        own_server.stop()
        add_articles([folder], index)
        told, stop = Told(), threading.Event()
        indexer = open_indexer(library_place(place))  # type: ignore[arg-type]

        def trouble(said: str) -> None:
            told.trouble.append(said)
            if len(told.trouble) == 1:
                own_server.start()

        thread = threading.Thread(target=indexer.run, args=(stop, told.told, trouble))
        thread.start()
        assert told.done.wait(300)
        stop.set()
        thread.join()
        indexer.close()
        assert "cannot be reached" in told.trouble[0]
        assert told.chunks == len(index._record.chunk_ids())
        assert index.check().problems == ()
