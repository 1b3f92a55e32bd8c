"""Which models answer a visitor: as the page is served, or as they chose in its settings."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass

from qa.chatbot import Chatbot

READER = "reader"
"""What a choice calls the extractive reader, where it is to answer though a language model is set up."""
REMEMBERED = 8
"""Choices whose chatbots are kept; their models are shared as far as they can be."""


@dataclass(frozen=True)
class Choice:
    """What a visitor chose; all of it left alone means as the page is served."""

    model: str = ""
    """``READER``, or a language model as ``provider:model``; empty: as served."""
    second: bool | None = None
    """Whether the larger reader reads the best passages again; None: as served."""


AS_SERVED = Choice()


class Models:
    """A chatbot for each choice, all over one library. Safe to share between threads."""

    def __init__(self, bot: Chatbot, may_name: bool = False) -> None:
        """``bot`` answers as served. ``may_name``: whether visitors may name a language model of their own, which
        costs whoever serves the page what its provider asks for."""
        self.served = bot
        self.may_name = may_name
        self._made: OrderedDict[tuple[str | None, bool], Chatbot] = OrderedDict()
        self._making = threading.Lock()

    def chatbot(self, choice: Choice) -> Chatbot:
        """Who answers; a language model that may not be chosen is as if none was.

        Raises GeneratorError for one that cannot be used as it is named.
        """
        if choice == AS_SERVED:
            return self.served
        settings = self.served.settings
        llm = settings.llm
        if choice.model == READER:
            llm = None
        elif choice.model and self.may_name:
            llm = choice.model
        second = settings.second_reading if choice.second is None else choice.second
        if (llm, second) == (settings.llm, settings.second_reading):
            return self.served
        with self._making:
            if (llm, second) not in self._made:
                self._made[llm, second] = self.served.with_models(llm, second)
            self._made.move_to_end((llm, second))
            while len(self._made) > REMEMBERED:
                self._made.popitem(last=False)
            return self._made[llm, second]
