from __future__ import annotations

import datetime

import pytest

from qa.planner.filters import Period, core, limit, make_filter, order, period
from vectorstore import ArticleFilter

TODAY = datetime.date(2024, 3, 15)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("articles from 2022", Period("2022", "2022")),
        ("What was published in May 2017?", Period("2017-05", "2017-05")),
        ("which are from 5 May 2017", Period("2017-05-05", "2017-05-05")),
        ("articles since 2021", Period("2021", None)),
        ("articles after 2020", Period("2021-01-01", None)),
        ("pieces published after 1 March 2023", Period("2023-03-02", None)),
        ("articles before June 2024", Period(None, "2024-05-31")),
        ("everything until 2019", Period(None, "2019")),
        ("articles between 2018 and 2020", Period("2018", "2020")),
        ("articles from 2018 to 2020", Period("2018", "2020")),
        ("stories from last week", Period("2024-03-08", None)),
        ("articles of last month", Period("2024-02", "2024-02")),
        ("articles published this year", Period("2024", "2024")),
        ("what came out in february", Period("2024-02", "2024-02")),
        ("articles since october", Period("2023-10", None)),
        ("articles about may flies", Period()),
        ("list my articles", Period()),
    ],
)
def test_the_time_asked_for_is_understood(question: str, expected: Period) -> None:
    assert period(question, TODAY) == expected


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("the Met Gala piece", "Met Gala"),
        ("the article about inflation in the uk", "inflation in the uk"),
        ("the newest article", ""),
        ("the latest article about Kim", "Kim"),
        ("Listening to Cheese", "Listening to Cheese"),
        ("this one", ""),
    ],
)
def test_what_a_reference_says_besides_that_an_article_is_meant(reference: str, expected: str) -> None:
    assert core(reference) == expected


@pytest.mark.parametrize(
    ("words", "expected_order", "expected_limit"),
    [
        ("what is the newest article", "newest", 1),
        ("show the newest articles", "newest", None),
        ("the three latest articles", "newest", 3),
        ("show the 10 oldest articles", "oldest", 10),
        ("the longest piece", "longest", 1),
        ("the most recent article", "newest", 1),
        ("what's new", "newest", None),
        ("which were recently added", "added", None),
        ("list articles about jazz", None, None),
    ],
)
def test_orders_and_numbers(words: str, expected_order: str | None, expected_limit: int | None) -> None:
    asked = words.split()
    assert order(asked) == expected_order
    assert limit(asked, order(asked)) == expected_limit


def test_a_filter_holds_all_that_was_asked() -> None:
    assert make_filter(
        "which articles did Jo Lark write about bridges since 2020", "bridges", "Jo Lark", None, TODAY
    ) == (ArticleFilter(author="Jo Lark", about="bridges", since="2020"))
    assert make_filter("Which articles mention Kanye?", "Kanye", None, None, TODAY) == ArticleFilter(mentions="Kanye")
    assert make_filter("list all articles", "", None, None, TODAY) == ArticleFilter()
