"""What can go wrong with a library's store. Every message names the folder, what was found and the remedy."""

from __future__ import annotations

from language.errors import ArticleQAError


class StoreError(ArticleQAError):
    """Base of the errors that people see; only front ends catch it."""


class StoreMismatch(StoreError):
    """The library was made with another embedding model, chunking or format than is asked for."""


class StoreDamaged(StoreError):
    """The text of record cannot be read; nothing derived from it can be trusted."""


class StoreLocked(StoreError):
    """Another process is writing to this library."""


class StoreReadOnly(StoreError):
    """The library's folder, or a file in it, cannot be written."""
