"""What a browser lets the pages of other sites do with a served page, and what the page itself may load and run."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import ClassVar

import pytest
from playwright.sync_api import Browser, Page, Response, expect

from tests.browser.conftest import PATIENCE_SECONDS, serve

pytestmark = pytest.mark.slow

TRY_ALL = """async address => {
    const told = {};
    const attempt = async (name, what) => {
        try { told[name] = await what() } catch (error) { told[name] = "nothing" }
    };
    for (const path of ["/", "/config", "/gradio_api/info", "/mcp"]) {
        await attempt(path, async () => (await fetch(address + path, {credentials: "include"})).text());
    }
    const call = JSON.stringify({data: ["When did Kanye propose?", [], null], fn_index: 0, session_hash: "stolen"});
    await attempt("join", async () => (await fetch(address + "/gradio_api/queue/join", {
        method: "POST", body: call, credentials: "include", headers: {"content-type": "application/json"},
    })).text());
    await attempt("blind", async () => (await fetch(address + "/gradio_api/queue/join", {
        method: "POST", body: call, credentials: "include", mode: "no-cors",
    })).type);
    await attempt("script", () => new Promise((resolve, reject) => {
        const script = document.createElement("script");
        script.onload = () => resolve("loaded");
        script.onerror = reject;
        script.src = address + "/config";
        document.head.append(script);
    }));
    await attempt("frame", () => new Promise(resolve => {
        const frame = document.createElement("iframe");
        frame.onload = () => resolve("nothing");
        frame.src = address + "/";
        document.body.append(frame);
    }));
    return told;
}"""


class Hostile(BaseHTTPRequestHandler):
    """A site that somebody with the library open in their browser comes across."""

    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>Kittens</title><body>Kittens")

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture(scope="module")
def hostile() -> Iterator[int]:
    """The port of the site. Under another name than the library's it is another site, not only another origin."""
    with HTTPServer(("127.0.0.1", 0), Hostile) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context()
    context.set_default_timeout(1000 * PATIENCE_SECONDS)
    yield context.new_page()
    context.close()


@contextmanager
def watched(page: Page, address: str) -> Iterator[list[Response]]:
    """What the server at ``address`` answers meanwhile."""
    answers: list[Response] = []

    def note(response: Response) -> None:
        if response.url.startswith(address):
            answers.append(response)

    page.on("response", note)
    yield answers
    page.remove_listener("response", note)


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_another_site_reads_nothing_and_starts_nothing(
    samples_server: str, hostile: int, page: Page, name: str
) -> None:
    page.goto(samples_server)  # the browser has the visitor's cookie from here on
    page.goto(f"http://{name}:{hostile}/")
    with watched(page, samples_server) as answers:
        told = page.evaluate(TRY_ALL, samples_server)
        page.wait_for_timeout(500)
    assert told.pop("blind") in ("opaque", "nothing")  # it may send, and learns nothing of what comes back
    assert set(told.values()) == {"nothing"}
    assert answers and {answer.status for answer in answers} == {403}


def test_another_site_gets_nothing_of_who_is_logged_in(sample_folder: Path, hostile: int, page: Page) -> None:
    for address in serve(sample_folder, "--auth", "ann:tulip"):
        page.goto(address)
        page.get_by_label("username").fill("ann")
        page.get_by_label("password").fill("tulip")
        page.keyboard.press("Enter")
        page.locator(".welcome h2").wait_for()
        cookies = {one["name"]: one for one in page.context.cookies()}
        assert len(cookies) >= 2
        assert {one.get("sameSite") for one in cookies.values()} == {"Lax"}
        assert all(one.get("httpOnly") for one in cookies.values())
        page.goto(f"http://localhost:{hostile}/")
        told = page.evaluate(TRY_ALL, address)
        assert set(told.values()) <= {"nothing", "opaque"}
        # A link or a picture of theirs logs nobody out, and the button does.
        page.evaluate(
            "address => { document.body.append(Object.assign(new Image(), {src: address + '/logout'})) }", address
        )
        page.goto(address)
        page.locator(".welcome h2").wait_for()
        page.goto(f"{address}/logout")
        page.get_by_role("button", name="Log out").click()
        page.get_by_label("username").wait_for()
        page.goto("about:blank")


def test_a_site_whose_name_was_made_to_lead_here_gets_nothing(samples_server: str, browser: Browser) -> None:
    port = samples_server.rpartition(":")[2]
    found = shutil.which("chromium") or shutil.which("google-chrome")
    rebound = browser.browser_type.launch(
        executable_path=found, args=["--host-resolver-rules=MAP evil.example 127.0.0.1"]
    )
    answer = rebound.new_page().goto(f"http://evil.example:{port}/", timeout=1000 * PATIENCE_SECONDS)
    assert answer is not None and answer.status == 421
    assert "not known as" in answer.text()
    rebound.close()


def test_the_page_runs_loads_and_asks_nothing_but_its_own(samples_server: str, hostile: int, page: Page) -> None:
    page.goto(samples_server)
    page.locator(".welcome h2").wait_for()
    Hostile.asked.clear()
    told = page.evaluate(
        """async elsewhere => {
            const refused = [];
            document.addEventListener("securitypolicyviolation", event => refused.push(event.effectiveDirective));
            const part = document.createElement("div");
            part.innerHTML = `<img src="/x" onerror="window.ran = 1"><img src="${elsewhere}/picture">`;
            const script = document.createElement("script");
            script.textContent = "window.ran = 2";
            document.body.append(part, script);
            const asked = await fetch(elsewhere).then(() => "asked", () => "refused");
            await new Promise(resolve => setTimeout(resolve, 1000));
            part.remove();
            return [window.ran ?? "nothing ran", asked, refused.sort()];
        }""",
        f"http://127.0.0.1:{hostile}",
    )
    assert Hostile.asked == []
    assert told[:2] == ["nothing ran", "refused"]
    assert {"connect-src", "img-src", "script-src-attr", "script-src-elem"} <= set(told[2])


def test_wrong_passwords_are_told_and_slowed(sample_folder: Path, page: Page) -> None:
    for address in serve(sample_folder, "--auth", "ann:tulip"):
        page.goto(address)
        for _ in range(6):
            with page.expect_response(f"{address}/login") as answered:
                page.get_by_label("username").fill("ann")
                page.get_by_label("password").fill("rose")
                page.keyboard.press("Enter")
        assert answered.value.status == 429
        expect(page.get_by_text("the next has to wait")).to_be_visible()
        page.goto("about:blank")
