"""What to ask next, after the last answer of a conversation."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence

from qa.chatbot import Chatbot
from ui.history import Exchange
from ui.page.overview import Overviews
from ui.page.questions import Asked, Questions

MOST = 3
REMEMBERED = 500
"""Conversations whose suggestions are kept in memory; finding them takes one or two seconds."""


class _Noticed:
    """Whether somebody asks, and whether that has ended a search: they may have been answered by then."""

    def __init__(self, asked: Asked) -> None:
        self._asked = asked
        self.was_set = False

    def is_set(self) -> bool:
        self.was_set = self.was_set or self._asked.is_set()
        return self.was_set


class Suggestions:
    """Finds what to ask next while nobody is being answered, and keeps it. Safe to share between threads."""

    def __init__(self, bot: Chatbot, questions: Questions, overviews: Overviews) -> None:
        self._bot = bot
        self._overviews = overviews
        self._questions = questions
        self._kept: OrderedDict[tuple[str, str, int, int], tuple[str, ...]] = OrderedDict()
        self._finding = threading.Lock()

    def after(self, owner: str, conversation: str, exchanges: Sequence[Exchange]) -> tuple[str, ...]:
        """Up to three questions that the library is known to answer; none where there is no answer to go on from.

        Those that were found until somebody asks, where somebody does.
        """
        answer = exchanges[-1].answer if exchanges else None
        if answer is None:
            return ()
        if answer.kind == "chat":  # who greets, or asks for help, is shown what the first page shows
            asked = {one.question for one in exchanges}
            return tuple(one for one in self._overviews.whole().questions or () if one not in asked)[:MOST]
        key = owner, conversation, len(exchanges), self._bot.index.generation
        with self._finding:
            if (kept := self._kept.get(key)) is not None:
                return kept
            cancel = _Noticed(self._questions.asked)
            found = self._bot.suggest(answer, [one.question for one in exchanges], cancel=cancel)
            if not cancel.is_set():
                self._kept[key] = found
                while len(self._kept) > REMEMBERED:
                    self._kept.popitem(last=False)
        return found
