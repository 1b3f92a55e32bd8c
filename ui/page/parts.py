"""The parts of the page, as Gradio's components. Which function their events call is ``layout``'s."""

from __future__ import annotations

from typing import Any

import gradio as gr

from ingest.formats import SUFFIXES
from ui.page import render
from ui.page.theme import script

Updates = dict[Any, Any]
"""New values, or other updates, by component: what Gradio takes from a handler."""

QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
"""How an event is listened to that shows what it does by itself."""


class Parts:
    """All components. Made within the blocks they belong to."""

    def __init__(self) -> None:
        # Holds nothing; an event of the page as a whole has to bring its address in something.
        self.address = gr.Textbox(visible=False)
        with gr.Row(elem_id="top"):
            self.brand = html("brand")
            self.places = html("places", "shared", "buttons", "files", suffixes=sorted(SUFFIXES))
            self.places.value = render.render_places()
        self.link = html("link", "shared", "link")
        self.link.value = render.render_link()
        with gr.Row(elem_id="panes"):
            with gr.Column(elem_id="chat", min_width=0):
                self.welcome = html("welcome", "shared", "buttons", "welcome")
                self.conversation = html("conversation", "shared", "conversation", "buttons", "next")
                self.next = html("next")  # the conversation's script puts it under the newest answer
                self.question = html("question", "shared", "question", "address")
                self.question.value = render.render_question_box()
            with gr.Column(elem_id="panel", min_width=0), gr.Tabs(elem_id="tabs", selected="article") as self.tabs:
                with gr.Tab("Article", id="article", elem_id="article-tab"):
                    self.article = html("article", "shared", "buttons", "article", "guide", "ways", "pictures")
                    self.guide = html("guide")  # the article's script puts it above the text
                    self.picture = html("picture", "enlarge")
                    self.reasons = html("reasons", "shared", "buttons")
                with gr.Tab("Library", id="library", elem_id="library-tab") as self.library_tab:
                    self._build_library()
                with gr.Tab("History", id="history", elem_id="history-tab") as self.history_tab:
                    self.sought = gr.Textbox(
                        "",
                        label="Find a conversation",
                        show_label=False,
                        placeholder="Find a conversation by its title",
                        elem_id="sought",
                        visible=False,
                    )
                    self.past = html("past", "shared", "buttons")
                with gr.Tab("Settings", id="settings", elem_id="settings-tab"):
                    self.settings = html("settings", "shared", "settings")
        self.download = html("download", "download")

    def _build_library(self) -> None:
        self.files = gr.File(
            label="Drop files or a folder here, or click to choose files",
            file_count="multiple",
            height=112,
            elem_id="files",
        )
        self.folder = html("folder")
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
        self.report = html("report", "shared", "buttons", "report")
        self.filter = gr.Textbox(
            "",
            label="Find an article",
            show_label=False,
            placeholder="Find an article by title, author or file",
            elem_id="filter",
        )
        self.listed = html("listed", "shared", "buttons")


def html(name: str, *scripts: str, **values: Any) -> Any:
    """An HTML part that fills itself in; typed loosely, for its events come from its script.

    ``values`` are there for its script as ``props``.
    """
    return gr.HTML(
        "", elem_id=name, apply_default_css=False, padding=False, js_on_load=script(*scripts) or None, **values
    )
