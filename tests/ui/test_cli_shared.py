"""The command with an address in place of a folder: each subcommand does what it does with a folder, and shows no
password."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from qa.types import Answer
from tests.conftest import Store
from tests.servers import ESCAPED, PASSWORD
from tests.ui.test_cli import ROOT, run, tidy, write_texts
from ui.history import Exchange, Feedback, History
from vectorstore import ArticleIndex

__all__ = ["tidy"]  # a fixture

pytestmark = pytest.mark.parametrize("store", ["postgresql 18"], indirect=True)


@pytest.fixture(autouse=True)
def own_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is kept on this machine beside a shared library goes with the test."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


@pytest.fixture
def address(store: Store, tidy: None) -> Iterator[str]:
    yield store.place()


def shown(*results: object) -> str:
    said = "".join(f"{getattr(one, 'output', one)}" for one in results)
    assert PASSWORD not in said and ESCAPED not in said and "staple" not in said
    return said


def test_every_command_takes_an_address(address: str, tmp_path: Path) -> None:
    folder = write_texts(tmp_path / "articles")
    before = run("ask", "Who?", "--index", address)
    assert before.exit_code == 1
    assert "there is no library at postgresql://postgres@127.0.0.1" in shown(before)
    dry = run("ingest", folder, "--index", address, "--dry-run")
    assert dry.exit_code == 0
    assert run("articles", "--index", address).exit_code == 1  # looking has made none
    results = [run("ingest", folder, "--index", address) for _ in range(2)]
    assert [one.exit_code for one in results] == [0, 0]
    (folder / "tern.txt").unlink()
    results.append(run("ingest", folder, "--index", address))
    listed = run("articles", "--json", "--index", address)
    assert [one["title"] for one in json.loads(listed.stdout)] == ["Marie Curie", "The Mile"]
    [curie, mile] = [one["id"] for one in json.loads(listed.stdout)]
    assert "Warsaw" in run("articles", "show", curie, "--index", address).stdout
    asked = run("ask", "Where was Marie Curie born?", "--threshold", "0", "--json", "--index", address)
    answer = json.loads(asked.stdout)
    assert "Warsaw" in answer["answer"]
    assert answer["citations"][0]["article_id"] == curie
    (tmp_path / "set.jsonl").write_text(
        '{"question": "Where was Marie Curie born?", "answers": ["Warsaw"], "article": "Marie Curie"}\n'
    )
    figures = tmp_path / "figures.json"
    scored = run("eval", tmp_path / "set.jsonl", "--index", address, "--json", figures, "--threshold", "0")
    assert scored.exit_code == 0
    assert json.loads(figures.read_text())["answer_recall_at"]["1"] == 1
    checked = run("index", "check", "--index", address)
    rebuilt = run("index", "rebuild", "--index", address, "--verbose")
    assert (checked.exit_code, rebuilt.exit_code) == (0, 0)
    assert "sound: 2 articles" in checked.output
    removed = run("articles", "remove", mile, "--index", address)
    assert removed.exit_code == 0
    shown(dry, *results, listed, asked, scored, checked, rebuilt, removed, figures.read_text())


def test_the_address_may_stand_in_the_environment(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARTICLE_QA_INDEX", address)
    added = run("ingest", write_texts(tmp_path / "articles"))
    assert added.exit_code == 0
    wrong = run("ask", "Who?", "--index", address.replace(ESCAPED, "wrong%2Fstaple"))
    assert wrong.exit_code == 1
    assert "password authentication failed" in " ".join(shown(added, wrong).split())


def test_a_folder_is_followed_into_a_database(address: str, tmp_path: Path) -> None:
    folder = write_texts(tmp_path / "articles")
    command = [sys.executable, "-m", "ui.cli", "ingest", str(folder), "--watch"]
    environment = {**os.environ, "ARTICLE_QA_INDEX": address}
    watching = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        (index,) = _opened_within(address, articles=3)
        (folder / "radium.txt").write_text("Radium\n\nRadium glows in the dark.\n", encoding="utf-8")
        deadline = time.monotonic() + 120
        while index.counts()[0] < 4 and time.monotonic() < deadline:
            time.sleep(0.2)
        assert index.search_lexical("glows", 1)
        index.close()
    finally:
        watching.send_signal(signal.SIGINT)
        said, _ = watching.communicate(timeout=60)
    shown(said.decode())


def _opened_within(address: str, articles: int) -> tuple[ArticleIndex]:
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline:
        index = ArticleIndex.open(address)
        if index.counts()[0] == articles:
            return (index,)
        index.close()
        time.sleep(0.3)
    raise AssertionError("nothing was stored")


def test_ray_is_for_libraries_in_a_database_and_has_to_be_installed(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_texts(tmp_path / "articles")
    alone = run("ingest", folder, "--index", tmp_path / "index", "--ray", "local")
    assert alone.exit_code == 2
    assert "is a folder, which takes one" in " ".join(shown(alone).replace("│", " ").split())
    assert not (tmp_path / "index").exists()
    looking = run("ingest", folder, "--index", address, "--ray", "local", "--dry-run")
    assert looking.exit_code == 2
    monkeypatch.setitem(sys.modules, "ray", None)
    monkeypatch.delitem(sys.modules, "ingest.on_ray", raising=False)
    missing = run("ingest", folder, "--index", address, "--ray", "local")
    assert missing.exit_code == 1
    assert "pip install 'article-qa[ray,shared]'" in " ".join(shown(looking, missing).split())


def test_what_was_marked_on_a_page_is_printed_anywhere(address: str, tmp_path: Path) -> None:
    ArticleIndex.open(address).close()
    nothing = run("feedback", "--index", address)
    assert nothing.exit_code == 0 and "nothing was marked" in shown(nothing)
    history = History.open(address)
    mine = history.append("user:ann", None, Exchange("When?", Answer("When?", "Oct. 21", query="When?")))
    history.judge("user:ann", mine, 0, Feedback(right=True))
    history.close()
    marked = run("feedback", "--index", address)
    assert marked.exit_code == 0
    shown(marked)
    [row] = [json.loads(line) for line in marked.stdout.splitlines()]
    assert (row["question"], row["answers"]) == ("When?", ["Oct. 21"])
    assert not any(path.is_file() for path in (tmp_path / "data").rglob("*"))  # nothing of it is on this machine
