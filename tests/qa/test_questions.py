"""Sentences to the questions that they answer."""

from __future__ import annotations

import pytest

from language.verbs import base_of_past
from qa.asking import is_person
from qa.described import descriptions_in
from qa.questions import questions_in

KNOWN = frozenset("open close move stop carry land agree use free buy visit destroy".split())
ARTICLE = "Ann Lee came to Wexmoor. In 1921 Lee and her brother moved on. Later Lee’s company closed."


@pytest.mark.parametrize(
    ("past", "base"),
    [
        ("opened", "open"),
        ("closed", "close"),
        ("moved", "move"),
        ("stopped", "stop"),
        ("carried", "carry"),
        ("won", "win"),
        ("agreed", None),  # ends like "need", which is no past
        ("blorped", None),
    ],
)
def test_the_base_of_a_verb(past: str, base: str | None) -> None:
    assert base_of_past(past, KNOWN) == base


@pytest.mark.parametrize(
    ("sentence", "question", "answer"),
    [
        ("Ann Lee opened the museum of Wexmoor in 1921.", "When did Ann Lee open the museum of Wexmoor?", "1921"),
        ("Ann Lee opened the museum of Wexmoor in 1921.", "Who opened the museum of Wexmoor in 1921?", "Ann Lee"),
        (
            "In May 1921, Ann Lee moved to the town of Wexmoor.",
            "When did Ann Lee move to the town of Wexmoor?",
            "May 1921",
        ),
        ("The museum of Wexmoor was opened in 1921 by Lee.", "When was the museum of Wexmoor opened by Lee?", "1921"),
        ("The mayor of Wexmoor was born in New Ely, which is near.", "Where was the mayor of Wexmoor born?", "New Ely"),
        (
            "The Wexmoor storm destroyed 30 homes in New Ely on Monday.",
            "How many homes did the Wexmoor storm destroy in New Ely?",
            "30",
        ),
        ("At least 30 people moved to Wexmoor in a year.", "How many people moved to Wexmoor in a year?", "30"),
        (
            "The museum of Wexmoor was closed because the roof had holes.",
            "Why was the museum of Wexmoor closed?",
            "because the roof had holes",
        ),
    ],
)
def test_questions_are_made_with_the_words_that_answer_them(sentence: str, question: str, answer: str) -> None:
    found = {one.question: sentence[one.start : one.end] for one in questions_in(sentence, ARTICLE, KNOWN)}
    assert found.get(question) == answer, found


@pytest.mark.parametrize(
    ("sentence", "question", "answer"),
    [
        ("Ann Lee, a pilot from Wexmoor, died on Monday.", "Who is Ann Lee?", "a pilot from Wexmoor"),
        ("Ann Lee, the head of Lee Air, died on Monday.", "Who is the head of Lee Air?", "Ann Lee"),
        ("Neighbours thanked the pilot Ann Lee for it all.", "Who is Ann Lee?", "pilot"),
        ("“It is open,” said Ann Lee, a pilot from Wexmoor.", "Who is Ann Lee?", "a pilot from Wexmoor"),
        ("Ann Lee, 41, the head of Lee Air, died on Monday.", "Who is the head of Lee Air?", "Ann Lee"),
        ("Ann Lee, 41, the head of Lee Air, died on Monday.", "How old is Ann Lee?", "41"),
        (
            "It was closed by the Wexmoor Office for Air Safety (WOAS) on Monday.",
            "What does WOAS stand for?",
            "Wexmoor Office for Air Safety",
        ),
    ],
)
def test_what_is_said_of_a_name_in_passing_can_be_asked(sentence: str, question: str, answer: str) -> None:
    found = {one.question: sentence[one.start : one.end] for one in descriptions_in(sentence, ARTICLE)}
    assert found.get(question) == answer, found


@pytest.mark.parametrize(
    "sentence",
    [
        "“Ann Lee, the head of Lee Air, closed it on Monday,” he said.",  # somebody's words
        "Ann Lee, 1921, opened the museum of Wexmoor.",
        "It was closed by the Wexmoor Office for Air Safety (AIR) on Monday.",
        "Was it opened by Ann Lee, the head of Lee Air?",
    ],
)
def test_what_others_say_or_does_not_fit_is_not_asked(sentence: str) -> None:
    assert descriptions_in(sentence, ARTICLE) == []


@pytest.mark.parametrize(
    "sentence",
    [
        "He opened the museum of Wexmoor in 1921.",  # who?
        "“We opened it in 1921,” Ann Lee said of Wexmoor.",
        "The company opened that museum there in 1921.",
        "Ann Lee said the museum of Wexmoor would open in 1921.",
        "Was the museum of Wexmoor opened in 1921?",
        "Opened in 1921.",
        "The storm destroyed 30 homes in Wexmoor on Monday.",  # which?
        "",
    ],
)
def test_what_is_not_plain_is_left_alone(sentence: str) -> None:
    assert questions_in(sentence, ARTICLE, KNOWN) == []


def test_a_person_is_also_called_by_the_last_name() -> None:
    assert is_person("Ann Lee", ARTICLE)
    assert not is_person("New Ely", ARTICLE)
    assert not is_person("Wexmoor", ARTICLE)
