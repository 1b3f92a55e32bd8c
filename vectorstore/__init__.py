"""What is stored and how it is found again. Knows neither files nor questions."""

import telemetry  # noqa: F401 - first of all: it switches off what would be sent out
from vectorstore.embedder import DEFAULT_EMBEDDER, Embedder, load_embedder
from vectorstore.errors import StoreDamaged, StoreError, StoreLocked, StoreMismatch, StoreReadOnly
from vectorstore.index import ArticleIndex
from vectorstore.types import (
    Article,
    ArticleFilter,
    ArticleSummary,
    CheckReport,
    Chunk,
    Chunking,
    FoundArticle,
    ScoredChunk,
    Section,
    StoredSource,
)

__all__ = [
    "DEFAULT_EMBEDDER",
    "Article",
    "ArticleFilter",
    "ArticleIndex",
    "ArticleSummary",
    "CheckReport",
    "Chunk",
    "Chunking",
    "Embedder",
    "FoundArticle",
    "ScoredChunk",
    "Section",
    "StoreDamaged",
    "StoreError",
    "StoreLocked",
    "StoreMismatch",
    "StoreReadOnly",
    "StoredSource",
    "load_embedder",
]
