"""A guide to an article: what carries it, who, where and when it speaks of, its outline, what it is known to answer."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, replace

from language.dated import dates_in
from qa.chatbot import Chatbot
from qa.errors import QAError
from qa.names import Name, names_in
from qa.types import Citation
from ui.page.address import Mark
from ui.page.reading import LONG
from vectorstore import Article

CARRYING = 3
"""Sentences that are given as what carries an article."""
MOST_DATES = 6
REMEMBERED = 500
"""Guides that are kept in memory; making one takes from half a second to three."""
SUMMARIZE = "Summarize this article."


@dataclass(frozen=True)
class Dated:
    """A date that an article speaks of, with the place where it does so first."""

    date: str
    """ISO 8601, as far as it is known."""
    mark: Mark


@dataclass(frozen=True)
class Guide:
    """What is told of an article before anybody has asked. Everything in it has its place in the article."""

    article_id: str
    carrying: tuple[Citation, ...] = ()
    """Sentences of the article, in their order."""
    names: tuple[Name, ...] = ()
    dates: tuple[Dated, ...] = ()
    """In their order in time."""
    outline: tuple[tuple[str, int], ...] = ()
    """Pages or chapters with where they begin; empty where there are none, or the article is short."""
    questions: tuple[str, ...] | None = None
    """What it is known to answer; None while that is not known yet."""


class Guides:
    """Makes guides, and keeps them while the article stays as it is. Safe to share between threads."""

    def __init__(self, bot: Chatbot) -> None:
        self._bot = bot
        self._kept: OrderedDict[tuple[str, str], Guide] = OrderedDict()
        self._making = threading.Lock()
        self._asking = threading.Lock()
        self._wanted: dict[str, threading.Event] = {}

    def of(self, article: Article) -> Guide:
        """The guide to ``article``, without its questions where they were not looked for yet."""
        key = article.id, article.fingerprint
        if (kept := self._kept.get(key)) is not None:
            return kept
        with self._making:  # one at a time: they are made of the time of those who ask
            if (kept := self._kept.get(key)) is not None:
                return kept
            guide = self._of(article)
            self._kept[key] = guide
            while len(self._kept) > REMEMBERED:
                self._kept.popitem(last=False)
        return guide

    def with_questions(self, article: Article, reader: str = "") -> Guide:
        """The same with what the article is known to answer. Takes one or two seconds the first time.

        Looking for them is given up, and what was found not kept, once the same ``reader`` wants another article's.
        """
        guide = self.of(article)
        left = threading.Event()
        if (before := self._wanted.get(reader)) is not None:
            before.set()
        self._wanted[reader] = left
        try:
            with self._asking:
                guide = self._kept.get((article.id, article.fingerprint), guide)
                if guide.questions is None and not left.is_set():
                    found = self._bot.questions_of(article.id, left)
                    if not left.is_set():
                        guide = replace(guide, questions=found)
                        self._kept[article.id, article.fingerprint] = guide
        finally:
            if self._wanted.get(reader) is left:
                del self._wanted[reader]
        return guide

    def _of(self, article: Article) -> Guide:
        body = article.text[article.body_start :]
        names = tuple(
            replace(name, start=name.start + article.body_start, end=name.end + article.body_start)
            for name in names_in(body)
        )
        outline = [(section.label, section.start) for section in article.sections]
        return Guide(
            article.id,
            self._carrying(article),
            names,
            _dates(article),
            tuple(outline) if len(outline) > 1 and len(article.text) >= LONG else (),
        )

    def _carrying(self, article: Article) -> tuple[Citation, ...]:
        try:
            answer = self._bot.ask(SUMMARIZE, articles=[article.id])
        except QAError:
            return ()  # a guide without its first part; who asks for a summary is told why there is none
        if answer.kind != "summary":
            return ()
        whole = [one for one in answer.citations if one.article_id == article.id]
        return tuple(sorted(whole[:CARRYING], key=lambda one: one.start))


def _dates(article: Article) -> tuple[Dated, ...]:
    """The dates that are known to the day or the month before those known to the year, at most so many."""
    found: dict[str, Dated] = {}
    for mention in dates_in(article.text[article.body_start :], article.published):
        mark = Mark(article.id, mention.start + article.body_start, mention.end + article.body_start)
        found.setdefault(mention.date, Dated(mention.date, mark))
    closest = sorted(found.values(), key=lambda one: (-len(one.date), one.mark.start))[:MOST_DATES]
    return tuple(sorted(closest, key=lambda one: one.date))
