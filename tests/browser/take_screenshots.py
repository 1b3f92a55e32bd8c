"""Takes the pictures in docs/screenshots: ``python -m tests.browser.take_screenshots [folder]``."""

from __future__ import annotations

import shutil
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

import samples
from ingest import add_articles
from tests.browser.conftest import PATIENCE_SECONDS, ROOT, Talk, serve
from vectorstore import ArticleIndex

QUESTION = "When did Kanye propose?"
UNSAID = "Who won the football world cup in 1966?"


def main(target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        filled = work / "filled" / "index"
        index = ArticleIndex.open(filled)
        add_articles([samples.ARTICLES], index)
        index.close()
        with sync_playwright() as playwright, contextmanager(serve)(filled) as address:
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium") or shutil.which("google-chrome")
            )
            take_all(browser, address, target, work)
            browser.close()
    for picture in sorted(target.glob("*.png")):
        shrink(picture)
        sys.stdout.write(f"{picture} {picture.stat().st_size // 1000} kB\n")


def take_all(browser: Browser, address: str, target: Path, work: Path) -> None:
    """Every picture, each from the page of another visitor."""

    def visit(width: int = 1360, height: int = 850, **options: object) -> Talk:
        context = browser.new_context(viewport={"width": width, "height": height}, device_scale_factor=1.5, **options)  # type: ignore[arg-type]
        context.set_default_timeout(1000 * PATIENCE_SECONDS)
        page = context.new_page()
        page.goto(address)
        page.locator(".welcome h2").wait_for()
        return Talk(page)

    def take(talk: Talk, name: str) -> None:
        still(talk.page)
        talk.page.screenshot(path=target / f"{name}.png")
        talk.page.context.close()

    talk = visit()
    talk.ask(QUESTION)
    take(talk, "chat")
    talk = visit(color_scheme="dark")
    talk.ask(QUESTION)
    take(talk, "dark")
    talk = visit(width=390, height=844, has_touch=True, is_mobile=True)
    talk.ask(QUESTION)
    take(talk, "phone")
    talk = visit()
    talk.ask(UNSAID)
    take(talk, "abstain")
    talk = visit()
    article, broken = work / "The Orchard at Hollin Farm.txt", work / "holiday.txt"
    article.write_text(
        "The Orchard at Hollin Farm\n\nThe orchard was planted in 1887 by Edith Marlow, a retired nurse."
    )
    broken.write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(range(256)) * 40)
    talk.upload(article, broken)
    take(talk, "library")


def still(page: Page) -> None:
    """Waits until nothing moves, with the focus nowhere."""
    page.evaluate("document.activeElement?.blur()")
    page.mouse.move(1, 1)
    page.wait_for_timeout(1500)


def shrink(picture: Path) -> None:
    """Fewer colours: a page has few, and the files stay small."""
    Image.open(picture).convert("RGB").quantize(200, dither=Image.Dither.NONE).save(picture, optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "screenshots")
