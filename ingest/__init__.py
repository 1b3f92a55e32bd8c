"""The write side: sources to articles to chunks to a library. ``add_articles`` is the whole of it."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import telemetry  # noqa: F401 - first of all: it switches off what would be sent out

if TYPE_CHECKING:
    from ingest.chunking import chunk_article
    from ingest.errors import IngestError, UnreadableSource
    from ingest.formats import draw_page, read_article, read_articles
    from ingest.pipeline import add_articles, preview_articles
    from ingest.report import IngestReport, Outcome, Progress
    from vectorstore.types import Article

__all__ = [
    "Article",
    "IngestError",
    "IngestReport",
    "Outcome",
    "Progress",
    "UnreadableSource",
    "add_articles",
    "chunk_article",
    "draw_page",
    "preview_articles",
    "read_article",
    "read_articles",
]

# Loaded when they are first asked for: the process that reads files needs neither the library nor its models.
_HOMES = {
    "Article": "vectorstore.types",
    "IngestError": "ingest.errors",
    "IngestReport": "ingest.report",
    "Outcome": "ingest.report",
    "Progress": "ingest.report",
    "UnreadableSource": "ingest.errors",
    "add_articles": "ingest.pipeline",
    "chunk_article": "ingest.chunking",
    "draw_page": "ingest.formats",
    "preview_articles": "ingest.pipeline",
    "read_article": "ingest.formats",
    "read_articles": "ingest.formats",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'ingest' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
