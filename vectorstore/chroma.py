"""The vector index: an ordinary Chroma collection, derived from the record. The only home of chromadb."""

from __future__ import annotations

import hashlib
import itertools
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

import chromadb
import numpy as np
from chromadb.api.types import Metadata
from chromadb.config import Settings
from chromadb.errors import ChromaError
from numpy.typing import NDArray

from vectorstore.types import Chunk

FOLDER_NAME = "chroma"
COLLECTION = "articles"
PROBE_SECONDS = 120
"""Chroma replays its log on opening, about 2,000 vectors a second; a probe that takes longer has hung."""
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")  # Linux

__all__ = ["ChromaError", "ChromaIndex", "discard", "exists", "open_safely", "seal"]

_names_in_use: set[str] = set()
_names_lock = threading.Lock()


class ChromaIndex:
    """Nearest neighbours by cosine over one collection. Safe from several threads of one process."""

    def __init__(self, folder: Path, manifest: Mapping[str, str]) -> None:
        """Opens or creates the collection in ``folder``; ``manifest`` is noted in its metadata when created.

        A damaged index can crash the process here: see ``open_safely``.
        """
        self._name = _own_name(folder)
        try:
            self._client = chromadb.PersistentClient(self._name, Settings(anonymized_telemetry=False))
            self._collection = self._client.get_or_create_collection(
                COLLECTION,
                metadata={"embedder": manifest["embedder"], "dimension": int(manifest["dimension"])},
                configuration={"hnsw": {"space": "cosine"}},
                # Vectors are always ours: Chroma's default function would download a model.
                embedding_function=None,
            )
            self.max_batch = self._client.get_max_batch_size()
        except BaseException:
            self.close()
            raise

    def upsert(self, chunks: Sequence[Chunk], vectors: NDArray[np.float32]) -> None:
        """Stores at most ``max_batch`` chunks with their vectors, ``[chunks, dimension]``."""
        self._collection.upsert(
            ids=[chunk.id for chunk in chunks],
            embeddings=vectors,
            documents=[chunk.text for chunk in chunks],
            metadatas=[_metadata(chunk) for chunk in chunks],
        )

    def delete(self, chunk_ids: Sequence[str]) -> None:
        """Forgets at most ``max_batch`` chunks; unknown ids are no error."""
        self._collection.delete(ids=list(chunk_ids))

    def query(self, vector: Sequence[float], top_k: int) -> list[tuple[str, float]]:
        """(chunk id, cosine similarity) of the nearest ``top_k``, best first."""
        found = self._collection.query(
            query_embeddings=np.asarray([vector], dtype=np.float32), n_results=top_k, include=["distances"]
        )
        distances = found["distances"] or [[]]
        return [(chunk_id, 1.0 - distance) for chunk_id, distance in zip(found["ids"][0], distances[0], strict=True)]

    def ids(self) -> set[str]:
        """The id of every chunk stored."""
        return set(self._collection.get(include=[])["ids"])

    def close(self) -> None:
        """Lets go of the files; this object is of no use afterwards."""
        if client := getattr(self, "_client", None):
            client.close()
        with _names_lock:
            _names_in_use.discard(self._name)


def _own_name(folder: Path) -> str:
    """A path to ``folder`` that no other open index of this process goes by.

    Chroma keeps one engine for a path and gives it to every client that names it so. An index made anew would then
    be read through the engine of the one that was discarded; engines of their own keep two libraries over one folder
    as far apart as two processes are.
    """
    with _names_lock:
        for number in itertools.count():
            name = os.path.join(folder, *["."] * number)  # noqa: PTH118  pathlib would take the dots out
            if name not in _names_in_use:
                _names_in_use.add(name)
                return name
    raise AssertionError  # the count has no end


def _metadata(chunk: Chunk) -> Metadata:
    return {
        "article_id": chunk.article_id,
        "title": chunk.title,
        "source": chunk.source,
        "start": chunk.start,
        "end": chunk.end,
    }


def seal(folder: Path) -> str:
    """Identifies the state of the files that Chroma maps into memory without checking them.

    Names, sizes and times of the vector segments: a difference to the seal noted after the last write means that a
    write was cut short or that somebody else touched them. The start of the operating system counts too: what was
    written before the power went may not have reached the disk. Empty where there is no folder.
    """
    if not folder.is_dir():
        return ""
    files = sorted(path for path in folder.glob("*/*") if path.is_file())
    states = [f"{path.relative_to(folder)} {path.stat().st_size} {path.stat().st_mtime_ns}" for path in files]
    return hashlib.sha256("\n".join([*states, _system_start()]).encode()).hexdigest()


def _system_start() -> str:
    """Differs after every start of the operating system; empty where it does not tell."""
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        return ""


def open_safely(folder: Path, manifest: Mapping[str, str]) -> ChromaIndex | None:
    """The index in ``folder`` after a trial in a child process; None where there is none that works.

    Chroma 1.5.9 reads its segments unchecked: after a kill in mid-write, opening or querying one can
    end the process with a segmentation fault, which nothing in that process could catch.
    """
    if not folder.is_dir():
        return None
    command = [sys.executable, "-m", "vectorstore.probe", str(folder), manifest["embedder"], manifest["dimension"]]
    root = str(Path(__file__).resolve().parent.parent)
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=PROBE_SECONDS, cwd=root)
        return ChromaIndex(folder, manifest)
    except (subprocess.SubprocessError, ChromaError):
        return None


def exists(folder: Path) -> bool:
    """Whether there is a vector index in ``folder``, sound or not."""
    return folder.is_dir() and any(folder.iterdir())


def discard(folder: Path) -> None:
    """Removes the vector index; the record can make it anew."""
    if folder.exists():
        shutil.rmtree(folder)
