"""The page: its components, and which function each event calls."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr

from ingest.formats import SUFFIXES
from ingest.report import IngestReport, Progress, ProgressCallback
from qa.chatbot import Chatbot
from qa.path import MAX_QUESTION_CHARS
from ui.history import Exchange, Feedback, History, as_json, as_markdown, as_test_set, file_name
from ui.page import render
from ui.page.api import ASKING, add_endpoints
from ui.page.chat import Stops, converse
from ui.page.library import Library
from ui.page.render import Mark
from ui.page.theme import script
from ui.page.visitor import owner_of
from ui.tools import Tools
from vectorstore import StoreError

logger = logging.getLogger(__name__)

UPLOADS_KEPT = 3600
"""Seconds that what came up for adding lies about in Gradio's own folder; the library has its copy."""

MAX_RIGHT_ANSWER = 500
"""Characters of a right answer that is kept; answers are short."""

FEW = 8
"""Conversations that nobody needs a filter for."""
NOTHING_OPEN = "-"
"""What stands for no conversation in the browser, which does not store an empty string."""

Updates = dict[Any, Any]
"""New values, or other updates, by component: what Gradio takes from a handler."""


def build_page(bot: Chatbot, library: Library | None = None, history: History | None = None) -> gr.Blocks:
    """The page over ``bot``; ``theme.look()`` is what its ``launch`` needs besides.

    Without the cookie that ``server.launch`` adds, each opening of the page is another visitor.
    """
    page = _Page(bot, library or Library(bot.index), history or History.open(bot.index.folder))
    blocks = gr.Blocks(
        title="Ask your articles", fill_width=True, analytics_enabled=False, delete_cache=(UPLOADS_KEPT, UPLOADS_KEPT)
    )
    with blocks:
        add_endpoints(Tools(bot))  # first, for the first to take a name has it
        page.build()
        page.connect(blocks)
    return blocks


UNKEPT = (
    "This answer is shown, but could not be kept: there may be no room left on the disk. It is gone when you leave the "
    "conversation; what was wrong is in the log of the program that serves this page."
)


class _Page:
    """Components and handlers. Holds nothing of any visitor: that is in ``history``, and ``self.opened`` says where."""

    def __init__(self, bot: Chatbot, library: Library, history: History) -> None:
        self.bot = bot
        self.library = library
        self.history = history
        self.stops = Stops()

    # Components -------------------------------------------------------------------------------

    def build(self) -> None:
        # The id of the conversation that is open. In the browser, so that neither a reload nor a restart loses it;
        # it opens nothing to who is not its owner. The secret keeps nothing secret, but must not change.
        self.opened = gr.BrowserState(
            "", storage_key=f"article-qa-{_short_hash(self.bot.index.folder)}", secret="article-qa"
        )
        with gr.Row(elem_id="top"):
            self.brand = _html("brand")
            self.places = _html("places", "buttons", "files", suffixes=sorted(SUFFIXES))
            self.places.value = render.render_places()
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
                    max_length=MAX_QUESTION_CHARS,
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
                with gr.Tab("History", id="history", elem_id="history-tab") as self.history_tab:
                    self.sought = gr.Textbox(
                        label="Find a conversation",
                        show_label=False,
                        placeholder="Find a conversation by its title",
                        elem_id="sought",
                        visible=False,
                    )
                    self.past = _html("past", "buttons")
        self.download = _html("download", "download")

    def _build_library(self) -> None:
        self.files = gr.File(
            label="Drop files or a folder here, or click to choose files",
            file_count="multiple",
            height=112,
            elem_id="files",
        )
        self.folder = _html("folder")
        self.folder.value = render.render_folder(sorted(SUFFIXES))
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
        self.about = _html("about")
        self.filter = gr.Textbox(
            label="Find an article",
            show_label=False,
            placeholder="Find an article by title, author or file",
            elem_id="filter",
        )
        self.listed = _html("listed", "buttons")

    # Events -----------------------------------------------------------------------------------

    def connect(self, blocks: gr.Blocks) -> None:
        quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        held: list[Any] = [self.brand, self.welcome, self.listed, self.filter, self.about]
        chat = [
            self.question, self.conversation, self.opened, self.article, self.reasons, self.tabs, self.past,
            self.sought,
        ]  # fmt: skip

        blocks.load(self.open, [self.opened], [*chat, *held], **quiet)
        answering = {**quiet, **ASKING}
        asking = [
            self.question.submit(self.ask, [self.question, self.opened], chat, **answering),
            self.welcome.ask(self.ask_ready, [self.opened], chat, **answering),
            self.conversation.ask(self.ask_ready, [self.opened], chat, **answering),
        ]
        self.question.stop(self.stop, None, None, queue=False, **quiet)
        self.clear.click(self.begin, None, chat, cancels=asking, **quiet)

        shown = [self.article, self.reasons, self.tabs]
        for component in (self.conversation, self.article, self.reasons):
            component.show(self.show, [self.opened], shown, **quiet)
        self.listed.open(self.open_article, None, shown, **quiet)
        for listen in (self.conversation.judge, self.conversation.correct, self.conversation.unsaid):
            listen(self.judge, [self.opened, self.sought], [self.conversation, self.past], **quiet)

        self.past.open(self.open_conversation, None, chat, cancels=asking, **quiet)
        self.past.rename(self.rename, [self.opened, self.sought], self.past, **quiet)
        self.past.delete(self.delete, [self.opened, self.sought], chat, **quiet)
        self.past.export(self.export, None, self.download, **quiet)
        self.past.testset(self.export_test_set, None, self.download, **quiet)
        for listen in (self.history_tab.select, self.sought.change):
            listen(self.list_conversations, [self.opened, self.sought], self.past, trigger_mode="always_last", **quiet)

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

    def open(self, opened: object, request: gr.Request) -> Updates:
        """A page that was opened or reloaded, with the conversation that was open in it."""
        return {**self._conversation(owner_of(request), _text(opened)), **self._library()}

    def ask(self, question: str, opened: object, request: gr.Request) -> Iterator[Updates]:
        """The states of a question on the page."""
        # The page lets nobody type more. What is sent all the same is refused as too long, and not kept as a whole.
        question = question.strip()[: MAX_QUESTION_CHARS + 1]
        if not question:
            # Not nothing: Gradio takes a handler that yields nothing for one that empties all it may change.
            yield {self.question: gr.skip()}
            return
        owner, conversation = owner_of(request), _text(opened)
        earlier = self.history.exchanges(owner, conversation)
        came: Exchange | None = None
        with self.stops.waiting(request.session_hash or "") as stopped:
            try:
                for state in converse(self.bot, question, earlier, stopped):
                    if isinstance(state, Exchange):
                        came = state
                        break
                    shown: Updates = {self.conversation: render.render_conversation(earlier, state, conversation)}
                    if not state.query:  # the first state; later ones leave alone what is typed meanwhile
                        shown[self.question] = gr.Textbox(value="", submit_btn=False, stop_btn="Stop")
                    yield shown
            finally:
                # Also when the page was closed, or left for another conversation: what was asked is not lost.
                last = came or Exchange(question, stopped=True)
                try:
                    conversation, unkept = self.history.append(owner, conversation, last), None
                except StoreError as error:
                    logger.warning("%s", error)
                    unkept = last
        yield {
            **self._conversation(owner, conversation, unkept),
            self.question: gr.Textbox(submit_btn="Ask", stop_btn=False),
            self.tabs: gr.Tabs(selected="article"),
        }

    def ask_ready(self, opened: object, request: gr.Request, event: gr.EventData) -> Iterator[Updates]:
        """The same for a question that stands ready on the page."""
        yield from self.ask(str(_field(event, "question") or ""), opened, request)

    def stop(self, request: gr.Request) -> None:
        """Gives up what is being answered."""
        self.stops.stop(request.session_hash or "")

    def begin(self, request: gr.Request) -> Updates:
        """A new conversation."""
        return {**self._conversation(owner_of(request), ""), self.question: _empty_box()}

    def _conversation(self, owner: str, conversation: str, unkept: Exchange | None = None) -> Updates:
        """The page with this conversation open; with none where the owner has no such. ``unkept`` is shown after what
        was kept of it."""
        exchanges = self.history.exchanges(owner, conversation)
        conversation = conversation if exchanges else ""
        if unkept is not None:
            gr.Warning(UNKEPT)
            exchanges = (*exchanges, unkept)
        return {
            self.conversation: render.render_conversation(exchanges, None, conversation),
            self.opened: conversation or NOTHING_OPEN,
            self.past: self._past(owner, conversation),
            self.sought: gr.Textbox(value="", visible=len(self.history.conversations(owner)) > FEW),
            **self._evidence(exchanges, len(exchanges) - 1),
        }

    def judge(self, opened: object, wanted: str, request: gr.Request, event: gr.EventData) -> Updates:
        """Keeps what the person thinks of an answer: right, wrong, what would be right, or nothing any more."""
        owner, conversation, number = owner_of(request), _text(opened), _number(event, "exchange")
        exchanges = self.history.exchanges(owner, conversation)
        if number is not None and number < len(exchanges):
            self.history.judge(owner, conversation, number, _feedback(event, exchanges[number].feedback))
            exchanges = self.history.exchanges(owner, conversation)
        return {
            self.conversation: render.render_conversation(exchanges, None, conversation),
            self.past: self._past(owner, conversation, wanted),
        }

    # Earlier conversations --------------------------------------------------------------------

    def _past(self, owner: str, conversation: str, wanted: str = "") -> str:
        return render.render_history(
            self.history.conversations(owner), conversation, wanted, self.history.marks(owner), self.history.is_kept
        )

    def list_conversations(self, opened: object, wanted: str, request: gr.Request) -> str:
        """The list as the filter narrows it, and as it is now: another window may have added to it."""
        return self._past(owner_of(request), _text(opened), wanted)

    def open_conversation(self, request: gr.Request, event: gr.EventData) -> Updates:
        """An earlier conversation, to read or to go on with."""
        return {
            **self._conversation(owner_of(request), _text(_field(event, "conversation"))),
            self.question: _empty_box(),
        }

    def rename(self, opened: object, wanted: str, request: gr.Request, event: gr.EventData) -> str:
        """Gives a conversation the title that was typed."""
        owner = owner_of(request)
        self.history.rename(owner, _text(_field(event, "conversation")), _text(_field(event, "text")))
        return self._past(owner, _text(opened), wanted)

    def delete(self, opened: object, wanted: str, request: gr.Request, event: gr.EventData) -> Updates:
        """Forgets a conversation; a new one begins where it was the one that is open."""
        owner, gone = owner_of(request), _text(_field(event, "conversation"))
        self.history.delete(owner, gone)
        if gone == opened:
            return self._conversation(owner, "")
        return {self.past: self._past(owner, _text(opened), wanted)}

    def export(self, request: gr.Request, event: gr.EventData) -> str:
        """A conversation as a file for the browser to save."""
        owner, wanted = owner_of(request), _text(_field(event, "conversation"))
        conversation = self.history.conversation(owner, wanted)
        if conversation is None:
            raise gr.Error("This conversation is gone; it was deleted in another window.", print_exception=False)
        exchanges = self.history.exchanges(owner, wanted)
        if _field(event, "format") == "json":
            return _download(file_name(conversation.title, "json"), as_json(conversation, exchanges))
        return _download(file_name(conversation.title, "md"), as_markdown(conversation, exchanges))

    def export_test_set(self, request: gr.Request) -> str:
        """The visitor's own feedback as a test set for the browser to save."""
        text, _ = as_test_set(self.history.judged(owner_of(request)))
        return _download("test-set.jsonl", text)

    # The article ------------------------------------------------------------------------------

    def _evidence(self, exchanges: tuple[Exchange, ...], number: int) -> Updates:
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

    def _article(self, mark: Mark, exchanges: tuple[Exchange, ...], number: int) -> str:
        try:
            article = self.bot.index.article(mark.article_id)
        except StoreError as error:
            return render.render_no_article("This article cannot be shown", str(error))
        if article is None:
            return render.render_no_article("This article is gone", "It is no longer in the library.")
        answer = exchanges[number].answer if 0 <= number < len(exchanges) else None
        steps = [Mark.of(citation) for citation in answer.citations] if answer else []
        return render.render_article(article, mark, steps, number)

    def show(self, opened: object, request: gr.Request, event: gr.EventData) -> Updates:
        """The place in an article that a button names, with the reasons of the exchange it belongs to."""
        number = _number(event, "exchange")
        exchanges = () if number is None else self.history.exchanges(owner_of(request), _text(opened))
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
            self.welcome: render.render_welcome(
                len(articles), self.library.examples(), stays_here=self.bot.settings.llm is None
            ),
            self.listed: render.render_library(articles, wanted),
            self.filter: gr.Textbox(value=wanted, visible=len(articles) > 1),
            self.about: render.render_about(articles, self.bot.index.embedder_name, _answers_with(self.bot)),
        }


def _html(name: str, *scripts: str, **values: Any) -> Any:
    """An HTML part that fills itself in; typed loosely, for its events come from its script.

    ``values`` are there for its script as ``props``.
    """
    return gr.HTML(
        "", elem_id=name, apply_default_css=False, padding=False, js_on_load=script(*scripts) or None, **values
    )


def _empty_box() -> gr.Textbox:
    return gr.Textbox(value="", submit_btn="Ask", stop_btn=False)


def _field(event: gr.EventData, name: str) -> Any:
    """What a button carries, as the browser sent it: trusted for nothing."""
    data = event._data
    return data.get(name) if isinstance(data, dict) else None


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _number(event: gr.EventData, name: str) -> int | None:
    value = str(_field(event, name))
    return int(value) if value.isascii() and value.isdigit() and len(value) < 12 else None


def _feedback(event: gr.EventData, before: Feedback | None) -> Feedback | None:
    """What a button under an answer says of it; pressing the one that holds already takes it back."""
    if _field(event, "do") == "unsaid":
        return Feedback(right=False, answers=())
    if _field(event, "do") == "correct":
        text = " ".join(_text(_field(event, "text")).split())[:MAX_RIGHT_ANSWER]
        return Feedback(right=False, answers=(text,) if text else None)
    right = _field(event, "verdict") == "right"
    if _field(event, "verdict") == "again":
        return replace(before, answers=None) if before else None
    return None if before and before.right == right else Feedback(right)


def _download(name: str, text: str) -> str:
    # The time makes it another value each time, or the browser would not be told.
    return render.render_download(name, text, str(time.time_ns()))


def _answers_with(bot: Chatbot) -> str:
    return bot.settings.llm or bot.settings.reader or "the built-in reader"


def _short_hash(folder: Path) -> str:
    return hashlib.sha256(str(folder).encode()).hexdigest()[:12]
