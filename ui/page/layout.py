"""The page: which function each event of its parts calls."""

from __future__ import annotations

from typing import Any

import gradio as gr

from qa.chatbot import Chatbot
from ui.history import History
from ui.page import render
from ui.page.api import ASKING, add_endpoints
from ui.page.library import Library
from ui.page.overview import Overviews
from ui.page.parts import QUIET, Parts, Updates
from ui.page.questions import Questions
from ui.page.shelf import Shelf
from ui.page.state import open_state
from ui.page.talk import Talk
from ui.page.telling import telling
from ui.tools import Tools

UPLOADS_KEPT = 3600
"""Seconds that what came up for adding lies about in Gradio's own folder; the library has its copy."""

ADDRESS = "() => window.location.hash"
"""What of its address the browser does not send by itself."""


def build_page(
    bot: Chatbot, library: Library | None = None, history: History | None = None, questions: Questions | None = None
) -> gr.Blocks:
    """The page over ``bot``; ``theme.look()`` is what its ``launch`` needs besides.

    Without the cookie that ``server.launch`` adds, each opening of the page is another visitor.
    """
    if library is None or history is None:
        state = open_state(bot.index)
        library, history = library or Library(bot.index, state.uploads), history or state.history
    blocks = gr.Blocks(
        title="Ask your articles", fill_width=True, analytics_enabled=False, delete_cache=(UPLOADS_KEPT, UPLOADS_KEPT)
    )
    with blocks:
        add_endpoints(Tools(bot))  # first, for the first to take a name has it
        parts = Parts()
        questions = questions or Questions(bot, history)
        parts.settings.value = render.render_settings(questions.models)
        overviews = Overviews(bot, library)
        talk = Talk(parts, bot, history, questions, library, overviews)
        shelf = Shelf(parts, bot, library, overviews)

        def opened(address: str, request: gr.Request) -> Updates:
            return {**talk.open(address, request), **shelf.shown()}

        blocks.load(
            telling(opened),
            [parts.address],
            [*_chat(parts), *_held(parts)],
            js=ADDRESS,
            **QUIET,
        )
        _connect_talk(parts, talk)
        _connect_shelf(parts, shelf)
    return blocks


def _chat(parts: Parts) -> list[Any]:
    """What another conversation changes."""
    return [parts.conversation, parts.article, parts.reasons, parts.tabs, parts.past, parts.sought]


def _held(parts: Parts) -> list[Any]:
    """What another article in the library changes."""
    return [parts.brand, parts.welcome, parts.listed, parts.filter]


def _connect_talk(parts: Parts, talk: Talk) -> None:
    chat = _chat(parts)
    # More than one at a time: who comes back after a lost connection asks again what is being answered.
    asked = parts.question.ask(telling(talk.ask), None, chat, trigger_mode="multiple", **QUIET, **ASKING)
    parts.question.stop(telling(talk.stop), None, None, queue=False, **QUIET)
    parts.conversation.suggest(
        telling(talk.suggest), None, parts.next, concurrency_limit=1, concurrency_id="suggesting", **QUIET
    )
    parts.question.conversation(telling(talk.go), None, chat, cancels=[asked], trigger_mode="always_last", **QUIET)
    parts.question.place(
        telling(talk.show), None, [parts.article, parts.reasons, parts.tabs], trigger_mode="always_last", **QUIET
    )
    for judged in (parts.conversation.judge, parts.conversation.correct, parts.conversation.unsaid):
        judged(telling(talk.judge), [parts.sought], [parts.conversation, parts.past], **QUIET)
    parts.past.rename(telling(talk.rename), [parts.sought], parts.past, **QUIET)
    parts.past.delete(telling(talk.delete), [parts.sought], parts.past, **QUIET)
    parts.past.export(telling(talk.export), None, parts.download, **QUIET)
    parts.past.testset(telling(talk.export_test_set), None, parts.download, **QUIET)
    for listen in (parts.history_tab.select, parts.sought.change):
        listen(telling(talk.list_conversations), [parts.sought], parts.past, trigger_mode="always_last", **QUIET)


def _connect_shelf(parts: Parts, shelf: Shelf) -> None:
    # One writer at a time, beside the questions: nobody waits for an ingest to ask.
    writing: dict[str, Any] = {
        "api_visibility": "private",
        "concurrency_limit": 1,
        "concurrency_id": "writing",
        "show_progress": "full",
        "show_progress_on": [parts.report],
    }
    changed = [parts.report, *_held(parts)]
    parts.files.upload(telling(shelf.add_files), [parts.files], [*changed, parts.files], **writing)
    for listen in (parts.add.click, parts.addresses.submit):
        listen(telling(shelf.add_pages), [parts.addresses], [*changed, parts.addresses], **writing)
    # One at a time, beside the questions: what is told unasked takes no time from who asks.
    unasked = {**QUIET, "concurrency_limit": 1, "concurrency_id": "unasked", "trigger_mode": "always_last"}
    parts.welcome.overview(telling(shelf.overview), None, parts.welcome, **unasked)
    # An article that is opened meanwhile is told of at once: finding what the last one answers is given up for it.
    guiding: dict[str, Any] = {"concurrency_limit": 4, "concurrency_id": "guiding", "trigger_mode": "multiple"}
    parts.article.guide(telling(shelf.guide), None, parts.guide, **guiding, **QUIET)
    # One after the other, or an earlier page might come last; "always_last" was seen to lose the last one.
    drawing: dict[str, Any] = {"concurrency_limit": 1, "concurrency_id": "drawing", "trigger_mode": "multiple"}
    parts.article.picture(telling(shelf.picture), None, parts.picture, **drawing, **QUIET)
    for listen in (parts.welcome.library, parts.welcome.samples):
        listen(lambda: gr.Tabs(selected="library"), None, parts.tabs, **QUIET)
    parts.welcome.samples(telling(shelf.add_samples), None, changed, **writing)
    parts.listed.remove(telling(shelf.remove), [parts.filter], changed, **{**writing, "show_progress": "hidden"})
    parts.report.dismiss(lambda: "", None, parts.report, **QUIET)
    parts.filter.change(telling(shelf.find), [parts.filter], parts.listed, trigger_mode="always_last", **QUIET)
    parts.listed.turn(telling(shelf.turn), [parts.filter], parts.listed, **QUIET)
    parts.library_tab.select(telling(shelf.find), [parts.filter], parts.listed, **QUIET)
