"""What a conversation carries on, and what it leaves behind."""

from __future__ import annotations

import time

import pytest

from qa import Chatbot
from qa.about import tells_of
from qa.carried import MOST_ARTICLES, carried
from qa.types import Answer, Citation, Earlier, Item


def _answer(text: str | None, **others: object) -> Answer:
    cited = () if text is None else (Citation("a1", "Title", "a.txt", f"It was {text}.", 0, 9),)
    return Answer("and who?", text, query="who sang?", **{"citations": cited, **others})  # type: ignore[arg-type]


def test_a_good_answer_is_carried_with_its_article_and_its_question_as_understood() -> None:
    known = carried([_answer("Ann", score=0.9)])
    assert known.turns == (("who sang?", "Ann"),)
    assert known.articles == ("a1",)


@pytest.mark.parametrize(
    "answer",
    [
        _answer(None),
        _answer("Ann", score=0.2),
        _answer("Ann", citations=(Citation("a1", "Title", "a.txt", "By Ann Lee", 0, 10),)),
    ],
)
def test_what_was_not_answered_or_doubtfully_leaves_its_question_alone(answer: Answer) -> None:
    before: list[Earlier] = [_answer("Bob", score=0.9), answer]
    known = carried(before)
    assert known.turns == (("who sang?", "Bob"), ("who sang?", None))
    assert known.articles == ("a1",)


def test_what_came_nearest_is_talked_about_until_something_is_answered() -> None:
    nearest = (Citation("a2", "Other", "b.txt", "Bob played.", 0, 11),)
    assert carried([_answer(None, nearest=nearest)]).articles == ("a2",)
    assert carried([_answer("Ann", score=0.9), _answer(None, nearest=nearest)]).articles == ("a1",)
    assert carried([_answer(None, nearest=nearest), _answer("Ann", score=0.9)]).articles == ("a1",)


def test_small_talk_and_bylines_are_no_subject() -> None:
    assert carried([_answer("Hello.", kind="chat")]).turns == ()
    assert carried([_answer("Ann Lee", kind="catalogue")]).turns == (("who sang?", None),)


def test_of_an_answer_in_sentences_the_first_is_carried() -> None:
    items = (Item("Ann sang.", (0,)), Item("Call Bob at the paper.", (0,)))
    known = carried([_answer("Ann sang. Call Bob at the paper.", kind="explanation", items=items)])
    assert known.turns == (("who sang?", "Ann sang."),)


def test_plain_turns_are_taken_at_their_word() -> None:
    assert carried([("who sang?", "Ann"), ("when?", None)]).turns == (("who sang?", "Ann"), ("when?", None))


def test_few_articles_are_carried() -> None:
    cited = tuple(Citation(str(n), "T", "t", "It sang.", 0, 8) for n in range(9))
    assert len(carried([_answer("It", citations=cited)]).articles) == MOST_ARTICLES


def test_a_follow_up_looks_first_where_the_answer_came_from(bot: Chatbot) -> None:
    first = bot.ask("When did the Brooklyn Bridge open?")
    article = first.citations[0].article_id
    plain = bot.ask("who built it?", [(first.question, first.text)])
    whole = bot.ask("who built it?", [first])
    share = [sum(one.article_id == article for one in found.passages) for found in (plain, whole)]
    assert whole.query == plain.query
    again = bot.ask("when did it open?", [first])
    assert again.text is not None and {one.article_id for one in again.passages} == {article}
    assert share[1] >= share[0]
    assert bot.ask("When was Marie Curie born?", [first]).text == bot.ask("When was Marie Curie born?").text


def test_a_question_whose_words_are_not_there_is_asked_of_all(bot: Chatbot) -> None:
    first = bot.ask("When did the Brooklyn Bridge open?")
    article = first.citations[0].article_id
    other = bot.ask("who proposed to kim kardashian?", [first])
    assert {one.article_id for one in other.passages} != {article}
    assert tells_of(bot.gatherer.articles([article]), "when did it open?")
    assert not tells_of(bot.gatherer.articles([article]), "who proposed to kim kardashian?")


@pytest.mark.parametrize(
    "history",
    [
        [("when did Kanye propose?", "Oct. 21")] * 5000,
        [("when did Kanye propose? " * 400, "Oct. 21 " * 1300)],
        [("", ""), ("   ", "   "), ("?", None), ("...", "...")],
        [("ケイニーはいつ求婚しましたか", "10月21日"), ("متى تزوجا", "2014")],
    ],
)
def test_no_history_is_too_strange_or_too_long(bot: Chatbot, history: list[Earlier]) -> None:
    bot.ask("and when did they marry?", history[:1])
    started = time.process_time()
    answer = bot.ask("and when did they marry?", history)
    assert answer.question == "and when did they marry?"
    assert time.process_time() - started < 20
