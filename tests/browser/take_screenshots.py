"""Takes the pictures in docs/screenshots: ``python -m tests.browser.take_screenshots [folder]``."""

from __future__ import annotations

import shutil
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

import samples
from ingest import add_articles
from tests.browser.conftest import PATIENCE_SECONDS, ROOT, Talk, serve
from tests.qa.fake_llm_server import FakeLLMServer, drip
from vectorstore import ArticleIndex

QUESTION = "When did Kanye propose?"
UNSAID = "Who won the football world cup in 1966?"
WRITTEN = [f"{word} " for word in "Kanye proposed on Oct. 21, 2013, at a ballpark in San Francisco".split()] + [
    ""
] * 2000
"""What the language model writes, and then writes no end."""


def main(target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        filled, empty = work / "filled" / "index", work / "empty" / "index"
        empty.parent.mkdir()
        index = ArticleIndex.open(filled)
        add_articles([samples.ARTICLES], index)
        index.close()
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium") or shutil.which("google-chrome")
            )
            with contextmanager(serve)(filled) as address:
                take_all(Pictures(browser, address, target), work)
            with contextmanager(serve)(empty, "--auth", "ann:tulip") as address:
                take_first(Pictures(browser, address, target))
            with FakeLLMServer(drip(WRITTEN, 0.05)) as llm:
                options = ("--llm", "openai:slow", "--llm-base-url", llm.url)
                with contextmanager(serve)(filled, *options) as address:
                    take_working(Pictures(browser, address, target))
            browser.close()
    for picture in sorted(target.glob("*.png")):
        shrink(picture)
        sys.stdout.write(f"{picture} {picture.stat().st_size // 1000} kB\n")


@dataclass(frozen=True)
class Pictures:
    """Takes pictures of pages, each opened by another visitor."""

    browser: Browser
    address: str
    target: Path

    def visit(self, width: int = 1360, height: int = 850, scale: float = 1.0, **options: Any) -> Talk:
        context = self.browser.new_context(
            viewport={"width": width, "height": height}, device_scale_factor=scale, **options
        )
        context.set_default_timeout(1000 * PATIENCE_SECONDS)
        page = context.new_page()
        page.goto(self.address)
        page.locator(".welcome h2").or_(page.get_by_label("username")).wait_for()
        return Talk(page)

    def take(self, talk: Talk, name: str, wait: int = 1500) -> None:
        still(talk.page, wait)
        talk.page.screenshot(path=self.target / f"{name}.png")

    def take_last(self, talk: Talk, name: str, wait: int = 1500) -> None:
        self.take(talk, name, wait)
        talk.page.context.close()


def take_all(pictures: Pictures, work: Path) -> None:
    """What can be seen over the sample articles."""
    visit, take, take_last = pictures.visit, pictures.take, pictures.take_last
    talk = visit()
    take(talk, "welcome")
    talk.ask(QUESTION)
    talk.ask("and when did they marry?")
    talk.page.get_by_text("Passages read, and why").click()
    take(talk, "reasons")
    talk.last.get_by_role("button", name="This is wrong").click()
    talk.page.get_by_label("The right answer is…").wait_for()
    take(talk, "feedback")
    talk.page.get_by_label("The right answer is…").fill("May 24, 2014")
    talk.page.keyboard.press("Enter")
    talk.page.locator(".noted").wait_for()
    talk.page.get_by_role("link", name="New conversation").click()
    talk.page.locator(".welcome h2").wait_for()
    talk.ask("How much does an Arctic tern weigh?")
    talk.open_history()
    talk.page.locator(".manage > summary").first.click()
    take_last(talk, "history")

    talk = visit(scale=1.5)
    talk.ask(QUESTION)
    take_last(talk, "chat")
    talk = visit(color_scheme="dark")
    talk.ask(QUESTION)
    take_last(talk, "dark")
    talk = visit(390, 844, 1.5, has_touch=True, is_mobile=True)
    take(talk, "phone-welcome")
    talk.ask(QUESTION)
    take(talk, "phone")
    talk.last.locator(".source").first.tap()
    take_last(talk, "phone-article")
    talk = visit(390, 844, 1.5, has_touch=True, is_mobile=True, color_scheme="dark")
    talk.open_library()
    talk.page.locator(".articles li").first.wait_for()
    take_last(talk, "phone-library")
    talk = visit()
    talk.open_library()
    row = talk.page.locator(".articles li", has_text="The Bird That Lives in Summer")
    row.locator(".tick input").check()
    row.locator(".source").click()
    talk.page.locator(".guide-slot .examples").wait_for()
    take_last(talk, "guide")
    talk = visit()
    talk.ask(UNSAID)
    take_last(talk, "abstain")
    talk = visit()
    talk.ask("???")
    take_last(talk, "error")
    talk = visit()
    article, broken = work / "The Orchard at Hollin Farm.txt", work / "holiday.txt"
    article.write_text(
        "The Orchard at Hollin Farm\n\nThe orchard was planted in 1887 by Edith Marlow, a retired nurse."
    )
    broken.write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(range(256)) * 40)
    talk.upload(article, broken)
    take_last(talk, "library")


def take_first(pictures: Pictures) -> None:
    """Logging in to a library that is empty."""
    talk = pictures.visit()
    pictures.take(talk, "login")
    talk.page.get_by_label("username").fill("ann")
    talk.page.get_by_label("password").fill("tulip")
    talk.page.keyboard.press("Enter")
    talk.page.locator(".welcome h2").wait_for()
    pictures.take(talk, "empty")
    talk.page.get_by_role("button", name="Try it with the sample articles").click()
    talk.page.locator("#report", has_text="12").wait_for()
    pictures.take_last(talk, "adding", wait=0)


def take_working(pictures: Pictures) -> None:
    """A language model at work, and stopped."""
    talk = pictures.visit()
    talk.page.get_by_label("Your question").fill(QUESTION)
    talk.page.keyboard.press("Enter")
    talk.page.locator(".working", has_text="ballpark").wait_for()
    pictures.take(talk, "working", wait=0)
    talk.page.get_by_role("button", name="Stop").click()
    talk.page.locator(".stopped").wait_for()
    pictures.take_last(talk, "stopped")


def still(page: Page, wait: int) -> None:
    """Waits until nothing moves, with the focus nowhere."""
    if page.locator(".guide-slot").count():
        page.locator(".guide-slot .guide").wait_for(state="attached")
    page.evaluate("document.activeElement?.blur()")
    page.mouse.move(1, 1)
    page.wait_for_timeout(wait)


def shrink(picture: Path) -> None:
    """Fewer colours: a page has few, and the files stay small."""
    Image.open(picture).convert("RGB").quantize(200, dither=Image.Dither.NONE).save(picture, optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "screenshots")
