"""What a library is about: its themes, its newest articles, the time it spans, and what it is known to answer."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace

from qa.chatbot import Chatbot
from qa.themes import Theme, themes_of
from ui.page.library import Library
from vectorstore import ArticleSummary

NEWEST = 4


@dataclass(frozen=True)
class Overview:
    """A library's first page."""

    articles: int
    span: tuple[str, str] | None = None
    """The earliest and the latest date of its articles, ISO 8601; None where none has a date."""
    newest: tuple[ArticleSummary, ...] = ()
    themes: tuple[Theme, ...] | None = None
    """None while they are not known yet."""
    questions: tuple[str, ...] | None = None
    """None while they are not known yet."""
    is_samples: bool = False
    """Whether all of its articles are the project's samples."""

    @property
    def is_complete(self) -> bool:
        """Whether nothing of it has to be found yet."""
        return not self.articles or (self.themes is not None and self.questions is not None)


class Overviews:
    """Makes the overview of one library, and keeps it while the library stays as it is."""

    def __init__(self, bot: Chatbot, library: Library) -> None:
        self._bot = bot
        self._library = library
        self._lock = threading.Lock()
        self._kept: tuple[int, Overview] | None = None

    def quick(self, articles: Sequence[ArticleSummary]) -> Overview:
        """The overview as far as it is known without working for it."""
        kept = self._kept
        if kept is not None and kept[0] == self._bot.index.generation:
            return kept[1]
        return self._at_a_glance(articles)

    def with_themes(self) -> Overview:
        """The overview with its themes. Takes about a second for a thousand articles the first time."""
        with self._lock:
            return self._with_themes()

    def whole(self) -> Overview:
        """All of it. Takes some seconds the first time."""
        with self._lock:
            overview = self._with_themes()
            if overview.questions is None and self._kept is not None:
                overview = replace(overview, questions=self._bot.questions(self._library.own()))
                self._kept = self._kept[0], overview
            return overview

    def _with_themes(self) -> Overview:
        generation = self._bot.index.generation
        if self._kept is None or self._kept[0] != generation:
            articles = self._library.articles()
            glance = self._at_a_glance(articles)
            self._kept = generation, replace(glance, themes=themes_of(self._bot.index, articles))
        return self._kept[1]

    def _at_a_glance(self, articles: Sequence[ArticleSummary]) -> Overview:
        dates = sorted(one.published for one in articles if one.published)
        # One without a date counts as being of the day on which it was added.
        newest = sorted(articles, key=lambda one: (one.published or one.added_at[:10], one.added_at), reverse=True)
        examples = tuple(self._library.examples())
        return Overview(
            len(articles),
            (dates[0], dates[-1]) if dates else None,
            tuple(newest[:NEWEST]),
            questions=examples or None,
            is_samples=bool(examples),
        )
