"""Earlier conversations."""

from __future__ import annotations

from collections.abc import Sequence

from ui.history import Conversation
from ui.page.render.values import fill

LISTED_CONVERSATIONS = 50
"""Conversations listed at once; the list is sent with every answer."""


def render_history(
    conversations: Sequence[Conversation],
    wanted: str = "",
    marks: tuple[int, int] = (0, 0),
    is_kept: bool = True,
) -> str:
    """The conversations whose title has all the words of ``wanted``, the latest first, and the feedback in all of them.

    ``marks`` says how many answers are marked with what is right, and how many as wrong and nothing more.
    """
    words = wanted.casefold().split()
    found = [one for one in conversations if all(word in one.title.casefold() for word in words)]
    listed = found[:LISTED_CONVERSATIONS]
    left = len(found) - len(listed)
    return fill("history.html", "history", bool(conversations), listed, left, wanted.strip(), marks, is_kept)


def render_download(name: str, text: str, number: str) -> str:
    """A file that the page's script saves; ``number`` tells one download from the next."""
    return fill("history.html", "download", name, text, number)
