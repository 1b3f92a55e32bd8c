import pytest

from language.dated import dates_in

CAME_OUT = "2022-06-05"  # a Sunday


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("They married on May 24, 2014, in Florence.", "2014-05-24"),
        ("It was published in January 2010.", "2010-01"),
        ("The firm was founded in 1998.", "1998"),
        ("The ruling came out on May 31.", "2022-05-31"),
        ("It opened on 21 November.", "2021-11-21"),
        ("The bridge will be shut from Friday, Nov. 4.", "2022-11-04"),  # the only year near in which that is one
        ("He resigned in March.", "2022-03"),
        ("It erupted in December.", "2021-12"),
        ("Musk said Tuesday that he would restore the account.", None),  # "would": it may be the Tuesday to come
        ("She won on Saturday.", "2022-06-04"),
        ("The vote was held last Sunday.", "2022-05-29"),
        ("The museum burnt down yesterday.", "2022-06-04"),
        ("The law will take effect on June 20.", "2022-06-20"),
        ("The law, signed on May 31, will take effect.", "2022-05-31"),
    ],
)
def test_a_date_is_read_against_the_day_the_article_came_out(text: str, date: str | None) -> None:
    assert [found.date for found in dates_in(text, CAME_OUT)] == ([date] if date else [])


@pytest.mark.parametrize(
    "text",
    [
        "The show opens June 20.",  # this month's or last year's: it does not say
        "Voters will decide in November.",  # as far off as the one before
        "They met on the first Monday of May.",
        "It was carried upstairs in June.",  # or of the year before: else it would be called this month
        "The next year the storm did more harm.",  # the one after that which is told of
        "She arrives next Tuesday.",
        "The bridge fell on Wednesday, Nov. 4.",  # in no year near
        "It was too late on Monday.",  # also the day after the article came out, which may have been brought up to date
        "It has 2022 seats and 1,998 windows.",
        "She may march on.",
        "Markets in Augusta fell.",
    ],
)
def test_what_could_be_another_day_is_no_date(text: str) -> None:
    assert dates_in(text, CAME_OUT) == []


@pytest.mark.parametrize("text", ["He resigned in March.", "She won on Saturday.", "It opened last year."])
def test_without_the_articles_date_only_whole_dates_count(text: str) -> None:
    assert dates_in(text) == []
    assert [found.date for found in dates_in(text + " It shut in May 2020.")] == ["2020-05"]


def test_dates_stand_where_they_are_said() -> None:
    text = "Built in 1883, it was closed on May 24, 2014, and opened in March."
    found = dates_in(text, CAME_OUT)
    assert [text[one.start : one.end] for one in found] == ["1883", "May 24, 2014", "in March"]


PAST = "It was the record of 1945."


def test_a_story_of_another_year_has_its_own_days() -> None:
    for around in ({"opening": PAST}, {"before": PAST}):
        assert dates_in("On May 31 the record fell.", CAME_OUT, **around) == []
        assert [one.date for one in dates_in("On May 31, 1954 the record fell.", CAME_OUT, **around)] == ["1954-05-31"]
    assert dates_in("The record fell on Saturday.", CAME_OUT, opening=PAST) == []


def test_a_look_back_does_not_move_the_weekdays_of_a_story_of_now() -> None:
    assert [one.date for one in dates_in("She won on Saturday.", CAME_OUT, before=PAST)] == ["2022-06-04"]
    assert [one.date for one in dates_in("On May 31 it fell.", CAME_OUT, before=PAST + " It fell in 2021.")] == [
        "2022-05-31"
    ]
