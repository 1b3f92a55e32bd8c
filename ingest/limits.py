"""Every limit of the write side, in one place."""

from __future__ import annotations

MAX_FILE_BYTES = 20_000_000
MAX_NESTING = 3
"""Archives inside archives."""
MAX_PAGE_BYTES = 10_000_000
"""Of a web page, after decompression."""
PAGE_TIMEOUT_SECONDS = 20.0
"""For a whole web page: finding the host, connecting, redirects and reading together."""
MAX_REDIRECTS = 5
MAX_LIST_DEPTH = 2
"""Feeds and sitemaps listing each other: an index of sitemaps, a sitemap, its pages."""
PAGE_MEDIA_TYPES = ("text/html", "text/plain", "text/markdown")
