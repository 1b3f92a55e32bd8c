from __future__ import annotations

import pytest

from ingest.formats.byline import Byline, find_byline, split_authors, without_header


@pytest.mark.parametrize(
    ("line", "authors", "published"),
    [
        ("By Ada Finch May 05, 2017 7:54 PMTags", ("Ada Finch",), "2017-05-05"),
        ("By Ada Finch | May 5, 2017", ("Ada Finch",), "2017-05-05"),
        ("By Ada Finch - May 5, 2017", ("Ada Finch",), "2017-05-05"),
        ("By Ada Finch, Published 5 May 2017", ("Ada Finch",), "2017-05-05"),
        ("By Ada Finch and Ben Roe", ("Ada Finch", "Ben Roe"), None),
        ("By Ada Finch, Ben Roe and Cy van der Berg", ("Ada Finch", "Ben Roe", "Cy van der Berg"), None),
        ("by Ada Finch", ("Ada Finch",), None),
        ("BY ADA FINCH", ("Ada Finch",), None),
        ("Written by Ada Finch", ("Ada Finch",), None),
        ("Author: Ada Finch", ("Ada Finch",), None),
        ("By Ada Finch, Staff Writer", ("Ada Finch",), None),
        ("By Ada Finch | The Wend Valley Review", ("Ada Finch",), None),
        ("By Dr. Ada Finch-O’Neill", ("Dr. Ada Finch-O’Neill",), None),
        ("By Élodie Àgnes", ("Élodie Àgnes",), None),
        ("*By Ada Finch, 5 May 2017*", ("Ada Finch",), "2017-05-05"),
        ("Ada Finch | 5 May 2017", ("Ada Finch",), "2017-05-05"),
        ("Published 5 May 2017", (), "2017-05-05"),
        ("Published on: 2017-05-05T10:00:00Z", (), "2017-05-05"),
        ("First published May 2017", (), "2017-05"),
        ("Friday, May 5, 2017 at 7:54 PM EDT", (), "2017-05-05"),
        ("5 May 2017 · 6 min read", (), "2017-05-05"),
        ("2017-05-05", (), "2017-05-05"),
        ("By the time the otter came, it rained", (), None),
        ("By Friday", (), None),
        ("By May 5, 2017, the river had risen.", (), None),
        ("By Any Means Necessary", (), None),
        ("It was May 5, 2017", (), None),
        ("May 5, 2017 was a cold day", (), None),
        ("Paris, May 5, 2017", (), None),
        ("2017", (), None),
        ("May 5, 2017 | " + "x" * 300, (), None),
    ],
)
def test_a_line_is_read_as_byline_only_if_it_is_nothing_else(
    line: str, authors: tuple[str, ...], published: str | None
) -> None:
    assert find_byline(f"A Headline\n\n{line}\n\nThe text begins.") == Byline(authors, published)


def test_the_first_line_is_a_headline_unless_it_is_dated() -> None:
    assert find_byline("By Ada Lovelace\n\nA film review.") == Byline()
    assert find_byline("By Ada Finch, 5 May 2017\n\nIt rained.") == Byline(("Ada Finch",), "2017-05-05")


def test_the_first_publication_counts_and_not_the_revision() -> None:
    assert find_byline("T\n\nUpdated 7 June 2018\nPublished 5 May 2017").published == "2017-05-05"
    assert find_byline("T\n\nUpdated 7 June 2018").published == "2018-06-07"


def test_dates_far_down_are_not_taken() -> None:
    assert find_byline("T\n" + "It rained.\n" * 12 + "Published 5 May 2017") == Byline()


def test_names_are_split_once_each() -> None:
    assert split_authors("Ada Finch,  Ben Roe & Ada Finch") == ("Ada Finch", "Ben Roe")


def test_a_dated_byline_below_a_standfirst_leaves_the_text_and_a_name_alone_does_not() -> None:
    text = "A bridge, and who built it\n\nBy Jane Roe May 05, 2017\n\nIt opened in 1883."
    assert without_header(text, None) == "A bridge, and who built it\n\nIt opened in 1883."
    letter = "Dear all,\n\nBy Jane Roe\n\nIt opened in 1883."
    assert without_header(letter, None) == letter
