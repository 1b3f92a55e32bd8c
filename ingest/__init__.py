"""The write side: sources to articles to chunks to a library. ``add_articles`` is the whole of it."""

import telemetry  # noqa: F401 - first of all: it switches off what would be sent out
from ingest.chunking import chunk_article
from ingest.errors import IngestError, UnreadableSource
from ingest.formats import read_article, read_articles
from ingest.pipeline import add_articles, preview_articles
from ingest.report import IngestReport, Outcome, Progress
from vectorstore import Article

__all__ = [
    "Article",
    "IngestError",
    "IngestReport",
    "Outcome",
    "Progress",
    "UnreadableSource",
    "add_articles",
    "chunk_article",
    "preview_articles",
    "read_article",
    "read_articles",
]
