"""What belongs to the page of an article is not shown as its words."""

from __future__ import annotations

import pytest

from qa.page import FOOT, without_page
from qa.ports import Sentence
from vectorstore import Article

NEWS = ["The ferry opened in May.", "Mayor Brisk cut the ribbon.", "A band played on the quay until dark."]


def _left(*paragraphs: list[str]) -> list[str]:
    text = "\n\n".join(" ".join(paragraph) for paragraph in paragraphs)
    article = Article("a", "a.txt", "A", text, "")
    found = []
    at = 0
    for one in (sentence for paragraph in paragraphs for sentence in paragraph):
        at = text.index(one, at)
        found.append(Sentence(article, at, at + len(one)))
        at += len(one)
    return [one.text for one in without_page(found)]


@pytest.mark.parametrize(
    "paragraph",
    [
        [
            "Mayor Brisk boards the ferry.",
            "Jane Roe/AP The ferry leaves the quay.",
            "Ann Poe/Getty Images Otters play.",
        ],
        ["The band plays on the quay on Monday.", "Jane Roe/Harrow Post/Reuters"],
        ["Photos: The life of the ferry The ferry in 1952, when it was new.", "It was painted red."],
        ["Video Ad Feedback See the ferry leave 01:25 - Source: CNN"],
        ["Editor's note: Sign up for our letter on ships.", "Our seven parts have hints on sailing."],
        ["Subscribe to The Tide.", "Get the facts behind the news.", "It comes out on Fridays."],
    ],
)
def test_galleries_and_notes_to_the_reader_go_as_whole_paragraphs(paragraph: list[str]) -> None:
    assert _left(NEWS, paragraph, NEWS) == [*NEWS, *NEWS]


def test_how_to_reach_the_writer_is_left_out_at_the_foot_only() -> None:
    writer = ["Ann Lee covers ships for the Tide.", "Reach her at ann@tide.example."]
    address = ["Those who lost a bag are asked to write to lost@ferry.example."]
    body = [NEWS] * FOOT
    assert _left(NEWS, writer) == NEWS
    assert _left(address, *body, writer) == [*address, *(NEWS * FOOT)]


@pytest.mark.parametrize(
    "told",
    [
        "A Harrow Post/Bloomberg poll found that most people like the ferry.",
        "The photos were sold for a dollar each.",
        "“I follow her everywhere,” the captain said of the ferry.",
        "The mayor subscribed to the plan in June.",
    ],
)
def test_news_stays(told: str) -> None:
    assert _left(NEWS, *[NEWS] * FOOT, [told], *[NEWS] * FOOT) == [*NEWS * (FOOT + 1), told, *NEWS * FOOT]
