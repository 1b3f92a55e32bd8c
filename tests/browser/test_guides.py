"""What the page tells before it is asked, and of which articles a question is asked."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import expect

import samples
from ingest import add_articles
from tests.browser.conftest import OpenPage, serve
from tests.browser.test_asking import SURE, squeezed
from vectorstore import ArticleIndex

pytestmark = [pytest.mark.browser, pytest.mark.slow]

TERN = "The Bird That Lives in Summer"


def test_first_page_tells_what_the_library_holds(samples_server: str, open_page: OpenPage) -> None:
    talk = open_page(samples_server)
    welcome = talk.page.locator(".welcome:not([data-wanting])")
    welcome.wait_for()
    assert "12 articles" in welcome.inner_text()
    assert welcome.locator("button.example").count() == 4
    newest = welcome.get_by_role("region", name="Newest articles").get_by_role("link")
    assert newest.count() == 4
    title = newest.first.locator(".title").inner_text()
    newest.first.click()
    expect(talk.page.locator(".article-head h2")).to_have_text(title)


def test_article_opens_with_its_guide_and_the_sentences_that_carry_it_are_marked(
    samples_server: str, open_page: OpenPage
) -> None:
    talk = open_page(samples_server)
    talk.open_library()
    talk.page.locator(".articles .source", has_text=TERN).click()
    guide = talk.page.locator(".article-text .guide")
    guide.wait_for()
    carrying = guide.locator(".carrying a")
    assert carrying.count() == 3
    whole = squeezed((samples.ARTICLES / "arctic-tern.txt").read_text(encoding="utf-8"))
    sentences = [squeezed(text) for text in carrying.all_inner_texts()]
    assert all(sentence in whole for sentence in sentences)
    marked = talk.page.evaluate("[...CSS.highlights.get('carrying')].map((range) => range.toString())")
    assert squeezed(" ".join(marked)) == " ".join(sentences)
    assert "Arctic" in guide.locator(".speaks-of").inner_text()
    carrying.last.click()
    expect(talk.page.locator(".article-text mark")).to_have_text(sentences[-1])
    assert guide.count() == 1  # it is there again at once, though the article was drawn anew


def test_guide_does_not_push_the_marked_words_out_of_sight(samples_server: str, open_page: OpenPage) -> None:
    talk = open_page(samples_server)
    talk.ask("When did Kanye propose?")
    talk.page.locator(".article-text .guide .examples, .article-text .guide .speaks-of").first.wait_for(
        state="attached"
    )
    expect(talk.page.locator(".article-text mark")).to_be_in_viewport()


def test_question_is_asked_of_the_articles_that_were_chosen_until_escape(
    samples_server: str, open_page: OpenPage
) -> None:
    talk = open_page(samples_server)
    talk.open_library()
    row = talk.page.locator(".articles li", has_text="Nintendo")
    row.locator(".tick input").check()
    expect(talk.page.locator(".scope b")).to_contain_text("Nintendo")
    talk.ask(SURE)
    assert talk.last.locator(".answer").count() == 0  # the tern is in no article that was asked
    assert "Asked of: “" in talk.last.inner_text()
    talk.page.reload()
    talk.page.locator(".exchange").wait_for()
    expect(talk.page.locator(".scope b")).to_contain_text("Nintendo")
    talk.page.get_by_label("Your question").press("Escape")
    expect(talk.page.locator(".scope")).to_be_hidden()
    talk.ask(SURE)
    assert "100 grams" in talk.last.locator(".answer").inner_text()
    talk.page.get_by_role("button", name="Ask only this article").click()
    expect(talk.page.locator(".scope b")).to_have_text(f"“{TERN}”")


def test_answer_is_copied_edited_and_asked_again_and_exported_as_a_page(
    samples_server: str, open_page: OpenPage, tmp_path: Path
) -> None:
    talk = open_page(samples_server, permissions=["clipboard-read", "clipboard-write"])
    talk.ask(SURE)
    talk.last.get_by_role("button", name="Copy the answer with its quotes", exact=True).click()
    talk.page.get_by_text("Copied").wait_for()
    copied = talk.page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(f"{SURE}\n\n100 grams\n\n“An Arctic tern weighs about 100 grams")
    talk.last.get_by_role("button", name="Copy the answer with its quotes as Markdown").click()
    talk.page.get_by_text("Copied").last.wait_for()
    assert "> An Arctic tern weighs" in talk.page.evaluate("navigator.clipboard.readText()")

    talk.last.hover()
    talk.last.get_by_role("button", name="Edit this question").click()
    assert talk.page.get_by_label("Your question").input_value() == SURE
    talk.page.keyboard.press("End")
    talk.page.keyboard.type("!")
    talk.page.keyboard.press("Enter")
    talk.wait_for(f"{SURE}!")

    talk.open_history()
    talk.page.locator(".manage > summary").click()
    with talk.page.expect_download() as download:
        talk.page.get_by_role("button", name="Export as a page").click()
    alone = tmp_path / download.value.suggested_filename
    download.value.save_as(alone)
    page = talk.page.context.new_page()
    page.goto(alone.as_uri())
    assert "100 grams" in page.locator(".answer").first.inner_text()
    assert page.locator("figure em").first.inner_text() == "100 grams"


def test_correction_is_shown_first_when_the_same_is_asked_again(samples_server: str, open_page: OpenPage) -> None:
    talk = open_page(samples_server)
    talk.ask(SURE)
    talk.last.get_by_role("button", name="This is wrong").click()
    talk.page.get_by_label("The right answer is…").fill("110 grams")
    talk.page.keyboard.press("Enter")
    talk.page.locator(".noted").wait_for()
    talk.page.get_by_role("link", name="New conversation").click()
    talk.page.locator(".welcome h2").wait_for()
    talk.ask(SURE.lower())
    told = squeezed(talk.last.inner_text())
    assert told.index("You said: 110 grams") < told.index("From the articles: 100 grams")


def test_keyboard_steps_through_the_quotes(samples_server: str, open_page: OpenPage) -> None:
    talk = open_page(samples_server)
    talk.ask("summarize the article about Arctic terns")
    steps = talk.page.locator(".steps")
    expect(steps).to_contain_text("Quote 1 of")
    talk.page.keyboard.press("Alt+ArrowDown")
    expect(steps).to_contain_text("Quote 2 of")
    talk.page.keyboard.press("Alt+ArrowUp")
    expect(steps).to_contain_text("Quote 1 of")


def test_question_is_asked_of_a_source_or_of_a_theme(sample_folder: Path, open_page: OpenPage, tmp_path: Path) -> None:
    news = tmp_path / "news"
    news.mkdir()
    for number in range(12):
        (news / f"storm-{number}.txt").write_text(
            f"Storm {number} Strikes the Harbour\n\nStorm {number} threw the boats ashore in {1900 + number}. "
            "The storm tore roofs from the houses by the harbour."
        )
    index = ArticleIndex.open(sample_folder)
    add_articles([news], index)
    index.close()
    with contextmanager(serve)(sample_folder) as address:
        talk = open_page(address)
        welcome = talk.page.locator(".welcome:not([data-wanting])")
        welcome.wait_for()
        theme = welcome.locator(".theme", has_text="Storm").first
        theme.locator("summary").click()
        theme.get_by_role("button", name="Ask only these").click()
        expect(talk.page.locator(".scope b")).to_contain_text("articles on")
        chosen = talk.page.locator(".scope b").inner_text()
        talk.ask("When did storm 3 throw the boats ashore?")
        assert f"Asked of: {chosen}" in talk.last.inner_text()
        assert "1903" in talk.last.locator(".answer").inner_text()
        talk.open_library()
        talk.page.get_by_text("Ask only one source").click()
        talk.page.get_by_role("button", name="articles 12").click()
        expect(talk.page.locator(".scope b")).to_have_text("12 articles from articles")
        talk.ask(SURE)
        assert "100 grams" in talk.last.locator(".answer").inner_text()
        talk.leave()
