"""A language model is asked for, and checked in, the shape of the kind of question."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa.gathering import Gatherer
from qa.llm.checking import checked
from qa.llm.material import FEWEST_CHARS, material
from qa.llm.pieces import own_quotes, pieces_of
from qa.llm.providers import LEAST_ROOM as ROOM
from qa.llm.reply import parse_reply
from qa.ports import Evidence, Extract
from qa.retriever import HybridRetriever
from qa.types import Item, Kind
from tests.qa.fake_llm_server import FakeLLMServer, write
from tests.qa.llm.writing import BAKER, BRIDGE, answer_of, article, ask, passages, plan, settings_for, writer_for
from vectorstore import Article, ArticleIndex

TEXTS = [("bridge", BRIDGE), ("baker", BAKER)]
LIST = """- granite towers
- a bakery
QUOTES:
[1] "Its towers are made of granite"
[2] "Ada's bakery opens at six"
"""


# Lines


@pytest.mark.parametrize("size", [1, 1000])
def test_the_lines_of_a_list_that_have_a_quote_are_its_items(index: ArticleIndex, size: int) -> None:
    answer, written = ask(index, write(LIST, size), asked=plan("list", "What is there?"))
    assert answer.kind == "list"
    assert answer.text == "".join(written) == "- granite towers\n- a bakery"
    assert answer.items == (Item("granite towers", (0,)), Item("a bakery", (1,)))
    assert [citation.quote for citation in answer.citations] == [
        "Its towers are made of granite",
        "Ada’s bakery opens at six",
    ]
    assert answer.notice is None


@pytest.mark.parametrize(
    "reply",
    [
        LIST.replace("- a bakery", "- a palace\n- a bakery"),
        LIST.replace("- a bakery", "- a palace\n- a bakery").replace("[2]", '[1] "The palace of the queen"\n[2]'),
    ],
    ids=["none of its own", "an invented one"],
)
def test_a_line_without_a_true_quote_is_left_out(index: ArticleIndex, reply: str) -> None:
    answer, _ = ask(index, write(reply), asked=plan("list", "What is there?"))
    assert answer.text == "- granite towers\n- a bakery"
    assert [item.text for item in answer.items] == ["granite towers", "a bakery"]
    assert answer.notice is not None
    assert answer.notice == ("1 of the 3 lines that the language model wrote was left out: no quote in the articles.")


def test_a_list_none_of_whose_lines_has_a_quote_is_not_given(index: ArticleIndex) -> None:
    reply = '- a palace\n- a castle\n- a lake\nQUOTES:\n[1] "The old bridge was opened in 1883"'
    answer, _ = ask(index, write(reply), asked=plan("list", "What is there?"))
    assert (answer.text, answer.model) == ("1883", "reader")


def test_a_list_in_one_sentence_is_an_answer_without_items(index: ArticleIndex) -> None:
    reply = 'A bridge and a bakery.\nQUOTES:\n[1] "The old bridge was opened"\n[2] "bakery opens at six"'
    answer, _ = ask(index, write(reply), asked=plan("list", "What is there?"))
    assert (answer.text, answer.items, len(answer.citations)) == ("A bridge and a bakery.", (), 2)


def test_a_count_has_its_number_and_its_items(index: ArticleIndex) -> None:
    answer, _ = ask(index, write("Two:\n" + LIST), asked=plan("count", "How many are there?"))
    assert answer.text == "Two:\n- granite towers\n- a bakery"
    assert [item.text for item in answer.items] == ["granite towers", "a bakery"]


def test_the_items_of_a_theme_name_their_article(index: ArticleIndex) -> None:
    answer, _ = ask(index, write(LIST), asked=plan("theme", "What do my articles say about houses?"))
    assert [item.label for item in answer.items] == ["Bridge", "Baker"]


def test_the_items_of_a_comparison_name_their_side(index: ArticleIndex) -> None:
    reply = LIST.replace("- granite", "- The bridge: granite").replace("- a bakery", "- the bakery: opens at six")
    answer, _ = ask(index, write(reply), asked=plan("comparison", "Bridge or bakery?", ("the bridge", "the bakery")))
    assert [item.label for item in answer.items] == ["the bridge", "the bakery"]
    answer, _ = ask(index, write(reply), asked=plan("comparison", "Bridge or bakery?"))
    assert [item.label for item in answer.items] == ["The bridge", "the bakery"]


def test_the_items_of_a_timeline_have_dates(index: ArticleIndex) -> None:
    reply = '- 1883: The bridge opened.\n- later: Bread.\nQUOTES:\n[1] "was opened in 1883"\n[2] "bakery opens at six"'
    answer, _ = ask(index, write(reply), asked=plan("timeline", "What happened?"))
    assert [item.date for item in answer.items] == ["1883", None]


def test_lines_may_go_on_below_and_have_marks_of_many_kinds() -> None:
    text = "There are:\n* **One**\n  in May\n2) Two\n\n• Three\nThat is all."
    pieces = pieces_of(text, "list")
    assert [piece.text for piece in pieces] == ["One in May", "Two", "Three"]
    assert [text[piece.start : piece.end] for piece in pieces] == ["* **One**\n  in May\n", "2) Two\n", "• Three\n"]
    assert pieces_of(text, "fact") == []


def test_a_quote_speaks_for_the_line_at_its_place_or_for_the_one_whose_words_it_holds() -> None:
    assert own_quotes(["Acme", "Bolt"], ["Acme was founded", "and so was Bolt"]) == [[0], [1]]
    assert own_quotes(["Acme", "Bolt"], ["and so was Bolt", "Acme was founded"]) == [[1], [0]]
    assert own_quotes(["das Brot", "der Turm"], ["the bread", "the tower"]) == [[0], [1]], "in another language"
    assert own_quotes(["Acme", "Bolt"], ["Acme was founded"]) == [[0], []]
    assert own_quotes(["Acme makes anvils", "Bolt"], ["Acme was founded", "Acme's anvils", "Bolt"]) == [[0, 1], [2]]
    assert own_quotes(["Acme", "Bolt", "Cog"], ["Acme and Bolt were founded"]) == [[0], [0], []]
    assert own_quotes(["The queen opened it in the morning", "The king did"], ["opened it"]) == [[0], []]
    assert own_quotes(["Acme"], ["one", "another"]) == [[0, 1]], "there is no other line"
    assert own_quotes([], ["one"]) == []


# Yes and no


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        ("Yes, it was opened.", "yes"),
        ("**No.** It was not.", "no"),
        ("Yes", "yes"),
        ("No – it was not.", "no"),
        ("No one knows.", None),
        ("Yesterday it was.", None),
        ("It is not said.", None),
    ],
)
def test_yes_and_no_are_verdicts_where_they_come_first(index: ArticleIndex, said: str, verdict: str | None) -> None:
    reply = f'{said}\nQUOTES:\n[1] "The old bridge was opened in 1883"'
    answer, _ = ask(index, write(reply), asked=plan("yes_no", "Was it opened?"))
    assert answer.verdict == verdict
    assert answer.text == said
    answer, _ = ask(index, write(reply), asked=plan("fact"))
    assert answer.verdict is None


# What is asked for


@pytest.mark.parametrize(
    ("kind", "asked_for"),
    [
        ("fact", "in one to three plain sentences, from"),
        ("list", "as a list, one line for each"),
        ("count", "with the number first"),
        ("yes_no", "with yes or no first"),
        ("summary", "in three to six plain sentences"),
        ("theme", "one line for each article"),
        ("comparison", "one line for each of the things compared"),
        ("timeline", "one line for each event in order of time"),
    ],
)
def test_each_kind_is_asked_for_in_its_shape(index: ArticleIndex, kind: Kind, asked_for: str) -> None:
    with FakeLLMServer(write(LIST)) as server:
        answer_of(writer_for(settings_for(server), index), passages(index), plan(kind))
    system, _ = server.prompt()
    assert asked_for in system
    assert "{" not in system
    example = system.partition("For example:\n")[2].partition("\n\nIf the passages")[0]
    assert bool(pieces_of(example.partition("QUOTES:")[0], "list")) == (
        kind in {"list", "theme", "comparison", "timeline"}
    )


# Whole articles


def summary_of(index: ArticleIndex, *names: str) -> Evidence:
    return Evidence(articles=tuple(article(index, name) for name in names))


def test_whole_articles_are_shown_and_quoted_from(index: ArticleIndex) -> None:
    reply = 'A bridge opened. It is made of granite.\nQUOTES:\n[1] "was opened in 1883"\n[1] "made of granite"'
    with FakeLLMServer(write(reply)) as server:
        writer = writer_for(settings_for(server), index)
        answer = answer_of(writer, summary_of(index, "bridge", "baker"), plan("summary", "What is this about?"))
    _, user = server.prompt()
    assert f"Title: Bridge\nPublished: 1933-04-01\nBRIDGE\n\n{BRIDGE}" in user
    assert BAKER in user
    assert (answer.kind, answer.text) == ("summary", "A bridge opened. It is made of granite.")
    assert [item.text for item in answer.items] == ["A bridge opened.", "It is made of granite."]
    assert [citation.quote for citation in answer.citations] == ["was opened in 1883", "made of granite"]
    assert answer.notice is None


def test_an_article_longer_than_the_window_is_cut_at_a_sentence_and_the_person_is_told(index: ArticleIndex) -> None:
    end = "The very last sentence says that it closed."
    long = replace(article(index, "bridge"), text=f"{BRIDGE} " * 400 + end)
    replies = ['It opened.\nQUOTES:\n[1] "was opened in 1883"', 'It closed.\nQUOTES:\n[1] "says that it closed"']
    with FakeLLMServer(*map(write, replies)) as server:
        writer = writer_for(settings_for(server), index)
        told, unseen = (answer_of(writer, Evidence(articles=(long,)), plan("summary", "Sum it up.")) for _ in replies)
        _, user = server.prompt()
    assert end not in user
    assert len(user) < ROOM + 1000
    assert user.count(BRIDGE) > 100
    assert f"{BRIDGE}\n#" in user, "it ends with a whole sentence"
    assert told.notice == "The article is longer than the language model can read at once; it read the beginning."
    assert unseen.model == "reader", "what the model was not shown it cannot quote"


def test_many_articles_share_the_room_and_short_ones_leave_theirs_to_long_ones(index: ArticleIndex) -> None:
    gatherer = Gatherer(index, HybridRetriever(index=index), 10)
    bridge = article(index, "bridge")
    lengths = [1000, 20_000, 50_000]
    articles = tuple(replace(bridge, id=str(n), text="It stands. " * (n // 11)) for n in lengths)
    shown = material(Evidence(articles=articles), gatherer, ROOM)
    sizes = [extract.end - extract.start for extract in shown.extracts]
    assert sizes[0] == len(articles[0].text)
    assert abs(sizes[1] - sizes[2]) < 20
    assert ROOM - 100 < sum(sizes) <= ROOM
    assert all(extract.text.endswith(".") for extract in shown.extracts[1:])
    assert shown.notice == (
        "The 3 articles are more than the language model can read at once; it read the beginning of 2."
    )
    long = material(Evidence(articles=articles[1:]), gatherer, ROOM)
    assert long.notice is not None
    assert long.notice.endswith("it read the beginning of each.")
    many = material(Evidence(articles=articles[1:] * 50), gatherer, ROOM)
    assert len(many.extracts) == ROOM // FEWEST_CHARS
    assert many.notice is not None
    assert many.notice.endswith(
        f"it read the beginning of {len(many.extracts)} and nothing of {100 - len(many.extracts)}."
    )


def test_of_articles_that_are_too_long_the_passages_on_the_subject_are_shown(index: ArticleIndex) -> None:
    gatherer = Gatherer(index, HybridRetriever(index=index), 10)
    bridge = article(index, "bridge")
    both = Evidence(passages(index, "bridge", "baker").passages, (bridge,))
    assert [extract.text for extract in material(both, gatherer, ROOM).extracts] == [bridge.text]
    shown = material(both, gatherer, len(bridge.text) - 1)
    assert [extract.text for extract in shown.extracts] == [BRIDGE], "as many as have room"
    assert shown.notice is None


def test_of_too_many_passages_those_of_the_best_ranks_are_shown_in_their_order(index: ArticleIndex) -> None:
    gatherer = Gatherer(index, HybridRetriever(index=index), 10)
    first, second = passages(index, "bridge", "baker").passages
    found = (first, replace(second, rank=9), replace(first, rank=2), replace(first, rank=1))
    shown = material(Evidence(found), gatherer, 3 * len(BRIDGE))
    assert [extract.article.id for extract in shown.extracts] == ["bridge"] * 3
    shown = material(Evidence(found[:2]), gatherer, 1)
    assert [extract.article.id for extract in shown.extracts] == ["bridge"], "one at least"


LINES = st.sampled_from(
    [
        "- granite\n",
        "1. a bakery\n",
        "Yes, so it is. ",
        "1883: it opened\n",
        "\n",
        "QUOTES:\n",
        "[1] ",
        '"opened in 1883"\n',
        '[2] "Its towers are made of granite"\n',
        '[1] "I don\'t bake … on Sundays"\n',
        "  more of it\n",
        "[9] words\n",
    ]
)


@settings(deadline=None, max_examples=200)
@given(st.lists(LINES, max_size=12), st.sampled_from(get_args(Kind)))
def test_whatever_a_model_replies_what_is_cited_stands_in_the_articles(pieces: list[str], kind: Kind) -> None:
    shown = [Extract(Article(name, "", name, f"Head. {text} End.", ""), 6, 6 + len(text)) for name, text in TEXTS]
    answer = checked(parse_reply("".join(pieces)), plan(kind), shown, (), "a model")
    if answer is None:
        return
    assert answer.citations
    assert answer.score is None
    texts = {extract.article.id: extract.article.text for extract in shown}
    for citation in answer.citations:
        assert texts[citation.article_id][citation.start : citation.end] == citation.quote
    for item in answer.items:
        assert " ".join(item.text.split()) in " ".join(answer.text.split())
        assert item.citations
        assert set(item.citations) <= set(range(len(answer.citations)))
