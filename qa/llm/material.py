"""What of the articles the model is shown: the passages found, or whole articles as far as there is room for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qa.gathering import Gatherer
from qa.ports import Evidence, Extract
from qa.types import Passage
from vectorstore import Article

FEWEST_CHARS = 800
"""Of less than this nothing can be said; where there are more articles than have room for it, the last are left out."""


@dataclass(frozen=True)
class Material:
    """All that the model is shown for a question."""

    extracts: tuple[Extract, ...]
    notice: str | None = None
    """What the person should know of it: how much was left out."""


def material(evidence: Evidence, gatherer: Gatherer, room: int) -> Material:
    """The articles of ``evidence``, as far as ``room`` characters hold them, or its passages.

    Raises QAError when an article was changed or removed since its passage was found.
    """
    articles = [article for article in evidence.articles if article.text[article.body_start :].strip()]
    too_long = sum(len(article.text) - article.body_start for article in articles) > room
    if articles and not (too_long and evidence.passages):
        return _articles(articles, gatherer, room)
    # The passages say more of the subject than the beginnings of long articles would.
    return Material(
        tuple(
            Extract(gatherer.article_of(one), 0 if one.alone else one.start, len(one.text) if one.alone else one.end)
            for one in _best(evidence.passages, room)
        )
    )


def _best(passages: Sequence[Passage], room: int) -> list[Passage]:
    """Those of the best ranks that have room together, in the order of all; one at least.

    Of two searches each has its first, so both have their part.
    """
    chosen: set[int] = set()
    for place in sorted(range(len(passages)), key=lambda place: passages[place].rank):
        room -= len(passages[place].text)
        if room < 0 and chosen:
            break
        chosen.add(place)
    return [passage for place, passage in enumerate(passages) if place in chosen]


def _articles(articles: Sequence[Article], gatherer: Gatherer, room: int) -> Material:
    """The beginnings of ``articles``, each as long as the next one's; short ones leave their room to the others."""
    shown = articles[: max(1, room // FEWEST_CHARS)]
    lengths = [len(article.text) - article.body_start for article in shown]
    most = _fair_share(lengths, room)
    extracts = []
    for article, length in zip(shown, lengths, strict=True):
        end = len(article.text) if length <= most else _last_end(article, article.body_start + most, gatherer)
        extracts.append(Extract(article, article.body_start, end))
    cut = sum(length > most for length in lengths)
    return Material(tuple(extracts), _notice(cut, len(articles) - len(shown), len(articles)))


def _fair_share(lengths: Sequence[int], room: int) -> int:
    """The most that each may have so that all have ``room`` together."""
    for number, length in enumerate(sorted(lengths)):
        share = room // (len(lengths) - number)
        if length > share:
            return share
        room -= length
    return max(lengths)


def _last_end(article: Article, limit: int, gatherer: Gatherer) -> int:
    """Where the last whole sentence before ``limit`` ends; ``limit`` itself where the first one is longer."""
    ends = [sentence.end for sentence in gatherer.sentences(article) if article.body_start < sentence.end <= limit]
    return ends[-1] if ends else limit


def _notice(cut: int, left_out: int, of: int) -> str | None:
    if not cut and not left_out:
        return None
    if of == 1:
        return "The article is longer than the language model can read at once; it read the beginning."
    what = [f"the beginning of {'each' if cut == of else cut}"] * bool(cut) + [f"nothing of {left_out}"] * bool(
        left_out
    )
    return f"The {of} articles are more than the language model can read at once; it read {' and '.join(what)}."
