"""What of the articles the model is shown: the passages found, or whole articles as far as its window holds them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qa.gathering import Gatherer
from qa.ports import Evidence
from vectorstore import Article

MAX_CHARS = 16_000
"""Characters of whole articles in one prompt: about 4,000 tokens of English, and in any script half of the 16,000
that a small model's window holds today."""
FEWEST_CHARS = 800
"""Of less than this nothing can be said; where there are more articles than have room for it, the last are left out."""


@dataclass(frozen=True)
class Extract:
    """A run of an article that the model is shown: ``article.text[start:end]``."""

    article: Article
    start: int
    end: int

    @property
    def text(self) -> str:
        """Its words as the article has them."""
        return self.article.text[self.start : self.end]


@dataclass(frozen=True)
class Material:
    """All that the model is shown for a question."""

    extracts: tuple[Extract, ...]
    notice: str | None = None
    """What the person should know of it: how much was left out."""


def material(evidence: Evidence, gatherer: Gatherer) -> Material:
    """The articles of ``evidence``, or its passages where it has no articles, in their order.

    Raises QAError when an article was changed or removed since its passage was found.
    """
    if evidence.articles:
        return _articles(evidence.articles, gatherer)
    return Material(
        tuple(
            Extract(gatherer.article_of(one), 0 if one.alone else one.start, len(one.text) if one.alone else one.end)
            for one in evidence.passages
        )
    )


def _articles(articles: Sequence[Article], gatherer: Gatherer) -> Material:
    """The beginnings of ``articles``, each as long as the next one's; short ones leave their room to the others."""
    shown = [article for article in articles if article.text[article.body_start :].strip()]
    shown = shown[: MAX_CHARS // FEWEST_CHARS]
    lengths = [len(article.text) - article.body_start for article in shown]
    most = _fair_share(lengths, MAX_CHARS)
    extracts = []
    for article, length in zip(shown, lengths, strict=True):
        end = len(article.text) if length <= most else _last_end(article, article.body_start + most, gatherer)
        extracts.append(Extract(article, article.body_start, end))
    cut = sum(length > most for length in lengths)
    return Material(tuple(extracts), _notice(cut, len(articles) - len(shown), len(articles)))


def _fair_share(lengths: Sequence[int], room: int) -> int:
    """The most that each may have so that all have ``room`` together."""
    share = room
    for number, length in enumerate(sorted(lengths)):
        share = room // (len(lengths) - number)
        if length > share:
            break
        room -= length
        share = max(share, length)
    return share


def _last_end(article: Article, limit: int, gatherer: Gatherer) -> int:
    """Where the last whole sentence before ``limit`` ends; ``limit`` itself where the first one is longer."""
    ends = [sentence.end for sentence in gatherer.sentences(article) if article.body_start < sentence.end <= limit]
    return ends[-1] if ends else limit


def _notice(cut: int, left_out: int, of: int) -> str | None:
    if not cut and not left_out:
        return None
    if of == 1:
        return "The article is longer than the language model can read at once; it read the beginning."
    what = [f"the beginning of {cut}"] * bool(cut) + [f"nothing of {left_out}"] * bool(left_out)
    return f"The {of} articles are more than the language model can read at once; it read {' and '.join(what)}."
