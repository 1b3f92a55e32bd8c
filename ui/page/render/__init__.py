"""Values to HTML, by the templates in ``ui/page/templates``, where everything is escaped as it is put in.

What can be gone to is a link with an address of the page (``ui.page.address``). Buttons carry what they do in
``data-do`` and its arguments beside it; ``assets/buttons.js`` makes of a press an event of the component they are in.
"""

from ui.page.render.article import (
    render_article,
    render_no_article,
    render_nothing_marked,
    render_picture,
    render_text,
)
from ui.page.render.conversation import (
    render_answer,
    render_conversation,
    render_export,
    render_next,
    render_no_conversation,
    render_question_box,
    render_quote,
    render_reasons,
    spoken,
    steps_of,
)
from ui.page.render.history import render_download, render_history
from ui.page.render.library import (
    progress_in_words,
    render_brand,
    render_folder,
    render_library,
    render_link,
    render_message,
    render_places,
    render_report,
)
from ui.page.render.settings import render_settings
from ui.page.render.values import date_in_words, source_name
from ui.page.render.welcome import render_guide, render_welcome

__all__ = [
    "date_in_words",
    "progress_in_words",
    "render_answer",
    "render_article",
    "render_brand",
    "render_conversation",
    "render_download",
    "render_export",
    "render_folder",
    "render_guide",
    "render_history",
    "render_library",
    "render_link",
    "render_message",
    "render_next",
    "render_no_article",
    "render_no_conversation",
    "render_nothing_marked",
    "render_picture",
    "render_places",
    "render_question_box",
    "render_quote",
    "render_reasons",
    "render_report",
    "render_settings",
    "render_text",
    "render_welcome",
    "source_name",
    "spoken",
    "steps_of",
]
