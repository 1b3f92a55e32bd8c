"""A language model's answers: grounded and checked. Over real HTTP."""

from __future__ import annotations

import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from qa import Chatbot
from qa.errors import QAError
from qa.ports import Evidence, Plan, Text
from qa.types import AnswerReady, Candidate, Passage, Query
from tests.qa.fake_llm_server import FakeLLMServer, Handler, fail, write
from tests.qa.llm.writing import (
    BRIDGE,
    GOOD,
    WITHOUT_MODEL,
    answer_of,
    ask,
    events,
    passages,
    reads,
    settings_for,
    writer_for,
)
from vectorstore import ArticleIndex


@pytest.mark.parametrize("size", [1, 3, 7, 1000])
def test_an_answer_streams_and_its_quotes_become_citations(index: ArticleIndex, size: int) -> None:
    answer, written = ask(index, write(GOOD, size))
    assert "".join(written) == answer.text == "In 1883."
    [citation] = answer.citations
    assert (citation.article_id, citation.quote) == ("bridge", "The old bridge was opened in 1883")
    assert (answer.model, answer.notice) == ("openai:test-model", None)
    assert (answer.kind, answer.score) == ("fact", None), "nobody has measured what a model's score would mean"
    assert answer.alternatives == (), "nothing is borrowed from the reader"
    assert len(answer.passages) == 2


def test_a_citation_holds_the_articles_own_characters(index: ArticleIndex) -> None:
    answer, _ = ask(index, write('Not on Sundays.\nQUOTES:\n[2] "I don\'t bake on Sundays," she says."'))
    assert [citation.quote for citation in answer.citations] == ["I don’t bake on Sundays,” she says."]


def test_citations_come_in_the_passages_order_and_once_each(index: ArticleIndex) -> None:
    quotes = ["opens at six", "made of granite", "towers are made of granite", "opens at six", "opened in 1883"]
    reply = "Much.\nQUOTES:\n" + "\n".join(f'[2] "{quote}"' for quote in quotes)
    answer, _ = ask(index, write(reply))
    assert [citation.quote for citation in answer.citations] == [
        "towers are made of granite",
        "opened in 1883",
        "opens at six",
    ]
    assert answer.notice is None


def test_an_invented_quote_is_dropped_and_said_to_be(index: ArticleIndex) -> None:
    answer, _ = ask(index, write(GOOD + '\n[1] "by Queen Victoria herself"'))
    assert answer.text == "In 1883."
    assert [citation.quote for citation in answer.citations] == ["The old bridge was opened in 1883"]
    assert answer.notice is not None
    assert answer.notice.startswith("1 of the language model's 2 quotes was not found")


@pytest.mark.parametrize(
    "reply", ['In 1884.\nQUOTES:\n[1] "The old bridge was opened in 1884"', "In 1884.", "I cannot help with that."]
)
def test_an_answer_without_one_true_quote_is_not_given(index: ArticleIndex, reply: str) -> None:
    answer, _ = ask(index, write(reply))
    assert (answer.text, answer.model, answer.score) == ("1883", "reader", 0.7)
    assert answer.notice == (
        "The language model's answer could not be supported with words from the articles; "
        "this is the reader's own answer."
    )
    answer, _ = ask(index, write(reply), knows=False)
    assert (answer.text, answer.citations) == (None, ())
    assert answer.notice is not None
    assert answer.notice.endswith("the reader alone found no answer.")


@pytest.mark.parametrize("size", [1, 5, 1000])
def test_not_in_the_articles_is_an_abstention(index: ArticleIndex, size: int) -> None:
    answer, written = ask(index, write("NOT IN THE ARTICLES.", size))
    assert written == []
    assert (answer.text, answer.citations, answer.notice) == (None, (), None)
    assert answer.model == "openai:test-model"
    # What the reader would have said is there for who wants to look.
    assert [other.text for other in answer.alternatives] == ["1883", "fourteen years"]


def test_an_abstention_of_the_model_has_no_score_and_shows_what_comes_nearest(index: ArticleIndex) -> None:
    answer, _ = ask(index, write("NOT IN THE ARTICLES."))
    assert (answer.score, answer.reason) == (None, "no_answer")
    assert [citation.quote for citation in answer.nearest] == [BRIDGE[:34]]
    answer, _ = ask(index, write("NOT IN THE ARTICLES."), knows=False)
    assert (answer.text, answer.score, answer.reason) == (None, None, "no_answer")
    assert [citation.quote for citation in answer.nearest] == [BRIDGE[:34]]


def test_a_name_in_quotation_marks_supports_nothing(index: ArticleIndex) -> None:
    answer, _ = ask(index, write('The "old bridge" was opened by Queen Victoria [1].'))
    assert (answer.text, answer.model) == (WITHOUT_MODEL, "reader")


def test_without_passages_no_model_is_asked(index: ArticleIndex) -> None:
    with FakeLLMServer(fail(500)) as server:
        [event] = events(writer_for(settings_for(server), index), Evidence(), otherwise=reads(knows=False))
        assert isinstance(event, AnswerReady)
        assert (event.answer.text, event.answer.notice) == (None, None)
        assert server.requests == []


def test_many_questions_may_be_asked_at_once_each_with_its_own_answer(index: ArticleIndex) -> None:
    baker = 'At six.\nQUOTES:\n[1] "bakery opens at six"'

    def by_question(handler: Handler) -> None:
        write(baker if "bakery opens" in handler.body["messages"][1]["content"] else GOOD)(handler)

    with FakeLLMServer(by_question) as server, ThreadPoolExecutor(4) as pool:
        writer = writer_for(settings_for(server), index)
        names = ("bridge", "baker") * 4
        answers = list(pool.map(lambda name: answer_of(writer, passages(index, name)), names))
    assert [answer.text for answer in answers] == ["In 1883.", "At six."] * 4


class OnlyFacts:
    """A planner that takes every question for one of fact."""

    def plan(self, query: Query) -> Plan:
        return Plan(query, "fact")


class FindsNothing:
    """A reader that never finds an answer."""

    def read(self, question: str, passages: Sequence[Text]) -> list[Candidate]:
        return []


def test_the_whole_path_answers_through_a_model(index: ArticleIndex) -> None:
    with FakeLLMServer(write(GOOD)) as server:
        bot = Chatbot(index, settings_for(server), reader=FindsNothing(), planner=OnlyFacts())
        answer = bot.ask("When was the old bridge opened?")
    assert answer.text == "In 1883."
    assert answer.latency_ms > 0
    assert answer.citations[0].quote == "The old bridge was opened in 1883"


def test_a_passage_of_no_stored_article_is_quoted_from_its_own_text(index: ArticleIndex) -> None:
    text = "The tower was built in 1889."
    alone = Passage("t", "t", "Tower", "https://example.org/t", text, 0, len(text), 1.0, 1, alone=True)
    with FakeLLMServer(write('In 1889.\nQUOTES:\n[1] "was built in 1889"')) as server:
        answer = answer_of(writer_for(settings_for(server), index), Evidence(passages=(alone,)))
    [citation] = answer.citations
    assert (citation.source, citation.quote) == ("https://example.org/t", "was built in 1889")
    assert text[citation.start : citation.end] == citation.quote


def test_an_article_that_changed_meanwhile_is_an_error_not_an_answer(index: ArticleIndex) -> None:
    [passage] = passages(index, "bridge").passages
    changed = Evidence(passages=(replace(passage, text="other words"),))
    with FakeLLMServer(write(GOOD)) as server, pytest.raises(QAError, match="ask again"):
        answer_of(writer_for(settings_for(server), index), changed)


# What the model is sent


def test_the_request_asks_for_the_steadiest_reply(index: ArticleIndex) -> None:
    with FakeLLMServer(write(GOOD)) as server:
        writer = writer_for(settings_for(server), index)
        list(events(writer, passages(index)))
    [request] = server.requests
    assert (request["model"], request["temperature"], request["stream"]) == ("test-model", 0, True)


def test_a_model_that_refuses_a_temperature_is_asked_again_without(index: ArticleIndex) -> None:
    refusal = fail(400, "Unsupported value: 'temperature' does not support 0 with this model.")

    def particular(handler: Handler) -> None:
        (refusal if "temperature" in handler.body else write(GOOD))(handler)

    with FakeLLMServer(particular) as server:
        writer = writer_for(settings_for(server), index)
        with ThreadPoolExecutor(4) as pool:
            first = list(pool.map(lambda _: answer_of(writer, passages(index)), range(4)))
        asked = len(server.requests)
        second = [answer_of(writer, passages(index)) for _ in range(2)]
    assert [answer.text for answer in first + second] == ["In 1883."] * 6
    assert ["temperature" in request for request in server.requests[asked:]] == [False, False], "it is remembered"


def test_what_an_article_says_stands_only_between_its_marks(index: ArticleIndex) -> None:
    with FakeLLMServer(write(GOOD)) as server:
        writer = writer_for(settings_for(server), index)
        list(events(writer, passages(index, "evil", "bridge")))
    system, user = server.prompt()
    mark = re.search(r"the mark (#\w{12}#)", system)
    assert mark is not None
    blocks = re.split(rf"^{mark[1]} passage (\d) (begins|ends)$", user, flags=re.M)
    # Outside, the one article's text, the next number and so on: the pieces alternate.
    assert blocks[1::3] == ["1", "1", "2", "2"]
    assert blocks[2::3] == ["begins", "ends", "begins", "ends"]
    outside, evil, between, bridge, rest = blocks[0::3]
    assert "HACKED" in evil
    assert BRIDGE in bridge
    assert outside.strip() == between.strip() == ""
    assert rest.rstrip().endswith("Question: When was the bridge opened?")
    for text in (system, rest):
        assert "HACKED" not in text
    assert "<|im_start|>" not in user, "tokens that open a turn are taken apart"


def test_the_model_is_told_when_an_article_came_out(index: ArticleIndex) -> None:
    with FakeLLMServer(write(GOOD)) as server:
        writer = writer_for(settings_for(server), index)
        list(events(writer, passages(index, "baker", "bridge")))
    system, user = server.prompt()
    assert user.count("Published: ") == 1
    assert f"Title: Bridge\nPublished: 1933-04-01\n{BRIDGE}" in user
    assert "count from the day it was published" in system


def test_the_mark_is_new_for_other_passages_and_the_same_for_the_same(index: ArticleIndex) -> None:
    with FakeLLMServer(write(GOOD)) as server:
        writer = writer_for(settings_for(server), index)
        for names in (("bridge",), ("bridge",), ("bridge", "baker")):
            list(events(writer, passages(index, *names)))
        marks = [re.findall(r"#\w{12}#", server.prompt(request)[0])[0] for request in range(3)]
    assert marks[0] == marks[1] != marks[2]
