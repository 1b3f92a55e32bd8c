"""What is done with a Chroma collection, wherever it is: chunks stored and forgotten, and the nearest ones found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vectorstore.types import Chunk


class DenseError(Exception):
    """The vector index failed: Chroma's own errors, and those of a damaged index, which can be of any kind."""


@contextmanager
def failing() -> Iterator[None]:
    """Turns whatever Chroma raises into a DenseError."""
    try:
        yield
    except (KeyboardInterrupt, SystemExit, GeneratorExit, MemoryError):
        raise
    except BaseException as error:  # a panic in Chroma's Rust is no Exception
        raise DenseError(f"{type(error).__name__}: {error}") from error


def configured(manifest: Mapping[str, str]) -> dict[str, Any]:
    """How a collection is made for a library with this manifest."""
    return {
        "metadata": {"embedder": manifest["embedder"], "dimension": int(manifest["dimension"])},
        "configuration": {"hnsw": {"space": "cosine"}},
        # Vectors are always ours: Chroma's default function would download a model.
        "embedding_function": None,
    }


class ChromaCollection:
    """Nearest neighbours by cosine over one collection. Safe from several threads of one process."""

    _collection: Any

    def _asking(self) -> AbstractContextManager[None]:
        """Around whatever Chroma is asked."""
        return failing()

    def upsert(self, chunks: Sequence[Chunk], vectors: NDArray[np.float32]) -> None:
        """Stores chunks with their vectors, ``[chunks, dimension]``, as many as are taken at once."""
        with self._asking():
            self._collection.upsert(
                ids=[chunk.id for chunk in chunks],
                embeddings=vectors,
                documents=[chunk.text for chunk in chunks],
                metadatas=[_metadata(chunk) for chunk in chunks],
            )

    def delete(self, chunk_ids: Sequence[str]) -> None:
        """Forgets chunks, as many as are taken at once; unknown ids are no error."""
        with self._asking():
            self._collection.delete(ids=list(chunk_ids))

    def query(self, vector: Sequence[float], top_k: int) -> list[tuple[str, float]]:
        """(chunk id, cosine similarity) of the nearest ``top_k``, best first."""
        with self._asking():
            found = self._collection.query(
                query_embeddings=np.asarray([vector], dtype=np.float32), n_results=top_k, include=["distances"]
            )
        distances = found["distances"] or [[]]
        return [(chunk_id, 1.0 - distance) for chunk_id, distance in zip(found["ids"][0], distances[0], strict=True)]

    def ids(self) -> set[str]:
        """The id of every chunk stored."""
        with self._asking():
            return set(self._collection.get(include=[])["ids"])

    def vectors(self, chunk_ids: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """The vectors stored under these ids, of unit length."""
        with self._asking():
            found = self._collection.get(ids=list(chunk_ids), include=["embeddings"])
            return dict(zip(found["ids"], np.asarray(found["embeddings"], dtype=np.float32), strict=True))


def _metadata(chunk: Chunk) -> dict[str, str | int]:
    return {
        "article_id": chunk.article_id,
        "title": chunk.title,
        "source": chunk.source,
        "start": chunk.start,
        "end": chunk.end,
    }
