""" "Tell me more" goes on with the articles of the answer before."""

from __future__ import annotations

import pytest

from qa import Chatbot
from qa.further import NOTHING_FURTHER, asked_before, asks_for_more
from qa.types import Turn


@pytest.mark.parametrize(
    "question",
    ["tell me more", "Tell me more about it, please.", "go on", "What else?", "and what else is there?", "more"],
)
def test_asking_for_more_is_known(question: str) -> None:
    assert asks_for_more(question)


@pytest.mark.parametrize(
    "question", ["tell me more about Kanye", "what else did he write?", "who else was there?", "why?", "", "more " * 99]
)
def test_other_questions_are_not_taken_for_it(question: str) -> None:
    assert not asks_for_more(question)


def test_more_is_wanted_of_the_last_question_that_was_answered() -> None:
    assert asked_before([("when?", "1921"), ("who?", "Ann"), ("go on", "Ann sang."), ("what else?", None)]) == 1
    assert asked_before([("when?", "1921"), ("who?", None)]) is None
    assert asked_before([("go on", None)]) is None
    assert asked_before([]) is None


def test_further_sentences_come_from_the_same_article_until_none_are_left(bot: Chatbot) -> None:
    first = bot.ask("when did Kanye propose?")
    history: list[Turn] = [("when did Kanye propose?", first.text)]
    cited = {(one.article_id, one.start) for one in first.citations}
    articles = {one.article_id for one in first.citations}
    for question in ("tell me more", "what else?", "go on"):
        answer = bot.ask(question, history)
        assert answer.text and answer.kind == "theme" and answer.question == question
        assert answer.query == "when did Kanye propose?"
        places = {(one.article_id, one.start) for one in answer.citations}
        assert {article for article, _ in places} <= articles
        assert not places & cited
        cited |= places
        history.append((question, answer.text))


def test_when_nothing_is_left_it_says_so(bot: Chatbot) -> None:
    first = bot.ask("when did Kanye propose?")
    article = bot.index.article(first.citations[0].article_id)
    assert article is not None
    history: list[Turn] = [("when did Kanye propose?", f"{first.text}\n{article.text}")]
    answer = bot.ask("tell me more", history)
    assert (answer.text, answer.notice) == (None, NOTHING_FURTHER)


def test_after_no_answer_it_is_a_question_like_any_other(bot: Chatbot) -> None:
    answer = bot.ask("tell me more", [("Who won the 2017 NBA finals?", None)])
    assert answer.query != "Who won the 2017 NBA finals?"
