"""Title, authors and date of an HTML page, as its metadata, its JSON-LD or its byline give them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ingest.formats.byline import find_byline, split_authors
from language.dates import parse_date

if TYPE_CHECKING:
    Element = Any

_ARTICLE_TYPES = re.compile(r"Article|BlogPosting|Report|NewsArticle|WebPage|Review|Recipe")
_DATE_NAMES = tuple(
    """article:published_time og:published_time datepublished parsely-pub-date sailthru.date citation_publication_date
    citation_date dc.date.issued dcterms.issued dcterms.created dc.date pubdate publishdate publish-date date
    """.split()
)
_AUTHOR_NAMES = (
    "author",
    "article:author",
    "parsely-author",
    "sailthru.author",
    "citation_author",
    "dc.creator",
    "byl",
    "dcterms.creator",
)
_TITLE_NAMES = ("og:title", "citation_title", "dc.title", "twitter:title", "parsely-title")
_LANGUAGE_NAMES = ("og:locale", "content-language", "language", "dc.language", "inlanguage")
_PUBLISHER_NAMES = ("og:site_name", "citation_journal_title", "dc.publisher", "dcterms.publisher", "publisher")
_MAX_JSON = 500_000
_MAX_DEPTH = 6
"""How deep articles are looked for in JSON-LD; publishers nest them at most three deep."""
_OTHER_BY = re.compile(r"(?:von|par|por|di|door)\s+", re.IGNORECASE)
"""What stands for "by" in the elements of pages in other languages; in a text these words are too common to tell."""
_SITE_NAME = re.compile(r"(?<!\s)\s++[|–—·»-]\s++[^|–—·»-]{2,40}\Z")


@dataclass(frozen=True)
class PageMetadata:
    """What a page says about its article."""

    title: str | None
    authors: tuple[str, ...]
    published: str | None
    language: str | None
    publisher: str | None


def read_metadata(tree: Element) -> PageMetadata:
    """The page's own statements; nothing is guessed from its address, its footer or the dates it mentions."""
    meta = _meta_values(tree)
    linked = _linked_article(tree)
    byline = find_byline(_byline_text(tree))
    return PageMetadata(
        _text(linked.get("headline")) or _first(meta, _TITLE_NAMES) or _heading(tree) or _title_tag(tree),
        _linked_authors(linked) or _meta_authors(meta) or byline.authors,
        _date(linked.get("datePublished")) or _meta_date(meta) or _time_element(tree) or byline.published,
        _text(tree.get("lang")) or _text(linked.get("inLanguage")) or _first(meta, _LANGUAGE_NAMES),
        _first(meta, _PUBLISHER_NAMES) or _linked_publisher(linked),
    )


def _meta_values(tree: Element) -> dict[str, list[str]]:
    """Contents of the page's meta elements by lower-case name."""
    values: dict[str, list[str]] = {}
    for element in tree.iter("meta"):
        name = element.get("property") or element.get("name") or element.get("itemprop") or ""
        content = _text(element.get("content"))
        if name and content:
            values.setdefault(name.lower(), []).append(content)
    return values


def _first(meta: dict[str, list[str]], names: tuple[str, ...]) -> str | None:
    return next((meta[name][0] for name in names if name in meta), None)


def _meta_authors(meta: dict[str, list[str]]) -> tuple[str, ...]:
    for name in _AUTHOR_NAMES:
        # Some give the address of the author's page instead of a name.
        authors = [author for value in meta.get(name, ()) if "://" not in value for author in split_authors(value)]
        if authors:
            return tuple(dict.fromkeys(_without_by(author) for author in authors))
    return ()


def _meta_date(meta: dict[str, list[str]]) -> str | None:
    dates = (_date(value) for name in _DATE_NAMES for value in meta.get(name, ()))
    return next((date for date in dates if date), None)


def _linked_article(tree: Element) -> dict[str, Any]:
    """The first article described in the page's JSON-LD; empty where there is none."""
    for element in tree.iter("script"):
        if element.get("type", "").lower().startswith("application/ld+json"):
            source = element.text or ""
            try:
                found = json.loads(source) if len(source) <= _MAX_JSON else None
            except (ValueError, RecursionError):
                continue
            article = next(_articles(found, _MAX_DEPTH), None)
            if article is not None:
                return article
    return {}


def _articles(value: Any, depth: int) -> Iterator[dict[str, Any]]:
    if depth == 0:
        return
    if isinstance(value, list):
        for entry in value:
            yield from _articles(entry, depth - 1)
    elif isinstance(value, dict):
        if _ARTICLE_TYPES.search(str(value.get("@type", ""))[:200]) and (
            "headline" in value or "datePublished" in value
        ):
            yield value
        for key in ("@graph", "mainEntity", "mainEntityOfPage"):
            yield from _articles(value.get(key), depth - 1)


def _linked_authors(article: dict[str, Any]) -> tuple[str, ...]:
    value = article.get("author")
    entries = value if isinstance(value, list) else [value]
    names = [_text(entry.get("name")) if isinstance(entry, dict) else _text(entry) for entry in entries]
    authors = [author for name in names if name and "://" not in name for author in split_authors(name)]
    return tuple(dict.fromkeys(_without_by(author) for author in authors))


def _linked_publisher(article: dict[str, Any]) -> str | None:
    value = article.get("publisher")
    entry = value[0] if isinstance(value, list) and value else value
    return _text(entry.get("name")) if isinstance(entry, dict) else _text(entry)


def _time_element(tree: Element) -> str | None:
    """The date in the element that is marked as the date of publication, or in the page's only time element."""
    times = list(tree.iter("time"))
    marked = [time for time in times if time.get("pubdate") is not None or time.get("itemprop") == "datePublished"]
    for time in marked or (times if len(times) == 1 else []):
        date = _date(time.get("datetime")) or _date("".join(time.itertext()))
        if date:
            return date
    return None


def _byline_text(tree: Element) -> str:
    """The lines that name an author or a date: those of elements called so, below a first line kept for a headline."""
    found = tree.xpath(
        "//*[self::p or self::div or self::span or self::address or self::a or self::time]"
        "[@rel='author' or contains(@class,'byline') or contains(@class,'author') or contains(@class,'publish')"
        " or contains(@class,'dateline') or contains(@itemprop,'author') or contains(@class,'autor')"
        " or contains(@class,'auteur') or contains(@class,'datum') or contains(@class,'fecha')]"
    )
    lines = [" ".join("".join(element.itertext()).split())[:200] for element in found[:8]]
    named = [
        line if line.lower().startswith("by ") or any(map(str.isdigit, line)) else f"By {_OTHER_BY.sub('', line)}"
        for line in lines
        if line
    ]
    return "\n".join(["Headline", *named])


def _heading(tree: Element) -> str | None:
    headings = [_text("".join(heading.itertext())) for heading in tree.iter("h1")]
    return next((heading for heading in headings if heading), None) if len(headings) == 1 else None


def _title_tag(tree: Element) -> str | None:
    title = next(tree.iter("title"), None)
    text = _text("".join(title.itertext())) if title is not None else None
    return _SITE_NAME.sub("", text) if text else None


def _without_by(author: str) -> str:
    return re.sub(r"^by\s+", "", author, flags=re.IGNORECASE)


def _date(value: Any) -> str | None:
    return parse_date(value) if isinstance(value, str) else None


def _text(value: Any) -> str | None:
    """A string without markup characters' escapes or runs of white space; None for anything else or nothing."""
    if not isinstance(value, str):
        return None
    import html

    return " ".join(html.unescape(value).split()) or None
