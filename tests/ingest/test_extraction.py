"""Floors under the extraction of articles from web pages: a change may raise them, never lower them."""

from __future__ import annotations

from statistics import fmean

import pytest

from ingest.formats import read_article
from ingest.types import RawSource
from tests.ingest.pages import PAGES, Page, Score, score
from tests.ingest.pages.scoring import tokens

NAMED = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


@pytest.fixture(scope="module")
def scores() -> dict[str, Score]:
    return {page.name: score(page) for page in PAGES}


def test_there_are_enough_pages_in_different_shapes() -> None:
    assert len(PAGES) >= 45 and len({page.name for page in PAGES}) == len(PAGES)
    assert sum(page.fresh for page in PAGES) >= 7


def test_the_article_is_taken_whole_and_alone(scores: dict[str, Score]) -> None:
    assert {name: one.f1 for name, one in scores.items() if one.f1 < 0.95} == {}
    assert {name: one.recall for name, one in scores.items() if one.recall < 0.99} == {}
    assert fmean(one.f1 for one in scores.values()) >= 0.995


def test_little_comes_along(scores: dict[str, Score]) -> None:
    leaks = {page.name: scores[page.name].leaked for page in PAGES if scores[page.name].leaked}
    assert {name: words for name, words in leaks.items() if not next(p for p in PAGES if p.name == name).fresh} == {}
    assert sum(map(len, leaks.values())) <= 18


@NAMED
def test_no_word_of_a_menu_is_in_the_text(page: Page) -> None:
    article = read_article(RawSource("/page.html", "page.html", page.html.encode()))
    own = tokens(f"{page.body} {page.story.title} {page.story.author}")
    assert (tokens(page.menu).keys() - own.keys()) & tokens(article.text).keys() == set()


def test_title_author_and_date_are_found(scores: dict[str, Score]) -> None:
    assert [name for name, one in scores.items() if not (one.title and one.author and one.published)] == []
