"""A new library in a folder, made by several processes at once or by one that was killed."""

from __future__ import annotations

import multiprocessing
import time
import traceback
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import filelock
import pytest

from benchmarks.crash import HashEmbedder
from tests.vectorstore.test_index import article
from vectorstore import ArticleIndex, StoreLocked, StoreMismatch

PROCESSES = 3
ROUNDS = 12
PATIENCE = 600
"""Seconds, for processes that may wait for a core."""


def _make(folders: Sequence[Path], number: int, barrier: Any, said: Any) -> None:
    """Opens each library in the moment in which the others do, and adds an article to it."""
    try:
        ArticleIndex.open(folders[0].parent / f"own-{number}", HashEmbedder()).close()  # all is loaded by now
        for folder in folders:
            barrier.wait(PATIENCE)
            with closing(ArticleIndex.open(folder, HashEmbedder())) as index:
                _add(index, number)
        said.put("")
    except BaseException:
        said.put(traceback.format_exc())
        barrier.abort()


def _add(index: ArticleIndex, number: int) -> None:
    """Tries again for as long as another writes, as a person is told to."""
    while True:
        try:
            index.add([article(f"article-{number}", f"There are {number} boats on the lake. They come back at noon.")])
            return
        except StoreLocked:
            time.sleep(0.02)


def test_processes_that_make_a_library_at_once_make_one_that_all_of_them_write_to(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    barrier, said = context.Barrier(PROCESSES), context.Queue()
    folders = [tmp_path / str(n) / "index" for n in range(ROUNDS)]
    processes = [
        context.Process(target=_make, args=(folders, number, barrier, said), daemon=True) for number in range(PROCESSES)
    ]
    for process in processes:
        process.start()
    assert [said.get(timeout=PATIENCE) for _ in processes] == [""] * PROCESSES
    for process in processes:
        process.join(PATIENCE)
    for folder in folders:
        with closing(ArticleIndex.open(folder)) as index:
            assert {one.id for one in index.articles()} == {f"article-{number}" for number in range(PROCESSES)}
            assert index.check().sound


def test_what_a_process_left_that_was_killed_while_it_made_a_library_is_in_nobodys_way(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    (folder / "making").mkdir(parents=True)
    for name in ("record.sqlite3", "record.sqlite3-journal", "record.sqlite3-wal"):
        (folder / "making" / name).write_bytes(b"half of it")
    with closing(ArticleIndex.open(folder, HashEmbedder())) as index:
        index.add([article("bridges")])
        assert index.check().sound
    assert not (folder / "making").exists()


def test_who_comes_while_a_library_is_made_waits_and_is_told_how_it_was_made(tmp_path: Path) -> None:
    class Other(HashEmbedder):
        name = "other-hashes"

    ArticleIndex.open(tmp_path / "made", HashEmbedder()).close()
    folder = tmp_path / "index"
    folder.mkdir()
    with ThreadPoolExecutor(1) as other:
        with filelock.FileLock(folder / "making.lock"):  # as one holds it that is slow
            opened = other.submit(ArticleIndex.open, folder, Other())
            with pytest.raises(TimeoutError):
                opened.result(0.5)
            (tmp_path / "made" / "record.sqlite3").rename(folder / "record.sqlite3")
        with pytest.raises(StoreMismatch, match="made with the embedding model 'word-hashes', not 'other-hashes'"):
            opened.result(PATIENCE)
