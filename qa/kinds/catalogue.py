"""``catalogue``: the articles themselves, by author, date, title, source and subject. Looked up, never read."""

from __future__ import annotations

from collections.abc import Sequence

from language.dates import date_in_words
from qa.citations import cite_span, enclosing_sentence
from qa.gathering import Gatherer
from qa.ports import Evidence, Plan
from qa.types import Answer, Citation, Item
from vectorstore import Article, ArticleFilter, FoundArticle

MODEL = "catalogue"
MAX_LISTED = 20
"""Articles that an answer shows at most; the number of all of them is told."""

_THIS_ONE = ArticleFilter(limit=1)
"""One article, and nothing that says which."""


class CatalogueStrategy:
    """Answers with articles, or with what the record says of them: who wrote them, when they came out, how many."""

    def __init__(self, gatherer: Gatherer) -> None:
        self._gatherer = gatherer

    def gather(self, plan: Plan) -> Evidence:
        """See ``Strategy``."""
        wanted = plan.filter or ArticleFilter()
        # Of "who wrote this?" all are looked at, to see whether there is one alone.
        found = self._gatherer.catalogue(ArticleFilter() if wanted == _THIS_ONE else wanted, plan.articles)
        shown = self._gatherer.articles([one.summary.id for one in found[:MAX_LISTED]])
        return Evidence(articles=shown, catalogue=found)

    def answer(self, plan: Plan, evidence: Evidence) -> Answer:
        """See ``Strategy``."""
        found = evidence.catalogue
        if not found:
            return _abstention(plan, f"{_described(plan)} in the library.")
        if plan.filter == _THIS_ONE and len(found) > 1:
            return _abstention(plan, "Say which article you mean: choose one, or say what it is about.")
        text = _told(plan, found)
        if text is None:
            lacks = "who wrote it" if plan.wanted == "authors" else "when it was published"
            return _abstention(plan, f"{_all([f'“{one.summary.title}”' for one in found])} does not say {lacks}.")
        by_id = {article.id: article for article in evidence.articles}
        shown = [(one, by_id[one.summary.id]) for one in found if one.summary.id in by_id]
        hidden = len(found) - len(shown)
        return Answer(
            question=plan.query.question,
            text=text,
            kind="catalogue",
            citations=tuple(self._cite(article, one.mention) for one, article in shown),
            items=tuple(
                Item(one.summary.title, (place,), label=one.summary.title, date=one.summary.published)
                for place, (one, _) in enumerate(shown)
            ),
            model=MODEL,
            notice=f"The first {len(shown)} of {len(found):,} articles are shown." if hidden else None,
        )

    def _cite(self, article: Article, mention: tuple[int, int] | None) -> Citation:
        """Words of the article to know it by: where it mentions what was asked, or how it begins."""
        if mention is not None:
            return cite_span(article, *enclosing_sentence(article.text, *mention))
        sentences = self._gatherer.sentences(article)
        first = next((one for one in sentences if one.start >= article.body_start), None)
        return cite_span(article, first.start, first.end) if first else cite_span(article, 0, len(article.text))


def _told(plan: Plan, found: Sequence[FoundArticle]) -> str | None:
    """The answer in words; None where the articles do not say."""
    if plan.wanted == "number":
        return f"{len(found):,}"
    if plan.wanted == "authors":
        return _all(list(dict.fromkeys(name for one in found for name in one.summary.authors))) or None
    if plan.wanted == "published":
        dates = {one.summary.title: date_in_words(one.summary.published) for one in found if one.summary.published}
        return _all(list(dates.values()) if len(found) == 1 else [f"{t}: {d}" for t, d in dates.items()]) or None
    titles = [one.summary.title for one in found[:MAX_LISTED]]
    return _all([*titles, f"{len(found) - MAX_LISTED:,} more"] if len(found) > MAX_LISTED else titles)


def _all(parts: Sequence[str]) -> str:
    """``A, B and C``."""
    return f"{', '.join(parts[:-1])} and {parts[-1]}" if len(parts) > 1 else "".join(parts)


def _described(plan: Plan) -> str:
    """What is not there: ``No article by X about “Y”``."""
    wanted = plan.filter or ArticleFilter()
    parts = [
        wanted.author and f"by {wanted.author}",
        wanted.source and f"from {wanted.source}",
        _when(wanted),
        wanted.about and f"about “{wanted.about}”",
        wanted.mentions and f"that mentions “{wanted.mentions}”",
    ]
    return " ".join(["No article", *(part for part in parts if part), "is"])


def _when(wanted: ArticleFilter) -> str | None:
    since = date_in_words(wanted.since) if wanted.since else None
    until = date_in_words(wanted.until) if wanted.until else None
    if since and until:
        return f"from {since}" if since == until else f"from between {since} and {until}"
    return f"from {since} or later" if since else until and f"from {until} or earlier"


def _abstention(plan: Plan, notice: str) -> Answer:
    return Answer(
        question=plan.query.question, text=None, kind="catalogue", reason="nothing", model=MODEL, notice=notice
    )
