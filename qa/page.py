"""Paragraphs of an article that belong to its page: galleries of pictures, notes to the reader, who wrote it. Pure.

A rule looks at a whole paragraph, since what follows "Sign up for our newsletter" there is of the same kind and has no
mark of its own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from language.credits import AGENCY
from qa.ports import Sentence

FOOT = 6
"""How many of the last paragraphs may say how to reach who wrote it: elsewhere an address is news."""
MOST_WORDS_ABOUT_A_WRITER = 80

_CREDIT = re.compile(rf"[A-Z][^.!?]{{0,80}}/{AGENCY}(?=\s+[A-Z\"“‘]|\s*\Z)")
"""At the beginning of a sentence: "Jane Roe/AP Otters play"; "an AP/Bloomberg poll" is news."""
_CREDIT_AT_THE_END = re.compile(rf"/{AGENCY}\)?\s*\Z")
_VIDEO = re.compile(r"\d:\d\d [-–•] Source: ")
_LABEL = re.compile(r"(?:photos?|gallery|in pictures): |video ad feedback", re.IGNORECASE)
_TO_THE_READER = re.compile(
    r"(?:editor[’']s note|corrections? (?:&|and) clarifications?|sign up|subscribe|read (?:more|our)|click here"
    r"|for the latest)\b|[^.]{0,120}\b(?:in|to) your inbox\b",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"\w@\w|(?:\A|[\s(])@\w|\b(?:[Ff]ollow|[Rr]each|[Ee]mail) (?:her|him|them|the reporter)\b")


def is_to_the_reader(text: str) -> bool:
    """Whether ``text`` is a note of the newsroom or an advertisement: "Editor's note: …", "Sign up for …"."""
    return bool(_TO_THE_READER.match(text))


def without_page(sentences: Sequence[Sentence]) -> list[Sentence]:
    """``sentences``, of one article in their order, without those whose paragraph belongs to the page."""
    paragraphs = _paragraphs(sentences)
    foot = len(paragraphs) - FOOT
    return [
        one
        for place, paragraph in enumerate(paragraphs)
        if not _is_of_the_page(paragraph, is_at_the_foot=place >= max(foot, 1))
        for one in paragraph
    ]


def _paragraphs(sentences: Sequence[Sentence]) -> list[list[Sentence]]:
    found = [[one] for one in sentences[:1]]
    for before, one in pairwise(sentences):
        if "\n\n" in one.article.text[before.end : one.start]:
            found.append([one])
        else:
            found[-1].append(one)
    return found


def _is_of_the_page(paragraph: Sequence[Sentence], *, is_at_the_foot: bool) -> bool:
    first, last = paragraph[0], paragraph[-1]
    text = first.article.text[first.start : last.end]
    is_about_its_writer = is_at_the_foot and len(text.split()) <= MOST_WORDS_ABOUT_A_WRITER and _ADDRESS.search(text)
    has_credit = _CREDIT_AT_THE_END.search(text[-40:]) or any(_CREDIT.match(one.text) for one in paragraph)
    is_gallery = has_credit or _LABEL.match(text) or _VIDEO.search(text)
    return bool(is_gallery or is_about_its_writer or is_to_the_reader(text))
