"""Filling and emptying a library at the page. The tests share one library and run in order."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenPage

pytestmark = [pytest.mark.browser, pytest.mark.slow]

EVIL_TITLE = "Lighthouse <img src=x onerror=alert(1)> of Vardo"
EVIL = f"""{EVIL_TITLE}

The keeper of the lighthouse of Vardo was Marta Skog. <script>alert('text')</script> <b onclick="alert(2)">She</b>
kept it for 31 years.

Her lamp burned &lt;whale oil&gt; until 1921.
"""


def test_empty_library_invites_to_add_the_samples(empty_server: str, open_page: OpenPage) -> None:
    talk = open_page(empty_server)
    assert talk.page.get_by_role("heading", name="Add your first article").is_visible()
    assert talk.page.locator("button.example").count() == 0
    talk.page.get_by_role("button", name="Try it with the sample articles").click()
    talk.page.locator(".report").wait_for()
    assert "Added: 12 articles" in talk.page.locator(".report").inner_text()
    assert talk.page.locator(".articles li").count() == 12
    assert talk.page.locator("button.example").count() == 4
    assert talk.page.get_by_role("button", name="Add your own articles").is_visible()
    assert "12 articles" in talk.page.locator("#brand").inner_text()


def test_asking_an_empty_or_any_library_says_that_the_articles_do_not(empty_server: str, open_page: OpenPage) -> None:
    talk = open_page(empty_server)
    talk.ask("Who won the football world cup in 1966?")
    assert "Nothing in the articles is about this." in talk.last.inner_text()


def test_upload_is_added_and_answers(empty_server: str, open_page: OpenPage, tmp_path: Path) -> None:
    file = tmp_path / "orchard.txt"
    file.write_text("The Orchard at Hollin Farm\n\nThe orchard was planted in 1887 by Edith Marlow, a retired nurse.")
    talk = open_page(empty_server)
    report = talk.upload(file)
    assert "Added: 1 article" in report.inner_text()
    assert "The Orchard at Hollin Farm" in talk.page.locator("#listed").inner_text()
    welcome = talk.page.locator("#welcome")
    expect(welcome).not_to_contain_text("These are samples")
    expect(welcome.get_by_role("button", name="orchard").first).to_be_visible()  # asked of what is one's own
    talk.ask("Who planted the orchard at Hollin Farm?")
    assert "Edith Marlow" in talk.last.locator(".answer").inner_text()


def test_same_file_again_is_unchanged_and_a_new_version_updates(
    empty_server: str, open_page: OpenPage, tmp_path: Path
) -> None:
    file = tmp_path / "pier.txt"
    file.write_text("The Pier\n\nThe pier at Saltby is 400 metres long.")
    talk = open_page(empty_server)
    assert "Added: 1 article" in talk.upload(file).inner_text()
    assert "Already there: 1 article" in talk.upload(file).inner_text()
    file.write_text("The Pier\n\nThe pier at Saltby is 450 metres long since it was mended.")
    report = talk.upload(file).inner_text()
    assert "Updated: 1 article" in report
    assert "takes the place of what was stored under this name" in report


def test_broken_file_is_refused_with_the_reason(empty_server: str, open_page: OpenPage, tmp_path: Path) -> None:
    good, broken = tmp_path / "well.txt", tmp_path / "holiday.txt"
    good.write_text("The Well\n\nThe well at Brook Cottage is 31 metres deep.")
    broken.write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(range(256)) * 40)
    talk = open_page(empty_server)
    report = talk.upload(good, broken).inner_text()
    assert "Not added: 1 source" in report
    assert "holiday.txt" in report.split("Added")[0]
    assert len(report.split("holiday.txt")[1].split("Added")[0].strip()) > 10  # a reason
    assert "Added: 1 article" in report
    assert "holiday" not in talk.page.locator("#listed").inner_text()


def test_markup_in_articles_and_names_is_shown_as_text(empty_server: str, open_page: OpenPage, tmp_path: Path) -> None:
    file = tmp_path / "<img src=x onerror=alert(3)>.txt"
    file.write_text(EVIL)
    talk = open_page(empty_server)
    report = talk.upload(file)
    assert EVIL_TITLE in report.inner_text()
    talk.page.get_by_label("Find an article").fill("lighthouse")
    talk.page.wait_for_function("document.querySelectorAll('.articles li').length === 1")
    talk.page.locator(".articles .source").click()
    talk.page.locator(".article-text").wait_for()
    assert talk.page.locator(".article-head h2").inner_text() == EVIL_TITLE
    assert (
        "<script>alert('text')</script> <b onclick=\"alert(2)\">She</b>"
        in talk.page.locator(".article-text").inner_text()
    )
    talk.ask("Who was the keeper of the lighthouse of Vardo?")
    assert "Marta Skog" in talk.last.inner_text()
    talk.ask("<script>alert(4)</script><img src=x onerror=alert(5)> what is this?")
    talk.page.wait_for_timeout(300)
    assert talk.page.locator("img[src=x], [onclick], [onerror]").count() == 0
    assert talk.page.evaluate("[...document.querySelectorAll('#panes script')].length") == 0


def test_only_web_addresses_are_taken(empty_server: str, open_page: OpenPage) -> None:
    talk = open_page(empty_server)
    talk.open_library()
    talk.page.get_by_label("Web addresses").fill("/etc/passwd http://127.0.0.1:9/page")
    talk.page.get_by_role("button", name="Add", exact=True).click()
    talk.page.locator(".report").wait_for()
    report = talk.page.locator(".report").inner_text()
    assert "Not added: 2 sources" in report
    assert "not a web address" in report


def test_remove_asks_first_and_then_forgets(empty_server: str, open_page: OpenPage, tmp_path: Path) -> None:
    file = tmp_path / "mill.txt"
    file.write_text("The Mill at Oxley\n\nThe mill at Oxley was sold for 900 pounds in 1851.")
    talk = open_page(empty_server)
    talk.upload(file)
    row = talk.page.locator(".articles li").filter(has_text="The Mill at Oxley")
    assert not row.get_by_role("button", name="Yes, remove The Mill at Oxley").is_visible()
    row.get_by_text("Remove", exact=True).click()
    row.get_by_text("Keep it").click()
    assert not row.get_by_role("button", name="Yes, remove The Mill at Oxley").is_visible()
    row.get_by_text("Remove", exact=True).click()
    row.get_by_role("button", name="Yes, remove The Mill at Oxley").click()
    talk.page.get_by_text("Removed “The Mill at Oxley”.").wait_for()
    assert talk.page.locator(".articles li").filter(has_text="The Mill at Oxley").count() == 0


def test_citations_of_one_answer_can_be_stepped_through(empty_server: str, open_page: OpenPage, tmp_path: Path) -> None:
    chronicle, guide = tmp_path / "chronicle.txt", tmp_path / "guide.txt"
    chronicle.write_text("A Chronicle of Saltby\n\nThe harbour wall of Saltby was built by Hannah Rudd in 1802.")
    guide.write_text("A Guide to Saltby\n\nVisitors walk the harbour wall of Saltby, which was built by Hannah Rudd.")
    talk = open_page(empty_server)
    talk.upload(chronicle, guide)
    talk.ask("Who built the harbour wall of Saltby?")
    assert "Hannah Rudd" in talk.last.locator(".answer").inner_text()
    steps, title = talk.page.locator(".steps"), talk.page.locator(".article-head h2")
    assert "Quote 1 of 2" in steps.inner_text()
    first = title.inner_text()
    talk.page.get_by_role("link", name="Next quote").click()
    steps.get_by_text("Quote 2 of 2").wait_for()
    assert {first, title.inner_text()} == {"A Chronicle of Saltby", "A Guide to Saltby"}
    assert "Hannah Rudd" in talk.page.locator(".article-text mark").inner_text()
    assert talk.page.get_by_role("link", name="Next quote").get_attribute("href") is None
    talk.page.get_by_role("link", name="Previous quote").click()
    steps.get_by_text("Quote 1 of 2").wait_for()
    assert title.inner_text() == first


def test_folder_can_be_chosen_or_dropped_whole(empty_server: str, open_page: OpenPage, tmp_path: Path) -> None:
    folder = tmp_path / "notes"
    (folder / "deeper").mkdir(parents=True)
    (folder / "kiln.txt").write_text("The Kiln\n\nThe kiln at Ashby was fired with oak for nine days.")
    (folder / "deeper" / "barn.md").write_text("# The Barn\n\nThe barn at Ashby was raised in 1804.")
    (folder / ".hidden.txt").write_text("not for anybody")
    (folder / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    talk = open_page(empty_server)
    talk.open_library()
    talk.page.locator("#folder input").set_input_files(str(folder))
    report = talk.page.locator(".report")
    report.wait_for()
    assert "Added: 2 articles" in report.inner_text()
    assert "Not added" not in report.inner_text()
    talk.page.get_by_role("button", name="Dismiss").click()
    report.wait_for(state="detached")
    talk.page.evaluate(DROP, ["folder", "#files button"])
    report.wait_for()
    assert "The Mill by the Weir" in report.inner_text()
    assert "Added: 1 article" in report.inner_text()


def test_report_is_brought_into_sight(empty_server: str, open_page: OpenPage) -> None:
    talk = open_page(empty_server)
    talk.open_library()
    talk.page.locator(".articles li").last.scroll_into_view_if_needed()
    talk.page.evaluate(DROP, ["file", "#chat"])
    expect(talk.page.locator(".report .group").first).to_be_in_viewport()


def test_files_can_be_dropped_anywhere(empty_server: str, open_page: OpenPage) -> None:
    talk = open_page(empty_server)
    talk.page.evaluate(DROP, ["file", "#chat"])  # with the library never opened yet
    report = talk.page.locator(".report")
    report.wait_for()
    assert "Already there: 1 article" in report.inner_text()
    assert report.is_visible()
    assert talk.page.evaluate(DROP, ["text", "#chat"]) is True  # words dragged into the question go their usual way


DROP = """([what, where]) => {
  const text = 'The Mill by the Weir\\n\\nIt was built in 1702 of red brick.';
  const file = new File([text], 'weir.txt', {type: 'text/plain'});
  const leaf = {isFile: true, isDirectory: false, name: 'weir.txt', file: (done) => done(file)};
  const hidden = {...leaf, name: '.DS_Store'};
  let read = false;
  const reader = {readEntries: (done) => { done(read ? [] : [leaf, hidden]); read = true; }};
  const folder = {isFile: false, isDirectory: true, name: 'folder', createReader: () => reader};
  const drop = new Event('drop', {bubbles: true, cancelable: true});
  const items = {folder: [folder], file: [leaf], text: []}[what].map((entry) => ({webkitGetAsEntry: () => entry}));
  drop.dataTransfer = {items, files: [], types: [what === 'text' ? 'text/plain' : 'Files']};
  return document.querySelector(where).dispatchEvent(drop);
}"""
"""What Chromium does when something is dropped, and whether it does what it would; a test cannot take files from the
desktop."""


def _accounts(folder: Path, payer: str, bought: str, year: int, count: int) -> list[Path]:
    """Files of what was paid, a year each."""
    files = [folder / f"{payer}-{number}.txt" for number in range(count)]
    for number, file in enumerate(files):
        told = " ".join(f"In {year + number} the {payer} paid {line} shillings for {bought}." for line in range(60))
        file.write_text(f"{payer.capitalize()} Accounts {number}\n\n{told}")
    return files


def test_adding_tells_how_far_it_is_and_does_not_keep_from_asking(
    empty_server: str, open_page: OpenPage, tmp_path: Path
) -> None:
    files = _accounts(tmp_path, "parish", "candles", 1500, 150)
    talk = open_page(empty_server)
    talk.open_library()
    talk.page.locator("#files input[type=file]").set_input_files([str(file) for file in files])
    # All are read within a second where nothing else runs; storing them takes ten.
    talk.page.locator("#report", has_text=re.compile("of 150|150 read")).wait_for()
    talk.page.locator("#report", has_text=re.compile(r"about \d+ \w+ left")).wait_for()
    assert not talk.page.locator("#files .file-preview").is_visible()
    assert talk.page.locator(".report").count() == 0  # it is still at work when it is asked
    talk.ask("How much does an Arctic tern weigh?")
    assert "100 grams" in talk.last.locator(".answer").inner_text()


def test_head_of_the_page_tells_how_far_adding_is_wherever_one_is(
    empty_server: str, open_page: OpenPage, tmp_path: Path
) -> None:
    files = _accounts(tmp_path, "guild", "rope", 1600, 60)
    talk = open_page(empty_server)
    held = talk.page.locator("#brand p")
    before = held.inner_text()
    talk.open_library()
    talk.page.locator("#files input[type=file]").set_input_files([str(file) for file in files])
    talk.page.get_by_role("tab", name="History").click()
    expect(held).to_contain_text(re.compile("Adding: .+"))
    assert not re.search(r"- [\d.]+%", held.inner_text())
    talk.page.locator(".report").wait_for(state="attached")
    expect(held).not_to_contain_text("Adding")
    assert held.inner_text() != before  # it says how many there are now


def test_dragging_files_over_the_page_shows_that_they_can_be_dropped(empty_server: str, open_page: OpenPage) -> None:
    talk = open_page(empty_server)
    shown = "() => getComputedStyle(document.body, '::after').content"
    assert talk.page.evaluate(shown) == "none"
    talk.page.evaluate(DRAG, "Files")
    assert "Drop to add to your library" in talk.page.evaluate(shown)
    talk.page.wait_for_function(f"({shown})() === 'none'")  # it has left the page
    talk.page.evaluate(DRAG, "text/plain")
    assert talk.page.evaluate(shown) == "none"


DRAG = """(type) => {
  const drag = new Event('dragover', {bubbles: true, cancelable: true});
  drag.dataTransfer = {types: [type]};
  document.getElementById('chat').dispatchEvent(drag);
}"""


@pytest.mark.parametrize("width", [1280, 390])
def test_boxes_to_tick_are_whole_and_rows_are_one_line_of_parts(
    samples_server: str, open_page: OpenPage, width: int
) -> None:
    talk = open_page(samples_server, width=width)
    talk.open_library()
    talk.page.locator(".articles li").first.wait_for()
    hidden = talk.page.evaluate(
        """() => [...document.querySelectorAll('.articles li')].filter((row) => {
             const [box, all] = [row.querySelector('.tick input'), row].map((one) => one.getBoundingClientRect());
             return box.left < all.left || box.right > all.right || box.top < all.top || box.bottom > all.bottom;
           }).length"""
    )
    assert hidden == 0
    below = talk.page.evaluate(
        """() => [...document.querySelectorAll('.articles li')].filter((row) =>
             row.querySelector('.remove').getBoundingClientRect().top
             >= row.querySelector('.source').getBoundingClientRect().bottom).length"""
    )
    assert below == 0  # what removes an article stands beside its title
