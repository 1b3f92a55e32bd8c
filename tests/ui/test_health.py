"""``/healthz`` says whether the page can answer, and which part of it cannot."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any, cast

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from qa import Chatbot
from ui.access import Access
from ui.history import History
from ui.page import health
from ui.page.guard import Guard
from ui.page.health import Health
from ui.page.library import Library as PageLibrary
from ui.page.server import _warm_up
from vectorstore import ArticleIndex, StoreError


class Library:
    """Something like a library, of which one part may be broken."""

    def __init__(self, broken: str = "", stuck: threading.Event | None = None) -> None:
        self.broken = broken
        self.embedder = self
        self.dimension = 3
        self.limits: str | None = None
        self.asked = 0
        self._stuck = stuck

    @property
    def generation(self) -> int:
        self.asked += 1
        if self._stuck is not None:
            self._stuck.wait(60)
        if self.broken == "record":
            raise StoreError("postgresql://ann@db.example/articles could not be read")
        return 1

    def search_vector(self, vector: list[float], top_k: int, words: str | None = None) -> list[Any]:
        assert len(vector) == self.dimension
        if self.broken == "vectors":
            raise StoreError("the vectors could not be read")
        return []


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """No part is said to be silent because a machine is slow."""
    monkeypatch.setattr(health, "SLOW_SECONDS", 600.0)


@pytest.fixture
def history(tmp_path: Path) -> Any:
    opened = History.open(tmp_path)
    yield opened
    opened.close()


def visit(index: Any, history: History, **options: bool) -> TestClient:
    app = Starlette(routes=[Health(cast(ArticleIndex, index), history, **options).route()])
    return TestClient(Guard(app, Access(), [("ann", "tulip")]), base_url="http://localhost:7860")


def test_all_is_well(library: ArticleIndex, history: History) -> None:
    answer = visit(library, history).get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("part", ["record", "vectors"])
def test_the_part_that_fails_is_named(history: History, part: str) -> None:
    answer = visit(Library(part), history).get("/healthz")
    assert answer.status_code == 503
    told = answer.json()
    assert told.keys() == {"status", part} and told["status"] == "failing"
    assert "could not be read" in told[part]


def test_a_history_that_fails_is_named(tmp_path: Path) -> None:
    history = History.open(tmp_path)
    history.close()
    told = visit(Library(), history).get("/healthz")
    assert told.status_code == 503
    assert told.json().keys() == {"status", "history"}


def test_a_search_that_could_not_do_all_is_named(history: History) -> None:
    library = Library()
    library.limits = "The vector index cannot be asked just now."
    assert visit(library, history).get("/healthz").json()["vectors"] == library.limits


def test_strangers_are_told_the_part_and_the_log_the_rest(history: History, caplog: pytest.LogCaptureFixture) -> None:
    answer = visit(Library("record"), history, tells_all=False).get("/healthz")
    assert answer.status_code == 503 and "db.example" not in answer.text and answer.json()["record"]
    assert "db.example" in caplog.text


def test_who_asks_again_and_again_keeps_nothing_busy(history: History, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "FRESH_SECONDS", 600.0)
    library = Library()
    client = visit(library, history)
    assert {client.get("/healthz").status_code for _ in range(20)} == {200}
    assert library.asked == 1


def test_a_database_that_is_away_while_the_models_are_loaded_is_said_in_words(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Away:
        def repair(self) -> None:
            raise StoreError("the database cannot be opened")

    _warm_up(cast(Chatbot, None), cast(PageLibrary, Away()))
    [said] = caplog.records
    assert said.exc_info is None and "the database cannot be opened" in said.getMessage()


def test_a_part_that_does_not_answer_keeps_nobody_waiting(history: History, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "SLOW_SECONDS", 0.5)
    stuck = threading.Event()
    library = Library(stuck=stuck)
    client = visit(library, history)
    assert [client.get("/healthz").json().get("record") for _ in range(3)] == ["it does not answer"] * 3
    assert library.asked == 1
    stuck.set()
