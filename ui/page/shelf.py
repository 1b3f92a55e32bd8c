"""What a visitor does with the library: adds, finds, removes. Holds nothing of any visitor."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import gradio as gr

from ingest.report import IngestReport, Progress, ProgressCallback
from qa.chatbot import Chatbot
from ui.page import render, sent
from ui.page.guide import Guides
from ui.page.library import Library
from ui.page.overview import Overview, Overviews
from ui.page.parts import Parts, Updates
from ui.page.pictures import Pictures
from vectorstore import StoreError

logger = logging.getLogger(__name__)


class Shelf:
    """Functions that events call, each of which gives the parts of the page that change."""

    def __init__(self, parts: Parts, bot: Chatbot, library: Library, overviews: Overviews) -> None:
        self.parts = parts
        self.bot = bot
        self.library = library
        self.guides = Guides(bot)
        self.overviews = overviews
        self.pictures = Pictures(library.uploads)

    def overview(self) -> Iterator[str]:
        """The library's first page with what takes a while to find: its themes, then what it is known to answer."""
        yield self._welcome(self.overviews.with_themes())
        yield self._welcome(self.overviews.whole())

    def _welcome(self, overview: Overview) -> str:
        return render.render_welcome(overview, stays_here=self.bot.settings.llm is None)

    def guide(self, event: gr.EventData, request: gr.Request) -> Iterator[str]:
        """The guide to the article that is shown, then the same with what it is known to answer."""
        try:
            article = self.bot.index.article(sent.text(event, "article"))
            if article is None:
                yield ""
                return
            yield render.render_guide(self.guides.of(article))
            yield render.render_guide(self.guides.with_questions(article, request.session_hash or ""))
        except StoreError:
            yield ""  # the article's own part says what is wrong

    def picture(self, event: gr.EventData) -> str:
        """A page of an article as it looks."""
        wanted, page = sent.text(event, "article"), sent.number(event, "page") or 0
        try:
            article = self.bot.index.article(wanted)
            drawn = self.pictures.of(article, page) if article else None
        except StoreError:
            drawn = None  # the article's own part says what is wrong
        return render.render_picture(wanted, page, drawn)

    def find(self, wanted: str) -> str:
        """The list as the filter narrows it."""
        return render.render_library(self.library.articles(), wanted)

    def turn(self, wanted: str, event: gr.EventData) -> str:
        """Another leaf of the list."""
        return render.render_library(self.library.articles(), wanted, sent.number(event, "start") or 0)

    def add_files(self, files: list[str] | None, progress: gr.Progress = gr.Progress()) -> Updates:  # noqa: B008
        """Adds what was dropped."""
        paths = [Path(file) for file in files or []]
        return {**self._add(progress, lambda told: self.library.add_uploads(paths, told)), self.parts.files: None}

    def add_pages(self, addresses: str, progress: gr.Progress = gr.Progress()) -> Updates:  # noqa: B008
        """Adds the pages at the addresses that were pasted."""
        if not addresses.strip():
            return {self.parts.report: render.render_message("Paste the address of a web page first.")}
        added = self._add(progress, lambda told: self.library.add_pages(addresses, told))
        return {**added, self.parts.addresses: ""}

    def add_samples(self, progress: gr.Progress = gr.Progress()) -> Updates:  # noqa: B008
        """Adds the sample articles."""
        return self._add(progress, self.library.add_samples)

    def _add(self, progress: gr.Progress, add: Callable[[ProgressCallback], IngestReport]) -> Updates:
        began = time.monotonic()
        furthest = 0.0

        def told(now: Progress) -> None:
            nonlocal furthest  # sources that need no work come and go, but a bar does not go back
            furthest = max(furthest, min(now.share, 0.99))
            progress(furthest, desc=render.progress_in_words(now, time.monotonic() - began))

        progress(0.0, desc="Reading the articles")
        return self._changed(lambda: render.render_report(add(told)))

    def remove(self, wanted: str, event: gr.EventData) -> Updates:
        """Forgets an article."""

        def removed() -> str:
            gone = self.library.remove(sent.text(event, "article"))
            return render.render_message(f"Removed “{gone.title}”." if gone else "It had been removed already.")

        return self._changed(removed, wanted)

    def _changed(self, change: Callable[[], str], wanted: str = "") -> Updates:
        """Makes a change of the library; what it says, and the page with the library as it is then."""
        try:
            said = change()
        except StoreError as error:
            said = render.render_message(str(error), failed=True)
        except Exception:  # of whatever kind: it is logged, and the person is told instead of seeing no report at all
            logger.exception("changing the library failed")
            said = render.render_message("That did not work. The log of the program says why.", failed=True)
        return {self.parts.report: said, **self.shown(wanted)}

    def shown(self, wanted: str = "") -> Updates:
        """What the page shows of the library as it is now."""
        articles = self.library.articles()
        return {
            self.parts.brand: render.render_brand(len(articles)),
            self.parts.welcome: self._welcome(self.overviews.quick(articles)),
            self.parts.listed: render.render_library(articles, wanted),
            self.parts.filter: gr.Textbox(value=wanted, visible=len(articles) > 1),
        }
