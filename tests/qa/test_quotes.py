"""Quotes are found word for word or not at all, and replies are read however loosely they are written."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa.quotes import NOT_FOUND, Quote, QuoteFinder, answer_so_far, parse_reply

BRIDGE = "The old bridge over the river was opened in 1883. Its towers — both of them — are made of granite."
BAKER = "“I don’t bake on Sundays,” said Ada.\nHer bread\u00a0costs 1.50 euros, not 15, and isn't cheap."
LAW = "Until 1999 it was illegal in all states to keep more than twenty-five bees. Non-smokers may now keep −5."
PASSAGES = [BRIDGE, BAKER, LAW]


def found(words: str, passages: list[str] = PASSAGES, hint: int | None = None) -> list[str]:
    """The passages' own words at the places where ``words`` were found."""
    places = QuoteFinder(passages).find(Quote(words, hint))
    return [passages[place.passage][place.start : place.end] for place in places]


# Finding


@pytest.mark.parametrize(
    ("words", "own"),
    [
        ("was opened in 1883", "was opened in 1883"),
        ("the old bridge over the river", "The old bridge over the river"),
        ("Was opened in 1883", "was opened in 1883"),
        ("  was   opened\nin 1883 ", "was opened in 1883"),
        ("Her bread costs 1.50 euros", "Her bread\u00a0costs 1.50 euros"),
        ("said Ada. Her bread", "said Ada.\nHer bread"),
        ("I don't bake on Sundays", "I don’t bake on Sundays"),
        ('"I don\'t bake on Sundays," said Ada', "I don’t bake on Sundays,” said Ada"),
        ("towers - both of them - are", "towers — both of them — are"),
        ("was opened in 1883, ", "was opened in 1883"),
        ("**made of granite**", "made of granite"),
        ("costs 1.50 euros!", "costs 1.50 euros"),
    ],
)
def test_white_space_marks_and_the_first_letters_case_may_differ(words: str, own: str) -> None:
    assert found(words) == [own]


@pytest.mark.parametrize(
    "words",
    [
        "was opened in 1884",
        "the new bridge over the river",
        "was opened 1883",
        "The old Bridge over the river",
        "legal in all states",
        "more than twenty",
        "five bees",
        "smokers may now keep",
        "her bread costs 1",
        "50 euros, not 15",
        "1.50 euros, not 1",
        "and isn",
        "may now keep -50",
        "it was illegal in all state",
        "",
        "…",
    ],
)
def test_other_words_and_parts_of_words_are_not_found(words: str) -> None:
    assert found(words) == []


@pytest.mark.parametrize("words", ["the", "of the", "it was", "1883", "“a”"])
def test_a_few_letters_are_no_quote(words: str) -> None:
    assert found(words, [f"{words} {words}"]) == []


@pytest.mark.parametrize("words", ["in 1883", "東京都知事", "Sacagawea."])
def test_little_is_enough_where_it_says_something(words: str) -> None:
    assert len(found(words, ["Opened in 1883 by Sacagawea. 彼は東京都知事になった。"])) == 1


def test_each_part_around_an_ellipsis_is_found_in_order() -> None:
    assert found("The old bridge … was opened in 1883") == ["The old bridge", "was opened in 1883"]
    assert found("The old bridge [...] made of granite.") == ["The old bridge", "made of granite."]
    assert found("was opened in 1883 ... the old bridge") == []
    assert found("The old bridge ... was closed in 1883") == []
    assert found("The old bridge ... said Ada. Her bread") == [], "parts of two passages are not one quote"
    assert found("... was opened in 1883 ...") == ["was opened in 1883"]


def test_dots_of_the_article_itself_are_not_taken_for_an_ellipsis() -> None:
    text = "He said: wait... I know it. Wait … I forgot."
    assert found("wait... I know it", [text]) == ["wait... I know it"]
    assert found("Wait ... I forgot", [text]) == ["Wait … I forgot"]


def test_the_passage_the_model_names_comes_first_and_the_others_after_it() -> None:
    passages = ["Opened in 1883, I think.", "It was opened in 1883.", "Opened in 1883."]
    for hint, passage in [(1, 0), (2, 1), (3, 2), (None, 0), (0, 0), (99, 0)]:
        [place] = QuoteFinder(passages).find(Quote("opened in 1883", hint))
        assert place.passage == passage
    assert QuoteFinder(PASSAGES).find(Quote("was opened in 1883", 3))[0].passage == 0


def test_a_whole_word_is_found_behind_a_part_of_one() -> None:
    text = "It was illegal in all states, now it is legal in all states."
    [place] = QuoteFinder([text]).find(Quote("legal in all states", None))
    assert place.start == text.index(" legal") + 1


def test_accents_of_their_own_belong_to_their_letter() -> None:
    assert found("drank in the cafe", ["They drank in the cafe\u0301."]) == []


@settings(deadline=None, max_examples=50)
@given(st.lists(st.text(max_size=60), min_size=1, max_size=4), st.text(max_size=40), st.integers(-2, 6))
def test_whatever_the_text_the_places_lie_within_it(passages: list[str], words: str, hint: int) -> None:
    for place in QuoteFinder(passages).find(Quote(words, hint)):
        assert 0 <= place.start < place.end <= len(passages[place.passage])


@settings(deadline=None, max_examples=50)
@given(st.data())
def test_every_run_of_whole_words_is_found(data: st.DataObject) -> None:
    words = BRIDGE.split()
    first = data.draw(st.integers(0, len(words) - 3))
    last = data.draw(st.integers(first + 3, len(words)))
    [own] = found(" ".join(words[first:last]))
    assert own.strip(".— ") == " ".join(words[first:last]).strip(".— ")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a" * 50_000, "a" * 1000 + "b"),
        ("- " * 25_000, "- " * 900 + "the end"),
        ("no. " * 10_000, "... " * 400),
        (" " * 50_000 + "x", "spaces   x" * 100),
        ("ab" * 25_000, "b" + "ab" * 900),
    ],
)
def test_hostile_texts_take_no_long_time(text: str, words: str) -> None:
    started = time.perf_counter()
    QuoteFinder([text] * 2).find(Quote(words, None))
    assert time.perf_counter() - started < 10


# Reading replies


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


def test_without_a_quotes_block_the_words_in_quotation_marks_are_the_quotes() -> None:
    assert read('It "was opened in 1883" [1].') == ('It "was opened in 1883".', [("was opened in 1883", None)])


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
    assert len(parse_reply("Yes.\nQUOTES:\n" + '[1] "the very same words"\n' * 500).quotes) == 20


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
    started = time.perf_counter()
    parse_reply(reply)
    parse_reply("Yes.\nQUOTES:\n" + reply)
    answer_so_far(reply)
    assert time.perf_counter() - started < 10
