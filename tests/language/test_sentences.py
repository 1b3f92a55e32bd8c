from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from language.sentences import sentence_spans


def sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in sentence_spans(text)]


@pytest.mark.parametrize(
    "text",
    [
        "He proposed on Oct. 21, 2013 in the stadium.",
        "Dr. Smith met Mrs. Jones and Prof. Lee.",
        "He joined the U.S. Army in 1941.",
        "J. K. Rowling and J.R.R. Tolkien wrote books.",
        "Then P. T. Barnum marched across.",
        "See p. 7 for it.",
        "They expect baby No. 3 in May.",
        "They live in L.A. Kim likes it.",
        "They live in L.A. and like it.",
        "E! News has learned that they are well.",
        "She works at Acme Inc. Kim does not.",
        "It cost 3.5 million, i.e. Too much.",
        "The St. Louis team vs. Chicago.",
        "Martin Luther King Jr. National Park is here.",
        "“Are you in?” he asked.",
        '"What!" cried the bird.',
        "He paused... then went on.",
        "See Fig. 3 and pp. 4.",
        "1. Wash the rice",
        "It opens at 9 a.m. on Saturday.",
        "Visit example.com/a.b?c=d or www.example.org now.",
        "Lt. Col. Harriet Vane spoke.",
    ],
)
def test_one_sentence_stays_one(text: str) -> None:
    assert sentences(text) == [text]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It rained. It stopped.", ["It rained.", "It stopped."]),
        ("They live in L.A. The couple is happy.", ["They live in L.A.", "The couple is happy."]),
        ("He left the U.S. In May he came back.", ["He left the U.S.", "In May he came back."]),
        ("It began in Oct. The rain came.", ["It began in Oct.", "The rain came."]),
        ("No. He did not.", ["No.", "He did not."]),
        ("He sat. Kim left.", ["He sat.", "Kim left."]),
        ("They lay in the sun. Kim slept.", ["They lay in the sun.", "Kim slept."]),
        ('"I am well." She left.', ['"I am well."', "She left."]),
        ("“Go!” “No.” He went.", ["“Go!”", "“No.”", "He went."]),
        ("It is so.[1] He knew.", ["It is so.[1]", "He knew."]),
        ("Really?! Yes… Truly.", ["Really?!", "Yes…", "Truly."]),
        ("He has 3. She has 4.", ["He has 3.", "She has 4."]),
        ("今日は雨です。明日は晴れです。", ["今日は雨です。", "明日は晴れです。"]),
        ("Идёт дождь. Он ушёл.", ["Идёт дождь.", "Он ушёл."]),
        ("A Heading\n\nIt rained.", ["A Heading", "It rained."]),
        ("Milk\nEggs\nFlour", ["Milk", "Eggs", "Flour"]),
        (
            "- one thing\n- another thing that takes a whole line of words to say",
            [
                "- one thing",
                "- another thing that takes a whole line of words to say",
            ],
        ),
        (
            "This line is wrapped by hand after some seventy characters\nand goes on here. Then it ends.",
            ["This line is wrapped by hand after some seventy characters\nand goes on here.", "Then it ends."],
        ),
        ("", []),
        (" \n\n ", []),
    ],
)
def test_sentences_end_where_a_reader_ends_them(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


@given(st.one_of(st.text(), st.text(alphabet="aA1.!? \n\"'()。-|", max_size=200)))
def test_spans_are_ordered_stripped_and_cover_everything_visible(text: str) -> None:
    spans = sentence_spans(text)
    covered = 0
    for start, end in spans:
        assert covered <= start < end
        assert text[start:end] == text[start:end].strip()
        assert not text[covered:start].strip()
        covered = end
    assert not text[covered:].strip()


@pytest.mark.parametrize("unit", ["a", ".", '."', "!a", ". ", "A.", "1. ", "\n \n"])
def test_megabytes_without_sentences_take_linear_time(unit: str) -> None:
    started = time.process_time()
    sentence_spans("x" + unit * (200_000 // len(unit)))
    assert time.process_time() - started < 10
