"""Conversations and feedback at the page: kept, found again, corrected, exported, and each person's own."""

from __future__ import annotations

import base64
import json
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from gradio_client import Client
from mcp import Client as McpClient
from mcp.client.streamable_http import streamable_http_client
from playwright.sync_api import expect

from qa.evaluation import load_test_set
from tests.browser.conftest import PATIENCE_SECONDS, OpenPage, Talk, serve
from tests.browser.test_asking import SURE, UNSAID
from tests.loops import complete
from tests.qa.fake_llm_server import FakeLLMServer, drip
from tests.servers import free_port

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def downloaded(talk: Talk, button: str) -> tuple[str, str]:
    """The name and the text of what a button saves."""
    with talk.page.expect_download() as download:
        talk.page.get_by_role("button", name=button).click()
    return download.value.suggested_filename, Path(download.value.path()).read_text(encoding="utf-8")


def test_feedback_is_kept_and_becomes_a_test_set(samples_server: str, open_page: OpenPage, tmp_path: Path) -> None:
    talk = open_page(samples_server)
    talk.ask(SURE)
    talk.last.get_by_role("button", name="This is right").click()
    talk.last.locator(".thumb.right[aria-pressed=true]").wait_for()
    talk.ask(UNSAID)
    talk.last.get_by_role("button", name="This is wrong").click()
    field = talk.page.get_by_label("The right answer is…")
    field.wait_for()
    talk.page.wait_for_function("document.activeElement.name === 'text'")  # ready to be typed into
    talk.page.keyboard.type("England <b>")
    talk.page.keyboard.press("Enter")
    talk.page.locator(".noted").wait_for()
    talk.page.wait_for_function("document.activeElement.className === 'noted'")
    talk.page.keyboard.press("Enter")  # once more, as a hurried person does: nothing is taken back
    talk.page.wait_for_timeout(1000)
    assert talk.page.locator(".noted b").inner_text() == "England <b>"
    talk.page.reload()
    talk.page.locator(".noted").wait_for()
    assert talk.page.locator(".thumb[aria-pressed=true]").count() == 2
    talk.open_history()
    assert "You marked 2 answers" in talk.page.locator(".kept").inner_text()
    name, text = downloaded(talk, "Download as a test set")
    (tmp_path / name).write_text(text, encoding="utf-8")
    right, corrected = load_test_set(tmp_path / name)
    assert (right.question, right.answers) == (SURE, ("100 grams",))
    assert (corrected.answers, corrected.history) == (("England <b>",), ((SURE, "100 grams"),))


def test_conversations_are_listed_renamed_exported_opened_and_deleted(samples_server: str, open_page: OpenPage) -> None:
    talk = open_page(samples_server)
    talk.open_history()
    assert "No conversations yet" in talk.page.locator("#past").inner_text()
    talk.ask(SURE)
    talk.page.get_by_role("link", name="New conversation").click()
    talk.page.locator(".welcome h2").wait_for()
    talk.ask("Who founded Nintendo?")
    talk.open_history()
    rows = talk.page.locator(".conversations > li")
    assert [row.split("\n")[0] for row in rows.all_inner_texts()] == ["Who founded Nintendo?", SURE]
    assert rows.first.locator("[aria-current]").count() == 1

    rows.last.get_by_text("Manage").click()
    name, text = downloaded(talk, "Export as Markdown")
    assert name.endswith(".md") and "**100 grams**" in text and "> An Arctic tern weighs" in text
    name, text = downloaded(talk, "Export as JSON")
    assert name.endswith(".json") and json.loads(text)["questions"][0]["answer"]["answer"] == "100 grams"
    rows.last.locator("input[name=text]").fill("Terns <i>")
    talk.page.keyboard.press("Enter")
    talk.page.locator(".conversations .title", has_text="Terns <i>").wait_for()

    rows.last.locator(".source").click()
    talk.page.locator(".asked", has_text=SURE).wait_for()
    expect(talk.page.locator(".exchange")).to_have_count(1)
    talk.ask("How long do they live?")
    expect(talk.page.locator(".exchange")).to_have_count(2)  # it goes on where it was left

    talk.open_history()
    expect(rows.first.locator(".title")).to_have_text("Terns <i>")  # the latest comes first
    rows.first.get_by_text("Manage").click()
    rows.first.get_by_text("Delete", exact=True).click()
    rows.first.get_by_role("button", name="Yes, delete").click()
    talk.page.locator(".welcome h2").wait_for()
    expect(rows).to_have_count(1)


@pytest.mark.parametrize("width", [1280, 390])
def test_titles_of_conversations_are_shown_whole(samples_server: str, open_page: OpenPage, width: int) -> None:
    talk = open_page(samples_server, width=width)
    talk.ask("??? a title of several words which a narrow window breaks into two lines")
    talk.open_history()
    cut = talk.page.evaluate(
        """() => [...document.querySelectorAll('.conversations > li')].filter((row) => {
             const words = document.createRange();
             words.selectNodeContents(row.querySelector('.source'));
             const [inner, outer] = [words, row].map((one) => one.getBoundingClientRect());
             return inner.left < outer.left || inner.right > outer.right;
           }).length"""
    )
    assert cut == 0


def test_many_conversations_are_found_by_their_title(samples_server: str, open_page: OpenPage) -> None:
    talk = open_page(samples_server)
    for question in [SURE, *(f"??? {'!' * number}" for number in range(8))]:  # what is no question is told at once
        talk.ask(question)
        talk.page.get_by_role("link", name="New conversation").click()
        talk.page.locator(".welcome h2").wait_for()
    talk.open_history()
    rows, sought = talk.page.locator(".conversations > li"), talk.page.get_by_label("Find a conversation")
    expect(rows).to_have_count(9)
    sought.fill("tern WEIGH")
    talk.page.wait_for_function("document.querySelectorAll('.conversations > li').length === 1")
    assert rows.first.locator(".title").inner_text() == SURE
    rows.first.get_by_text("Manage").click()
    rows.first.locator("input[name=text]").fill("Terns weigh little")
    talk.page.keyboard.press("Enter")
    talk.page.locator(".conversations .title", has_text="Terns weigh little").wait_for()
    expect(rows).to_have_count(1)  # still narrowed
    sought.fill("penguin <i>")
    talk.page.get_by_text("No conversation is called “penguin <i>”.").wait_for()
    sought.fill("")
    talk.page.wait_for_function("document.querySelectorAll('.conversations > li').length === 9")


def test_stop_ends_a_slow_answer_and_all_of_it_outlasts_a_restart(sample_folder: Path, open_page: OpenPage) -> None:
    slow = drip(["The tern ", "weighs ", *["more "] * 400], seconds=0.2)
    port = free_port()
    with FakeLLMServer(slow) as llm, contextmanager(serve)(
        sample_folder, "--llm", "openai:slow", "--llm-base-url", llm.url, port=port
    ) as address:  # fmt: skip
        talk = open_page(address)
        talk.page.get_by_label("Your question").fill(SURE)
        talk.page.keyboard.press("Enter")
        talk.page.locator(".working", has_text="The tern weighs").wait_for()  # streaming
        talk.page.get_by_label("Your question").fill("typed meanwhile")
        talk.page.get_by_role("button", name="Stop").click()
        talk.last.locator(".stopped").wait_for()
        assert talk.page.get_by_label("Your question").input_value() == "typed meanwhile"
        talk.page.get_by_role("button", name="Ask", exact=True).wait_for()
        assert talk.page.locator(".answer, .abstained, .failed").count() == 0
        here = talk.page.url
        talk.leave()
    with contextmanager(serve)(sample_folder, port=port):
        talk.page.goto(here)
        talk.last.locator(".stopped").wait_for()
        talk.page.get_by_role("button", name="Ask again", exact=True).click()
        talk.page.locator(".answered").wait_for()
        assert "100 grams" in talk.last.locator(".answer").inner_text()
        talk.leave()


def test_people_who_log_in_have_their_own_history_on_any_device(
    sample_folder: Path, open_page: OpenPage, tmp_path: Path
) -> None:
    logins = ["--auth", "ann:tulip", "--auth", "bob:rose", "--max-upload", "1"]
    with contextmanager(serve)(sample_folder, *logins) as address:
        phone = open_page(address, login=("ann", "tulip"))
        phone.ask(SURE)
        laptop = open_page(address, login=("ann", "tulip"))
        # Gradio's own errors of an upload that it refused.
        other = open_page(address, login=("bob", "rose"), expected=("status of 404", "Response"))
        laptop.open_history()
        assert SURE in laptop.page.locator("#past").inner_text()
        other.open_history()
        assert "No conversations yet" in other.page.locator("#past").inner_text()

        large = tmp_path / "large.txt"
        large.write_text("word " * 300_000)
        other.open_library()
        other.page.locator("#files input[type=file]").set_input_files(str(large))
        other.page.get_by_text("exceed the maximum allowed size of 1.0 Mb").first.wait_for()
        assert other.page.locator(".articles:not(.conversations) li").count() == 12

        assert (
            "100 grams"
            in Client(address, auth=("ann", "tulip"), verbose=False).predict(SURE, api_name="/ask")["answer"]
        )
        with pytest.raises(Exception, match=r"(?i)auth|login|credentials|401"):
            Client(address, verbose=False).predict(SURE, api_name="/ask")
        assert complete(asked_over_mcp(f"{address}/mcp", "ann", "tulip"))["answer"] == "100 grams"
        for talk in (phone, laptop, other):
            talk.leave()


async def asked_over_mcp(address: str, name: str, password: str) -> Any:
    login = base64.b64encode(f"{name}:{password}".encode()).decode()
    async with (
        # Its own five seconds are too few for a first question on a busy machine; MCP's clients wait for minutes.
        httpx2.AsyncClient(headers={"Authorization": f"Basic {login}"}, timeout=PATIENCE_SECONDS) as http,
        McpClient(streamable_http_client(address, http_client=http)) as client,
    ):
        result = await client.call_tool("ask", {"question": SURE})
        return result.structured_content or json.loads(result.content[0].text)  # type: ignore[union-attr]
