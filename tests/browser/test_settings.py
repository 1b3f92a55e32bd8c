"""Which models answer is chosen on the page, and kept in the browser."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenPage, Talk, serve
from tests.browser.test_asking import CONTRAST, SURE, overflow
from tests.browser.test_people import SMALL, serious
from tests.qa.fake_llm_server import FakeLLMServer, write

pytestmark = [pytest.mark.browser, pytest.mark.slow]

WRITTEN = 'It weighs about 100 grams.\nQUOTES:\n[1] "An Arctic tern weighs about 100 grams"'
OWN_WORDS, SECOND = "The articles’ own words", "Read the best passages a second time"


def open_settings(talk: Talk) -> None:
    talk._open("Settings")
    talk.page.locator(".settings").wait_for()


def test_language_model_answers_until_the_articles_own_words_are_chosen(
    sample_folder: Path, open_page: OpenPage
) -> None:
    with FakeLLMServer(write(WRITTEN)) as llm, contextmanager(serve)(
        sample_folder, "--llm", "openai:small", "--llm-base-url", llm.url
    ) as address:  # fmt: skip
        talk = open_page(address)
        talk.ask(SURE)
        assert "Written by openai:small" in talk.last.inner_text()
        open_settings(talk)
        told = talk.page.locator(".settings").inner_text()
        assert f"go to the server at {llm.url.split('/')[2]}" in told
        assert "nothing leaves this computer" in told and "stays in the environment" in told
        expect(talk.page.get_by_role("radio", name="openai:small")).to_be_checked()
        talk.page.get_by_role("radio", name=OWN_WORDS).check()
        talk.page.get_by_role("checkbox", name=SECOND).uncheck()
        asked = len(llm.requests)
        talk.ask(SURE)
        assert talk.last.locator(".answer").inner_text() == "100 grams"
        assert len(llm.requests) == asked
        talk.page.reload()
        talk.page.locator(".exchange").first.wait_for()
        open_settings(talk)
        expect(talk.page.get_by_role("radio", name=OWN_WORDS)).to_be_checked()
        expect(talk.page.get_by_role("checkbox", name=SECOND)).not_to_be_checked()
        talk.page.get_by_role("radio", name="openai:small").check()
        talk.ask(SURE)
        assert "Written by openai:small" in talk.last.inner_text()
        talk.leave()


def test_who_serves_the_page_for_themselves_may_name_a_model_and_is_told_what_is_wrong(
    samples_server: str, open_page: OpenPage
) -> None:
    talk = open_page(samples_server)
    open_settings(talk)
    talk.page.get_by_label("Language model, as provider:model").fill("nonsense")
    expect(talk.page.get_by_role("radio", name="A language model")).to_be_checked()
    talk.ask(SURE)
    assert "not of the form provider:model" in talk.last.get_by_role("alert").inner_text()
    open_settings(talk)
    talk.page.get_by_role("radio", name=OWN_WORDS).check()
    talk.last.get_by_role("button", name="Ask again", exact=True).click()
    talk.page.locator(".answered", has_text="100 grams").wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_settings_can_be_read_and_reached_by_everyone(samples_server: str, open_page: OpenPage, scheme: str) -> None:
    talk = open_page(samples_server, width=390, height=844, has_touch=True, is_mobile=True, color_scheme=scheme)
    open_settings(talk)
    assert overflow(talk) <= 0
    assert talk.page.evaluate(CONTRAST) == []
    assert talk.page.evaluate(SMALL) == []
    assert serious(talk) == []
