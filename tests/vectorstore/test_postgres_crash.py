"""Writers and servers that are killed in mid-work: gone on with, the library equals one that is built afresh."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from benchmarks.crash import HashEmbedder, contents, edit
from ingest import add_articles
from tests.conftest import Store
from vectorstore import ArticleIndex, StoreError

ROOT = Path(__file__).resolve().parents[2]
INGEST = """
import sys
from benchmarks.crash import HashEmbedder
from ingest import add_articles
from vectorstore import ArticleIndex
index = ArticleIndex.open(sys.argv[2], HashEmbedder())
print("began", flush=True)
add_articles([sys.argv[1]], index)
index.close()
"""

pytestmark = [pytest.mark.slow, pytest.mark.parametrize("store", ["postgresql 18", "postgresql 15"], indirect=True)]


def ingesting(folder: Path, store: Store) -> subprocess.Popen[str]:
    """An ingest of the folder in a process of its own, which has begun."""
    command = [sys.executable, "-c", INGEST, str(folder), store.place()]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "began\n", process.communicate()
    return process


def assert_whole(folder: Path, store: Store, kept: set[Path], fresh: Path) -> None:
    """Nothing that was stored is gone, and gone on with, the library equals one that is built afresh."""
    with (
        closing(ArticleIndex.open(store.place(), HashEmbedder())) as index,
        closing(ArticleIndex.open(fresh, HashEmbedder())) as other,
    ):
        assert {str(path) for path in kept} <= {stored.source for stored in index.sources()}
        if index.counts()[1]:
            assert index.search_lexical("w1 w2", 5) and index.search_dense("w1 w2", 5)
        add_articles([folder], index)
        assert index.check().problems == ()
        add_articles([folder], other)
        ours, theirs = contents(index), contents(other)
        for name, stored in theirs.items():
            assert ours[name] == stored, name


def test_a_writer_that_is_killed_loses_nothing(store: Store, tmp_path: Path) -> None:
    folder, chance = tmp_path / "articles", random.Random(3)
    folder.mkdir()
    kept: set[Path] = set()
    for number in range(3):
        untouched = edit(folder, chance, articles=16)
        process = ingesting(folder, store)
        time.sleep(chance.uniform(0, 1.5))
        process.kill()
        process.communicate()
        assert_whole(folder, store, kept and untouched, tmp_path / f"fresh{number}")
        kept = set(folder.rglob("*.txt"))


def test_a_server_that_is_killed_loses_nothing(store: Store, tmp_path: Path) -> None:
    assert store.server is not None
    folder, chance = tmp_path / "articles", random.Random(4)
    folder.mkdir()
    kept: set[Path] = set()
    for number in range(2):
        untouched = edit(folder, chance, articles=16)
        process = ingesting(folder, store)
        time.sleep(chance.uniform(0, 1.5))
        store.server.stop(signal.SIGQUIT)  # at once, and without writing down what is in memory
        store.server.start()
        _, said = process.communicate(timeout=120)
        assert process.returncode == 0 or StoreError.__name__ in said, said
        assert_whole(folder, store, kept and untouched, tmp_path / f"fresh{number}")
        kept = set(folder.rglob("*.txt"))
