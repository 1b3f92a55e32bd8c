from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from language.dates import parse_date


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("May 05, 2017", "2017-05-05"),
        ("May 5 2017", "2017-05-05"),
        ("5 May 2017", "2017-05-05"),
        ("5th of May 2017", "2017-05-05"),
        ("Friday, May 5, 2017", "2017-05-05"),
        ("Fri 5 May 2017", "2017-05-05"),
        ("Sept. 3, 1999", "1999-09-03"),
        ("May 05, 2017 7:54 PM", "2017-05-05"),
        ("May 5, 2017 at 7:54 PM EDT", "2017-05-05"),
        ("2017-05-05", "2017-05-05"),
        ("2017/05/05", "2017-05-05"),
        ("2017-05-05T19:54:00+02:00", "2017-05-05"),
        ("2017-05-05 19:54:00", "2017-05-05"),
        ("20170505", "2017-05-05"),
        ("2017-05", "2017-05"),
        ("2017", "2017"),
        ("May 2017", "2017-05"),
        ("5.5.2017", "2017-05-05"),
        ("25/12/2017", "2017-12-25"),
        ("12/25/2017", "2017-12-25"),
        ("05/05/2017", "2017-05-05"),
        ("  MAY 5,\n2017 ", "2017-05-05"),
        ("5. Mai 2017", "2017-05-05"),
        ("Freitag, 5. März 2017, 14:30 Uhr", "2017-03-05"),
        ("1er août 2017 à 14h30", "2017-08-01"),
        ("vendredi 5 mai 2017", "2017-05-05"),
        ("5 de septiembre de 2017", "2017-09-05"),
        ("sexta-feira, 5 de maio de 2017", "2017-05-05"),
        ("5 maggio 2017", "2017-05-05"),
        ("vrijdag 5 mei 2017", "2017-05-05"),
        ("Oktober 2017", "2017-10"),
        ("mayo de 2017", "2017-05"),
        ("5. Maifest 2017", None),
        ("05/06/2017", None),
        ("February 30, 2017", None),
        ("2017-13-01", None),
        ("0001-01-01", None),
        ("yesterday", None),
        ("She left on May 5, 2017", None),
        ("", None),
    ],
)
def test_a_date_is_read_as_far_as_it_is_certain(text: str, date: str | None) -> None:
    assert parse_date(text) == date


@given(st.dates(min_value=__import__("datetime").date(1400, 1, 1), max_value=__import__("datetime").date(2200, 1, 1)))
def test_every_day_is_read_in_every_style(day: object) -> None:
    for style in ("%Y-%m-%d", "%B %d, %Y", "%d %B %Y", "%b. %d, %Y", "%A, %d %b %Y"):
        assert parse_date(day.strftime(style)) == day.isoformat()  # type: ignore[attr-defined]
