"""Quotes are found word for word or not at all, and replies are read however loosely they are written."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa.llm.quotes import Quote, QuoteFinder

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


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("He rises at 7:30 a.m. on Sundays.", "30 a.m. on Sundays"),
        ("It was –5 degrees in the hall.", "5 degrees in the hall"),
        ("It was − 5 degrees in the hall.", "5 degrees in the hall"),
        ("It was ±5 degrees in the hall.", "5 degrees in the hall"),
        ("It took 7–10 years to build.", "10 years to build"),
        ("It took 7—10 years to build.", "It took 7"),
        ("Add 1/2 cup of the sugar.", "2 cup of the sugar"),
        ("Some 10 000 people came to it.", "000 people came to it"),
        ("Some 10 000 people came to it.", "Some people; 10"),
        ("Some 10 000 people came to it.", "Some 10"),
        ("Some 10'000 people came to it.", "000 people came to it"),
        ("It cost US$500 to build it.", "500 to build it"),
        ("Prices rose in all by 5% again.", "Prices rose in all by 5"),
        ("Les prix ont augmenté de 5 % en mai.", "augmenté de 5"),
        ("It was warm in there, 25°C or so.", "warm in there, 25"),
        ("It is 3×10^6 metres long.", "10^6 metres long"),
        ("It is about 1.000.000,50 metres long.", "000,50 metres long"),
        ("Prices rose .5 percent again.", "5 percent again"),
        ("Das Brot kostet dort 5 €.", "Brot kostet dort 5"),
        ("It was warm in there, 25 °C or so.", "warm in there, 25"),
        ("More than 500+ people came to it.", "More than 500"),
    ],
)
def test_a_part_of_a_number_is_another_number(text: str, words: str) -> None:
    assert found(words, [text]) == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("He rises at 7:30 a.m. on Sundays.", "at 7:30 a.m. on Sundays"),
        ("It was –5 degrees in the hall.", "-5 degrees in the hall"),
        ("In 2019, 300 people came to it.", "300 people came to it"),
        ("In May 2019 300 people came to it.", "300 people came to it"),
        ("Three things: 5 degrees in the hall.", "5 degrees in the hall"),
        ("It was cold – 5 degrees in the hall.", "5 degrees in the hall"),
        ("It ended in 1883. 5 men had died.", "It ended in 1883"),
        ("It costs $500 to build it.", "$500 to build it"),
    ],
)
def test_a_whole_number_is_found(text: str, words: str) -> None:
    assert len(found(words, [text])) == 1


def test_what_stands_around_a_passage_tells_whether_a_quote_cuts_a_number() -> None:
    text = "It was –5 degrees."
    start = text.index("5")
    assert QuoteFinder([text], [(start, len(text))]).find(Quote("5 degrees", None)) == ()
    text = "It was, 5 degrees."
    [place] = QuoteFinder([text], [(start, len(text))]).find(Quote("5 degrees", None))
    assert text[place.start : place.end] == "5 degrees"


@pytest.mark.parametrize("words", ["the", "of the", "it was", "1883", "“a”"])
def test_a_few_letters_are_no_quote(words: str) -> None:
    assert found(words, [f"{words} {words}"]) == []


@pytest.mark.parametrize("words", ["in 1883", "東京都知事", "Sacagawea."])
def test_little_is_enough_where_it_says_something(words: str) -> None:
    assert len(found(words, ["Opened in 1883 by Sacagawea. 彼は東京都知事になった。"])) == 1


def test_sentences_may_be_left_out_at_an_ellipsis() -> None:
    text = "The bridge opened in 1883. It took fourteen years. Its towers are granite. “They stand,” he said."
    assert found("The bridge opened in 1883 … its towers are granite", [text]) == [
        "The bridge opened in 1883",
        "Its towers are granite",
    ]
    assert found("opened in 1883. [...] They stand", [text]) == ["opened in 1883.", "They stand"]
    assert found("It took fourteen years ... The bridge opened", [text]) == [], "in their order"
    assert found("The bridge opened ... Its towers are gold", [text]) == []
    assert found("The old bridge ... said Ada. Her bread") == [], "parts of two passages are not one quote"
    assert found("... was opened in 1883 ...") == ["was opened in 1883"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The bridge was not opened in 1883.", "The bridge was … opened in 1883"),
        ("The bridge was never, she says, opened in 1883.", "The bridge was [...] opened in 1883"),
        ("Die Brücke wurde nicht im Jahr 1883 eröffnet.", "Die Brücke wurde ... im Jahr 1883 eröffnet"),
        ("The bridge was built. It was not opened in 1883.", "The bridge was ... opened in 1883"),
        ("The old bridge over the river was opened in 1883.", "The old bridge … was opened in 1883"),
    ],
)
def test_words_left_out_within_a_sentence_may_turn_it_round(text: str, words: str) -> None:
    assert found(words, [text]) == []


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
        ("1 " * 25_000, "1 " * 900 + "the end"),
        ("1-" * 25_000, "1-" * 900 + "the end"),
        ("no. " * 10_000, "... " * 400),
        (" " * 50_000 + "x", "spaces   x" * 100),
        ("ab" * 25_000, "b" + "ab" * 900),
    ],
)
def test_hostile_texts_take_no_long_time(text: str, words: str) -> None:
    started = time.thread_time()
    QuoteFinder([text] * 2).find(Quote(words, None))
    assert time.thread_time() - started < 10
