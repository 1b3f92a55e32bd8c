"""Long documents open in parts, at a page, at words that are looked for; a PDF shows its page beside the text."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from ingest import add_articles
from tests.browser.conftest import OpenPage, Talk, serve
from tests.browser.test_asking import CONTRAST, overflow
from tests.browser.test_people import SMALL, serious
from tests.ingest import documents
from vectorstore import ArticleIndex

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PAGES = 44
TITLE = "The Lighthouses of the North"
TRADES = ("carpenter", "sailor", "teacher", "smith", "weaver", "printer", "miller")


def long_pdf() -> bytes:
    """A book of so many pages, each with a keeper of its own."""
    pages = []
    for number in range(1, PAGES + 1):
        trade = TRADES[number % len(TRADES)]
        # What the pages begin with differs, or it would be taken for a running head.
        lines = [f"Its first keeper, once a {trade}, wrote each evening what he had seen, in a hand that few can read."]
        for line in range(16):
            ship = f"{TRADES[(number + line) % 7]}'s {('boat', 'ship', 'raft')[line % 3]}"
            lines.append(
                f"In {1700 + number + line} a {ship} came near to it in the fog and went by in {line + 2} fathoms."
            )
        lines.insert(
            4, f"Rock {number} rises out of the sea {number + 3} miles from the coast, and has a tower of granite."
        )
        lines.insert(9, f"The lamp of rock {number} burned whale oil until {1800 + number}, and paraffin after that.")
        pages.append(lines)
    return documents.pdf(pages, {"Title": TITLE})


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("long")
    file = folder / "lighthouses.pdf"
    file.write_bytes(long_pdf())
    index = ArticleIndex.open(folder / "index")
    add_articles([file], index)
    index.close()
    yield from serve(folder / "index")


def open_article(server: str, open_page: OpenPage, **options: object) -> Talk:
    talk = open_page(server, **options)
    talk.page.locator(".welcome .newest a", has_text=TITLE).click()
    talk.page.locator(".article-head h2", has_text=TITLE).wait_for()
    return talk


def test_long_document_has_parts_an_outline_pages_and_a_find_box(server: str, open_page: OpenPage) -> None:
    talk = open_article(server, open_page)
    text, page = talk.page.locator(".article-text"), talk.page.get_by_label("Page", exact=True)
    expect(page).to_have_value("1")
    outline = text.locator(".outline")
    outline.locator("summary").click()
    assert outline.get_by_role("link").count() == PAGES
    outline.get_by_role("link", name="page 20", exact=True).click()
    expect(page).to_have_value("20")

    page.fill("40")
    page.press("Enter")
    expect(text.locator("[data-here]")).to_contain_text("Rock 40 rises")
    expect(text.locator("[data-here]")).to_be_in_viewport()
    assert "Rock 1 rises" not in text.inner_text()
    talk.page.get_by_role("link", name="Back to pages").click()
    expect(page).to_have_value("1")
    talk.page.get_by_role("link", name="Go on to pages").click()
    expect(text).to_contain_text("Rock 40 rises")

    find = talk.page.get_by_label("Find in this article")
    find.fill("burned WHALE oil")
    find.press("Enter")
    steps = talk.page.locator(".steps")
    expect(steps).to_contain_text(f"Match 1 of {PAGES}")
    expect(text.locator("mark")).to_have_text("burned whale oil")
    expect(find).to_be_focused()
    find.press("Enter")
    expect(steps).to_contain_text(f"Match 2 of {PAGES}")
    talk.page.reload()
    expect(steps).to_contain_text(f"Match 2 of {PAGES}")
    talk.page.go_back()
    expect(steps).to_contain_text(f"Match 1 of {PAGES}")
    find.fill("spaceship")
    find.press("Enter")
    talk.page.get_by_text("“spaceship” does not stand in this article.").wait_for()


def test_page_of_a_pdf_is_shown_beside_its_text_and_follows_it(server: str, open_page: OpenPage) -> None:
    talk = open_article(server, open_page)
    talk.page.get_by_label("Find in this article").fill("rock 33 burned")
    talk.page.keyboard.press("Enter")
    shown = talk.page.locator("#picture figcaption")
    expect(shown).to_have_text("Page 33")
    picture = talk.page.locator("#picture img")
    assert picture.evaluate("async (one) => { await one.decode(); return one.naturalWidth; }") > 800
    text, beside = talk.page.locator(".article-text").bounding_box(), picture.bounding_box()
    assert text and beside and beside["x"] >= text["x"] + text["width"] - 1
    expect(talk.page.locator(".article-text mark")).to_be_in_viewport()

    talk.page.get_by_role("button", name="Page 33, enlarge").click()
    talk.page.wait_for_function(
        "(old) => document.querySelector('#picture img').width > 1.3 * old", arg=beside["width"]
    )
    expect(talk.page.locator(".article-text mark")).to_be_in_viewport()
    talk.page.locator(".article-text p", has_text="Rock 36 rises").evaluate("(one) => one.scrollIntoView()")
    expect(shown).to_have_text("Page 36")
    talk.page.get_by_role("button", name="Hide its pages").click()
    expect(picture).to_be_hidden()
    talk.page.reload()
    talk.page.get_by_role("button", name="Show its pages").wait_for()
    expect(picture).to_be_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_long_document_on_a_phone(server: str, open_page: OpenPage, scheme: str) -> None:
    talk = open_article(server, open_page, width=390, height=844, has_touch=True, is_mobile=True, color_scheme=scheme)
    talk.page.get_by_label("Page", exact=True).fill("12")
    talk.page.get_by_label("Page", exact=True).press("Enter")
    expect(talk.page.locator(".article-text [data-here]")).to_be_in_viewport()
    talk.page.get_by_role("button", name="Show its pages").tap()
    expect(talk.page.locator("#picture figcaption")).to_have_text("Page 12")
    expect(talk.page.locator("#picture img")).to_be_in_viewport(ratio=0.3)
    expect(talk.page.locator(".article-text [data-here]")).to_be_in_viewport()
    assert overflow(talk) <= 0
    assert talk.page.evaluate(SMALL) == []
    assert talk.page.evaluate(CONTRAST) == []
    assert serious(talk) == []
