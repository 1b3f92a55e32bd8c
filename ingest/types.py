"""The values of the write side that never reach the store. No I/O."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class FilePlace:
    """A file that can be read."""

    source: str
    """Canonical name: the absolute path with every link resolved."""
    path: Path


@dataclass(frozen=True)
class WebPlace:
    """A web page that can be fetched."""

    source: str
    """Canonical name: the normalised address, without its fragment."""


Place = FilePlace | WebPlace
"""Where a source can be read; nothing has been read yet."""


@dataclass(frozen=True)
class Skipped:
    """Something a person named that will not become an article, and why."""

    source: str
    reason: str


@dataclass(frozen=True)
class RawSource:
    """The bytes of one source, as they were found."""

    source: str
    """Canonical name, as in ``FilePlace`` and ``WebPlace``."""
    name: str
    """Last part of the path or address: its suffix and, at worst, the title come from it."""
    content: bytes
    media_type: str | None = None
    """The Content-Type a server sent, parameters included; None for files."""


@dataclass(frozen=True)
class Draft:
    """What a format reader makes of a source; ``read_article`` completes it to an article."""

    text: str
    title: str | None = None
    authors: tuple[str, ...] = ()
    published: str | None = None
    """ISO 8601 date, as far as the source itself gives it."""
