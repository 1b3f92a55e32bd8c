"""The page: its components, and which function each event calls."""

from __future__ import annotations

import hashlib
import logging
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gradio as gr

from ingest.report import IngestReport, Progress, ProgressCallback
from qa.chatbot import Chatbot
from ui.page import render
from ui.page.api import add_endpoints
from ui.page.chat import converse
from ui.page.exchange import Exchanges, Pending, from_browser, to_browser
from ui.page.library import Library
from ui.page.render import Mark
from ui.page.theme import script
from vectorstore import StoreError

logger = logging.getLogger(__name__)

UPLOADS_KEPT = 3600
"""Seconds that what came up for adding lies about in Gradio's own folder; the library has its copy."""

Updates = dict[Any, Any]
"""New values, or other updates, by component: what Gradio takes from a handler."""


def build_page(bot: Chatbot, library: Library | None = None) -> gr.Blocks:
    """The page over ``bot``; ``theme.look()`` is what its ``launch`` needs besides."""
    page = _Page(bot, library or Library(bot.index))
    blocks = gr.Blocks(
        title="Ask your articles", fill_width=True, analytics_enabled=False, delete_cache=(UPLOADS_KEPT, UPLOADS_KEPT)
    )
    with blocks:
        add_endpoints(bot)  # first, for the first to take a name has it
        page.build()
        page.connect(blocks)
    return blocks


class _Page:
    """Components and handlers. Holds nothing of any visitor: that is in ``self.exchanges``, one for each."""

    def __init__(self, bot: Chatbot, library: Library) -> None:
        self.bot = bot
        self.library = library

    # Components -------------------------------------------------------------------------------

    def build(self) -> None:
        self.exchanges = gr.State(())
        self.kept = gr.BrowserState(
            "", storage_key=f"article-qa-{_short_hash(self.bot.index.folder)}", secret=_secret(self.bot.index.folder)
        )
        with gr.Row(elem_id="top"):
            self.brand = _html("brand")
            self.clear = gr.Button("New conversation", size="sm", elem_id="clear", min_width=0, scale=0)
        with gr.Row(elem_id="panes"):
            with gr.Column(elem_id="chat", min_width=0):
                self.welcome = _html("welcome", "buttons")
                self.conversation = _html("conversation", "conversation", "buttons")
                self.question = gr.Textbox(
                    label="Your question",
                    show_label=False,
                    placeholder="Ask a question",
                    lines=1,
                    max_lines=5,
                    max_length=1000,
                    autofocus=True,
                    submit_btn="Ask",
                    elem_id="question",
                )
            with gr.Column(elem_id="panel", min_width=0), gr.Tabs(elem_id="tabs", selected="article") as self.tabs:
                with gr.Tab("Article", id="article", elem_id="article-tab"):
                    self.article = _html("article", "buttons", "article")
                    self.reasons = _html("reasons", "buttons")
                with gr.Tab("Library", id="library", elem_id="library-tab") as self.library_tab:
                    self._build_library()

    def _build_library(self) -> None:
        self.files = gr.File(
            label="Drop text, Markdown or saved web pages here, or click to choose",
            file_count="multiple",
            height=112,
            elem_id="files",
        )
        with gr.Row(elem_id="pages"):
            self.addresses = gr.Textbox(
                label="Web addresses",
                show_label=False,
                placeholder="Or paste web addresses",
                lines=1,
                max_lines=4,
                elem_id="addresses",
                scale=1,
                min_width=0,
            )
            self.add = gr.Button("Add", elem_id="add", min_width=0, scale=0)
        self.report = _html("report", "buttons")
        self.filter = gr.Textbox(
            label="Find an article", show_label=False, placeholder="Find an article by its title", elem_id="filter"
        )
        self.listed = _html("listed", "buttons")

    # Events -----------------------------------------------------------------------------------

    def connect(self, blocks: gr.Blocks) -> None:
        quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        held: list[Any] = [self.brand, self.welcome, self.listed, self.filter]
        chat = [
            self.question, self.conversation, self.exchanges, self.article, self.reasons, self.tabs, self.kept,
        ]  # fmt: skip

        blocks.load(self.open, [self.kept], [*chat, *held], **quiet)
        asking = [
            self.question.submit(self.ask, [self.question, self.exchanges], chat, **quiet),
            self.welcome.ask(self.ask_example, [self.exchanges], chat, **quiet),
        ]
        self.clear.click(self.forget, None, chat, cancels=asking, **quiet)

        shown = [self.article, self.reasons, self.tabs]
        for component in (self.conversation, self.article, self.reasons):
            component.show(self.show, [self.exchanges], shown, **quiet)
        self.listed.open(self.open_article, None, shown, **quiet)

        # One writer at a time, beside the questions: nobody waits for an ingest to ask.
        writing: dict[str, Any] = {
            "api_visibility": "private",
            "concurrency_limit": 1,
            "concurrency_id": "writing",
            "show_progress": "full",
            "show_progress_on": [self.report],
        }
        changed = [self.report, *held]
        self.files.upload(self.add_files, [self.files], [*changed, self.files], **writing)
        for listen in (self.add.click, self.addresses.submit):
            listen(self.add_pages, [self.addresses], [*changed, self.addresses], **writing)
        for listen in (self.welcome.library, self.welcome.samples):
            listen(lambda: gr.Tabs(selected="library"), None, self.tabs, **quiet)
        self.welcome.samples(self.add_samples, None, changed, **writing)
        self.listed.remove(self.remove, [self.filter], changed, **{**writing, "show_progress": "hidden"})
        self.report.dismiss(lambda: "", None, self.report, **quiet)
        self.filter.change(self.find, [self.filter], self.listed, trigger_mode="always_last", **quiet)
        self.library_tab.select(self.find, [self.filter], self.listed, **quiet)

    # The conversation -------------------------------------------------------------------------

    def open(self, kept: object) -> Updates:
        """A page that was opened or reloaded, with the conversation its browser kept."""
        exchanges = from_browser(kept)
        return {
            self.conversation: render.render_conversation(exchanges),
            self.exchanges: exchanges,
            **self._evidence(exchanges, len(exchanges) - 1),
            **self._library(),
        }

    def ask(self, question: str, exchanges: Exchanges) -> Iterator[Updates]:
        """The states of a question on the page."""
        question = question.strip()
        if not question:
            return
        for state in converse(self.bot, question, exchanges):
            if isinstance(state, Pending):
                yield {self.conversation: render.render_conversation(exchanges, state), self.question: ""}
            else:
                told = (*exchanges, state)
                yield {
                    self.conversation: render.render_conversation(told),
                    self.exchanges: told,
                    self.kept: to_browser(told),
                    **self._evidence(told, len(exchanges)),
                    self.tabs: gr.Tabs(selected="article"),
                }

    def ask_example(self, exchanges: Exchanges, event: gr.EventData) -> Iterator[Updates]:
        """The same for a question that stands ready on the page."""
        yield from self.ask(str(_field(event, "question") or ""), exchanges)

    def forget(self) -> Updates:
        """A new conversation."""
        return {
            self.question: "",
            self.conversation: render.render_conversation(()),
            self.exchanges: (),
            self.kept: to_browser(()),  # an empty string would not be stored
            **self._evidence((), -1),
        }

    # The article ------------------------------------------------------------------------------

    def _evidence(self, exchanges: Exchanges, number: int) -> Updates:
        """The article and the reasons for one exchange; number -1 is before the first."""
        answer = exchanges[number].answer if 0 <= number < len(exchanges) else None
        if answer is None:
            text = "When an answer comes, its article opens here with the supporting words marked."
            return {self.article: render.render_no_article("The words behind the answer", text), self.reasons: ""}
        reasons = render.render_reasons(answer, number)
        if not answer.citations:
            text = "The passages that were read, and why, are listed below."
            return {self.article: render.render_no_article("Nothing to mark", text), self.reasons: reasons}
        return {self.article: self._article(Mark.of(answer.citations[0]), exchanges, number), self.reasons: reasons}

    def _article(self, mark: Mark, exchanges: Exchanges, number: int) -> str:
        try:
            article = self.bot.index.article(mark.article_id)
        except StoreError as error:
            return render.render_no_article("This article cannot be shown", str(error))
        if article is None:
            return render.render_no_article("This article is gone", "It is no longer in the library.")
        answer = exchanges[number].answer if 0 <= number < len(exchanges) else None
        steps = [Mark.of(citation) for citation in answer.citations] if answer else []
        return render.render_article(article, mark, steps, number)

    def show(self, exchanges: Exchanges, event: gr.EventData) -> Updates:
        """The place in an article that a button names, with the reasons of the exchange it belongs to."""
        number = _number(event, "exchange")
        mark = Mark(
            str(_field(event, "article") or ""),
            _number(event, "start") or 0,
            _number(event, "end") or 0,
            _number(event, "answerStart"),
            _number(event, "answerEnd"),
        )
        place = -1 if number is None else number
        updates: Updates = {self.article: self._article(mark, exchanges, place), self.tabs: gr.Tabs(selected="article")}
        if 0 <= place < len(exchanges) and (answer := exchanges[place].answer):
            updates[self.reasons] = render.render_reasons(answer, place)
        return updates

    def open_article(self, event: gr.EventData) -> Updates:
        """A whole article, nothing marked."""
        mark = Mark(str(_field(event, "article") or ""), 0, 0)
        return {self.article: self._article(mark, (), -1), self.reasons: "", self.tabs: gr.Tabs(selected="article")}

    # The library ------------------------------------------------------------------------------

    def find(self, wanted: str) -> str:
        """The list as the filter narrows it."""
        return render.render_library(self.library.articles(), wanted)

    def add_files(self, files: list[str] | None, progress: gr.Progress = gr.Progress()) -> Updates:  # noqa: B008
        """Adds what was dropped."""
        paths = [Path(file) for file in files or []]
        return {**self._add(progress, lambda told: self.library.add_uploads(paths, told)), self.files: None}

    def add_pages(self, addresses: str, progress: gr.Progress = gr.Progress()) -> Updates:  # noqa: B008
        """Adds the pages at the addresses that were pasted."""
        if not addresses.strip():
            return {self.report: render.render_message("Paste the address of a web page first.")}
        return {**self._add(progress, lambda told: self.library.add_pages(addresses, told)), self.addresses: ""}

    def add_samples(self, progress: gr.Progress = gr.Progress()) -> Updates:  # noqa: B008
        """Adds the sample articles."""
        return self._add(progress, self.library.add_samples)

    def _add(self, progress: gr.Progress, add: Callable[[ProgressCallback], IngestReport]) -> Updates:
        def told(now: Progress) -> None:
            name = render.source_name(now.source)
            progress(now.done / max(now.total, 1), desc=f"{now.done:,} of {now.total:,}{name and ': '}{name}")

        progress(0.0, desc="Reading the articles")
        return self._changed(lambda: render.render_report(add(told)))

    def remove(self, wanted: str, event: gr.EventData) -> Updates:
        """Forgets an article."""

        def removed() -> str:
            gone = self.library.remove(str(_field(event, "article") or ""))
            return render.render_message(f"Removed “{gone.title}”." if gone else "It had been removed already.")

        return self._changed(removed, wanted)

    def _changed(self, change: Callable[[], str], wanted: str = "") -> Updates:
        """Makes a change of the library; what it says, and the page with the library as it is then."""
        try:
            said = change()
        except StoreError as error:
            said = render.render_message(str(error), failed=True)
        except Exception:
            logger.exception("changing the library failed")
            said = render.render_message("That did not work. The log of the program says why.", failed=True)
        return {self.report: said, **self._library(wanted)}

    def _library(self, wanted: str = "") -> Updates:
        """What the page shows of the library as it is now."""
        articles = self.library.articles()
        return {
            self.brand: render.render_brand(len(articles)),
            self.welcome: render.render_welcome(len(articles), self.library.examples()),
            self.listed: render.render_library(articles, wanted),
            self.filter: gr.Textbox(value=wanted, visible=len(articles) > 1),
        }


def _html(name: str, *scripts: str) -> Any:
    """An HTML part that fills itself in; typed loosely, for its events come from its script."""
    return gr.HTML("", elem_id=name, apply_default_css=False, padding=False, js_on_load=script(*scripts) or None)


def _field(event: gr.EventData, name: str) -> Any:
    """What a button carries, as the browser sent it: trusted for nothing."""
    data = event._data
    return data.get(name) if isinstance(data, dict) else None


def _number(event: gr.EventData, name: str) -> int | None:
    value = str(_field(event, name))
    return int(value) if value.isascii() and value.isdigit() and len(value) < 12 else None


def _short_hash(folder: Path) -> str:
    return hashlib.sha256(str(folder).encode()).hexdigest()[:12]


def _secret(folder: Path) -> str:
    """What browsers' copies of conversations are encrypted with; kept, so that they outlast a restart."""
    path = folder / "browser.secret"
    try:
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(secrets.token_hex(16), encoding="ascii")
        return path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        return secrets.token_hex(16)
