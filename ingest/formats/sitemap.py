"""Sitemaps -> links to the pages, or the further sitemaps, that they list."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ingest.errors import UnreadableSource
from ingest.formats.xml import local_name, parse_xml
from ingest.limits import MAX_LINKS
from ingest.types import LinkedPage, RawSource

SUFFIXES: frozenset[str] = frozenset()
MEDIA_TYPES: frozenset[str] = frozenset()

_ROOT = re.compile(
    rb"\A(?:\xef\xbb\xbf)?+(?>\s|<\?.{0,500}?\?>|<!--.{0,5000}?-->|<!DOCTYPE[^\[>]{0,500}+(?:\[.{0,20000}?\]\s*+)?+>)*+"
    rb"<(?:\w+:)?(?:urlset|sitemapindex)[\s>]",
    re.DOTALL,
)


def recognises(content: bytes) -> bool:
    """Whether bytes are XML with a sitemap for its root."""
    return bool(_ROOT.match(content[:65536]))


def unpack(raw: RawSource) -> Iterator[LinkedPage]:
    """The addresses listed, each once. Only a sitemap from the web is followed."""
    if raw.media_type is None:
        raise UnreadableSource(
            raw.source, "a sitemap holds only addresses; name its own address to fetch what it lists"
        )
    root = parse_xml(raw.content, raw.source, "the sitemap")
    locations = (entry.text for child in root for entry in child if local_name(entry) == "loc")
    addresses = dict.fromkeys(location.strip() for location in locations if location and location.strip())
    if not addresses:
        raise UnreadableSource(raw.source, "a sitemap without addresses; add the pages by their own")
    if len(addresses) > MAX_LINKS:
        raise UnreadableSource(
            raw.source,
            f"a sitemap of {len(addresses):,} addresses; up to {MAX_LINKS:,} are fetched: add others by theirs",
        )
    for address in addresses:
        yield LinkedPage(address)
