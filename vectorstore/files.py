"""The names of what lies in a library's folder. Whoever looks for one of them finds its name here."""

from __future__ import annotations

import os
from pathlib import Path

from vectorstore.place import Place

RECORD = "record.sqlite3"
"""The text of record. A folder that holds it is a library."""
VECTORS = "chroma"
"""Folder of the vector index."""
MAKING = "making"
"""Folder in which the record of a new library is made, before it is moved to its place."""
MAKING_LOCK = "making.lock"
"""Held by the one process that makes a new library; not the writer's, who would find it held by one that only looks."""
WRITER_LOCK = "writer.lock"
"""Held by the one process that writes."""
VECTORS_LOCK = "chroma.lock"
"""Held while the files of the vector index are written, or opened."""
UPLOADS = "uploads"
"""Folder of the copies of files that were dropped on the page."""
CONVERSATIONS = "conversations.sqlite3"
"""What people asked on the page; no part of the library."""


def is_library(place: Place) -> bool:
    """Whether there is a library in a folder, or at an address. Raises StoreError where a server cannot be asked."""
    if isinstance(place, Path):
        return (place.expanduser() / RECORD).exists()
    from vectorstore.postgres import is_there

    return is_there(place)


def is_writable(folder: Path) -> bool:
    """Whether files can be made in ``folder`` and its record, if any, changed."""
    record = folder / RECORD
    return os.access(folder, os.W_OK) and (not record.exists() or os.access(record, os.W_OK))
