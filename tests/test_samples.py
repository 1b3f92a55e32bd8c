"""The sample articles and test sets are sound: every accepted answer really is in the article it is credited to."""

import json
from pathlib import Path
from typing import Any

import pytest
from lxml import html

from samples import ARTICLES, FOLLOWUPS, KINDS, METADATA, QUESTIONS

TEST_SETS = pytest.mark.parametrize("test_set", [QUESTIONS, FOLLOWUPS], ids=lambda path: path.stem)


def rows_of(test_set: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in test_set.read_text(encoding="utf-8").splitlines()]


def body_of(path: Path) -> str:
    """The article's text with white space normalised: without front matter, tags and what surrounds a saved article."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".html":
        text = html.fromstring(text).find(".//article").text_content()
    elif path.suffix == ".md":
        text = text.split("---\n", 2)[2]
    return " ".join(text.split())


def title_of(path: Path) -> str:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".html":
        return str(html.fromstring(text).findtext(".//h1"))
    heading = next(line for line in text.splitlines() if path.suffix != ".md" or line.startswith("# "))
    return heading.removeprefix("# ")


@pytest.fixture(scope="module")
def bodies() -> dict[str, str]:
    """The articles' texts by title."""
    return {title_of(path): body_of(path) for path in sorted(ARTICLES.iterdir())}


def test_there_are_articles_in_every_plain_format(bodies: dict[str, str]) -> None:
    assert len(bodies) >= 8
    assert {path.suffix for path in ARTICLES.iterdir()} == {".txt", ".md", ".html"}


def test_every_article_is_short_enough_to_read_as_a_demo(bodies: dict[str, str]) -> None:
    lengths = {title: len(body.split()) for title, body in bodies.items()}
    assert all(350 <= words <= 750 for words in lengths.values()), lengths


def test_ids_are_unique_over_all_test_sets() -> None:
    ids = [row["id"] for test_set in (QUESTIONS, FOLLOWUPS, KINDS, METADATA) for row in rows_of(test_set)]
    assert len(ids) == len(set(ids))


@TEST_SETS
def test_no_question_is_asked_twice_about_the_same_history(test_set: Path) -> None:
    asked = [(row["question"].lower(), tuple(row.get("history", ()))) for row in rows_of(test_set)]
    assert len(asked) == len(set(asked))


@TEST_SETS
def test_every_answer_is_a_substring_of_its_article(test_set: Path, bodies: dict[str, str]) -> None:
    answers = [(row["id"], answer, bodies[row["article"]]) for row in rows_of(test_set) for answer in row["answers"]]
    assert [(id_, answer) for id_, answer, body in answers if not answer or answer not in body] == []


@TEST_SETS
def test_an_article_is_named_exactly_where_there_are_answers(test_set: Path) -> None:
    assert [row["id"] for row in rows_of(test_set) if bool(row["answers"]) != ("article" in row)] == []


@TEST_SETS
def test_every_article_has_questions(test_set: Path, bodies: dict[str, str]) -> None:
    assert {row["article"] for row in rows_of(test_set) if row["answers"]} == set(bodies)


def test_enough_questions_have_an_answer_and_enough_have_none() -> None:
    answerable = [bool(row["answers"]) for row in rows_of(QUESTIONS)]
    assert answerable.count(True) >= 70
    assert answerable.count(False) >= 15


def test_every_followup_has_whole_turns_before_it() -> None:
    histories = {row["id"]: row["history"] for row in rows_of(FOLLOWUPS)}
    assert [id_ for id_, history in histories.items() if not history or len(history) % 2] == []


def test_followups_need_a_rewrite_and_changes_of_subject_do_not() -> None:
    for row in rows_of(FOLLOWUPS):
        assert (row["standalone"] == row["question"]) == row["id"].startswith("switch-"), row["id"]
