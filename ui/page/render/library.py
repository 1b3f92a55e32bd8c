"""The library: what it holds, and what came of adding to it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ingest.report import IngestReport, Progress, Status
from ui.page.library import place_of
from ui.page.render.values import count, fill, source_name
from vectorstore.types import ArticleSummary

LISTED = 200
"""Articles listed at once, or outcomes of one kind; one turns to the others, or finds them."""
PLACES_LISTED = 20
"""Folders and sites that can be asked by themselves: those that most articles came from."""
OPEN_GROUP = 3
"""Outcomes of a kind that are shown without being asked for."""

HEADINGS: dict[Status, str] = {
    "skipped": "Not added",
    "changed": "Updated",
    "added": "Added",
    "moved": "Moved",
    "unchanged": "Already there",
    "removed": "Removed",
}
REASONS: dict[Status, str] = {
    "changed": "takes the place of what was stored under this name",
    "unchanged": "nothing in it has changed",
    "removed": "its file is no longer there",
}
PLACES = (
    ("chat", "Chat"),
    ("article", "Article"),
    ("library", "Library"),
    ("history", "History"),
    ("settings", "Settings"),
)
TEMPLATE = "library.html"


def render_folder(suffixes: Sequence[str]) -> str:
    """The button that chooses a folder, and what kinds of files are read."""
    return fill(TEMPLATE, "folder", suffixes)


def render_library(articles: Sequence[ArticleSummary], wanted: str = "", start: int = 0) -> str:
    """The list of articles whose title, source or author has all the words of ``wanted``, from number ``start`` on."""
    words = wanted.casefold().split()
    found = [article for article in articles if all(word in _findable(article) for word in words)]
    places = Counter(place_of(article.source) for article in articles).most_common(PLACES_LISTED)
    start = min(start, max(len(found) - 1, 0)) // LISTED * LISTED
    listed = found[start : start + LISTED]
    return fill(TEMPLATE, "library", bool(articles), listed, start, len(found), LISTED, wanted.strip(), places)


def _findable(article: ArticleSummary) -> str:
    return " ".join([article.title, source_name(article.source), *article.authors]).casefold()


def render_report(report: IngestReport) -> str:
    """What was added, what was not, and why; what needs a look is open."""
    if not report.outcomes:
        return render_message("There was nothing to add.")
    groups = [(status, report.of(status)) for status in HEADINGS if report.of(status)]
    opened = {status for status, outcomes in groups if status in ("skipped", "changed") or len(outcomes) <= OPEN_GROUP}
    return fill(TEMPLATE, "report", groups, opened, HEADINGS, REASONS, LISTED)


def render_message(message: str, failed: bool = False) -> str:
    """One line about the library: what was done, or what could not be."""
    return fill(TEMPLATE, "message", message, failed)


def render_brand(articles: int) -> str:
    """The head of the page."""
    return fill(TEMPLATE, "brand", count(articles, "article") if articles else "no articles yet")


def render_places() -> str:
    """Where a narrow window can go to: there the article stands under the conversation."""
    return fill(TEMPLATE, "places", PLACES)


def render_link() -> str:
    """Where the page says that its server cannot be reached; its script fills it in."""
    return fill(TEMPLATE, "link")


def progress_in_words(now: Progress, seconds: float) -> str:
    """How far an ingest is after ``seconds``, and about how long it still takes."""
    name = source_name(now.source)
    told = f"{now.done:,} of {now.total:,}{name and ': '}{name}"
    if now.done >= now.total:
        told = f"All {now.total:,} read" if now.total > 1 else "Read"
        told += f", storing: {now.chunks:,} of {count(now.cut, 'passage')}" if now.chunks < now.cut else ", storing"
    if not 0 < now.share < 1 or seconds < 1:
        return told
    return f"{told} · {_about(seconds / now.share * (1 - now.share))} left"


def _about(seconds: float) -> str:
    if seconds < 55:
        return f"about {5 * max(1, round(seconds / 5))} s"
    minutes = round(seconds / 60)
    return f"about {minutes} min" if minutes < 90 else f"about {round(seconds / 3600)} h"
