"""Which models answer, and what that means for speed and for what leaves this computer."""

from __future__ import annotations

from ui.page.models import READER, Models
from ui.page.render.values import fill


def render_settings(models: Models) -> str:
    """What can be chosen, as served; the page's script puts in what this browser chose."""
    settings = models.served.settings
    recipient = ""
    if settings.llm:
        from qa.llm import recipient_of  # half a second that is spent already where there is a language model

        recipient = recipient_of(settings)
    return fill("settings.html", "settings", settings, recipient, models.may_name, READER)
