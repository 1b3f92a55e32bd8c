"""Nothing that was typed is lost, and all that is shown has an address: over slow networks, lost ones and reloads."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.test_asking import SURE, UNSAID

pytestmark = [pytest.mark.browser, pytest.mark.slow]

NINTENDO = "Who founded Nintendo?"


class Network:
    """The network of one page, which can be made slow, or be away."""

    def __init__(self, page: Page) -> None:
        self._session = page.context.new_cdp_session(page)
        self._session.send("Network.enable")

    def be(self, latency: float = 0, offline: bool = False) -> None:
        """From now on as slow as so many milliseconds of latency make it, or away."""
        unlimited = {"downloadThroughput": -1, "uploadThroughput": -1}
        told = {"offline": offline, "latency": latency, **unlimited}
        self._session.send("Network.emulateNetworkConditions", told)


def test_slow_network_shows_the_question_at_once_and_takes_nothing_that_is_typed(
    samples_server: str, open_page: OpenPage
) -> None:
    talk = open_page(samples_server)
    network = Network(talk.page)
    network.be(latency=1500)
    box = talk.page.get_by_label("Your question")
    box.fill(SURE)
    talk.page.keyboard.press("Enter")
    assert SURE in talk.page.locator(".exchange[data-sent]").inner_text()  # nothing has come over the network yet
    talk.page.keyboard.type("and how", delay=20)
    talk.page.get_by_role("button", name="Stop").wait_for()
    talk.page.locator(".exchange[aria-busy]:not([data-sent])").or_(talk.page.locator(".answered")).first.wait_for()
    talk.page.keyboard.type(" long", delay=20)
    talk.wait_for(SURE)
    assert "100 grams" in talk.last.locator(".answer").inner_text()
    talk.page.keyboard.type(" do they live?")
    assert box.input_value() == "and how long do they live?"
    network.be()
    talk.page.reload()
    talk.wait_for(SURE)
    assert box.input_value() == "and how long do they live?"
    assert talk.page.locator(".exchange").count() == 1


def test_lost_connection_says_so_keeps_the_question_and_picks_up_again(
    samples_server: str, open_page: OpenPage
) -> None:
    talk = open_page(samples_server)
    network = Network(talk.page)
    talk.ask(SURE)
    network.be(offline=True)
    box = talk.page.get_by_label("Your question")
    box.fill(NINTENDO)
    talk.page.keyboard.press("Enter")
    talk.page.keyboard.type("typed meanwhile")
    expect(talk.page.get_by_text("No connection to the server.")).to_be_visible()
    assert NINTENDO in talk.last.inner_text()
    talk.page.wait_for_timeout(10_000)
    network.be()
    talk.wait_for(NINTENDO)
    assert "Fusajiro" in talk.last.locator(".answer").inner_text()
    assert talk.page.locator(".exchange").count() == 2
    assert box.input_value() == "typed meanwhile"
    expect(talk.page.get_by_text("No connection to the server.")).to_have_count(0)


def test_question_outlives_a_reload_right_after_it_was_sent(samples_server: str, open_page: OpenPage) -> None:
    talk = open_page(samples_server)
    network = Network(talk.page)
    for latency in (1500, 0):  # before the server has taken it, and after
        network.be(latency=latency)
        talk.page.get_by_label("Your question").fill(f"{NINTENDO} {latency}")
        talk.page.keyboard.press("Enter")
        if not latency:
            talk.page.locator(".exchange[aria-busy]:not([data-sent])").last.wait_for()
        network.be()
        talk.page.reload()
        talk.wait_for(f"{NINTENDO} {latency}")
    assert talk.page.locator(".exchange").count() == 2


def test_conversations_articles_and_citations_have_addresses_and_back_leads_back(
    samples_server: str, open_page: OpenPage
) -> None:
    talk = open_page(samples_server)
    head = talk.page.locator(".article-head h2")
    talk.ask(SURE)
    conversation = talk.page.url
    assert "#conversation=" in conversation
    talk.ask(NINTENDO)
    talk.page.locator(".exchange .source").first.click()
    expect(head).to_have_text("The Bird That Lives in Summer")
    citation = talk.page.url
    assert "article=" in citation and "at=" in citation
    talk.page.go_back()
    expect(head).to_contain_text("Nintendo")  # as the last answer left it
    assert talk.page.url == conversation
    talk.page.go_forward()
    talk.page.locator(".article-text mark strong", has_text="100 grams").wait_for()
    talk.page.reload()
    talk.page.locator(".article-text mark strong", has_text="100 grams").wait_for()
    assert talk.page.locator(".exchange").count() == 2
    talk.page.get_by_role("link", name="New conversation").click()
    talk.page.locator(".welcome h2").wait_for()
    talk.page.go_back()
    talk.page.locator(".exchange").nth(1).wait_for()


def test_two_tabs_are_two_conversations_and_an_address_opens_in_another(
    samples_server: str, open_page: OpenPage
) -> None:
    talk = open_page(samples_server)
    talk.ask(SURE)
    talk.page.locator(".exchange .source").first.click()
    talk.page.locator(".article-text mark strong").wait_for()
    other = talk.page.context.new_page()
    other.goto(samples_server)
    other.locator(".welcome h2").wait_for()
    assert other.locator(".exchange").count() == 0
    other.get_by_label("Your question").fill(UNSAID)
    other.keyboard.press("Enter")
    other.locator(".exchange:not([aria-busy])").wait_for()
    assert other.locator(".exchange").count() == talk.page.locator(".exchange").count() == 1
    other.goto("about:blank")
    other.goto(talk.page.url)
    other.locator(".article-text mark strong", has_text="100 grams").wait_for()
    other.locator(".exchange", has_text=SURE).wait_for()


def test_address_of_a_conversation_that_is_not_there_says_so_and_can_be_asked_from(
    samples_server: str, open_page: OpenPage
) -> None:
    talk = open_page(samples_server)
    talk.leave()
    talk.page.goto(f"{samples_server}/#conversation=not-there")
    talk.page.get_by_text("This conversation is not here: it was deleted").wait_for()
    talk.ask(SURE)
    assert "100 grams" in talk.last.locator(".answer").inner_text()
    expect(talk.page.get_by_text("This conversation is not here: it was deleted")).to_have_count(0)
