"""Values to HTML, by the templates in ``ui/page/templates``, where everything is escaped as it is put in.

Buttons carry what they do in ``data-do`` and its arguments beside it; ``assets/buttons.js`` turns a press into an
event of the component they stand in.
"""

from ui.page.render.article import SHOWN_AROUND, Mark, render_article, render_no_article, render_text
from ui.page.render.conversation import (
    render_answer,
    render_conversation,
    render_quote,
    render_reasons,
    render_welcome,
    spoken,
)
from ui.page.render.history import render_download, render_history
from ui.page.render.library import (
    progress_in_words,
    render_about,
    render_brand,
    render_folder,
    render_library,
    render_message,
    render_places,
    render_report,
)
from ui.page.render.values import date_in_words, source_name

__all__ = [
    "SHOWN_AROUND",
    "Mark",
    "date_in_words",
    "progress_in_words",
    "render_about",
    "render_answer",
    "render_article",
    "render_brand",
    "render_conversation",
    "render_download",
    "render_folder",
    "render_history",
    "render_library",
    "render_message",
    "render_no_article",
    "render_places",
    "render_quote",
    "render_reasons",
    "render_report",
    "render_text",
    "render_welcome",
    "source_name",
    "spoken",
]
