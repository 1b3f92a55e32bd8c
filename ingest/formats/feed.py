"""RSS and Atom feeds -> drafts of the entries that come whole, and links to the pages of those that do not."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Any

from ingest.boilerplate import drop_boilerplate
from ingest.cleaning import clean
from ingest.errors import UnreadableSource
from ingest.formats.byline import split_authors
from ingest.formats.html import fragment_text
from ingest.limits import MAX_ARTICLES
from ingest.types import Draft, LinkedPage, RawSource, Skipped
from language.dates import parse_date

SUFFIXES = frozenset({".rss", ".atom", ".xml"})
MEDIA_TYPES = frozenset(
    {"application/rss+xml", "application/atom+xml", "application/rdf+xml", "application/xml", "text/xml"}
)

WHOLE = 500
"""From so many characters on an entry's text is taken for the whole article; a summary is shorter."""
_ROOT = re.compile(
    rb"\A(?:\xef\xbb\xbf)?+(?>\s|<\?.{0,500}?\?>|<!--.{0,5000}?-->|<!DOCTYPE[^\[>]{0,500}+(?:\[.{0,20000}?\]\s*+)?+>)*+"
    rb"<(?:rss[\s>]|(?:\w+:)?feed[\s>]|rdf:RDF[\s>])",
    re.DOTALL | re.IGNORECASE,
)


def recognises(content: bytes) -> bool:
    """Whether bytes are XML with a feed for its root."""
    head = content[:65536]
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        head = head.replace(b"\0", b"")[2:]
    return bool(_ROOT.match(head))


def unpack(raw: RawSource) -> Iterator[Draft | LinkedPage | Skipped]:
    """The entries. From the web, one that is only a summary is a link to its page; in a file, what is there is read."""
    import feedparser

    if not recognises(raw.content):
        raise UnreadableSource(raw.source, "an XML file of a kind that cannot be read; feeds, sitemaps and pages can")
    parsed = feedparser.parse(raw.content, response_headers={"content-type": raw.media_type or "application/xml"})
    if not parsed.entries:
        broken = parsed.get("bozo_exception")
        raise UnreadableSource(raw.source, f"a feed without entries{f': {broken}' if broken else ''}"[:200])
    if len(parsed.entries) > MAX_ARTICLES:
        raise UnreadableSource(
            raw.source, f"a feed of more than {MAX_ARTICLES:,} entries; add the pages that matter by their addresses"
        )
    seen: set[str] = set()
    for number, entry in enumerate(parsed.entries, start=1):
        text, link = _text(entry), _string(entry.get("link"))
        fragment = _fragment(_string(entry.get("id")) or link, number, seen)
        if raw.media_type is not None and len(text) < WHOLE and link:
            yield LinkedPage(link)
        elif text:
            yield _draft(entry, text, fragment, parsed.feed)
        else:
            yield Skipped(f"{raw.source}#{fragment}", "the entry has no text of its own; add the page it links to")


def _draft(entry: Any, text: str, fragment: str, feed: Any) -> Draft:
    names = [_string(author.get("name")) for author in entry.get("authors", ()) if hasattr(author, "get")]
    return Draft(
        text,
        fragment_text(_string(entry.get("title"))) or None,
        tuple(author for name in names for author in split_authors(name.removeprefix("By "))),
        _published(entry),
        _string(entry.get("language")) or _string(feed.get("language")),
        fragment_text(_string(feed.get("title"))),
        fragment=fragment,
    )


def _text(entry: Any) -> str:
    """The longest text that the entry has: its content, else its summary."""
    values = [_string(content.get("value")) for content in entry.get("content", ()) if hasattr(content, "get")]
    longest = max([*values, _string(entry.get("summary"))], key=len)
    return drop_boilerplate(clean(fragment_text(longest)))


def _published(entry: Any) -> str | None:
    """The day it was published, as written or, failing that, in universal time; never the day it was last changed."""
    stated = _string(entry.get("published"))
    if date := parse_date(stated[:10]) or parse_date(stated):
        return date
    moment = entry.get("published_parsed")
    return parse_date(time.strftime("%Y-%m-%d", moment)) if isinstance(moment, time.struct_time) else None


def _fragment(identifier: str, number: int, seen: set[str]) -> str:
    """What tells the entry from others for good: its own id where it has one that no other has."""
    name = " ".join(clean(identifier).split())[:500]
    fragment = name if name and name not in seen else f"item={number}"
    seen.add(fragment)
    return fragment


def _string(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""
