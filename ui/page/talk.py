"""What a visitor does with conversations and with the places in articles. Holds nothing of any visitor."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

import gradio as gr

from qa.chatbot import Chatbot
from qa.path import MAX_QUESTION_CHARS
from ui.history import Exchange, Feedback, History, Pending, as_json, as_markdown, as_test_set, file_name
from ui.page import render, sent
from ui.page.address import Address, Mark
from ui.page.library import Library
from ui.page.models import Choice
from ui.page.overview import Overviews
from ui.page.parts import Parts, Updates
from ui.page.pictures import has_pictures
from ui.page.questions import Asking, Questions
from ui.page.reading import opened
from ui.page.suggestions import Suggestions
from ui.page.visitor import owner_of
from vectorstore import StoreError

MAX_RIGHT_ANSWER = 500
"""Characters of a right answer that is kept; answers are short."""
MOST_TICKED = 10_000
"""Articles that one question can be asked of by name."""
MODEL_CHARS = 200
"""Of the name of a language model."""
UNKEPT = (
    "This answer is shown, but could not be kept: there may be no room left on the disk, or no way to the database. It "
    "is gone when you leave the conversation; what was wrong is in the log of the program that serves this page."
)
FEW = 8
"""Conversations that nobody needs a filter for."""


class Talk:
    """Functions that events call, each of which gives the parts of the page that change."""

    def __init__(
        self,
        parts: Parts,
        bot: Chatbot,
        history: History,
        questions: Questions,
        library: Library,
        overviews: Overviews,
    ) -> None:
        self.parts = parts
        self.bot = bot
        self.history = history
        self.questions = questions
        self.suggestions = Suggestions(bot, questions, overviews)
        self.library = library

    # The conversation -------------------------------------------------------------------------

    def open(self, address: str, request: gr.Request) -> Updates:
        """A page that was opened or reloaded, at what its address names."""
        return self._opened(Address.read(address), owner_of(request))

    def go(self, request: gr.Request, event: gr.EventData) -> Updates:
        """Another conversation, or a new one."""
        return self._opened(Address.read(sent.field(event, "address")), owner_of(request))

    def ask(self, request: gr.Request, event: gr.EventData) -> Iterator[Updates]:
        """The states of a question on the page, also of one that is being answered already."""
        # The page lets nobody type more. What is sent all the same is refused as too long, and not kept as a whole.
        question = sent.text(event, "question").strip()[: MAX_QUESTION_CHARS + 1]
        if not question:
            # Not nothing: Gradio takes a handler that yields nothing for one that empties all it may change.
            yield {self.parts.tabs: gr.skip()}
            return
        owner = owner_of(request)
        asked = self.questions.ask(owner, self._asking(question, event))
        earlier = self.history.exchanges(owner, asked.conversation)
        for state in asked.states():
            if isinstance(state, Pending):
                yield {self.parts.conversation: render.render_conversation(earlier, state, asked.conversation)}
        if asked.unkept and asked.unkept.answer:
            gr.Warning(UNKEPT)
        try:
            opened = self._conversation(owner, asked.conversation, asked.unkept)
        except StoreError:
            if asked.unkept is None:
                raise
            opened = self._unkept(earlier, asked.unkept, asked.conversation)
        yield {**opened, self.parts.tabs: gr.Tabs(selected="article")}

    def _unkept(self, earlier: tuple[Exchange, ...], unkept: Exchange, conversation: str) -> Updates:
        """What came of a question, after what was known before it, while the history cannot be asked."""
        exchanges = (*earlier, unkept)
        shown = render.render_conversation(exchanges, None, conversation)
        return {self.parts.conversation: shown, **self._evidence(exchanges, len(exchanges) - 1)}

    def _asking(self, question: str, event: gr.EventData) -> Asking:
        source, ticked = sent.text(event, "source"), sent.texts(event, "articles", MOST_TICKED)
        articles = self.library.ids_from(source) if source else ticked
        return Asking(
            sent.text(event, "id")[:64],
            question,
            sent.text(event, "conversation")[:64],
            articles if source or ticked else None,
            sent.text(event, "scope")[:200] if source or ticked else "",
            Choice(sent.text(event, "model")[:MODEL_CHARS], {"on": True, "off": False}.get(sent.text(event, "second"))),
        )

    def suggest(self, request: gr.Request, event: gr.EventData) -> str:
        """What to ask next, after the last answer of a conversation."""
        owner, conversation = owner_of(request), sent.text(event, "conversation")
        exchanges = self.history.exchanges(owner, conversation)
        found = self.suggestions.after(owner, conversation, exchanges)
        return render.render_next(conversation, len(exchanges) - 1, found)

    def stop(self, request: gr.Request, event: gr.EventData) -> None:
        """Gives up what is being answered."""
        self.questions.stop(owner_of(request), sent.text(event, "id"))

    def _opened(self, address: Address, owner: str) -> Updates:
        updates = self._conversation(owner, address.conversation)
        if address.mark:
            updates |= self._place(address, owner)
        return updates

    def _conversation(self, owner: str, conversation: str, unkept: Exchange | None = None) -> Updates:
        """The page with this conversation open; with none where the owner has no such. ``unkept`` is shown after what
        was kept of it."""
        exchanges = self.history.exchanges(owner, conversation)
        if unkept is not None:
            exchanges = (*exchanges, unkept)
        running = self.questions.running(owner, conversation)
        pending = running.state if running and isinstance(running.state, Pending) else None
        if exchanges or pending or not conversation:
            shown = render.render_conversation(exchanges, pending, conversation)
        else:
            shown = render.render_no_conversation()
        return {
            self.parts.conversation: shown,
            self.parts.past: self._past(owner),
            self.parts.sought: gr.Textbox(value="", visible=len(self.history.conversations(owner)) > FEW),
            **self._evidence(exchanges, len(exchanges) - 1),
        }

    def judge(self, wanted: str, request: gr.Request, event: gr.EventData) -> Updates:
        """Keeps what the person thinks of an answer: right, wrong, what would be right, or nothing any more."""
        owner, conversation = owner_of(request), sent.text(event, "conversation")
        number = sent.number(event, "exchange")
        exchanges = self.history.exchanges(owner, conversation)
        if number is not None and number < len(exchanges):
            self.history.judge(owner, conversation, number, _feedback(event, exchanges[number].feedback))
            exchanges = self.history.exchanges(owner, conversation)
        return {
            self.parts.conversation: render.render_conversation(exchanges, None, conversation),
            self.parts.past: self._past(owner, wanted),
        }

    # Earlier conversations --------------------------------------------------------------------

    def _past(self, owner: str, wanted: str = "") -> str:
        return render.render_history(
            self.history.conversations(owner), wanted, self.history.marks(owner), self.history.is_kept
        )

    def list_conversations(self, wanted: str, request: gr.Request) -> str:
        """The list as the filter narrows it, and as it is now: another window may have added to it."""
        return self._past(owner_of(request), wanted)

    def rename(self, wanted: str, request: gr.Request, event: gr.EventData) -> str:
        """Gives a conversation the title that was typed."""
        owner = owner_of(request)
        self.history.rename(owner, sent.text(event, "named"), sent.text(event, "text"))
        return self._past(owner, wanted)

    def delete(self, wanted: str, request: gr.Request, event: gr.EventData) -> str:
        """Forgets a conversation. The page leaves it by itself where it is the one that is open."""
        owner = owner_of(request)
        self.history.delete(owner, sent.text(event, "named"))
        return self._past(owner, wanted)

    def export(self, request: gr.Request, event: gr.EventData) -> str:
        """A conversation as a file for the browser to save."""
        owner, wanted = owner_of(request), sent.text(event, "named")
        conversation = self.history.conversation(owner, wanted)
        if conversation is None:
            raise gr.Error("This conversation is gone; it was deleted in another window.", print_exception=False)
        exchanges = self.history.exchanges(owner, wanted)
        told = {"json": as_json, "html": render.render_export}.get(sent.text(event, "format"), as_markdown)
        suffix = {as_json: "json", as_markdown: "md"}.get(told, "html")
        return _download(file_name(conversation.title, suffix), told(conversation, exchanges))

    def export_test_set(self, request: gr.Request) -> str:
        """The visitor's own feedback as a test set for the browser to save."""
        text, _ = as_test_set(self.history.judged(owner_of(request)))
        return _download("test-set.jsonl", text)

    # The article ------------------------------------------------------------------------------

    def show(self, request: gr.Request, event: gr.EventData) -> Updates:
        """A place in an article, with the reasons of the exchange it belongs to."""
        owner, address = owner_of(request), Address.read(sent.field(event, "address"))
        if address.mark is None:
            exchanges = self.history.exchanges(owner, address.conversation)
            return {**self._evidence(exchanges, len(exchanges) - 1), self.parts.tabs: gr.skip()}
        return self._place(address, owner)

    def _place(self, address: Address, owner: str) -> Updates:
        exchanges = () if address.exchange is None else self.history.exchanges(owner, address.conversation)
        number = -1 if address.exchange is None else address.exchange
        answer = exchanges[number].answer if 0 <= number < len(exchanges) else None
        assert address.mark is not None
        return {
            self.parts.article: self._article(address, exchanges, number),
            self.parts.reasons: render.render_reasons(answer, number) if answer else "",
            self.parts.tabs: gr.Tabs(selected="article"),
        }

    def _evidence(self, exchanges: tuple[Exchange, ...], number: int) -> Updates:
        """The article and the reasons for one exchange; number -1 is before the first."""
        answer = exchanges[number].answer if 0 <= number < len(exchanges) else None
        article, reasons = self.parts.article, self.parts.reasons
        if answer is None:
            text = "When an answer comes, its article opens here with the supporting words marked."
            return {article: render.render_no_article("The words behind the answer", text), reasons: ""}
        told = render.render_reasons(answer, number)
        if not answer.citations:
            return {article: render.render_nothing_marked(answer), reasons: told}
        return {article: self._article(Address(mark=Mark.of(answer.citations[0])), exchanges, number), reasons: told}

    def _article(self, address: Address, exchanges: tuple[Exchange, ...], number: int) -> str:
        assert address.mark is not None
        try:
            article = self.bot.index.article(address.mark.article_id)
        except StoreError as error:
            return render.render_no_article("This article cannot be shown", str(error))
        if article is None:
            return render.render_no_article("This article is gone", "It is no longer in the library.")
        answer = exchanges[number].answer if 0 <= number < len(exchanges) else None
        steps = render.steps_of(answer) if answer else []
        return render.render_article(
            opened(article, address, steps, number, has_pictures(article, self.library.uploads))
        )


def _feedback(event: gr.EventData, before: Feedback | None) -> Feedback | None:
    """What a button under an answer says of it; pressing the one that holds already takes it back."""
    does, verdict = sent.field(event, "do"), sent.field(event, "verdict")
    if does == "unsaid":
        return Feedback(right=False, answers=())
    if does == "correct":
        text = " ".join(sent.text(event, "text").split())[:MAX_RIGHT_ANSWER]
        return Feedback(right=False, answers=(text,) if text else None)
    right = verdict == "right"
    if verdict == "again":
        return replace(before, answers=None) if before else None
    return None if before and before.right == right else Feedback(right)


def _download(name: str, text: str) -> str:
    # The time makes it another value each time, or the browser would not be told.
    return render.render_download(name, text, str(time.time_ns()))
