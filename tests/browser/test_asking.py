"""Asking over the sample articles, as a person at the page does."""

from __future__ import annotations

import re

import pytest

import samples
from tests.browser.conftest import OpenPage

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SURE = "How much does an Arctic tern weigh?"
"""Answered in so many words, so that these tests are of the page and not of the reader."""
UNSAID = "Who won the football world cup in 1966?"
NEARLY_SAID = "What colour are Arctic tern eggs?"
"""There are sentences about terns, and none that says so."""


def squeezed(text: str) -> str:
    return " ".join(text.split())


def test_first_question_gives_the_date_with_exactly_its_words_marked(samples_server: str, open_page: OpenPage) -> None:
    talk = open_page(samples_server)
    talk.ask("when did Kanye propose?")
    assert "Oct. 21" in talk.last.locator(".answer").inner_text()
    quote = squeezed(talk.last.locator("blockquote").first.inner_text())
    assert squeezed(talk.page.locator(".article-text mark").inner_text()) == quote
    assert "Oct. 21" in talk.page.locator(".article-text mark strong").inner_text()
    assert quote in squeezed((samples.ARTICLES / "kim-and-kanye-third-anniversary.txt").read_text())


def test_exactly_the_quoted_words_are_marked_and_the_answer_in_them(samples_server: str, open_page: OpenPage) -> None:
    talk = open_page(samples_server)
    talk.ask(SURE)
    mark = talk.page.locator(".article-text mark")
    assert squeezed(mark.inner_text()) == squeezed(talk.last.locator("blockquote").first.inner_text())
    assert mark.locator("strong").inner_text() == talk.last.locator(".answer").inner_text()
    assert squeezed(mark.inner_text()) in squeezed((samples.ARTICLES / "arctic-tern.txt").read_text())


def test_answer_names_its_article_and_its_confidence(samples_server: str, open_page: OpenPage) -> None:
    talk = open_page(samples_server)
    talk.ask(SURE)
    assert "100 grams" in talk.last.locator(".answer").inner_text()
    assert "The Bird That Lives in Summer" in talk.last.locator(".source").first.inner_text()
    assert "arctic-tern.txt" in talk.last.locator(".source").first.inner_text()
    talk.last.locator(".confidence summary").click()
    assert re.search(r"About \d+ % of the answers", talk.last.locator(".confidence p").inner_text())


def test_mark_is_scrolled_into_sight(samples_server: str, open_page: OpenPage) -> None:
    talk = open_page(samples_server, height=500)
    talk.ask("How many kilometres had the terns covered on average in a year?")
    talk.page.wait_for_function("document.querySelector('.article-text').scrollTop > 0")
    text = talk.page.locator(".article-text").bounding_box()
    mark = talk.page.locator(".article-text mark").first.bounding_box()
    assert text and mark
    assert text["y"] <= mark["y"] <= text["y"] + text["height"]


def test_abstention_is_no_answer(samples_server: str, open_page: OpenPage) -> None:
    talk = open_page(samples_server)
    talk.ask(UNSAID)
    assert talk.last.locator(".abstained").count() == 1
    assert "Nothing in the articles is about this." in talk.last.inner_text()
    assert talk.last.locator(".answer, .confidence, blockquote").count() == 0
    assert talk.page.locator("mark:visible").count() == 1  # the one in the page's name
    assert talk.page.get_by_text("Other likely answers").count() == 0


def test_nearest_sentence_can_be_opened(samples_server: str, open_page: OpenPage) -> None:
    talk = open_page(samples_server)
    talk.ask(NEARLY_SAID)
    assert "I found no answer. These sentences are about it:" in talk.last.inner_text()
    assert talk.last.locator(".nearest li").count() == 3
    talk.last.locator(".nearest .source").first.click()
    talk.page.locator(".article-text mark").first.wait_for()
    assert talk.page.locator(".article-text mark strong").count() == 0


def test_question_that_cannot_be_asked_is_an_error_and_not_an_abstention(
    samples_server: str, open_page: OpenPage
) -> None:
    talk = open_page(samples_server)
    talk.ask("???")
    assert talk.last.get_by_role("alert").count() == 1
    assert "The question is empty" in talk.last.inner_text()
    assert "don't say" not in talk.last.inner_text()
    talk.ask(SURE)
    assert "100 grams" in talk.last.locator(".answer").inner_text()


def test_enter_in_an_empty_box_changes_nothing(samples_server: str, open_page: OpenPage) -> None:
    talk = open_page(samples_server)
    talk.ask(SURE)
    talk.page.locator("#question textarea").focus()
    for _ in range(3):
        talk.page.keyboard.press("Enter")
    talk.page.wait_for_timeout(1500)
    assert "100 grams" in talk.last.locator(".answer").inner_text()
    assert talk.page.locator("#question .submit-button").count() == 1


def test_follow_up_is_understood_from_what_went_before(samples_server: str, open_page: OpenPage) -> None:
    talk = open_page(samples_server)
    talk.ask("Who founded Nintendo?")
    talk.ask("When was it founded?")
    understood = talk.last.locator(".aside").first.inner_text()
    assert "Understood as" in understood
    assert "Nintendo" in understood


def test_example_asks_itself(samples_server: str, open_page: OpenPage) -> None:
    talk = open_page(samples_server)
    examples = talk.page.locator("button.example")
    assert examples.count() == 4
    question = examples.nth(1).inner_text()
    examples.nth(1).click()
    talk.wait_for(question)
    assert talk.last.locator(".answer, .abstained").count() == 1


def test_searching_and_reading_are_shown_first(samples_server: str, open_page: OpenPage) -> None:
    talk = open_page(samples_server)
    talk.page.evaluate(
        """() => { window.seen = []; new MutationObserver(() => {
            const doing = document.querySelector('.doing'); if (doing) window.seen.push(doing.textContent);
        }).observe(document.getElementById('conversation'), {subtree: true, childList: true, characterData: true}); }"""
    )
    talk.ask(SURE)
    seen = talk.page.evaluate("window.seen.join('|')")
    assert "Reading 10 passages from" in seen
    assert talk.page.locator(".doing").count() == 0


def test_reasons_unfold(samples_server: str, open_page: OpenPage) -> None:
    talk = open_page(samples_server)
    talk.ask(SURE)
    talk.page.get_by_text("Passages read, and why").click()
    passages = talk.page.locator(".passages li")
    assert passages.count() == 10
    assert re.sub(r"\s+", "", passages.first.locator(".scores").inner_text()).startswith("rank1score")
    passages.nth(3).locator(".source").click()
    talk.page.locator(".article-text mark").first.wait_for()


def test_other_likely_answers_unfold_and_open_where_they_stand(samples_server: str, open_page: OpenPage) -> None:
    talk = open_page(samples_server)
    talk.ask("Where did Kim and Kanye get married?")
    given = talk.last.locator(".answer").inner_text()
    others = talk.page.locator("#reasons details", has_text="Other likely answers")
    assert not others.locator("li").first.is_visible()
    others.locator("summary").click()
    texts = others.locator(".other strong").all_inner_texts()
    assert texts and given not in texts
    assert re.search(r"(likely|unsure), \d+ %", others.locator(".other .faint").first.inner_text())
    others.locator(".source").first.click()
    talk.page.wait_for_function(
        "text => document.querySelector('.article-text mark strong')?.innerText === text", arg=texts[0]
    )
    assert talk.last.locator(".answer").inner_text() == given  # it is no answer for being looked at


def test_author_is_looked_up_and_no_line_of_ours_is_shown_as_the_articles_words(
    samples_server: str, open_page: OpenPage
) -> None:
    talk = open_page(samples_server)
    talk.ask(SURE)
    head = talk.page.locator(".article-head .about").inner_text()
    author = head.split(" · ")[0]
    assert f"By {author}" not in talk.page.locator(".article-text").inner_text()
    talk.ask("Who wrote The Bird That Lives in Summer?")
    assert author in talk.last.locator(".answer").inner_text()
    assert "Looked up in the library" in talk.last.inner_text()
    assert talk.last.locator(".items .source").count() == 1
    assert f"By {author}" not in talk.page.locator(".article-text").inner_text()


def test_page_can_be_used_from_the_keyboard(samples_server: str, open_page: OpenPage) -> None:
    talk = open_page(samples_server)
    talk.ask(SURE)
    talk.page.get_by_role("tab", name="Library").click()
    talk.page.locator("#listed .articles").wait_for()
    talk.page.locator(".exchange .source").first.focus()
    talk.page.keyboard.press("Shift+Tab")
    talk.page.keyboard.press("Tab")
    assert talk.page.evaluate("document.activeElement.className") == "source"
    assert talk.page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
    talk.page.keyboard.press("Enter")
    talk.page.locator(".article-text mark").wait_for()
    assert talk.page.locator("[role=status].unseen").inner_text().startswith("Answer: ")


def test_two_visitors_do_not_meet(samples_server: str, open_page: OpenPage) -> None:
    one, other = open_page(samples_server), open_page(samples_server)
    one.page.get_by_label("Your question").fill(SURE)
    other.page.get_by_label("Your question").fill("Who founded Nintendo?")
    one.page.keyboard.press("Enter")
    other.page.keyboard.press("Enter")
    one.wait_for(SURE)
    other.wait_for("Who founded Nintendo?")
    assert one.page.locator(".exchange").count() == other.page.locator(".exchange").count() == 1
    assert "100 grams" in one.last.inner_text()
    assert "Nintendo" in other.page.locator(".article-head h2").inner_text()
    other.ask("How much does it weigh?")
    assert "tern" not in other.last.inner_text().lower().split("how much does it weigh?")[0]
    assert one.page.locator(".exchange").count() == 1


def test_conversation_survives_a_reload_until_it_is_cleared(samples_server: str, open_page: OpenPage) -> None:
    talk = open_page(samples_server)
    talk.ask(SURE)
    talk.ask(UNSAID)
    talk.page.wait_for_timeout(300)
    talk.page.reload()
    talk.page.locator(".exchange").nth(1).wait_for()
    assert talk.page.locator(".exchange").count() == 2
    assert "100 grams" in talk.page.locator(".exchange").first.inner_text()
    talk.page.locator(".exchange .source").first.click()
    talk.page.locator(".article-text mark strong").wait_for()
    talk.page.get_by_role("link", name="New conversation").click()
    talk.page.locator(".welcome h2").wait_for()
    talk.page.wait_for_timeout(300)
    talk.page.reload()
    talk.page.locator(".welcome h2").wait_for()


def test_narrow_window_goes_to_the_library_and_back_from_its_head(samples_server: str, open_page: OpenPage) -> None:
    talk = open_page(samples_server, width=320, height=640, has_touch=True, is_mobile=True)
    talk.ask(SURE)
    talk.ask(UNSAID)
    assert overflow(talk) <= 0
    for place, shown in (("Library", "#listed .articles"), ("History", "#past .conversations")):
        talk.page.get_by_role("button", name=place).tap()  # the head is there however far down one has read
        talk.page.locator(shown).wait_for()
        talk.page.wait_for_function("Math.abs(document.getElementById('panel').getBoundingClientRect().top - 57) < 3")
        talk.page.get_by_role("button", name="Chat", exact=True).tap()
        talk.page.wait_for_function(
            "(() => { const top = document.querySelector('.exchange:last-child').getBoundingClientRect().top;"
            " return top > 50 && top < 120; })()"
        )


def overflow(talk: object) -> int:
    return int(talk.page.evaluate("document.documentElement.scrollWidth - innerWidth"))  # type: ignore[attr-defined]


def test_phone_shows_all_without_sideways_scrolling(samples_server: str, open_page: OpenPage) -> None:
    talk = open_page(samples_server, width=390, height=844, has_touch=True, is_mobile=True)
    assert overflow(talk) <= 0
    talk.ask(SURE)
    assert overflow(talk) <= 0
    assert talk.last.locator(".answer").is_visible()
    chat, panel = talk.page.locator("#chat").bounding_box(), talk.page.locator("#panel").bounding_box()
    assert chat and panel and panel["y"] >= chat["y"] + chat["height"] - 1
    talk.last.locator(".source").first.tap()
    talk.page.wait_for_function("document.getElementById('panel').getBoundingClientRect().top < 60")
    assert talk.page.locator(".article-text mark").first.is_visible()
    talk.open_library()
    assert overflow(talk) <= 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_follow_the_system_and_every_state_can_be_read(
    samples_server: str, open_page: OpenPage, scheme: str
) -> None:
    talk = open_page(samples_server, color_scheme=scheme)
    faint = {"welcome": talk.page.evaluate(CONTRAST)}
    for question in (SURE, UNSAID, "???"):
        talk.ask(question)
        faint[question] = talk.page.evaluate(CONTRAST)
    brightness = talk.page.evaluate(
        "getComputedStyle(document.querySelector('#panel')).backgroundColor.match(/\\d+/g).slice(0, 3).map(Number)"
    )
    assert (sum(brightness) > 600) == (scheme == "light")
    talk.page.locator(".exchange").nth(1).get_by_role("button", name="This is wrong").click()
    talk.page.get_by_label("The right answer is…").wait_for()
    faint["feedback"] = talk.page.evaluate(CONTRAST)
    talk.open_library()
    faint["library"] = talk.page.evaluate(CONTRAST)
    talk.open_history()
    talk.page.get_by_text("Manage").first.click()
    talk.page.get_by_text("Delete", exact=True).first.click()
    faint["history"] = talk.page.evaluate(CONTRAST)
    assert {state: found for state, found in faint.items() if found} == {}


CONTRAST = """() => {
  const parts = (colour) => {
    const [r, g, b, a = 1] = colour.match(/[\\d.]+/g).map(Number);
    return {rgb: [r, g, b], a};
  };
  const luminance = (rgb) => {
    const [r, g, b] = rgb.map((v) => v / 255 <= .03928 ? v / 255 / 12.92 : ((v / 255 + .055) / 1.055) ** 2.4);
    return .2126 * r + .7152 * g + .0722 * b;
  };
  const behind = (node) => {
    for (; node; node = node.parentElement) {
      const {rgb, a} = parts(getComputedStyle(node).backgroundColor);
      if (a > .99) return rgb;
    }
    return [255, 255, 255];
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    if (!node.textContent.trim() || !element.checkVisibility({checkVisibilityCSS: true})) continue;
    if (element.closest('.unseen, .sr-only, :disabled, style, script')) continue;
    const inks = [luminance(parts(getComputedStyle(element).color).rgb), luminance(behind(element))];
    const ratio = (Math.max(...inks) + .05) / (Math.min(...inks) + .05);
    if (ratio < 4.5) found.push(`${node.textContent.trim().slice(0, 30)}: ${ratio.toFixed(2)}`);
  }
  return found;
}"""
"""Every visible text with less contrast than WCAG AA asks for."""
