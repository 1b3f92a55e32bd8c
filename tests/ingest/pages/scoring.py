"""How much of an article was taken from a page, and how much of the page came along."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace

from ingest.formats import read_article
from ingest.types import RawSource
from tests.ingest.pages.stories import Page

_TOKEN = re.compile(r"\w+(?:['’]\w+)?")


@dataclass(frozen=True)
class Score:
    """What a page's text is worth."""

    precision: float
    recall: float
    leaked: frozenset[str]
    """Words that only stand around the article, and were taken with it."""
    title: bool = False
    author: bool = False
    published: bool = False
    """Whether the metadata is right."""

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall, 0 to 1."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def score(page: Page) -> Score:
    """Reads a page as any source is read."""
    article = read_article(RawSource(f"/pages/{page.name}.html", f"{page.name}.html", page.html.encode()))
    return replace(
        compare(page, article.text[article.body_start :]),
        title=article.title == page.story.title,
        author=article.authors == (page.story.author,),
        published=article.published == page.story.published,
    )


def compare(page: Page, text: str) -> Score:
    """Compares a text with the page's article: tokens, each as often as it stands there. A title is nobody's fault."""
    found, gold = tokens(text), tokens(page.body)
    common = (found & gold).total()
    own = gold | tokens(f"{page.story.title} {page.story.author} {page.story.words_of_date} By")
    return Score(
        precision=common / max(1, found.total()),
        recall=common / max(1, gold.total()),
        leaked=frozenset((tokens(page.boilerplate).keys() - own.keys()) & found.keys()),
    )


def tokens(text: str) -> Counter[str]:
    """The words of a text in lower case, with how often each stands there."""
    return Counter(token.lower() for token in _TOKEN.findall(text))
