"""Two replicas of the page behind HAProxy, over a library in PostgreSQL: any may be killed, and nothing is lost.

Everybody logs in: a login holds at the other replica too.
"""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import expect

import samples
from ingest import add_articles
from qa.types import Answer
from tests.browser.conftest import PATIENCE_SECONDS, ROOT, OpenPage, Talk
from tests.browser.test_asking import SURE
from tests.proxy import proxy
from tests.qa.fake_llm_server import FakeLLMServer, drip, fail
from tests.servers import ESCAPED, PASSWORD, Server, free_port, programs
from ui.history import Exchange, Feedback, History
from vectorstore import ArticleIndex

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LOGIN = ("ann", "tulip")
NINTENDO = "Who founded Nintendo?"
CUT = ("status of 50", "network error")
"""What a page's console says of a request that no replica could take, or whose answer broke off."""


class Replica:
    """One process that serves the page."""

    def __init__(self, folder: Path, address: str, llm: str) -> None:
        self.port = free_port()
        self.log = folder / f"{self.port}.log"
        options = ["--port", str(self.port), "--auth", ":".join(LOGIN), "--llm", "openai:slow", "--llm-base-url", llm]
        self._command = [sys.executable, str(ROOT / "app.py"), *options]
        own = {"ARTICLE_QA_INDEX": address, "ARTICLE_QA_THREADS": "1", "XDG_DATA_HOME": str(folder / "data")}
        self._environment = {**os.environ, **own, "OPENAI_API_KEY": "none"}
        self.start()

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(self._command, cwd=ROOT, env=self._environment, stdout=log, stderr=log)

    def wait(self) -> None:
        until = time.monotonic() + PATIENCE_SECONDS
        while True:
            with socket.socket() as probe:
                if not probe.connect_ex(("127.0.0.1", self.port)):
                    return
            if self._process.poll() is not None or time.monotonic() > until:
                pytest.fail(f"the replica did not start:\n{self.log.read_text()}")
            time.sleep(0.2)

    def kill(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(PATIENCE_SECONDS)

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(PATIENCE_SECONDS)


class Site:
    """The database, the replicas and the proxy."""

    def __init__(
        self, address: str, server: Server, llm: FakeLLMServer, replicas: dict[str, Replica], url: str
    ) -> None:
        self.address = address
        self.server = server
        self.llm = llm
        self.replicas = replicas
        self.url = url

    def serving(self, talk: Talk) -> Replica:
        """The replica that a page keeps to."""
        [name] = [one["value"] for one in talk.page.context.cookies() if one.get("name") == "REPLICA"]
        return self.replicas[name]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    programs("postgresql 18")
    folder = tmp_path_factory.mktemp("replicas")
    server = Server("postgresql 18")  # one of its own: it is stopped
    try:
        address = server.address()
        index = ArticleIndex.open(address)
        add_articles([samples.ARTICLES], index)
        index.close()
        with FakeLLMServer(fail(400)) as llm:
            replicas = {f"replica{number}": Replica(folder, address, llm.url) for number in (1, 2)}
            try:
                for one in replicas.values():
                    one.wait()
                with proxy(folder, free_port(), [one.port for one in replicas.values()]) as url:
                    yield Site(address, server, llm, replicas, url)
            finally:
                for one in replicas.values():
                    one.stop()
        said = "".join(one.log.read_text() for one in replicas.values()) + (folder / "haproxy.log").read_text()
        assert "Traceback" not in said, said
        assert PASSWORD not in said and ESCAPED not in said and "tulip" not in said
        kept = [path.name for path in (folder / "data").rglob("*") if path.is_file()]
        assert kept == []  # a replica has nothing of its own
    finally:
        server.remove()


def visit(site: Site, open_page: OpenPage) -> Talk:
    return open_page(site.url, login=LOGIN, expected=CUT)


def healthy(site: Site, *wrong: str) -> dict[str, Any]:
    """What the page says of its health, once all is well, or these parts are not: each is looked at by itself."""
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        answer = httpx.get(f"{site.url}/healthz", timeout=30)
        if answer.status_code == (503 if wrong else 200) and answer.headers["content-type"] == "application/json":
            told = dict(answer.json())
            if told.keys() >= {*wrong}:
                return told
        assert time.monotonic() < until, answer.text
        time.sleep(0.3)


def test_a_conversation_goes_on_when_its_replica_is_killed(site: Site, open_page: OpenPage) -> None:
    assert healthy(site) == {"status": "ok"}
    talk = visit(site, open_page)
    talk.ask(SURE)
    assert "100 grams" in talk.last.locator(".answer").inner_text()
    talk.last.get_by_role("button", name="This is right").click()
    talk.last.locator(".thumb.right[aria-pressed=true]").wait_for()
    replica = site.serving(talk)
    replica.kill()
    talk.ask("How long do they live?")
    expect(talk.page.locator(".exchange")).to_have_count(2)
    assert "tern" in talk.last.inner_text()  # it knows what was said before
    assert site.serving(talk) is not replica
    talk.page.reload()
    expect(talk.page.locator(".exchange")).to_have_count(2)
    assert talk.page.locator(".thumb.right[aria-pressed=true]").count() == 1
    talk.open_history()
    assert SURE in talk.page.locator("#past").inner_text()
    replica.start()
    replica.wait()
    talk.leave()


def test_a_question_whose_replica_is_killed_in_mid_answer_is_answered_by_another(
    site: Site, open_page: OpenPage
) -> None:
    talk = visit(site, open_page)
    site.llm.script = [drip(["The tern ", "weighs ", *["more "] * 2000], seconds=0.2), fail(400)]
    talk.page.get_by_label("Your question").fill(SURE)
    talk.page.keyboard.press("Enter")
    talk.page.locator(".working", has_text="The tern weighs").wait_for()
    replica = site.serving(talk)
    replica.kill()
    talk.wait_for(SURE)
    assert "100 grams" in talk.last.locator(".answer").inner_text()
    assert talk.page.locator(".exchange").count() == 1
    talk.page.reload()
    talk.wait_for(SURE)
    assert talk.page.locator(".exchange").count() == 1
    replica.start()
    replica.wait()
    talk.leave()


def test_a_database_that_is_lost_in_mid_answer_is_said_and_nothing_that_was_kept_is_lost(
    site: Site, open_page: OpenPage
) -> None:
    talk = visit(site, open_page)
    talk.ask(NINTENDO)
    talk.page.get_by_role("link", name="New conversation").click()
    talk.page.locator(".welcome h2").wait_for()
    lost = threading.Event()

    def words() -> Iterator[str]:
        yield from ("The tern ", "weighs ")
        while not lost.is_set():
            yield "more "

    site.llm.script = [drip(words(), seconds=0.2), fail(400)]
    talk.page.get_by_label("Your question").fill(SURE)
    talk.page.keyboard.press("Enter")
    talk.page.locator(".working", has_text="The tern weighs").wait_for()
    site.server.stop(signal.SIGQUIT)
    lost.set()
    told = healthy(site, "record", "history")
    assert told["status"] == "failing"
    assert "127.0.0.1" not in str(told)  # who has not logged in is told the part, and no more
    talk.page.get_by_text(re.compile("could not be|cannot be opened")).first.wait_for()
    assert "staple" not in talk.page.content()
    site.server.start()
    assert healthy(site) == {"status": "ok"}
    talk.page.reload()
    # Who keeps an answer waits ten seconds for the database: here that may have been enough, or not.
    kept = talk.page.locator(".exchange:not([aria-busy]) .reply")
    kept.or_(talk.page.get_by_text("This conversation is not here")).first.wait_for()
    talk.open_history()
    rows = talk.page.locator(".conversations > li")
    expect(rows.filter(has_text=SURE)).not_to_have_count(0)
    rows.filter(has_text=NINTENDO).locator(".source").click()
    talk.page.locator(".asked", has_text=NINTENDO).wait_for()
    expect(talk.page.locator(".exchange")).to_have_count(1)
    talk.ask("When did he do so?")
    expect(talk.page.locator(".exchange")).to_have_count(2)
    talk.leave()


def test_programs_and_marks_go_through_the_proxy_too(site: Site) -> None:
    from gradio_client import Client

    client = Client(site.url, auth=LOGIN, verbose=False)
    assert "100 grams" in client.predict(SURE, api_name="/ask")["answer"]
    with closing(History.open(site.address)) as history:
        mine = history.append("user:bob", None, Exchange(SURE, Answer(SURE, "100 grams", query=SURE)))
        history.judge("user:bob", mine, 0, Feedback(right=True))
    command = [sys.executable, "-m", "ui.cli", "feedback", "--index", site.address]
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE_SECONDS)
    assert printed.returncode == 0 and SURE in printed.stdout
    assert PASSWORD not in printed.stdout + printed.stderr and ESCAPED not in printed.stdout + printed.stderr


def test_wrong_passwords_are_counted_for_all_replicas(site: Site) -> None:
    answers = [
        httpx.post(f"{site.url}/login", data={"username": "eve", "password": f"{number}"}, timeout=30)
        for number in range(25)
    ]
    assert {one.status_code for one in answers} == {400, 429}
    assert any(one.status_code == 429 and "article-qa" not in one.text for one in answers)  # the proxy's own
