from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from langchain_core.embeddings import DeterministicFakeEmbedding

import samples
from ingest import add_articles
from qa import Chatbot
from qa.evaluation import load_test_set
from qa.planner import LearnedPlanner
from qa.planner.data import own_questions
from qa.ports import Plan
from qa.types import Query
from tests.qa.kinds.catalogue_questions import ARTICLES, SMALL_TALK, TITLES, TOLD
from vectorstore import ArticleFilter, ArticleIndex

UNSEEN = [row for row in own_questions() if row.unseen]


@pytest.fixture(scope="module")
def planner(library: ArticleIndex) -> LearnedPlanner:
    return LearnedPlanner(library)


def _plan(planner: LearnedPlanner, question: str, scope: tuple[str, ...] | None = None) -> Plan:
    return planner.plan(Query(question, question, time.perf_counter(), scope))


def _id(library: ArticleIndex, key: str) -> str:
    return next(article.id for article in library.articles() if article.title == TITLES[key])


def test_unseen_questions_are_read_as_what_they_ask_for(planner: LearnedPlanner) -> None:
    right = [_plan(planner, row.question).kind == row.label.partition(".")[0] for row in UNSEEN]
    assert len(UNSEEN) > 300
    assert sum(right) / len(right) >= 0.8


def test_small_talk_is_small_talk(planner: LearnedPlanner) -> None:
    assert [text for text in SMALL_TALK if _plan(planner, text).kind != "chat"] == []


@pytest.mark.parametrize("question", ["how big is the asylum backlog", "how old is she"])
def test_what_does_not_speak_of_articles_is_not_counted_among_them(planner: LearnedPlanner, question: str) -> None:
    assert _plan(planner, question).kind == "fact"


def test_questions_about_the_articles_are_for_the_catalogue(planner: LearnedPlanner) -> None:
    asked = [question for question, _ in [*ARTICLES, *TOLD]]
    assert sum(_plan(planner, question).kind == "catalogue" for question in asked) >= 0.9 * len(asked)


def test_no_question_to_the_articles_is_taken_for_one_that_searches_nothing(planner: LearnedPlanner) -> None:
    asked = [
        *(example.question for example in load_test_set(samples.QUESTIONS)),
        *(json.loads(line)["standalone"] for line in samples.FOLLOWUPS.read_text(encoding="utf-8").splitlines()),
        *(row.question for row in UNSEEN if row.label in ("definition", "comparison", "timeline")),
    ]
    assert len(asked) >= 300
    assert [one for one in asked if _plan(planner, one).kind in ("catalogue", "chat")] == []


@pytest.mark.parametrize(
    ("question", "kind", "subject"),
    [
        ("What do my articles say about climate change?", "theme", "climate change"),
        ("tell me about the arctic tern", "theme", "the arctic tern"),
        ("what is radium", "definition", "radium"),
        ("timeline of the webb telescope", "timeline", "the webb telescope"),
    ],
)
def test_what_a_question_is_about(planner: LearnedPlanner, question: str, kind: str, subject: str) -> None:
    plan = _plan(planner, question)
    assert (plan.kind, plan.subject, plan.articles) == (kind, subject, None)


@pytest.mark.parametrize(
    ("question", "sides"),
    [
        ("difference between penicillin and streptomycin", ("penicillin", "streptomycin")),
        ("Which is older, the Brooklyn Bridge or the Eiffel Tower?", ("the Brooklyn Bridge", "the Eiffel Tower")),
        ("webb vs hubble", ("webb", "hubble")),
    ],
)
def test_what_is_compared(planner: LearnedPlanner, question: str, sides: tuple[str, str]) -> None:
    plan = _plan(planner, question)
    assert (plan.kind, plan.sides) == ("comparison", sides)


@pytest.mark.parametrize(
    ("question", "key"),
    [
        ("Summarize the article about cheese", "cheese"),
        ("tldr of the penicillin piece", "penicillin"),
        ("What is the newest article about?", "shinkansen"),
        ("summary of Listening to Cheese", "cheese"),
        ("What does “Nine Hours on 30th Street” say?", "blue"),
        ("summarise the article by Tobias Renner", "webb"),
    ],
)
def test_an_article_that_is_named_is_the_one_to_sum_up(
    planner: LearnedPlanner, library: ArticleIndex, question: str, key: str
) -> None:
    plan = _plan(planner, question)
    assert (plan.kind, plan.articles) == ("summary", (_id(library, key),))


@pytest.mark.parametrize(
    ("question", "title"),
    [
        ("newest article about the world cup", "A second world cup for robots"),
        ("summarize the article about how streets got their names", "How each street got its name"),
    ],
)
def test_an_article_is_told_by_all_that_is_said_of_it(tmp_path: Path, question: str, title: str) -> None:
    told = {
        "old": "The world cup of robots\n\n2019/05/02\n\nThe world cup of robots is held in Alder Point.\n",
        "new": "A second world cup for robots\n\n2023/08/11\n\nRobots from nine lands play for a cup again.\n",
        "names": "How each street got its name\n\n2020/01/05\n\nMost are called after who lived there.\n",
        "parking": "Streets\n\n2024/01/05\n\nOn which streets can cars be left? Those of the old town are shut.\n",
    }
    for name, text in told.items():
        (tmp_path / f"{name}.txt").write_text(text, encoding="utf-8")
    index = ArticleIndex.open(tmp_path / "index")
    try:
        add_articles([tmp_path], index)
        plan = _plan(LearnedPlanner(index), question)
        assert [article.title for key in plan.articles or () if (article := index.article(key))] == [title]
    finally:
        index.close()


def test_an_article_that_is_not_there_is_told_as_a_subject(planner: LearnedPlanner) -> None:
    plan = _plan(planner, "Summarize the article about volcanoes")
    assert (plan.kind, plan.subject, plan.articles) == ("summary", "volcanoes", None)


@pytest.mark.parametrize("reference", ["the article about cheese exports to Antarctica", "radium dumping in Peru"])
def test_an_article_on_part_of_it_is_not_the_one_that_is_meant(planner: LearnedPlanner, reference: str) -> None:
    plan = _plan(planner, f"give me a summary of {reference}")
    assert (plan.kind, plan.articles) == ("summary", None)
    assert plan.subject


@pytest.mark.parametrize(
    ("question", "subject"),
    [("what happened in brooklyn in 1883", "brooklyn"), ("what happened in 1883", "")],
)
def test_the_time_of_a_timeline_is_no_part_of_its_subject(planner: LearnedPlanner, question: str, subject: str) -> None:
    plan = _plan(planner, question)
    assert (plan.kind, plan.subject, plan.filter) == ("timeline", subject, ArticleFilter(since="1883", until="1883"))


def test_a_choice_of_articles_holds_for_every_kind(planner: LearnedPlanner, library: ArticleIndex) -> None:
    chosen = (_id(library, "kim"),)
    for question in ("when did they marry?", "summarize this article", "who wrote this", "what is this about", "hi"):
        assert _plan(planner, question, chosen).articles == chosen


def test_small_talk_is_taken_as_it_was_typed(planner: LearnedPlanner) -> None:
    assert planner.plan(Query("helo", "held", time.perf_counter())).kind == "chat"


def test_a_library_of_another_model_is_planned_for_in_as_many_threads_as_it_is_told(tmp_path: Path) -> None:
    bot = Chatbot.open(tmp_path / "index", embedder=DeterministicFakeEmbedding(size=8), threads=3)
    assert bot.path._planner._embedder._passes.threads == 3  # type: ignore[attr-defined]
    bot.index.close()


def test_a_question_of_what_an_article_is_called_after_is_answered_from_its_text(
    empty_index: ArticleIndex, tmp_path: Path
) -> None:
    title = "The Bridge at Alder Point"
    (tmp_path / "bridge.txt").write_text(f"{title}\n\nIt was Ruth Amsel who built it, with stones.", encoding="utf-8")
    add_articles([tmp_path / "bridge.txt"], empty_index)
    planner = LearnedPlanner(empty_index)
    assert _plan(planner, f"Who built {title}?").kind == "fact"
    assert _plan(planner, f"Who wrote {title}?").kind == "catalogue"


@pytest.mark.parametrize(
    ("asked", "text", "kind", "searched"),
    [
        ("what is her slogan", "what is her slogan (Marta Ruiz)", "fact", "what is her slogan (Marta Ruiz)"),
        ("can you still order it?", "can you still order it (Tilly's)?", "yes_no", "can you still order it (Tilly's)?"),
        ("what is that prize?", "what is that prize (Golden Otter)?", "definition", "prize Golden Otter"),
        ("thanks", "thanks (Marta Ruiz)", "chat", "thanks"),
    ],
)
def test_what_a_follow_up_asks_for_is_told_by_its_own_words(
    planner: LearnedPlanner, asked: str, text: str, kind: str, searched: str
) -> None:
    plan = planner.plan(Query(asked, text, time.perf_counter()))
    assert (plan.kind, plan.searched) == (kind, searched)


def test_brackets_that_a_person_typed_are_part_of_the_question() -> None:
    asked = "what is the FTC (the agency)?"
    assert (Query(asked, asked, 0.0).worded, Query(asked, asked, 0.0).beside) == (asked, "")
    leaning = Query("why?", "why did he go (Ann Lee, Rome)?", 0.0)
    assert (leaning.worded, leaning.beside) == ("why did he go?", "Ann Lee, Rome")


@pytest.mark.parametrize(
    ("asked", "kind"), [("thanks a lot", "chat"), ("list my newest articles", "catalogue"), ("who won", "fact")]
)
def test_small_talk_and_the_catalogue_leave_out_what_stands_beside_them(
    planner: LearnedPlanner, asked: str, kind: str
) -> None:
    leaning = f"{asked} (Trump)"
    plan = planner.plan(Query(asked, leaning, time.perf_counter()))
    assert (plan.kind, plan.query.text) == (kind, leaning if kind == "fact" else asked)
