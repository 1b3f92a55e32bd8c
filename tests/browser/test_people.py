"""Everyone can use the page: with a screen reader, with fingers, from the keyboard."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.conftest import OpenPage, Talk
from tests.browser.test_asking import NEARLY_SAID, SURE

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SMALL = """() => [...document.querySelectorAll('a[href], button, summary, input, textarea')].filter((one) => {
  if (!one.checkVisibility({checkVisibilityCSS: true, checkOpacity: true})) return false;
  if (one.closest('.unseen, #files')) return false;
  // Within a target, or within a text.
  if (one.matches('.tick input, .choice > input, p a, .words, .article-head a')) return false;
  const {width, height} = one.getBoundingClientRect();
  return width > 0 && (height < 43.5 || width < 43.5);
}).map((one) => `${one.tagName} ${one.className} ${one.textContent.trim().slice(0, 30)}`)"""
"""Targets of less than 44 pixels, but for words within a text."""


def serious(talk: Talk) -> list[str]:
    """What axe finds that keeps people from using the page as it is now."""
    found = Axe().run(talk.page, options={"resultTypes": ["violations"]}).response["violations"]
    return [
        f"{one['id']}: {[node['target'] for node in one['nodes']]}"
        for one in found
        if one["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(samples_server: str, open_page: OpenPage, scheme: str) -> None:
    talk = open_page(samples_server, color_scheme=scheme)
    found = {"first page": serious(talk)}
    talk.ask(SURE)
    talk.page.locator(".guide-slot .guide").wait_for()
    found["answer"] = serious(talk)
    talk.ask(NEARLY_SAID)
    talk.open_library()
    found["library"] = serious(talk)
    talk.open_history()
    talk.page.locator(".manage > summary").first.click()
    found["history"] = serious(talk)
    assert {state: told for state, told in found.items() if told} == {}


def test_questions_are_headings_and_the_parts_landmarks(samples_server: str, open_page: OpenPage) -> None:
    talk = open_page(samples_server)
    talk.ask(SURE)
    assert talk.page.get_by_role("heading", name=f"You asked: {SURE}").is_visible()
    assert talk.page.get_by_role("region", name="Answer").is_visible()
    assert talk.page.get_by_role("textbox", name="Your question").is_visible()
    assert talk.page.get_by_role("navigation").count() >= 1
    assert talk.page.get_by_role("main").count() == 1


def test_fingers_find_targets_of_44_pixels_and_nothing_twice(samples_server: str, open_page: OpenPage) -> None:
    talk = open_page(samples_server, width=390, height=844, has_touch=True, is_mobile=True)
    found = {"first page": talk.page.evaluate(SMALL)}
    talk.ask(SURE)
    talk.page.locator(".guide-slot .guide").wait_for()
    found["answer"] = talk.page.evaluate(SMALL)
    talk.open_library()
    found["library"] = talk.page.evaluate(SMALL)
    assert {state: told for state, told in found.items() if told} == {}
    assert talk.page.get_by_text("Library", exact=True).locator("visible=true").count() == 1
