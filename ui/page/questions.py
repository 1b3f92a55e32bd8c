"""The questions that are being answered. Each outlives the connection it was asked over."""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, replace

from qa.chatbot import Chatbot
from qa.errors import QAError
from ui.history import Exchange, History, Pending, new_conversation_id
from ui.page.chat import converse
from ui.page.models import AS_SERVED, Choice, Models
from vectorstore import StoreError

logger = logging.getLogger(__name__)

AT_ONCE = 4
"""Questions that are answered at the same time; more would only take turns."""
MOST_WAITING = 64
"""Questions that are answered or wait for it; one more is told to come back."""
REMEMBERED = 1000
"""Questions that are known by their id after they were answered, for a page that asks again what came of them."""
ABANDONED_SECONDS = 60.0
"""For a page that lost its connection to come back; after that its question is given up."""
LOOK_SECONDS = 1.0
"""Between two looks of one who follows a question at whether there is something new."""
TOO_MANY = "Too many people are asking at once. Ask again in a moment."


@dataclass(frozen=True)
class Asking:
    """A question as a page asks it."""

    id: str
    """Made by the page, so that asking again after a lost connection is no second question."""
    question: str
    conversation: str = ""
    articles: tuple[str, ...] | None = None
    """Ids of the articles it is asked of; None for all."""
    scope: str = ""
    """The same in words; empty for all."""
    choice: Choice = AS_SERVED
    """Which models are to answer."""


class Question:
    """One question, and how far it has come."""

    def __init__(self, asking: Asking, owner: str, conversation: str) -> None:
        self.asking = asking
        self.owner = owner
        self.conversation = conversation
        """Its id from the beginning, though it is stored with the answer only."""
        self.stopped = threading.Event()
        self.unkept: Exchange | None = None
        """What came of it, where that could not be stored."""
        self.state: Pending | Exchange = Pending(asking.question, asking.id, asking.scope)
        self._changed = threading.Condition()
        self._followers = 0
        self._left = 0

    def publish(self, state: Pending | Exchange) -> None:
        """Tells all who follow how far it has come."""
        with self._changed:
            self.state = state
            self._changed.notify_all()

    def states(self) -> Iterator[Pending | Exchange]:
        """How far it has come, each time that changes, until it is answered.

        Given up where nobody has followed it for ``ABANDONED_SECONDS``.
        """
        with self._changed:
            self._followers += 1
        try:
            shown: Pending | Exchange | None = None
            while not isinstance(shown, Exchange):
                with self._changed:
                    if self.state is shown:
                        self._changed.wait(LOOK_SECONDS)
                    now = self.state
                if now is not shown:
                    shown = now
                    yield now
        finally:
            with self._changed:
                self._followers -= 1
                self._left += 1
                if not isinstance(self.state, Exchange):
                    later = threading.Timer(ABANDONED_SECONDS, self._give_up_if_abandoned, [self._left])
                    later.daemon = True
                    later.start()

    def _give_up_if_abandoned(self, left: int) -> None:
        """``left`` counts who had left it when the time began: somebody may have come, and left again, since."""
        with self._changed:
            if not self._followers and self._left == left:
                self.stopped.set()


@dataclass(frozen=True)
class Asked:
    """Whether anybody is being answered: set while somebody is."""

    _running: dict[tuple[str, str], threading.Thread]

    def is_set(self) -> bool:
        """See above."""
        return bool(self._running)


class Questions:
    """Answers questions in threads of their own, and keeps what came of them in the history."""

    def __init__(self, bot: Chatbot, history: History, models: Models | None = None) -> None:
        self.models = models or Models(bot)
        self._history = history
        self._places = threading.BoundedSemaphore(AT_ONCE)
        self._lock = threading.Lock()
        self._known: OrderedDict[tuple[str, str], Question] = OrderedDict()
        self._running: dict[tuple[str, str], threading.Thread] = {}
        self.asked = Asked(self._running)
        """What is done unasked ends by it."""

    def ask(self, owner: str, asking: Asking) -> Question:
        """Begins to answer a question; one that the same page asked before is found again, and what came of it is kept
        now where that could not be done then."""
        key = owner, asking.id or secrets.token_hex(8)  # without an id each is another question
        with self._lock:
            found = self._known.get(key)
            if found is None:
                return self._begin(key, asking)
        if found.unkept is not None:
            self._keep(found, found.unkept)
        return found

    def _begin(self, key: tuple[str, str], asking: Asking) -> Question:
        """Begins to answer, with the lock held."""
        question = Question(asking, key[0], asking.conversation or new_conversation_id())
        if len(self._running) >= MOST_WAITING:
            question.unkept = Exchange(asking.question, error=TOO_MANY, id=asking.id, scope=asking.scope)
            question.publish(question.unkept)
            return question
        self._known[key] = question
        while len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        thread = threading.Thread(target=self._answer, args=(question, key), name="answering", daemon=True)
        self._running[key] = thread
        thread.start()
        return question

    def running(self, owner: str, conversation: str) -> Question | None:
        """What is being answered in a conversation."""
        with self._lock:
            questions = [self._known[key] for key in self._running if key in self._known]
        return next((one for one in questions if (one.owner, one.conversation) == (owner, conversation)), None)

    def stop(self, owner: str, asking_id: str) -> None:
        """Gives up a question."""
        with self._lock:
            question = self._known.get((owner, asking_id))
        if question is not None:
            question.stopped.set()

    def close(self, seconds: float = 5.0) -> None:
        """Gives up all questions, and waits a little until they are stored as such."""
        with self._lock:
            threads = list(self._running.values())
            for question in self._known.values():
                question.stopped.set()
        until = time.monotonic() + seconds
        for thread in threads:
            thread.join(max(0.0, until - time.monotonic()))

    def _answer(self, question: Question, key: tuple[str, str]) -> None:
        asking = question.asking
        came = Exchange(asking.question, stopped=True)
        found: Exchange | None = None
        try:
            earlier = self._history.exchanges(question.owner, question.conversation)
            if asking.id and (found := next((one for one in earlier if one.id == asking.id), None)):
                came = found  # another replica, or this one before it was started again, has answered it
                return
            with self._places:
                bot = self.models.chatbot(asking.choice)
                for state in converse(bot, asking.question, earlier, question.stopped, asking.articles):
                    if isinstance(state, Exchange):
                        came = state
                    else:
                        question.publish(replace(state, id=asking.id, scope=asking.scope))
        except (QAError, StoreError) as error:  # the model that was chosen, or the history, cannot be used
            came = Exchange(asking.question, error=str(error))
        finally:
            try:
                if found is None:
                    came = replace(came, id=asking.id, scope=asking.scope)
                    came = self._keep(question, came)
            finally:
                with self._lock:
                    self._running.pop(key, None)
                question.publish(came)

    def _keep(self, question: Question, came: Exchange) -> Exchange:
        """Stores what came of a question, or notes that it could not be; returns it as it was stored."""
        try:
            came = replace(came, correction=self._correction(question.owner, came))
            question.conversation = self._history.append(question.owner, question.conversation, came)
            question.unkept = None
        except StoreError as error:
            logger.warning("%s", error)
            question.unkept = came
        return came

    def _correction(self, owner: str, came: Exchange) -> tuple[str, ...] | None:
        """What the same person said was right when they asked the same before."""
        return self._history.correction(owner, came.answer.query or came.question) if came.answer else None
