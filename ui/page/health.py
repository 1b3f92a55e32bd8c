"""Whether the page can answer: what ``/healthz`` says to a proxy, and to who watches over it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from ui.history import History
from vectorstore import ArticleIndex, StoreError

logger = logging.getLogger(__name__)

PATH = "/healthz"
FRESH_SECONDS = 1.0
"""For which a look is good, so that nobody keeps the database busy by asking."""
VECTORS_SECONDS = 30.0
"""The same for the search by vectors, which may have to read many."""
SLOW_SECONDS = 5.0
"""After which a part that has said nothing does not answer."""
SILENT = "it does not answer"


class Health:
    """Looks after the parts of a page: ``record``, ``vectors`` and ``history``. Safe to share between threads."""

    def __init__(self, index: ArticleIndex, history: History, tells_all: bool = True) -> None:
        """``tells_all``: whether what is wrong is told to who asks, or only which part it is, and the rest to the log:
        where people log in, their database is nobody else's business."""
        self._index = index
        self._tells_all = tells_all
        self._parts = {
            "record": _Part("record", self._look_at_record, FRESH_SECONDS),
            "vectors": _Part("vectors", self._look_at_vectors, VECTORS_SECONDS),
            "history": _Part("history", lambda: _look_at_history(history), FRESH_SECONDS),
        }

    def wrong(self) -> dict[str, str]:
        """What is wrong with which part, in words; empty where all answer. Waits ``SLOW_SECONDS`` at most."""
        until = time.monotonic() + SLOW_SECONDS
        for part in self._parts.values():
            part.look()
        said = {name: part.said(until) for name, part in self._parts.items()}
        return {name: one for name, one in said.items() if one}

    def route(self) -> Route:
        """Answers ``PATH`` with 200, or with 503 and what is wrong."""
        return Route(PATH, endpoint=self._answer)

    async def _answer(self, _: Request) -> JSONResponse:
        wrong = await anyio.to_thread.run_sync(self.wrong)
        if not self._tells_all:
            wrong = dict.fromkeys(wrong, f"{SILENT}; the log says why")
        told = {"status": "failing", **wrong} if wrong else {"status": "ok"}
        return JSONResponse(told, status_code=503 if wrong else 200, headers={"cache-control": "no-store"})

    def _look_at_record(self) -> str:
        _ = self._index.generation
        return ""

    def _look_at_vectors(self) -> str:
        dimension = self._index.embedder.dimension
        self._index.search_vector([1.0, *[0.0] * (dimension - 1)], 1, words="the")
        return self._index.limits or ""


def _look_at_history(history: History) -> str:
    history.marks("")
    return ""


class _Part:
    """One part, looked at by one thread at a time, which nobody waits for longer than they like."""

    def __init__(self, name: str, look: Callable[[], str], fresh: float) -> None:
        self._name = name
        self._look = look
        self._fresh = fresh
        self._changed = threading.Condition()
        self._looking = False
        self._looked = 0.0
        self._said = ""

    def look(self) -> None:
        """Begins to look, unless that was done just now or is being done."""
        with self._changed:
            if self._looking or (self._looked and time.monotonic() - self._looked < self._fresh and not self._said):
                return
            self._looking = True
        threading.Thread(target=self._find, name=f"health of {self._name}", daemon=True).start()

    def said(self, until: float) -> str:
        """What was found; empty where nothing is wrong."""
        with self._changed:
            there = self._changed.wait_for(lambda: not self._looking, max(0.0, until - time.monotonic()))
            return self._said if there else SILENT

    def _find(self) -> None:
        try:
            said = self._look()
        except StoreError as error:
            said = str(error)
        except Exception as error:
            logger.exception("looking at the %s failed", self._name)
            said = f"{SILENT} ({type(error).__name__}); the log says more"
        with self._changed:
            if said and said != self._said:
                logger.warning("%s: %s", self._name, said)
            self._said, self._looked, self._looking = said, time.monotonic(), False
            self._changed.notify_all()
