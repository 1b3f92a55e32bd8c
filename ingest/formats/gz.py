"""Gzip -> the one file that is compressed in it: a sitemap, a log of JSON Lines, a text."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator

from ingest.errors import UnreadableSource
from ingest.formats.archive import refuse_bomb
from ingest.limits import MAX_FILE_BYTES
from ingest.types import RawSource

SUFFIXES = frozenset({".gz"})
MEDIA_TYPES = frozenset({"application/gzip", "application/x-gzip"})

_SIGNATURE = b"\x1f\x8b"


def recognises(content: bytes) -> bool:
    """Whether bytes are compressed by gzip."""
    return content.startswith(_SIGNATURE)


def unpack(raw: RawSource) -> Iterator[RawSource]:
    """The file in it, by the name of the whole without ``.gz``."""
    name = raw.name.removesuffix(".gz").removesuffix(".GZ")
    try:
        content = gzip.GzipFile(fileobj=io.BytesIO(raw.content)).read(MAX_FILE_BYTES + 1)
    except (OSError, EOFError, zlib.error):
        raise UnreadableSource(
            raw.source, "looks gzip-compressed, but is damaged or cut short; get or save it again, and add that"
        ) from None
    refuse_bomb(raw.source, name, len(content), len(raw.content))
    # Of what came from the web, the server's word is about the whole; that it came from there still counts.
    yield RawSource(f"{raw.source}!/{name}", name, content, None if raw.media_type is None else "")
