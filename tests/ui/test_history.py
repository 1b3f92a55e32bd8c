"""Conversations outlast the program, belong to who had them, and become files and test sets."""

from __future__ import annotations

import json
import sqlite3
import stat
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest

from qa.evaluation import load_test_set
from qa.types import Answer, Citation
from tests.conftest import Store
from tests.ui.stub_bot import StubBot
from ui.history import Conversation, Exchange, Feedback, History, as_json, as_markdown, as_test_set, file_name, store
from ui.history.local import LocalTables
from ui.history.store import FILE_NAME, KEPT
from ui.page.library import Library
from ui.page.overview import Overviews
from ui.page.parts import Parts
from ui.page.questions import Questions
from ui.page.talk import Talk
from ui.page.telling import telling
from ui.shared import page_schema
from vectorstore import ArticleIndex, StoreError
from vectorstore.place import Address

InAFile = tuple[History, sqlite3.Connection]
ME, YOU = "browser:me", "user:you"
CITATION = Citation("a1", "Year Three", "/articles/kim.txt", "He proposed\non Oct. 21.", 10, 34, 25, 32, "2017-05-12")


def answered(question: str, text: str | None = "Oct. 21", query: str = "") -> Exchange:
    return Exchange(question, Answer(question, text, score=0.9, citations=(CITATION,) if text else (), query=query))


@pytest.fixture
def place(store: Store, tmp_path: Path) -> str:
    """Of a library: a folder, or an address in each of the servers."""
    return str(tmp_path) if store.server is None else store.place()


@pytest.fixture
def history(place: str) -> Iterator[History]:
    """For what every history does, wherever it is."""
    opened = History.open(place)
    yield opened
    opened.close()


@pytest.fixture
def in_a_file(tmp_path: Path) -> Iterator[tuple[History, sqlite3.Connection]]:
    """One in a folder, and what it writes with."""
    tables = LocalTables.open(tmp_path)
    yield History(tables), tables.connection
    tables.close()


def test_conversation_outlasts_the_program(place: str) -> None:
    history = History.open(place)
    first = history.append(ME, None, answered("When?"))
    assert history.append(ME, first, Exchange("Why?", error="no model")) == first
    history.close()
    again = History.open(place)
    assert again.is_kept
    when, why = again.exchanges(ME, first)
    assert when.answer == answered("When?").answer
    assert (why.question, why.error) == ("Why?", "no model")
    assert when.asked_at
    [conversation] = again.conversations(ME)
    assert (conversation.title, conversation.questions) == ("When?", 2)
    again.close()


def test_people_see_and_change_only_their_own(history: History) -> None:
    mine = history.append(ME, None, answered("When?"))
    assert history.conversations(YOU) == []
    assert history.exchanges(YOU, mine) == ()
    history.rename(YOU, mine, "stolen")
    history.delete(YOU, mine)
    history.judge(YOU, mine, 0, Feedback(right=True))
    assert history.append(YOU, mine, answered("Mine now?")) != mine
    assert [one.title for one in history.conversations(ME)] == ["When?"]
    assert [one.feedback for one in history.exchanges(ME, mine)] == [None]


def test_latest_conversation_comes_first(history: History) -> None:
    first, second = history.append(ME, None, answered("One?")), history.append(ME, None, answered("Two?"))
    assert [one.id for one in history.conversations(ME)] == [second, first]
    history.append(ME, first, answered("And then?"))  # well within a second
    assert [one.id for one in history.conversations(ME)] == [first, second]


def test_a_full_disk_is_said_and_what_was_kept_stays_and_goes_on(in_a_file: InAFile) -> None:
    history, connection = in_a_file
    kept = history.append(ME, None, answered("One?"))
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages}")
    for _ in range(2):
        with pytest.raises(StoreError, match="could not be written: database or disk is full"):
            history.append(ME, kept, answered("why? " * 20_000))
    assert [one.question for one in history.exchanges(ME, kept)] == ["One?"]
    connection.execute("PRAGMA max_page_count = 100000")
    assert history.append(ME, kept, answered("Two?")) == kept


def test_an_answer_that_cannot_be_kept_is_shown_all_the_same(library: ArticleIndex, in_a_file: InAFile) -> None:
    history, connection = in_a_file
    bot: Any = StubBot(library)
    with gr.Blocks():
        parts = Parts()
    shelf = Library(library)
    talk = Talk(parts, bot, history, Questions(bot, history), shelf, Overviews(bot, shelf))
    connection.execute("PRAGMA query_only = 1")
    asked = {"question": "How many elephants did Barnum lead across the Brooklyn Bridge?", "id": "q1"}
    with pytest.warns(UserWarning, match="could not be kept"):
        *_, last = talk.ask(gr.Request(username="me", cookies={}), gr.EventData(None, asked))
    assert "21" in last[parts.conversation] and "Barnum" in last[parts.conversation]
    assert "Barnum" in last[parts.article]


class LosesTheHistory(StubBot):
    """Answers, after the way to the conversations was lost."""

    connection: sqlite3.Connection
    begun: threading.Event

    def stream(self, *asked: Any, **how: Any) -> Any:
        assert self.begun.wait(60)
        self.connection.close()
        yield from super().stream(*asked, **how)


def test_a_history_that_is_lost_in_mid_answer_takes_no_answer_away(library: ArticleIndex, in_a_file: InAFile) -> None:
    history, connection = in_a_file
    bot: Any = LosesTheHistory(library)
    bot.connection, bot.begun = connection, threading.Event()
    with gr.Blocks():
        parts = Parts()
    shelf = Library(library)
    talk = Talk(parts, bot, history, Questions(bot, history), shelf, Overviews(bot, shelf))
    asked = {"question": "How many elephants did Barnum lead across the Brooklyn Bridge?", "id": "q1"}
    me = gr.Request(username="me", cookies={})
    with pytest.warns(UserWarning, match="could not be kept"):
        states = talk.ask(me, gr.EventData(None, asked))
        next(states)
        bot.begun.set()
        *_, last = states
    assert "Barnum" in last[parts.conversation]
    with pytest.raises(gr.Error, match="could not be read"):
        telling(talk.open)("", me)
    with pytest.raises(gr.Error, match="could not be read"):
        list(telling(talk.ask)(me, gr.EventData(None, {**asked, "id": "q2"})))


def test_a_clock_that_is_set_back_changes_nothing(history: History, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "KEPT", 2)
    ids = [history.append(ME, None, answered(question)) for question in ("One?", "Two?")]

    class Earlier(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:
            return datetime(2001, 1, 1, tzinfo=tz)

    monkeypatch.setattr(store, "datetime", Earlier)
    ids.append(history.append(ME, None, answered("Three?")))
    assert [one.id for one in history.conversations(ME)] == [ids[2], ids[1]]
    history.append(ME, ids[1], answered("And then?"))
    assert [one.id for one in history.conversations(ME)] == [ids[1], ids[2]]


def test_an_exchange_that_is_there_already_is_not_added_again(history: History) -> None:
    mine = history.append(ME, None, replace(answered("When?"), id="q1"))
    again = [history.append(ME, mine, replace(answered(question), id=name)) for question, name in
             (("When?", "q1"), ("Where?", "q2"), ("When?", "q1"))]  # fmt: skip
    assert again == [mine] * 3
    assert [one.question for one in history.exchanges(ME, mine)] == ["When?", "Where?"]
    assert history.append(YOU, None, replace(answered("When?"), id="q1"))
    assert len(history.exchanges(YOU, history.conversations(YOU)[0].id)) == 1


def test_many_at_once_lose_nothing(place: str) -> None:
    replicas = [History.open(place) for _ in range(2)]
    mine = replicas[0].append(ME, None, answered("First?"))
    with ThreadPoolExecutor(6) as people:
        list(people.map(lambda n: replicas[n % 2].append(ME, mine, answered(f"{n}?")), range(30)))
    assert {one.question for one in replicas[1].exchanges(ME, mine)} == {"First?", *(f"{n}?" for n in range(30))}
    for one in replicas:
        one.close()


def test_what_a_database_takes_for_the_end_of_a_text_is_left_out(history: History) -> None:
    mine = history.append(ME, None, answered("Wh\0en?"))
    history.rename(ME, mine, "\0The proposal\0")
    assert history.conversations(ME)[0].title == "The proposal"
    assert history.exchanges(ME, mine)[0].answer is not None


def test_rename_and_delete(history: History) -> None:
    kept, gone = history.append(ME, None, answered("One?")), history.append(ME, None, answered("Two?"))
    history.rename(ME, kept, "  The \n proposal ")
    history.rename(ME, gone, " ")
    assert {one.title for one in history.conversations(ME)} == {"The proposal", "Two?"}
    history.delete(ME, gone)
    assert [one.id for one in history.conversations(ME)] == [kept]
    assert history.exchanges(ME, gone) == ()


def test_deleted_words_are_not_left_in_the_file(tmp_path: Path) -> None:
    history = History.open(tmp_path)
    history.delete(ME, history.append(ME, None, answered("Who is Rumpelstiltskin?")))
    history.close()
    assert b"Rumpelstiltskin" not in b"".join(path.read_bytes() for path in tmp_path.iterdir())


def test_feedback_is_kept_with_its_question_and_can_be_taken_back(history: History) -> None:
    mine = history.append(ME, None, answered("When?"))
    history.judge(ME, mine, 0, Feedback(right=False, answers=("May 24",)))
    assert history.exchanges(ME, mine)[0].feedback == Feedback(right=False, answers=("May 24",))
    assert [one for one, _ in history.judged()] == [mine]
    history.judge(ME, mine, 0, None)
    assert list(history.judged()) == []
    history.judge(ME, mine, 7, Feedback(right=True))  # no such question


def test_file_is_for_its_owner_alone(in_a_file: InAFile, tmp_path: Path) -> None:
    files = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.glob(f"{FILE_NAME}*")}
    assert files == dict.fromkeys((FILE_NAME, f"{FILE_NAME}-wal", f"{FILE_NAME}-shm"), 0o600)


def test_who_opens_it_at_the_same_time_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    waits = SimpleNamespace(monotonic=time.monotonic, sleep=lambda _: other.execute("COMMIT"))
    monkeypatch.setattr("ui.history.local.time", waits, raising=False)
    with closing(History.open(tmp_path)) as history:
        assert history.is_kept
    other.close()


def test_folder_that_cannot_be_written_keeps_them_in_memory(tmp_path: Path) -> None:
    history = History.open(tmp_path / "missing")
    assert not history.is_kept
    assert history.exchanges(ME, history.append(ME, None, answered("When?")))
    history.close()


def test_what_is_no_history_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text("my shopping list, which is no database at all\n" * 40)
    with pytest.raises(StoreError, match=FILE_NAME):
        History.open(tmp_path)


def test_history_of_a_later_version_is_refused(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / FILE_NAME) as later:
        later.execute("PRAGMA user_version = 99")
    later.close()
    with pytest.raises(StoreError, match="later version"):
        History.open(tmp_path)


def test_answer_stored_otherwise_is_named_and_the_rest_is_shown(in_a_file: InAFile, tmp_path: Path) -> None:
    history, _ = in_a_file
    mine = history.append(ME, None, answered("When?"))
    history.append(ME, mine, answered("Where?"))
    with sqlite3.connect(tmp_path / FILE_NAME) as other:
        other.execute("UPDATE exchanges SET exchange = '{\"old\": 1}' WHERE number = 0")
    other.close()
    old, fine = history.exchanges(ME, mine)
    assert old.question == "When?" and "another version" in (old.error or "")
    assert fine.answer is not None


def test_oldest_conversations_go_when_there_are_very_many(history: History) -> None:
    first = history.append(ME, None, answered("First?"))
    for number in range(KEPT):
        history.append(ME, None, Exchange(f"{number}?", error="e"))
    assert len(history.conversations(ME)) == KEPT
    assert history.exchanges(ME, first) == ()


# Files ------------------------------------------------------------------------------------------

CONVERSATION = Conversation("c1", "When?", "2026-11-25T09:00:00+00:00", "2026-11-25T09:01:00+00:00", 2)
SAID = (
    answered("When did Kanye propose?"),
    answered("and the moon?", None, query="What about the moon?"),
    Exchange("Why?", error="the model is gone"),
    Exchange("Who?", stopped=True),
)


def test_markdown_can_be_read() -> None:
    text = as_markdown(CONVERSATION, SAID)
    assert text.startswith("# When?\n")
    assert "kim.txt" in text and "/articles" not in text  # where a file lies is the server's own affair
    assert (
        "## When did Kanye propose?\n\n**Oct. 21**\n\n> He proposed\n> on Oct. 21.\n>\n> — Year Three, 2017-05-12"
        in text
    )
    assert "Very likely (90 %)" in text
    assert "*Understood as: What about the moon?*\n\n**Nothing in the articles is about this.**" in text
    assert "*Not answered: the model is gone*" in text
    assert "*Stopped before there was an answer.*" in text


def test_json_holds_what_ask_prints() -> None:
    told = json.loads(as_json(CONVERSATION, SAID))
    assert told["title"] == "When?"
    assert told["questions"][0]["answer"]["citations"][0]["quote"] == CITATION.quote
    assert told["questions"][1]["answer"]["answer"] is None
    assert told["questions"][2]["error"] == "the model is gone"


def test_feedback_becomes_a_test_set_that_eval_reads(history: History, tmp_path: Path) -> None:
    mine = None
    for exchange in (
        answered("When?"),
        answered("Where?"),
        answered("Moon?", None),
        answered("Why?"),
        answered("Who?"),
    ):
        mine = history.append(ME, mine, exchange)
    assert mine is not None
    given = [Feedback(True), Feedback(False, ("Florence",)), Feedback(True), Feedback(False, ()), Feedback(False)]
    for number, feedback in enumerate(given):
        history.judge(ME, mine, number, feedback)
    assert history.marks(ME) == (4, 1) and history.marks(YOU) == (0, 0)
    text, unknown = as_test_set(history.judged())
    assert unknown == 1
    file = tmp_path / "set.jsonl"
    file.write_text(text, encoding="utf-8")
    when, where, moon, why = load_test_set(file)
    assert (when.question, when.answers, when.article, when.history) == ("When?", ("Oct. 21",), CITATION.source, ())
    assert (where.answers, where.article) == (("Florence",), None)
    assert where.history == (("When?", "Oct. 21"),)
    assert (moon.answers, why.answers) == ((), ())
    assert moon.history[-1] == ("Where?", "Oct. 21")


def test_test_set_of_one_person_holds_nothing_of_others(history: History) -> None:
    for owner in (ME, YOU):
        history.judge(owner, history.append(owner, None, answered(f"{owner}?")), 0, Feedback(right=True))
    assert YOU not in as_test_set(history.judged(ME))[0]
    assert len(as_test_set(history.judged())[0].splitlines()) == 2


def test_a_long_name_of_a_schema_is_not_cut_off() -> None:
    assert page_schema(Address("postgresql://h/d?schema=news")) == "news_page"
    long = "s" * 60
    name = page_schema(Address(f"postgresql://h/d?schema={long}"))
    assert len(name) <= 63 and name != page_schema(Address(f"postgresql://h/d?schema={long}x"))


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("When did X?", "When did X.md"),
        ("../../etc", "etc.md"),
        ("???", "conversation.md"),
        ("Größe 東京", "Größe 東京.md"),
    ],
)
def test_file_names_are_plain(title: str, name: str) -> None:
    assert file_name(title, "md") == name
