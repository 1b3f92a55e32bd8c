"""The values of the write side that never reach the store. No I/O."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class FilePlace:
    """A file that can be read."""

    source: str
    """Canonical name: the absolute path with every link resolved, or what the file is known as instead."""
    path: Path


@dataclass(frozen=True)
class WebPlace:
    """A web page that can be fetched."""

    source: str
    """Canonical name: the normalised address, without its fragment."""
    depth: int = 0
    """How many feeds or sitemaps led here, one listing the next; 0 for an address that a person named."""


@dataclass(frozen=True)
class ObjectPlace:
    """An object in a store that can be read."""

    source: str
    """Canonical name: ``s3://bucket/key`` or ``gs://bucket/key``, the key as it is, without a query."""


Place = FilePlace | ObjectPlace | WebPlace
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
    """Canonical name, as in each ``Place``; of a member of an archive, ``archive.zip!/member``."""
    name: str
    """Last part of the path or address: its suffix and, at worst, the title come from it."""
    content: bytes
    media_type: str | None = None
    """The Content-Type a server sent, parameters included; None for files and objects."""


@dataclass(frozen=True)
class Origin:
    """The file or page that was opened, of which all that is found in it is a part."""

    source: str
    fingerprint: str
    """Of all its bytes, worked out once however many articles are in it."""


@dataclass(frozen=True)
class Part:
    """A page or chapter of a draft."""

    label: str | None
    """As a citation names it: ``page 4``, ``Chapter 2``; None for what stands before the first of them."""
    text: str
    continues: bool = False
    """Whether its first words go on with a sentence that the part before broke off."""


@dataclass(frozen=True)
class Draft:
    """What a format reader makes of a source; ``ingest.formats.opened`` completes it to an article."""

    text: str = ""
    title: str | None = None
    authors: tuple[str, ...] = ()
    published: str | None = None
    """ISO 8601 date, as far as the source itself gives it."""
    language: str | None = None
    """As the source gives it: ``en``, ``en-GB``, ``English``."""
    publisher: str | None = None
    """The newspaper, site or house it came out in, as the source gives it."""
    parts: tuple[Part, ...] = ()
    """Pages or chapters, in order; where there are any, they stand in place of ``text``."""
    fragment: str = ""
    """What tells this article from others in the same file: ``row=12``; empty where the file holds one article."""
    notes: tuple[tuple[str, str], ...] = ()
    """What of the source could not be read, as a fragment (``page=2``), and why, in words for people."""


@dataclass(frozen=True)
class LinkedPage:
    """A web page that a feed or sitemap lists, to be fetched as a source of its own."""

    address: str
