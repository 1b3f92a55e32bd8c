"""Indexers and a Chroma server that are killed in mid-work: gone on with, both agree with a library built afresh."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from benchmarks.crash import HashEmbedder, contents, edit
from ingest import add_articles
from tests.conftest import Store
from tests.servers import ChromaServer
from vectorstore import ArticleIndex, exact

pytest.importorskip("psycopg", reason="the driver is not installed: make setup-test")
from vectorstore.postgres import chroma, open_indexer

ROOT = Path(__file__).resolve().parents[2]
INDEXER = """
import sys, threading
from vectorstore import chroma_server
from vectorstore.place import library_place
from vectorstore.postgres import chroma, indexer, open_indexer, pending
chroma.BATCH, indexer.RETRY_SECONDS = 10, 0.2
pending.LEASE_SECONDS, pending.TELL_SECONDS, chroma_server.TIMEOUT = 15, 4, 5
print("began", flush=True)
open_indexer(library_place(sys.argv[1])).run(threading.Event(), lambda count: None, lambda said: None)
"""

pytestmark = [pytest.mark.slow, pytest.mark.parametrize("store", ["postgresql 18"], indirect=True)]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ChromaServer]:
    (tmp_path / "chroma").mkdir()
    started = ChromaServer(tmp_path / "chroma")
    yield started
    started.stop()


def indexing(place: str) -> subprocess.Popen[str]:
    """An indexer in a process of its own, which has begun; it takes little at a time, for a short while."""
    process = subprocess.Popen([sys.executable, "-c", INDEXER, place], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "began\n"
    return process


def kill(*processes: subprocess.Popen[str]) -> None:
    for process in processes:
        process.kill()
        process.communicate()


def assert_agree(index: ArticleIndex, folder: Path, fresh: Path) -> None:
    """What is left is told of; then the record, Chroma and a library that is built afresh agree."""
    with closing(open_indexer(index.place)) as indexer:  # type: ignore[arg-type]
        indexer.run_once()
    assert index.check().problems == ()
    with closing(ArticleIndex.open(fresh, HashEmbedder())) as other:
        add_articles([folder], other)
        ours, theirs = contents(index), contents(other)
        for name, stored in theirs.items():
            assert ours[name] == stored, name
        [vector] = exact.unit_length(np.asarray([index.embed_query("w1 w2 w3")], dtype=np.float32)).tolist()
        best = [round(hit.score, 4) for hit in index.search_vector(vector, 5)]
        assert best == [round(hit.score, 4) for hit in other.search_vector(vector, 5)]


def test_indexers_that_are_killed_lose_nothing(store: Store, tmp_path: Path, server: ChromaServer) -> None:
    folder, chance = tmp_path / "articles", random.Random(5)
    folder.mkdir()
    place = f"{store.place()}&chroma={server.url}"
    with closing(ArticleIndex.open(place, HashEmbedder())) as index:
        for number in range(3):
            edit(folder, chance, articles=8)
            indexers = [indexing(place) for _ in range(2)]
            try:
                add_articles([folder], index)
                time.sleep(chance.uniform(0, 1))
            finally:
                kill(*indexers)
            assert index.search_dense("w1 w2", 5)
            assert_agree(index, folder, tmp_path / f"fresh{number}")


def test_a_chroma_server_that_is_killed_loses_nothing(
    store: Store, tmp_path: Path, server: ChromaServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chroma, "RETRY_SECONDS", 0.0)
    folder, chance = tmp_path / "articles", random.Random(6)
    folder.mkdir()
    place = f"{store.place()}&chroma={server.url}"
    with closing(ArticleIndex.open(place, HashEmbedder())) as index:
        process = indexing(place)
        try:
            for number in range(3):
                edit(folder, chance, articles=8)
                add_articles([folder], index)
                time.sleep(chance.uniform(0, 0.5))
                server.stop()
                assert index.search_dense("w1 w2", 5)
                server.start()
                assert index.search_dense("w1 w2", 5)
                assert_agree(index, folder, tmp_path / f"fresh{number}")
            assert process.poll() is None  # it has gone on
        finally:
            kill(process)
