"""``article-qa indexer``, and the other commands over a library whose vectors are on a Chroma server."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.conftest import Store
from tests.servers import ESCAPED, PASSWORD
from tests.ui.test_cli import ROOT, run, tidy, write_texts
from vectorstore import ArticleIndex

pytest.importorskip("psycopg", reason="the driver is not installed: make setup-test")
from vectorstore.place import library_place
from vectorstore.postgres.database import Database
from vectorstore.postgres.pending import Pending

__all__ = ["tidy"]  # a fixture

on_chroma = pytest.mark.parametrize("store", ["chroma server"], indirect=True)


@pytest.fixture
def address(store: Store, tidy: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    yield store.place()


@on_chroma
def test_every_command_does_with_a_chroma_server_what_it_does_with_a_folder(address: str, tmp_path: Path) -> None:
    folder = write_texts(tmp_path / "articles")
    with closing(Database(library_place(address))) as database:  # type: ignore[arg-type]
        assert run("indexer", "--once", "--index", address).exit_code == 1  # there is no library yet
        ArticleIndex.open(address).close()
        with Pending(database).working_off():  # so that the writer leaves all to an indexer
            assert run("ingest", folder, "--index", address).exit_code == 0
    unsound = run("index", "check", "--index", address)
    assert unsound.exit_code == 1
    assert "has not been told of 3 chunks yet: article-qa indexer does so" in " ".join(unsound.output.split())
    alone = address.partition("&chroma=")[0]  # the library knows where its vectors are
    once = run("indexer", "--once", "--index", alone)
    assert once.exit_code == 0 and "told Chroma of 3 passages" in once.output
    assert run("index", "check", "--index", alone).exit_code == 0
    assert run("index", "rebuild", "--index", alone).exit_code == 0
    asked = run("ask", "Where was Marie Curie born?", "--threshold", "0", "--json", "--index", alone)
    assert "Warsaw" in json.loads(asked.stdout)["answer"]
    assert PASSWORD not in unsound.output and ESCAPED not in unsound.output


@on_chroma
def test_an_indexer_ends_in_order_when_it_is_asked_to(address: str) -> None:
    ArticleIndex.open(address).close()
    command = [sys.executable, "-m", "ui.cli", "indexer"]
    environment = {**os.environ, "ARTICLE_QA_INDEX": address}
    indexer = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True)
    assert indexer.stderr is not None
    assert "Telling Chroma" in indexer.stderr.readline()
    indexer.send_signal(signal.SIGTERM)
    _, said = indexer.communicate(timeout=120)
    assert (indexer.returncode, said.strip()) == (0, "Stopped.")


def test_an_indexer_is_for_a_database(tidy: None, tmp_path: Path) -> None:
    refused = run("indexer", "--index", tmp_path)
    assert refused.exit_code == 2
    assert "is a folder" in " ".join(refused.output.replace("│", " ").split())


@pytest.mark.parametrize("store", ["postgresql 18"], indirect=True)
def test_a_library_on_no_chroma_server_needs_no_indexer(address: str) -> None:
    ArticleIndex.open(address).close()
    refused = run("indexer", "--index", address)
    assert refused.exit_code == 1
    assert "are on no Chroma server" in " ".join(refused.output.split())
