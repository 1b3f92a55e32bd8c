"""How well the article is taken from web pages: token F1 and leaked words on the project's own set of pages.

    python -m benchmarks.extraction

The pages are made by ``tests/ingest/pages``: our own text in shapes of many kinds. Beside ours stands what a user would
otherwise pick: trafilatura as it comes, and the page's words without any choosing.
"""

from __future__ import annotations

from collections.abc import Callable
from statistics import fmean

import trafilatura
from lxml import html

from tests.ingest.pages import PAGES, Page, Score, score
from tests.ingest.pages.scoring import compare


def main() -> None:
    """Prints a line for each page and the means."""
    ways: dict[str, Callable[[Page], Score]] = {
        "ours": score,
        "trafilatura": lambda page: compare(page, _by_trafilatura(page)),
        "all words": lambda page: compare(page, " ".join(html.fromstring(page.html).itertext())),
    }
    scores = {name: [way(page) for page in PAGES] for name, way in ways.items()}
    print(f"{'page':36}" + "".join(f"{name:>14} F1 leaks" for name in ways) + "   title author date")
    for place, page in enumerate(PAGES):
        line = "".join(f"{scores[name][place].f1:17.3f}{len(scores[name][place].leaked):6}" for name in ways)
        ours = scores["ours"][place]
        marks = "".join(f"{'yes' if right else '-':>7}" for right in (ours.title, ours.author, ours.published))
        print(f"{page.name:36}{line}{marks}")
    for name, chosen in (("made with the rules", False), ("made after them", True)):
        places = [place for place, page in enumerate(PAGES) if page.fresh == chosen]
        means = "".join(
            f"{fmean(ours[place].f1 for place in places):17.3f}{sum(len(ours[place].leaked) for place in places):6}"
            for ours in scores.values()
        )
        print(f"{f'mean of {len(places)} {name}':36}{means}")


def _by_trafilatura(page: Page) -> str:
    """As it comes, but for the title: ours keeps that apart, so it must not count against others."""
    text = trafilatura.extract(page.html, include_comments=False) or ""
    return text.removeprefix(page.story.title)


if __name__ == "__main__":
    main()
