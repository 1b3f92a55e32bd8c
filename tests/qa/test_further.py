""" "Tell me more", "are you sure?", "where does it say that?" and "the second one" go on with the answer before."""

from __future__ import annotations

import pytest

from qa import Chatbot
from qa.further import NO_OTHERS, NO_SUCH, NOTHING_FURTHER, Further, entry, ordinal_in, words_of
from qa.types import Alternative, Answer, Citation, Earlier, Item, Turn


@pytest.fixture(scope="module")
def further(bot: Chatbot) -> Further:
    return Further(bot.gatherer)


@pytest.mark.parametrize(
    ("question", "wish"),
    [
        ("tell me more", "more"),
        ("Tell me more about it, please.", "more"),
        ("go on", "more"),
        ("What else?", "more"),
        ("and what else is there?", "more"),
        ("more", "more"),
        ("Are you sure?", "sure"),
        ("are you really sure about that?", "sure"),
        ("how do you know?", "sure"),
        ("where does it say that?", "place"),
        ("which article is that from?", "place"),
        ("What's your source?", "place"),
        ("and the others?", "others"),
        ("what are the others?", "others"),
    ],
)
def test_a_wish_is_known_in_words_that_no_example_has(further: Further, question: str, wish: str) -> None:
    assert further.wish(question) == wish


@pytest.mark.parametrize(
    "question",
    [
        "tell me more about Kanye",
        "what else did he write?",
        "who else was there?",
        "why?",
        "when?",
        "where is it?",
        "who is he?",
        "what is that?",
        "is Kim sure about the wedding?",
        "where does Kanye live?",
        "",
        "more " * 99,
        "もっと教えて",
    ],
)
def test_other_questions_are_not_taken_for_one(further: Further, question: str) -> None:
    assert further.wish(question) is None


@pytest.mark.parametrize(
    ("question", "place"),
    [
        ("the second one", 1),
        ("and the first?", 0),
        ("what about the last one?", -1),
        ("who is the third?", 2),
        ("when was the second wedding?", None),
        ("the first and the second", None),
        ("one", None),
        ("", None),
    ],
)
def test_entries_are_named_by_their_place(question: str, place: int | None) -> None:
    assert ordinal_in(question) == place


def test_more_is_wanted_of_the_last_question_that_was_answered(further: Further) -> None:
    assert further.before([("when?", "1921"), ("who?", "Ann"), ("go on", "Ann sang."), ("what else?", None)]) == 1
    assert further.before([("when?", "1921"), ("who?", None)]) == 0
    assert further.before([("who?", None)]) is None
    assert further.before([("go on", None)]) is None
    assert further.before([]) is None


@pytest.mark.parametrize("whole", [True, False])
def test_further_sentences_come_from_the_same_article_until_none_are_left(bot: Chatbot, whole: bool) -> None:
    first = bot.ask("when did Kanye propose?")
    history: list[Earlier] = [first if whole else ("when did Kanye propose?", first.text)]
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
        history.append(answer if whole else (question, answer.text))


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


def test_the_words_an_answer_rests_on_are_shown_where_they_stand(bot: Chatbot) -> None:
    first = bot.ask("when did Kanye propose?")
    for question in ("where does it say that?", "are you sure?"):
        answer = bot.ask(question, [first])
        assert answer.citations == first.citations
        assert (
            answer.text
            and first.citations[0].quote.split() == answer.text.split()[: len(first.citations[0].quote.split())]
        )
        assert bool(answer.notice) == (question == "are you sure?")


def _cited(text: str) -> Citation:
    return Citation("a", "Title", "a.txt", text, 0, len(text))


LISTED = Answer(
    "who sang?",
    "Ann and Bob",
    "list",
    citations=(_cited("Ann sang."), _cited("Bob sang.")),
    items=(Item("Ann", (0,)), Item("Bob", (1,))),
)
FOUND = Answer(
    "who sang?",
    "Ann",
    score=0.8,
    citations=(_cited("Ann sang."),),
    alternatives=(Alternative("Bob", 0.1, _cited("Bob?")),),
)


@pytest.mark.parametrize("before", [LISTED, FOUND])
def test_an_entry_is_one_of_the_answer_or_one_that_came_close(before: Answer) -> None:
    assert entry(before, "the second one", 1).text == "Bob"
    assert entry(before, "the last one", -1).text == "Bob"
    missing = entry(before, "the third one", 2)
    assert (missing.text, missing.notice) == (None, NO_SUCH)


def test_the_others_are_those_that_came_close() -> None:
    assert words_of(FOUND, "and the others?", "others").text == "Bob"
    nothing = words_of(LISTED, "and the others?", "others")
    assert (nothing.text, nothing.notice) == (None, NO_OTHERS)
