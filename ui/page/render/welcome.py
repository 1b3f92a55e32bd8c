"""What a library, and an article of it, tell before anybody has asked."""

from __future__ import annotations

from ui.page.address import Mark
from ui.page.guide import Guide
from ui.page.overview import Overview
from ui.page.render.values import fill


def render_welcome(overview: Overview, stays_here: bool = False) -> str:
    """What stands in place of a conversation before the first question; ``stays_here``: no model of others is asked."""
    return fill("welcome.html", "welcome", overview, stays_here)


def render_guide(guide: Guide) -> str:
    """The guide to an article, to be put above its text."""
    people = [name for name in guide.names if not name.is_place]
    places = [name for name in guide.names if name.is_place]
    return fill("guide.html", "guide", guide, people, places, Mark.of)
