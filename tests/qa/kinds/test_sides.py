"""What a comparing question compares, and what decides it."""

from __future__ import annotations

import pytest

from qa.kinds.sides import compared, is_about, measured, whole_name


@pytest.mark.parametrize(
    ("question", "sides", "asked"),
    [
        (
            "Which city was incorporated first, Notus or Greenleaf?",
            ("Notus", "Greenleaf"),
            "Which city was incorporated first",
        ),
        ("What is the difference between Ethernet and WiFi?", ("Ethernet", "WiFi"), "What is the difference"),
        ("difference between hub and switch", ("hub", "switch"), "difference"),
        ("Hubble vs. Webb", ("Hubble", "Webb"), ""),
        ("compare Hubble with Webb", ("Hubble", "Webb"), "compare"),
        ("How is Hubble different from Webb?", ("Hubble", "Webb"), "How is"),
        ("Who sold more records Rihanna or Beyonce", ("Rihanna", "Beyonce"), "Who sold more records"),
        ("What came out later: the Virtual Boy or the Wii?", ("the Virtual Boy", "the Wii"), "What came out later"),
    ],
)
def test_sides_are_found_in_the_question(question: str, sides: tuple[str, str], asked: str) -> None:
    between = compared(question)
    assert between is not None
    assert (between.sides, between.asked) == (sides, asked)


def test_sides_that_are_known_are_taken() -> None:
    between = compared("webb mirror or hubble mirror which is bigger", ("webb mirror", "hubble mirror"))
    assert between is not None and between.sides == ("webb mirror", "hubble mirror")


def test_a_question_without_two_sides_compares_nothing() -> None:
    assert compared("Who is older?") is None


@pytest.mark.parametrize(
    ("asked", "question", "greatest"),
    [
        ("Which city was incorporated first", "When was {} incorporated?", False),
        ("Who is younger", "When was {} born?", True),
        ("Which mirror is bigger", "How big is {}?", True),
        ("Which is heaviest", "How heavy is {}?", True),
        ("Which is more", "How much is {}?", True),
        ("Who threw more passes", "How many passes did {} threw?", True),
        ("Which has a longer neck", "How long is the neck of {}?", True),
        ("Was life expectancy shorter for", "How short Was life expectancy for {}?", False),
    ],
)
def test_a_number_or_a_date_is_asked_for(asked: str, question: str, greatest: bool) -> None:
    first = measured(asked)[0]
    assert (first.question, first.greatest) == (question, greatest)


def test_what_no_number_decides_is_not_measured() -> None:
    assert measured("What is the difference") == []


def test_what_is_owned_belongs_to_the_name() -> None:
    assert whole_name("Webb's", "Which mirror is bigger") == "Webb's mirror"
    assert whole_name("Webb", "Which mirror is bigger") == "Webb"


def test_a_longer_name_with_the_same_words_is_another() -> None:
    sold = "Its successor, the Wii U, sold fewer than 14 million."
    assert is_about("the Wii U", sold)
    assert not is_about("the Wii", sold, "the Wii U")


def test_a_name_is_not_the_common_word() -> None:
    assert not is_about("the State of the Union", "The largest union of the state may strike.")
    assert is_about("the State of the Union", "He gives his State of the Union address.")
