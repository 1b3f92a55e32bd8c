"""Numbers in figures and in words, and what they measure."""

from __future__ import annotations

import pytest

from language.numbers import Quantity, numbers_in, quantity_in


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("two hundred and six bones", [206]),
        ("some twenty-one elephants", [21]),
        ("$2.3 million of it", [2_300_000]),
        ("1,595 feet", [1595]),
        ("10bn a year", [10_000_000_000]),
        ("a dozen", [12]),
        ("one to three speckled eggs", [1, 3]),
        ("twenty vans and 14 cars", [20, 14]),
        ("the 33rd birthday, the third child", []),
        ("nothing of the kind", []),
        ("", []),
    ],
)
def test_numbers_are_read_in_figures_and_in_words(text: str, values: list[float]) -> None:
    found = numbers_in(text)
    assert [number.value for number in found] == values


def test_a_number_is_where_it_is_written() -> None:
    text = "It sold more than 118 million units."
    (number,) = numbers_in(text)
    assert text[number.start : number.end] == "118 million"


@pytest.mark.parametrize(
    ("text", "quantity"),
    [
        ("6.5 metres across", Quantity(6.5, "length")),
        ("3 minutes 59.4 seconds", Quantity(239.4, "time")),
        ("$50,000", Quantity(50_000, "dollars")),
        ("85%", Quantity(85, "share")),
        ("five million copies", Quantity(5e6, "")),
    ],
)
def test_a_quantity_is_in_the_base_unit_of_what_it_measures(text: str, quantity: Quantity) -> None:
    assert quantity_in(text) == quantity


def test_lengths_in_different_units_compare() -> None:
    mile, kilometre = quantity_in("one mile"), quantity_in("1 km")
    assert mile is not None and kilometre is not None
    assert mile.measure == kilometre.measure and mile.value > kilometre.value


def test_no_quantity_without_a_number() -> None:
    assert quantity_in("many metres") is None
