"""A question outlives the connection it was asked over, and is asked once however often it is sent."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from qa.chatbot import Chatbot
from qa.errors import GeneratorError
from qa.types import Answer, AnswerEvent, AnswerReady, PassagesFound, Turn
from ui.history import Exchange, Feedback, History, Pending
from ui.history.local import LocalTables
from ui.page import questions
from ui.page.models import Choice, Models
from ui.page.questions import Asking, Questions

ME, YOU = "browser:me", "browser:you"


class Bot:
    """Answers once it is let."""

    def __init__(self) -> None:
        self.may_answer = threading.Event()
        self.asked: list[tuple[str, Sequence[str] | None]] = []

    def stream(
        self,
        question: str,
        history: Sequence[Turn] = (),
        articles: Sequence[str] | None = None,
        *,
        cancel: threading.Event,
    ) -> Generator[AnswerEvent]:
        self.asked.append((question, articles))
        yield PassagesFound(question, ())
        while not self.may_answer.wait(0.01):
            if cancel.is_set():
                return
        yield AnswerReady(Answer(question, "Oct. 21", score=0.9, query=question))


@pytest.fixture
def bot() -> Bot:
    return Bot()


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    opened = History.open(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def asking(bot: Bot, history: History) -> Iterator[Questions]:
    opened = Questions(bot, history)  # type: ignore[arg-type]
    yield opened
    opened.close()


def eventually(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.01)


def test_answer_is_kept_though_nobody_waited_for_it(bot: Bot, history: History, asking: Questions) -> None:
    asked = asking.ask(ME, Asking("q1", "When?", articles=("a",), scope="Year Three"))
    first = next(iter(asked.states()))
    assert isinstance(first, Pending) and (first.id, first.scope) == ("q1", "Year Three")
    bot.may_answer.set()
    eventually(lambda: isinstance(asked.state, Exchange))
    [kept] = history.exchanges(ME, asked.conversation)
    assert kept.answer and kept.answer.text == "Oct. 21"
    assert (kept.id, kept.scope, bot.asked) == ("q1", "Year Three", [("When?", ("a",))])


def test_question_sent_twice_is_asked_once_and_its_conversation_is_found(
    bot: Bot, history: History, asking: Questions
) -> None:
    asked = asking.ask(ME, Asking("q1", "When?"))
    assert asking.ask(ME, Asking("q1", "When?")) is asked
    assert asking.running(ME, asked.conversation) is asked
    assert asking.running(YOU, asked.conversation) is None
    assert asking.ask(YOU, Asking("q1", "When?")) is not asked
    bot.may_answer.set()
    assert isinstance(list(asked.states())[-1], Exchange)
    assert asking.ask(ME, Asking("q1", "When?")) is asked  # also once it is answered
    assert [one.id for one in history.conversations(ME)] == [asked.conversation]


def test_questions_without_an_id_are_each_waited_for(bot: Bot, history: History, asking: Questions) -> None:
    first, second = (asking.ask(ME, Asking("", "When?")) for _ in range(2))
    assert first is not second
    first.stopped.set()
    assert isinstance(list(first.states())[-1], Exchange)
    assert asking.running(ME, second.conversation) is second
    asking.close(60)
    assert isinstance(second.state, Exchange) and second.state.stopped


def test_stop_is_for_the_own_question(bot: Bot, history: History, asking: Questions) -> None:
    asked = asking.ask(ME, Asking("q1", "When?"))
    asking.stop(YOU, "q1")
    assert not asked.stopped.is_set()
    asking.stop(ME, "q1")
    assert list(asked.states())[-1].stopped  # type: ignore[union-attr]
    [kept] = history.exchanges(ME, asked.conversation)
    assert kept.stopped


def test_question_that_nobody_comes_back_for_is_given_up(asking: Questions, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(questions, "ABANDONED_SECONDS", 0.05)
    asked = asking.ask(ME, Asking("q1", "When?"))
    following = asked.states()
    next(following)
    following.close()
    eventually(asked.stopped.is_set)


def test_question_that_somebody_came_back_for_is_given_up_no_sooner_for_that(
    asking: Questions, monkeypatch: pytest.MonkeyPatch
) -> None:
    over: list[Callable[[], None]] = []

    def timer(_: float, function: Callable[..., None], given: Sequence[int] = ()) -> SimpleNamespace:
        over.append(lambda: function(*given))
        return SimpleNamespace(start=lambda: None)

    monkeypatch.setattr(questions.threading, "Timer", timer)
    asked = asking.ask(ME, Asking("q1", "When?"))
    for _ in range(2):
        following = asked.states()
        next(following)
        following.close()
    over[0]()  # a minute after they left for the first time
    assert not asked.stopped.is_set()
    over[1]()
    assert asked.stopped.is_set()


def test_closing_waits_once_and_not_for_each(asking: Questions, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SimpleNamespace(now=0.0)

    class Stuck:
        def join(self, seconds: float) -> None:
            clock.now += seconds

    monkeypatch.setattr(questions, "time", SimpleNamespace(monotonic=lambda: clock.now), raising=False)
    with monkeypatch.context() as patch:
        for name in "abc":
            patch.setitem(asking._running, (ME, name), cast(threading.Thread, Stuck()))
        asking.close(5.0)
    assert clock.now == 5.0


def test_one_question_too_many_is_told_to_come_back(asking: Questions, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(questions, "MOST_WAITING", 1)
    asking.ask(ME, Asking("q1", "When?"))
    [told] = asking.ask(ME, Asking("q2", "Why?")).states()
    assert isinstance(told, Exchange) and told.error == questions.TOO_MANY


def test_correction_comes_with_the_same_question(bot: Bot, history: History, asking: Questions) -> None:
    bot.may_answer.set()
    asked = asking.ask(ME, Asking("q1", "When did he propose?"))
    list(asked.states())
    history.judge(ME, asked.conversation, 0, Feedback(right=False, answers=("Oct. 22",)))

    def correction(owner: str, asking_id: str, question: str) -> tuple[str, ...] | None:
        last = list(asking.ask(owner, Asking(asking_id, question)).states())[-1]
        assert isinstance(last, Exchange)
        return last.correction

    assert correction(ME, "q2", "when did he propose") == ("Oct. 22",)
    assert correction(ME, "q3", "When did he marry?") is None
    assert correction(YOU, "q4", "When did he propose?") is None
    history.judge(ME, asked.conversation, 0, Feedback(right=True))
    assert correction(ME, "q5", "When did he propose?") is None


def test_model_that_cannot_be_used_is_said_in_the_answers_place(history: History) -> None:
    def refuse(_: Choice) -> None:
        raise GeneratorError("the language model 'x' is not of the form provider:model")

    models = SimpleNamespace(chatbot=refuse)
    asking = Questions(cast(Chatbot, None), history, cast(Models, models))
    *_, came = asking.ask(ME, Asking("q1", "When?", choice=Choice("x"))).states()
    assert isinstance(came, Exchange) and came.error and "provider:model" in came.error
    asking.close()


def test_what_another_replica_has_answered_is_not_answered_again(bot: Bot, history: History, tmp_path: Path) -> None:
    bot.may_answer.set()
    asked = Asking("q1", "When did Kanye propose?")
    first = Questions(cast(Chatbot, bot), history).ask(ME, asked)
    (*_, answered) = first.states()
    other = History.open(tmp_path)
    again = Questions(cast(Chatbot, bot), other).ask(ME, replace(asked, conversation=first.conversation))
    (*_, found) = again.states()
    assert isinstance(found, Exchange) and isinstance(answered, Exchange) and found.answer == answered.answer
    assert len(bot.asked) == 1 == len(other.exchanges(ME, first.conversation))
    other.close()


def test_a_history_that_cannot_be_read_is_said(bot: Bot, history: History) -> None:
    bot.may_answer.set()
    history.close()
    question = Questions(cast(Chatbot, bot), history).ask(ME, Asking("q1", "When did Kanye propose?"))
    (*_, came) = question.states()
    assert isinstance(came, Exchange) and "could not be read" in (came.error or "")
    assert question.unkept == came


def test_what_could_not_be_kept_is_kept_when_the_page_asks_again(bot: Bot, tmp_path: Path) -> None:
    bot.may_answer.set()
    tables = LocalTables.open(tmp_path)
    history = History(tables)
    asking = Questions(cast(Chatbot, bot), history)
    tables.connection.execute("PRAGMA query_only = 1")
    question = asking.ask(ME, Asking("q1", "When did Kanye propose?"))
    list(question.states())
    assert question.unkept is not None
    tables.connection.execute("PRAGMA query_only = 0")
    again = asking.ask(ME, Asking("q1", "When did Kanye propose?"))
    assert again is question and question.unkept is None
    assert len(history.exchanges(ME, question.conversation)) == 1 == len(bot.asked)
    history.close()
