"""How a library was made, as its manifest says, and whether that is what is asked for."""

from __future__ import annotations

from collections.abc import Mapping

from vectorstore.errors import StoreDamaged, StoreMismatch
from vectorstore.place import Place
from vectorstore.protocols import Embedder
from vectorstore.types import Chunking

FACTS = frozenset({"format", "embedder", "dimension", "chunking"})
"""What every manifest says."""


def new_manifest(format: str, embedder: Embedder, chunking: Chunking) -> dict[str, str]:
    """The manifest of a library that is made like this."""
    return {
        "format": format,
        "embedder": embedder.name,
        "dimension": str(embedder.dimension),
        "chunking": str(chunking),
    }


def check_format(place: Place, manifest: Mapping[str, str], formats: frozenset[str], current: str) -> None:
    """Raises StoreDamaged where the manifest does not say how the library was made, and StoreMismatch where its format
    is none of ``formats``."""
    if not manifest.keys() >= FACTS:
        raise StoreDamaged(f"{place} does not say how it was made: it is not a library")
    if manifest["format"] not in formats:
        raise StoreMismatch(
            f"{place} has format {manifest['format']}, this version reads {current}: ingest the articles into a new "
            "--index, or use the version that made it"
        )


def check_demands(place: Place, manifest: Mapping[str, str], embedder: str | None, chunking: Chunking | None) -> None:
    """Raises StoreMismatch where the library was made with another embedding model or chunking than is asked for."""
    if embedder is not None and embedder != manifest["embedder"]:
        raise StoreMismatch(
            f"{place} was made with the embedding model {manifest['embedder']!r}, not {embedder!r}; leave the setting "
            f"out, or move the library: article-qa index rebuild --embedder {embedder} --index {place}"
        )
    if chunking is not None and str(chunking) != manifest["chunking"]:
        raise StoreMismatch(
            f"{place} is cut with {manifest['chunking']}, not {chunking}; leave the setting out, or ingest into a "
            "new --index"
        )
