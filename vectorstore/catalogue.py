"""Which articles fit a filter: by author, date, title and source from the record, by subject from both searches."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from language.dates import days_of
from language.words import fold
from vectorstore import exact
from vectorstore.protocols import Hits, RecordStore
from vectorstore.types import ArticleFilter, ArticleSummary, FoundArticle, Mentions

POOL = 1_000
"""Chunks taken from each search where articles about something are looked for."""
BEST = 3
"""Chunks of an article by which it is judged: of an article on a subject more than one passage is."""
WORDS = 0.25
"""What all the words asked for standing in one passage are worth, beside a cosine."""
FLOOR = 0.5
"""Articles that score less are not about what was asked."""

Nearest = Callable[[Sequence[float], int, Collection[str] | None, str | None], Hits]

_WORD = re.compile(r"[^\W_]+")


class Catalogue:
    """The articles of one library as they are asked for."""

    def __init__(self, record: RecordStore, embed_query: Callable[[str], Sequence[float]], nearest: Nearest) -> None:
        """``nearest`` gives (chunk id, cosine) for a vector, a number of chunks, the articles to stay within, and the
        words that the vector stands for."""
        self._record = record
        self._embed_query = embed_query
        self._nearest = nearest
        self._summaries: tuple[int, list[ArticleSummary]] = (-1, [])

    def find(self, wanted: ArticleFilter, articles: Collection[str] | None = None) -> list[FoundArticle]:
        """The listed articles that fit ``wanted``, of ``articles`` where given, in its order."""
        listed = self.listed()
        fitting = {one.id: one for one in listed if (articles is None or one.id in articles) and _fits(one, wanted)}
        scores: Mapping[str, float] = {}
        mentions: Mapping[str, Mentions] = {}
        if wanted.mentions is not None:
            scope = None if len(fitting) == len(listed) else fitting
            mentions = self._record.lexical.mentions(wanted.mentions, scope)
            fitting = {one: summary for one, summary in fitting.items() if one in mentions}
        if wanted.about is not None:
            scores = self._about(wanted.about, fitting, everywhere=len(fitting) == len(listed))
            fitting = {one: summary for one, summary in fitting.items() if one in scores}
        found = [_found(summary, scores.get(one), mentions.get(one)) for one, summary in fitting.items()]
        return _ordered(found, wanted)[: wanted.limit]

    def listed(self) -> Sequence[ArticleSummary]:
        """Every listed article by title, read anew only after something was written."""
        generation = self._record.generation
        if self._summaries[0] != generation:
            self._summaries = (generation, self._record.summaries())
        return self._summaries[1]

    def _about(self, subject: str, articles: Mapping[str, ArticleSummary], everywhere: bool) -> dict[str, float]:
        """How much ``articles`` are about ``subject``; those that only brush it are left out."""
        if not subject.strip():
            return {}
        scope = None if everywhere else articles
        vector = self._embed_query(subject)
        near = dict(self._nearest(vector, POOL, scope, subject))
        worded = self._record.lexical.search(subject, POOL, scope)
        ids, vectors = self._record.vectors_of([chunk_id for chunk_id, _ in worded if chunk_id not in near])
        cosines = near | dict(exact.nearest(ids, vectors, vector, len(ids)))
        article_of = self._record.articles_of(list(cosines))
        covered: dict[str, float] = {}
        weight = self._record.lexical.weight(subject)
        for chunk_id, score in worded:  # best first
            if chunk_id in article_of:  # else just removed
                covered.setdefault(article_of[chunk_id], min(1.0, score / weight))
        by_article: dict[str, list[float]] = {}
        for chunk_id, article_id in article_of.items():
            by_article.setdefault(article_id, []).append(cosines[chunk_id])
        # Chunks that were not found are no nearer than the last that was.
        rest = min(near.values(), default=0.0)
        scores = {
            article_id: _nearness(found, articles[article_id].chunks, rest) + WORDS * covered.get(article_id, 0.0)
            for article_id, found in by_article.items()
            if article_id in articles
        }
        return {article_id: score for article_id, score in scores.items() if score >= FLOOR}


def _nearness(cosines: Sequence[float], chunks: int, rest: float) -> float:
    """Between the best cosine of an article of so many chunks and the mean of its ``BEST`` best."""
    best = sorted(cosines, reverse=True)[:BEST]
    best += [rest] * (min(BEST, chunks) - len(best))
    return (best[0] + sum(best) / len(best)) / 2


def _found(summary: ArticleSummary, score: float | None, mentions: Mentions | None) -> FoundArticle:
    if mentions is None:
        return FoundArticle(summary, score)
    return FoundArticle(summary, score, mentions.first, mentions.count)


# What the record says of an article ---------------------------------------------------------------


def _fits(article: ArticleSummary, wanted: ArticleFilter) -> bool:
    return (
        (wanted.author is None or any(_holds(name, wanted.author) for name in article.authors))
        and (wanted.title is None or _holds(article.title, wanted.title))
        and (wanted.source is None or _comes_from(article, wanted.source))
        and (wanted.language is None or _primary(article.language) == _primary(wanted.language))
        and _came_out(article.published, wanted.since, wanted.until)
    )


def _holds(text: str, words: str) -> bool:
    """Whether all of ``words`` stand in ``text``; there has to be one."""
    wanted = set(_WORD.findall(fold(words)))
    return bool(wanted) and wanted <= set(_WORD.findall(fold(text)))


def _comes_from(article: ArticleSummary, part: str) -> bool:
    return any(part.casefold() in source.casefold() for source in (article.source, *article.other_sources))


def _primary(language: str | None) -> str | None:
    return language.casefold().partition("-")[0] if language else None


def _came_out(published: str | None, since: str | None, until: str | None) -> bool:
    """Whether an article certainly came out within these dates."""
    if since is None and until is None:
        return True
    days = days_of(published or "")
    if days is None:
        return False
    first, last = _days(since, datetime.date.min)[0], _days(until, datetime.date.max)[1]
    return first <= days[0] and days[1] <= last


def _days(date: str | None, default: datetime.date) -> tuple[datetime.date, datetime.date]:
    return days_of(date or "") or (default, default)


# Orders -------------------------------------------------------------------------------------------


def _ordered(found: Iterable[FoundArticle], wanted: ArticleFilter) -> list[FoundArticle]:
    """Python's sort is stable, so what is equal stays in order of title."""
    order = wanted.order or ("title" if wanted.about is None else "relevance")
    if order == "title":
        return list(found)
    if order == "relevance":
        return sorted(found, key=lambda one: -(one.score or 0.0))
    if order == "added":
        return sorted(found, key=lambda one: one.summary.added_at, reverse=True)
    if order in ("longest", "shortest"):
        return sorted(found, key=lambda one: one.summary.characters, reverse=order == "longest")
    dated = [(days, one) for one in found if (days := days_of(one.summary.published or ""))]
    undated = [one for one in found if not days_of(one.summary.published or "")]
    # Of "2022" neither is claimed that it is the newest nor that it is the oldest of that year: it counts as its first
    # day in the one order and as its last in the other.
    if order == "newest":
        dated.sort(key=lambda pair: (pair[0][0], -_vagueness(pair[0])), reverse=True)
    else:
        dated.sort(key=lambda pair: (pair[0][1], _vagueness(pair[0])))
    return [one for _, one in dated] + undated


def _vagueness(days: tuple[datetime.date, datetime.date]) -> int:
    return (days[1] - days[0]).days
