from __future__ import annotations

import time

import pytest

from ingest.formats import markdown
from ingest.types import Draft, RawSource


def read(source: str) -> Draft:
    return markdown.read(RawSource("/a/otters.md", "otters.md", source.encode()))


def test_front_matter_becomes_metadata_and_not_text() -> None:
    draft = read('---\ntitle: "Otters: a Return"\nauthor: Ada Finch\ndate: 2017-05-05\n---\n\nIt rained.\n')
    assert draft == Draft("It rained.", "Otters: a Return", ("Ada Finch",), "2017-05-05")


@pytest.mark.parametrize(
    ("yaml", "authors"),
    [
        ("authors: [Ada Finch, Ben Roe]", ("Ada Finch", "Ben Roe")),
        ("authors:\n  - name: Ada Finch\n  - name: Ben Roe", ("Ada Finch", "Ben Roe")),
        ("Author: Ada Finch and Ben Roe", ("Ada Finch", "Ben Roe")),
        ("author: {name: Ada Finch}", ("Ada Finch",)),
        ("author:", ()),
    ],
)
def test_authors_are_read_however_they_are_listed(yaml: str, authors: tuple[str, ...]) -> None:
    assert read(f"---\n{yaml}\n---\nIt rained.").authors == authors


@pytest.mark.parametrize(
    ("yaml", "title", "published"),
    [
        ("title: 1984\ndate: May 5, 2017", "1984", "2017-05-05"),
        ("title: yes\ndate: 2017", "yes", "2017"),
        ("title: [a, b]\ndate: soon", None, None),
        ("date: 2017-05-05T10:00:00Z", None, "2017-05-05"),
    ],
)
def test_scalars_stay_as_they_are_written(yaml: str, title: str | None, published: str | None) -> None:
    draft = read(f"---\n{yaml}\n---\nIt rained.")
    assert (draft.title, draft.published) == (title, published)


@pytest.mark.parametrize("source", ["---\n\nIt rained.\n\n---\n\nIt stopped.", "---\n[: :\n---\nIt rained."])
def test_what_only_looks_like_front_matter_stays_text(source: str) -> None:
    assert "It rained." in read(source).text


def test_front_matter_made_to_exhaust_the_parser_is_survived() -> None:
    assert read(f"---\n{'[' * 600}\n---\nIt rained.").text.endswith("It rained.")


def test_the_first_top_heading_is_the_title_and_stays_in_the_text() -> None:
    draft = read("Intro.\n\n## Part\n\n# Otters *Return*\n\nIt rained.")
    assert draft.title == "Otters Return"
    assert draft.text == "Intro.\n\nPart\n\nOtters Return\n\nIt rained."


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("**Bold**, *it*, ~~old~~ and `code`.", "Bold, it, old and code."),
        ("A [link](http://x.example 'title') and <http://y.example>.", "A link and http://y.example."),
        ("A [link][1].\n\n[1]: http://x.example", "A link."),
        ("An ![image](a.png) here.", "An here."),
        ("Wrapped\nby hand.", "Wrapped by hand."),
        ("Hard  \nbreak.", "Hard\nbreak."),
        ("- one\n- two\n  - inner\n- three\n\nAfter.", "- one\n- two\n  - inner\n- three\n\nAfter."),
        ("Before:\n\n3. one\n4. two", "Before:\n\n3. one\n4. two"),
        ("- one\n\n  more of it\n\n- two", "- one\n  more of it\n- two"),
        ("| a | b |\n|---|---|\n| 1 | *2* |\n\nAfter.", "a | b\n1 | 2\n\nAfter."),
        ("> Quoted\n> words.\n\nAfter.", "Quoted words.\n\nAfter."),
        ("```py\nx = 1\n    y\n```\n\nAfter.", "x = 1\n    y\n\nAfter."),
        ("One.\n\n---\n\nTwo.", "One.\n\nTwo."),
        ("Title\n=====\n\nOne.", "Title\n\nOne."),
        ("A <b>bold</b> word<br>here &amp; there &copy;.", "A bold word\nhere & there ©."),
        ("<div>\n<p>Inside</p>\n</div>\n\nAfter.", "Inside\n\nAfter."),
        ("<!-- hidden -->\n\nShown.", "Shown."),
        ("A claim.[^1]\n\n[^1]: The source says so.", "A claim.\n\nThe source says so."),
        ("2 \\* 3 and a_b_c and 5 * 6", "2 * 3 and a_b_c and 5 * 6"),
    ],
)
def test_words_come_out_as_on_the_rendered_page(source: str, text: str) -> None:
    assert read(source).text == text


def test_a_byline_in_the_text_is_used_without_front_matter() -> None:
    draft = read("# Otters Return\n\n*By Ada Finch, 5 May 2017*\n\nIt rained.")
    assert (draft.authors, draft.published) == (("Ada Finch",), "2017-05-05")


@pytest.mark.parametrize("unit", ["[", "*a_", "`", "![", "<a "])
def test_a_megabyte_on_one_line_does_not_hang(unit: str) -> None:
    started = time.process_time()
    read("x" + unit * (1_000_000 // len(unit)))
    assert time.process_time() - started < 5
