"""A real server with a library of its own, and Chromium pages that fail a test on anything untoward."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Dialog, Error, Page, Request, expect, sync_playwright

from tests.servers import free_port

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 120
"""For a server to start and for a page to do something: it takes one or two, but tests run on busy machines too."""
NOTICE_SECONDS = 30
"""After which a page that shows nothing has not noticed."""


expect.set_options(timeout=1000 * PATIENCE_SECONDS)


def command(folder: Path, port: int | str, *arguments: str) -> list[str]:
    """Serves the library in ``folder`` as a person would."""
    return [sys.executable, str(ROOT / "app.py"), "--index", str(folder), "--port", str(port), *arguments]


def serve(folder: Path, *arguments: str, port: int | None = None) -> Iterator[str]:
    """The address of a server over the library in ``folder``, in a process of its own."""
    port = port or free_port()
    log = folder.parent / f"{folder.name}.log"
    environment = {**os.environ, "ARTICLE_QA_THREADS": "2"}
    with log.open("ab") as output:
        server = subprocess.Popen(
            command(folder, port, *arguments), cwd=ROOT, env=environment, stdout=output, stderr=output
        )
    try:
        until = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5).close()
                break
            except urllib.error.HTTPError:
                break  # it asks for a login
            except OSError:
                if server.poll() is not None or time.monotonic() > until:
                    pytest.fail(f"the server did not start:\n{log.read_text()}")
                time.sleep(0.2)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(PATIENCE_SECONDS)
        assert "Traceback" not in log.read_text(), log.read_text()


@pytest.fixture(scope="session")
def samples_server(closed_library: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server over the sample articles. Shared: to be asked, not changed."""
    folder = tmp_path_factory.mktemp("served") / "index"
    shutil.copytree(closed_library, folder)
    yield from serve(folder)


@pytest.fixture
def sample_folder(closed_library: Path, tmp_path: Path) -> Path:
    """A library of the sample articles for one test to serve as it likes."""
    folder = tmp_path / "index"
    shutil.copytree(closed_library, folder)
    return folder


@pytest.fixture(scope="module")
def empty_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server over an empty library, for a module that fills it."""
    yield from serve(tmp_path_factory.mktemp("filled") / "index")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The system's Chromium or Chrome, or else Playwright's own."""
    found = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found)
        yield browser
        browser.close()


CUT_OFF = ("net::ERR_", "abort", "Abort", "Connection errored out", "Failed to fetch", "Unexpected error 404")
"""What Gradio reports when the server is gone, or a page is left or loaded anew while it listens: no fault of a page,
wherever a busy machine lets it happen. What the server refuses or lacks reads otherwise: only the stream of a session
that has ended just then is "Unexpected error 404"."""


@dataclass
class Watched:
    """What must not happen on any page."""

    address: str
    expected: tuple[str, ...] = ()
    """What errors may say that belong to the test."""
    problems: list[str] = field(default_factory=list)

    def follow(self, page: Page) -> None:
        page.on("request", self._request)
        page.on("console", self._console)
        page.on("pageerror", self._error)
        page.on("dialog", self._dialog)

    def _request(self, request: Request) -> None:
        if not request.url.startswith((self.address, "data:", "blob:")):
            self.problems.append(f"request to {request.url}")

    def _error(self, error: Error) -> None:
        if not any(told in str(error) for told in (*CUT_OFF, *self.expected)):
            self.problems.append(f"error: {error}")

    def _dialog(self, dialog: Dialog) -> None:
        self.problems.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not any(told in message.text for told in (*CUT_OFF, *self.expected)):
            self.problems.append(f"{message.type}: {message.text}")


OpenPage = Callable[..., "Talk"]


@pytest.fixture
def open_page(browser: Browser) -> Iterator[OpenPage]:
    """Opens pages, each as another visitor; the test fails if any asks another host or reports an error."""
    contexts = []
    watches = []

    def opened(
        address: str,
        width: int = 1280,
        height: int = 800,
        login: tuple[str, str] | None = None,
        expected: tuple[str, ...] = (),
        **options: Any,
    ) -> Talk:
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        context.set_default_timeout(1000 * PATIENCE_SECONDS)
        contexts.append(context)
        watched = Watched(address, expected)
        watches.append(watched)
        page = context.new_page()
        watched.follow(page)
        page.goto(address)
        if login:
            page.get_by_label("username").fill(login[0])
            page.get_by_label("password").fill(login[1])
            page.keyboard.press("Enter")
        page.wait_for_selector(".welcome h2, .exchange")
        return Talk(page)

    yield opened
    for context in contexts:
        context.close()
    assert [problem for watched in watches for problem in watched.problems] == []


class Talk:
    """A visitor at the page."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def ask(self, question: str) -> None:
        """Types a question and waits until it has been dealt with."""
        number = self.page.locator(".exchange").count()
        self.page.get_by_label("Your question").fill(question)
        self.page.keyboard.press("Enter")
        self.page.locator(".exchange").nth(number).wait_for(timeout=1000 * NOTICE_SECONDS)
        # Not by its words, for it may have been asked before.
        self.page.locator(".exchange:not([aria-busy])").nth(number).locator(".reply").first.wait_for()

    def wait_for(self, question: str) -> None:
        asked = self.page.locator("h2.asked", has_text=question)
        done = self.page.locator(".exchange:not([aria-busy])").filter(has=asked)
        done.locator(".reply").first.wait_for()

    @property
    def last(self) -> Any:
        """The newest exchange."""
        return self.page.locator(".exchange").last

    def leave(self) -> None:
        """Leaves the page, before its server goes: a page that loses its server says so in its console."""
        self.page.goto("about:blank")

    def _open(self, place: str) -> None:
        """By its tab, or, in a narrow window, by the head of the page."""
        tab = self.page.get_by_role("tab", name=place)
        (tab if tab.is_visible() else self.page.get_by_role("button", name=place, exact=True)).click()

    def open_history(self) -> None:
        self._open("History")
        self.page.locator("#past .conversations, #past .placeholder").wait_for()

    def open_library(self) -> None:
        self._open("Library")
        self.page.locator("#files").wait_for()

    def upload(self, *files: Path) -> Any:
        """Drops files and gives the report of what became of them."""
        self.open_library()
        if self.page.locator(".report").count():
            self.page.get_by_role("button", name="Dismiss").click()
            self.page.locator(".report").wait_for(state="detached")
        self.page.locator("#files input[type=file]").set_input_files([str(file) for file in files])
        report = self.page.locator(".report")
        report.wait_for()
        return report
