from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from language.relative_dates import relative_dates
from qa.types import Citation


@pytest.mark.parametrize(
    ("text", "published", "dates"),
    [
        ("It sank yesterday.", "2017-05-05", {"yesterday": "2017-05-04"}),
        ("Yesterday it sank;  last\nnight", "2017-05-01", {"Yesterday": "2017-04-30", "last night": "2017-04-30"}),
        ("the day before\nyesterday", "2017-03-01", {"the day before yesterday": "2017-02-27"}),
        ("tomorrow", "2016-02-28", {"tomorrow": "2016-02-29"}),
        ("the day after tomorrow", "2016-02-28", {"the day after tomorrow": "2016-03-01"}),
        ("tonight", "2017-05-05", {"tonight": "2017-05-05"}),
        ("last month and next year", "2017-01-05", {"last month": "2016-12", "next year": "2018"}),
        ("this month", "2017-05", {"this month": "2017-05"}),
        ("two years ago", "2017", {"two years ago": "2015"}),
        ("14 months ago", "2017-02-03", {"14 months ago": "2015-12"}),
        ("a month ago, 10 days ago", "2017-01-05", {"a month ago": "2016-12", "10 days ago": "2016-12-26"}),
        # Not known as exactly as the words need, or not certain
        ("yesterday", "2017-05", {}),
        ("last month", "2017", {}),
        ("yesterday", None, {}),
        ("on Friday, last week, three weeks ago", "2017-05-05", {}),
        ("yesterdays and the lastmonth", "2017-05-05", {}),
        ("yesterday", "0001-01-01", {}),
    ],
)  # fmt: skip
def test_words_are_read_against_the_articles_date(text: str, published: str | None, dates: dict[str, str]) -> None:
    assert relative_dates(text, published) == dates


@given(st.dates(datetime.date(1400, 1, 1), datetime.date(2200, 1, 1)), st.integers(0, 999))
def test_so_many_days_and_months_ago_are_that_long_ago(day: datetime.date, number: int) -> None:
    found = relative_dates(f"{number} days ago, {number} months ago", day.isoformat())
    assert day - datetime.date.fromisoformat(found[f"{number} days ago"]) == datetime.timedelta(number)
    year, month = map(int, found[f"{number} months ago"].split("-"))
    assert (day.year - year) * 12 + day.month - month == number


def test_only_the_words_of_the_answer_count_where_there_is_one() -> None:
    quote = "The ferry sank yesterday and a new one comes tomorrow."
    start = 10 + quote.index("yesterday")
    whole = Citation("a", "Ferry", "a.txt", quote, 10, 10 + len(quote), published="2017-05-05")
    assert whole.dates == {"yesterday": "2017-05-04", "tomorrow": "2017-05-06"}
    short = Citation("a", "Ferry", "a.txt", quote, 10, 10 + len(quote), start, start + 9, published="2017-05-05")
    assert short.dates == {"yesterday": "2017-05-04"}


@pytest.mark.parametrize(
    ("quote", "answer", "dates"),
    [
        ("The ferry was sold on Tuesday in Leith.", "Tuesday", {"Tuesday": "2017-05-02"}),
        ("The ferry will be sold on Friday in Leith.", "Friday", {"Friday": "2017-05-05"}),  # the day it came out
        ("The ferry will be sold on Tuesday in Leith.", "Tuesday", {}),  # ahead, but of which week?
        ("The ferry was sold on March 3 in Leith.", "March 3", {"March 3": "2017-03-03"}),
        ("The ferry was sold on March 3, 2016 in Leith.", "March 3, 2016", {}),  # says its year itself
        ("The ferry was sold on Tuesday and sank on Wednesday.", "Wednesday", {"Wednesday": "2017-05-03"}),
    ],
)
def test_a_weekday_or_a_day_without_a_year_is_told_where_its_sentence_tells_it(
    quote: str, answer: str, dates: dict[str, str]
) -> None:
    start = quote.rindex(answer)
    citation = Citation("a", "Ferry", "a.txt", quote, 0, len(quote), start, start + len(answer), published="2017-05-05")
    assert citation.dates == dates
