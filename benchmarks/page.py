"""How quickly the page is there, and how it bears a large library: ``python -m benchmarks.page [--articles 10000]``.

Opens the served page in headless Chromium, each time as a new visitor with an empty cache, and reads Chromium's own
clock: first paint, and the moment from which one can type. Then fills a library with made articles (one chunk each,
with made vectors, for what is measured is the page), scrolls through its list and narrows it. Prints Markdown; exit
status 1 where anything was asked of another host, or an error stands in the console.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, Page, sync_playwright

import samples
from benchmarks.load import served
from ingest import add_articles
from ingest.chunking import chunk_article
from vectorstore import Article, ArticleIndex

WORDS = Path(samples.ARTICLES)
ADDED_AT_ONCE = 1000
FRAMES = """(list) => new Promise((done) => {
  const scroller = document.querySelector('#library-tab > .column');
  const gaps = []; let last = performance.now(); let step = 0;
  const frame = (now) => {
    gaps.push(now - last); last = now; step += 1;
    scroller.scrollTop += 120;
    if (step < 120) requestAnimationFrame(frame); else done(gaps.slice(2));
  };
  requestAnimationFrame(frame);
})"""
"""Milliseconds between frames while the list is scrolled by 120 pixels in each of 120 frames."""


@dataclass
class Seen:
    """What pages did that they must not."""

    address: str
    problems: list[str] = field(default_factory=list)

    def open(self, browser: Browser) -> Page:
        """The page, for a new visitor."""
        page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
        page.on("request", lambda request: self._request(request.url))
        page.on("console", lambda message: self._told(message.type, message.text))
        page.on("pageerror", lambda error: self.problems.append(f"error: {error}"))
        page.goto(self.address)
        page.wait_for_selector(".welcome h2")
        return page

    def _request(self, url: str) -> None:
        if not url.startswith((self.address, "data:", "blob:")):
            self.problems.append(f"request to {url}")

    def _told(self, kind: str, text: str) -> None:
        if kind == "error":
            self.problems.append(f"console: {text}")


def opening(browser: Browser, seen: Seen, times: int) -> dict[str, float]:
    """Medians over so many visitors: seconds to the first paint and until one can ask, requests and megabytes."""
    rows: dict[str, list[float]] = {}
    for _ in range(times):
        page = seen.open(browser)
        row = {
            "first paint s": page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
            / 1000,
            "ready s": page.evaluate("performance.now()") / 1000,
            "requests": page.evaluate("performance.getEntriesByType('resource').length + 1"),
            "MB": page.evaluate(
                "performance.getEntriesByType('resource').reduce((sum, one) => sum + one.transferSize, 0)"
            )
            / 2**20,
        }
        for name, value in row.items():
            rows.setdefault(name, []).append(value)
        page.context.close()
    return {name: statistics.median(values) for name, values in rows.items()}


def made_library(folder: Path, articles: int) -> None:
    """A library of so many short articles."""
    chance = random.Random(5)
    words = " ".join(path.read_text(encoding="utf-8") for path in sorted(WORDS.glob("*.txt"))).split()
    index = ArticleIndex.open(folder)
    dimension = len(index.embed_query("ready"))
    vectors = np.random.default_rng(5)
    with index.writing():
        for first in range(0, articles, ADDED_AT_ONCE):
            batch = []
            for number in range(first, min(first + ADDED_AT_ONCE, articles)):
                title = f"{' '.join(chance.choices(words, k=5))} {number}"
                text = " ".join(chance.choices(words, k=60))
                published = f"{2000 + number % 25}-{1 + number % 12:02}-{1 + number % 28:02}"
                article = Article(f"a{number}", f"/made/{number}.txt", title, text, f"f{number}", published=published)
                batch.append((article, chunk_article(article)))
            texts = index.new_texts([chunk for _, chunks in batch for chunk in chunks])
            rows = vectors.standard_normal((len(texts), dimension)).astype(np.float32)
            rows /= np.linalg.norm(rows, axis=1, keepdims=True)
            index.add(batch, dict(zip(texts, rows, strict=True)))
    index.close()


def using(browser: Browser, seen: Seen, articles: int) -> dict[str, float]:
    """Seconds that the list of a large library takes, and the longest frame while it is scrolled."""
    page = seen.open(browser)
    page.set_default_timeout(120_000)
    began = time.perf_counter()
    page.get_by_role("tab", name="Library").click()
    page.locator("#listed .articles li").first.wait_for()
    shown = time.perf_counter() - began
    gaps = page.evaluate(FRAMES)
    page.get_by_role("button", name="Next articles").first.click()
    began = time.perf_counter()
    page.locator("#listed", has_text="201 to 400").wait_for()
    turned = time.perf_counter() - began
    began = time.perf_counter()
    page.get_by_label("Find an article").fill(f" {articles - 1}")
    page.wait_for_function("document.querySelectorAll('#listed .articles > li').length === 1")
    narrowed = time.perf_counter() - began
    page.context.close()
    return {
        "list shown s": shown,
        "next 200 s": turned,
        "narrowed s": narrowed,
        "median frame ms": statistics.median(gaps),
        "longest frame ms": max(gaps),
    }


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=10_000)
    parser.add_argument("--times", type=int, default=5, help="visitors that the page is opened for")
    options = parser.parse_args()
    busy = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    problems: list[str] = []
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium") or shutil.which("google-chrome"))
        few, many = Path(name) / "few", Path(name) / "many"
        index = ArticleIndex.open(few)
        add_articles([samples.ARTICLES], index)
        index.close()
        made_library(many, options.articles)
        for told, folder in ((f"{len(list(WORDS.iterdir()))} articles", few), (f"{options.articles:,} articles", many)):
            with served(folder) as address:
                seen = Seen(address)
                figures = opening(browser, seen, options.times)
                if folder == many:
                    figures |= using(browser, seen, options.articles)
                problems += seen.problems
            print(f"\n| {told} | |\n|---|---|")
            for figure, value in figures.items():
                print(f"| {figure} | {value:.2f} |")
        browser.close()
    print(f"\nLoad of the machine before: {busy:.1f} on {os.cpu_count()} cores.")
    print(f"Asked of other hosts, or errors in the console: {len(problems)}.")
    for problem in problems[:20]:
        print(f"- {problem}")
    if problems:
        sys.exit(1)


if __name__ == "__main__":
    main()
