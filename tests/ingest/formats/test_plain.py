from __future__ import annotations

import pytest

from ingest.formats import plain
from ingest.formats.plain import find_title
from ingest.types import RawSource

ARTICLE = """Otters Return to the River Wend\r
\r
By Ada Finch May 05, 2017 7:54 PMTags\r
Watch: Otters Play Under the Old Bridge\r
\r
The first otter was seen\u00a0 in May.\r
\r
Ada & Ben Finch's Cutest Pics\r
Jane Roe/REX/Shutterstock\r
\r
\r
It was alone.\r
\r
Latest News\r
"""


def test_a_copied_web_article_is_read_without_its_page() -> None:
    draft = plain.read(RawSource("/a/otters.txt", "otters.txt", ARTICLE.encode()))
    assert draft.title == "Otters Return to the River Wend"
    assert draft.authors == ("Ada Finch",)
    assert draft.published == "2017-05-05"
    assert draft.text == (
        "Otters Return to the River Wend\n\nBy Ada Finch May 05, 2017 7:54 PM\n\n"
        "The first otter was seen in May.\n\nIt was alone."
    )


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("Otters Return\n\nIt rained.", "Otters Return"),
        ("Who Killed the Otter?\n\nIt rained.", "Who Killed the Otter?"),
        ("Life in L.A.\n\nIt rained.", "Life in L.A."),
        ("Otters Return\nBy Ada Finch\n\nIt rained.", "Otters Return"),
        ("Otters Return\nThe Courier\nMay 6, 2017\n\nIt rained.", "Otters Return"),
        ("May 5, 2017\nOtters Return\n\nIt rained.", "Otters Return"),
        ("Otters Return\nIn May the first otter was seen by a farmer near the old mill.", "Otters Return"),
        ("Otters", "Otters"),
        ("It rained.\n\nIt stopped.", None),
        ("This line is wrapped by hand after seventy characters or so, as in\nmail, and goes on.", None),
        ("This line is wrapped by hand after seventy characters or so, as in\nMay, and goes on for long.", None),
        ("word " * 60 + "\n\nIt rained.", None),
        ("* * *\n\nIt rained.", None),
        ("", None),
    ],
)
def test_the_first_line_is_the_title_where_it_looks_like_one(text: str, title: str | None) -> None:
    assert find_title(text) == title
