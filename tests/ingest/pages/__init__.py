"""Web pages in many shapes, with the article that is in each: what body extraction is measured on.

Everything is written here: invented towns, people and sites. A page knows its article's own words, and the words of all
that stands around it: menus, advertisements, captions, teasers, comments, notices. Nothing was tuned on other people's
pages, and no page is taken from any site.
"""

from tests.ingest.pages.layouts import PAGES
from tests.ingest.pages.scoring import Score, score
from tests.ingest.pages.stories import Page

__all__ = ["PAGES", "Page", "Score", "score"]
