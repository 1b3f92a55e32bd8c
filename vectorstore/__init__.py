"""What is stored and how it is found again. Knows neither files nor questions."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import telemetry  # noqa: F401 - first of all: it switches off what would be sent out

if TYPE_CHECKING:
    from vectorstore.embedder import DEFAULT_EMBEDDER, load_embedder
    from vectorstore.errors import StoreDamaged, StoreError, StoreLocked, StoreMismatch, StoreReadOnly
    from vectorstore.index import ArticleIndex
    from vectorstore.protocols import Embedder
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

# Loaded when they are first asked for: who needs the values alone does not wait a second for Chroma.
_HOMES = {
    "embedder": ("DEFAULT_EMBEDDER", "load_embedder"),
    "errors": ("StoreDamaged", "StoreError", "StoreLocked", "StoreMismatch", "StoreReadOnly"),
    "index": ("ArticleIndex",),
    "protocols": ("Embedder",),
}
"""By module; all other names are those of values, in ``types``."""


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'vectorstore' has no attribute {name!r}")
    home = next((home for home, names in _HOMES.items() if name in names), "types")
    return getattr(import_module(f"vectorstore.{home}"), name)
