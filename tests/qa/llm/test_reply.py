"""Replies are read however loosely they are written, and nothing but the answer is shown while they come."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa.llm.reply import MAX_QUOTES, NOT_FOUND, answer_so_far, parse_reply


def read(reply: str) -> tuple[str, list[tuple[str, int | None]]]:
    parsed = parse_reply(reply)
    return parsed.text, [(quote.words, quote.passage) for quote in parsed.quotes]


@pytest.mark.parametrize(
    "reply",
    [
        'It opened in 1883.\nQUOTES:\n[1] "was opened in 1883"\n[2] "said Ada"',
        'It opened in 1883.\n\nQUOTES:\n\n[1] “was opened in 1883”  \n\n[2] "said Ada".  \n',
        'It opened in 1883.\n**QUOTES:**\n- [1] "was opened in 1883"\n* [2]: "said Ada"',
        'It opened in 1883.\n### Quotes\n1. "was opened in 1883"\n2) "said Ada"',
        'It opened in 1883. QUOTES: [1] "was opened in 1883" [2] "said Ada"',
        'It opened in 1883.\n[1] "was opened in 1883"\n[2] "said Ada"',
        'Answer: It opened in 1883 [1].\nQuotes:\n"was opened in 1883" [1]\n«said Ada» (2)',
        "**Answer:** It opened in 1883 [1, 2].\nQUOTES:\n[1] was opened in 1883\n[2] said Ada",
        "<think>1.\nQUOTES:</think>\nIt opened in 1883.\nQUOTES:\n[1] \"was opened in 1883\"\n[2] 'said Ada'",
        'Passage 1 says so.\n</think>\nIt opened in 1883.\nQUOTES:\n[1] "was opened in 1883"\n[2] "said Ada"',
        'It opened in 1883.\r\nQUOTES:\r\n[1] "was opened\r\nin 1883"\r\n[2] "said Ada',
    ],
)
def test_replies_are_read_however_they_are_laid_out(reply: str) -> None:
    assert read(reply) == ("It opened in 1883.", [("was opened in 1883", 1), ("said Ada", 2)])


def test_quotation_marks_within_a_quote_are_kept() -> None:
    reply = 'She did.\nQUOTES:\n[1] "she said "yes" at once"\n[1] "she said \\"no\\""\n[3] "born[2] in Rome"'
    assert read(reply)[1] == [('she said "yes" at once', 1), ('she said "no"', 1), ("born[2] in Rome", 3)]


def test_an_apostrophe_does_not_end_a_quote() -> None:
    assert read("No.\nQUOTES:\n[1] 'she didn't say'\n[2] 'it isn't so")[1] == [
        ("she didn't say", 1),
        ("it isn't so", 2),
    ]


@pytest.mark.parametrize(
    "reply",
    ['It "was opened in 1883" [1].', 'The film "Casablanca" is by Bob Smith.', '"The Old Bridge" [1] was closed.'],
)
def test_what_stands_in_quotation_marks_in_the_answer_is_no_quote(reply: str) -> None:
    text, quotes = read(reply)
    assert text == reply.replace(" [1]", "")
    assert quotes == []


def test_a_list_in_the_answer_is_part_of_the_answer() -> None:
    text = "Three:\n- the bridge\n- the tower\n1. Queen's gate\n\nThat is all."
    assert read(f'{text}\nQUOTES:\n[1] "the bridge"') == (text, [("the bridge", 1)])


@pytest.mark.parametrize(
    "reply",
    [
        NOT_FOUND,
        "not in the articles.",
        f"  **{NOT_FOUND}**\n",
        f'"{NOT_FOUND}"',
        f"Answer: {NOT_FOUND}",
        f"{NOT_FOUND}. The passages are about bridges.",
        f'{NOT_FOUND}\nQUOTES:\n[1] "was opened in 1883"',
        f"I read them all.\n{NOT_FOUND}",
        f"<think>{NOT_FOUND}? Yes.</think>{NOT_FOUND}",
    ],
)
def test_not_found_is_understood(reply: str) -> None:
    parsed = parse_reply(reply)
    assert parsed.not_found
    assert parsed.text == ""


def test_an_answer_that_says_what_is_not_found_is_an_answer() -> None:
    parsed = parse_reply(f'It opened in 1883; who built it is {NOT_FOUND}.\nQUOTES:\n[1] "was opened in 1883"')
    assert not parsed.not_found
    assert parsed.text == "It opened in 1883; who built it is not in the articles."


@pytest.mark.parametrize("reply", ["", "  \n ", "<think>", "<think>and so on", 'QUOTES:\n[1] "was opened in 1883"'])
def test_a_reply_without_an_answer_is_neither_an_answer_nor_an_abstention(reply: str) -> None:
    parsed = parse_reply(reply)
    assert parsed.text == ""
    assert not parsed.not_found


def test_only_so_many_quotes_are_looked_at() -> None:
    assert len(parse_reply("Yes.\nQUOTES:\n" + '[1] "the very same words"\n' * 500).quotes) == MAX_QUOTES


# As they are written

REPLIES = [
    'It opened in 1883.\nQUOTES:\n[1] "was opened in 1883"',
    'It opened in 1883 [1], in May [2, 3].\n\n**Quotes:**\n[1] "was opened in 1883"',
    'Answer: Quite so. QUOTES: [1] "was opened in 1883"',
    '- One\n- Quorum\n- Quote of the day\n\n[1]: "was opened in 1883"',
    f'It is {NOT_FOUND} who.\nQUOTES:\n[1] "was opened in 1883"',
    "<think>\nAnswer: no</think>\nNot in the article, but NOT quite. [see note] [12",
    "Nothing but Quotes\nQU",
    NOT_FOUND,
    f"**{NOT_FOUND}**.",
]


@pytest.mark.parametrize("reply", REPLIES)
def test_what_is_shown_only_grows_and_ends_within_the_answer(reply: str) -> None:
    text = parse_reply(reply).text
    shown = [answer_so_far(reply[:end]) for end in range(len(reply) + 1)]
    for before, after in pairwise(shown):
        assert after.startswith(before)
    assert text.startswith(shown[-1])
    if '"was opened' in reply:
        assert shown[-1] == text, "all is shown once the quotes have begun"


def test_the_answer_is_shown_while_it_is_written() -> None:
    assert answer_so_far("It opened in") == "It opened in"
    assert answer_so_far("No, it") == "No, it"
    assert answer_so_far("It opened in 1883. Q") == "It opened in 1883."


@settings(deadline=None, max_examples=50)
@given(
    st.lists(
        st.sampled_from(["QUOTES:", "\n", "[1]", ' "', "NOT IN THE", " ARTICLES", "quotes", "x y", "</think>", "*"])
    )
)
def test_nothing_that_is_not_the_answer_is_ever_shown(pieces: list[str]) -> None:
    reply = "".join(pieces)
    for end in range(len(reply) + 1):
        shown = answer_so_far(reply[:end])
        assert "QUOTES:" not in shown
        assert NOT_FOUND not in shown


@pytest.mark.parametrize(
    "reply", ["[" * 20_000, " " * 20_000, '"' * 20_000, "*\n" * 10_000, '[1] "a' * 4000, "q\n" * 9000]
)
def test_hostile_replies_take_no_long_time(reply: str) -> None:
    started = time.thread_time()
    parse_reply(reply)
    parse_reply("Yes.\nQUOTES:\n" + reply)
    answer_so_far(reply)
    assert time.thread_time() - started < 10
