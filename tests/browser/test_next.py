"""What can be asked next stands under the newest answer."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenPage
from tests.browser.test_asking import UNSAID

pytestmark = [pytest.mark.browser, pytest.mark.slow]

FLEMING = "At which hospital did Alexander Fleming work?"


def test_answer_is_followed_by_questions_each_one_press_away(samples_server: str, open_page: OpenPage) -> None:
    talk = open_page(samples_server)
    talk.ask(FLEMING)
    suggested = talk.page.get_by_role("region", name="Ask next").get_by_role("button")
    suggested.first.wait_for()
    questions = suggested.all_inner_texts()
    assert 1 <= len(questions) <= 3 and FLEMING not in questions
    talk.page.reload()
    suggested.first.wait_for()
    expect(suggested).to_have_text(questions)
    suggested.first.click()
    talk.wait_for(questions[0])
    assert talk.last.locator(".answered").count() == 1
    suggested.first.wait_for()
    assert questions[0] not in suggested.all_inner_texts()
    assert talk.page.locator(".exchange .next").count() == 1  # under the newest answer alone


def test_nothing_is_suggested_where_nothing_was_found(samples_server: str, open_page: OpenPage) -> None:
    talk = open_page(samples_server)
    talk.ask(UNSAID)
    talk.last.locator(".next").wait_for(state="attached")
    expect(talk.last.get_by_text("Ask next")).to_have_count(0)
    expect(talk.last.locator(".next-slot")).to_be_hidden()
