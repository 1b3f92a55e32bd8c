"""Every limit of the write side, in one place."""

from __future__ import annotations

from ingest.errors import UnreadableSource

MAX_FILE_BYTES = 20_000_000
MAX_NESTING = 3
"""Archives inside archives."""
MAX_MEMBERS = 5_000
"""Files in an archive."""
MAX_UNPACKED_BYTES = 200_000_000
"""Of an archive, all that is read from it together."""
MAX_RATIO = 200
"""How many times its packed size a file in an archive may have: text packs ten times smaller, a bomb a thousand."""
MAX_ARTICLES = 20_000
"""In one file: rows of a table, lines of JSON, entries of a feed."""
MAX_LINKS = 5_000
"""Addresses that one sitemap or feed may list."""
MAX_PDF_PAGES = 5_000
MAX_TEXT_CHARS = 20_000_000
"""Of an article."""
SOURCE_SECONDS = 600.0
"""How long everything in one file or page may take to read."""
READER_SECONDS = 60.0
"""How long the reader of a risky format may take for one file; see ``ingest.formats.sandbox``."""
RECOGNITION_SECONDS = 480.0
"""How long the text on pages that are pictures may be recognised in one file; the reader is given more time for it."""
READER_BYTES = 1_000_000_000
"""How much memory it may take beyond what it started with."""
MAX_PAGE_BYTES = 10_000_000
"""Of a web page, after decompression."""
PAGE_TIMEOUT_SECONDS = 20.0
"""For a whole web page: finding the host, connecting, redirects and reading together."""
OBJECT_SECONDS = 120.0
"""For one object of a store."""
LISTING_SECONDS = 3_600.0
"""For the names of all objects below a prefix; a thousand come with each answer."""
STORE_CONNECT_SECONDS = 5.0
STORE_SILENT_SECONDS = 20.0
"""After which a store that sends nothing is asked again, three times at most."""
ROLE_SECONDS = 1.0
"""For a machine's metadata service to answer, which may know a key for a store."""
MAX_REDIRECTS = 5
MAX_LIST_DEPTH = 2
"""Feeds and sitemaps listing each other: an index of sitemaps, a sitemap, its pages."""
PAGE_MEDIA_TYPES = (
    *("text/html", "text/plain", "text/markdown", "text/x-markdown", "application/xhtml+xml"),
    *("application/rss+xml", "application/atom+xml", "application/rdf+xml", "application/xml", "text/xml"),
    *("application/pdf", "application/x-pdf", "application/epub+zip", "application/rtf", "text/rtf"),
    *("application/vnd.openxmlformats-officedocument.wordprocessingml.document",),
    *("application/vnd.oasis.opendocument.text", "application/x-mimearchive", "multipart/related", "message/rfc822"),
    *("text/csv", "application/csv", "text/tab-separated-values"),
    *("application/json", "application/jsonl", "application/jsonlines", "application/x-ndjson"),
    *("application/zip", "application/x-zip-compressed", "application/gzip", "application/x-gzip"),
    "application/octet-stream",
)
"""What a server may call what it sends; what it really is, the bytes tell."""


def refuse_size(source: str, size: int) -> None:
    """Raises UnreadableSource for more bytes than a file may have."""
    if size > MAX_FILE_BYTES:
        raise UnreadableSource(
            source, f"{_megabytes(size)} is more than the {_megabytes(MAX_FILE_BYTES)} a file may have; split it"
        )


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f}".removesuffix(".0") + " MB"
