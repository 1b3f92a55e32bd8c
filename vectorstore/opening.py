"""Opens the parts of a library, in a folder or behind an address, and makes a library where there is none."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import filelock
from langchain_core.embeddings import Embeddings

from vectorstore.embedder import DEFAULT_EMBEDDER, as_embedder, load_embedder
from vectorstore.errors import StoreDamaged, StoreReadOnly
from vectorstore.files import MAKING, MAKING_LOCK, RECORD, is_library, is_writable
from vectorstore.manifest import FACTS, check_demands, check_format, new_manifest
from vectorstore.place import Address, Place
from vectorstore.protocols import Embedder, RecordStore, VectorIndex, WriterPlace
from vectorstore.record import Record
from vectorstore.schema import FORMAT, OLDER
from vectorstore.types import Chunking
from vectorstore.vectors import LibraryEmbedder
from vectorstore.writer import WriterLock


@dataclass(frozen=True)
class Parts:
    """What a library is made of; the parts belong to each other."""

    record: RecordStore
    dense: VectorIndex
    writer: WriterPlace
    models: LibraryEmbedder


def open_parts(
    place: Place,
    embedder: str | Embeddings | Embedder | None = None,
    chunking: Chunking | None = None,
    threads: int | None = None,
) -> Parts:
    """The parts of the library at ``place``, made if there is none: see ``ArticleIndex.open``."""
    given = None if embedder is None or isinstance(embedder, str) else as_embedder(embedder)
    wanted = embedder if isinstance(embedder, str) else given.name if given else None

    def new(format: str) -> dict[str, str]:
        model = given or load_embedder(wanted or DEFAULT_EMBEDDER, threads)
        return new_manifest(format, model, chunking or Chunking())

    record, dense, writer = _open_shared(place, new) if isinstance(place, Address) else _open_folder(place, new)
    try:
        check_demands(place, record.manifest(), wanted, chunking)
    except BaseException:
        record.close()
        raise
    return Parts(record, dense, writer, LibraryEmbedder(place, record.manifest, given, threads))


def _open_shared(
    address: Address, new: Callable[[str], dict[str, str]]
) -> tuple[RecordStore, VectorIndex, WriterPlace]:
    from vectorstore.postgres import open_library

    return open_library(address, new)


def _open_folder(folder: Path, new: Callable[[str], dict[str, str]]) -> tuple[RecordStore, VectorIndex, WriterPlace]:
    from vectorstore.dense import DenseIndex  # brings Chroma, which a library in a database does without

    if not is_library(folder):
        _make_library(folder, {"generation": "0", **new(FORMAT)})
    record = Record(folder / RECORD, writable=is_writable(folder))
    manifest = record.manifest()
    if not manifest.keys() >= FACTS | {"generation"}:
        raise StoreDamaged(f"{folder / RECORD} does not say how it was made: it is not a library")
    if manifest["format"] in OLDER and not is_writable(folder):
        raise StoreReadOnly(
            f"{folder} was made by an older version and has to be brought up to date once, but cannot be written: "
            "change its permissions, or copy it"
        )
    check_format(folder, manifest, OLDER | {FORMAT}, FORMAT)
    record.upgrade()
    writer = WriterLock(folder)
    return record, DenseIndex(folder, record, writer), writer


def _make_library(folder: Path, manifest: dict[str, str]) -> None:
    """Makes an empty library, unless another process does meanwhile: that one is waited for.

    The record is made aside and moved to its place: whoever sees it there sees all of it, and a process that is killed
    here leaves none. Raises StoreReadOnly.
    """
    making = folder / MAKING
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not is_writable(folder):
            raise PermissionError("its permissions do not let files be made in it")
        with filelock.FileLock(folder / MAKING_LOCK):
            if is_library(folder):
                return
            if making.exists():  # left by one that was killed
                shutil.rmtree(making)
            making.mkdir()
            Record.create(making / RECORD, manifest).close()
            (making / RECORD).rename(folder / RECORD)
            shutil.rmtree(making)
    except OSError as error:
        raise StoreReadOnly(f"{folder} cannot be created: {error}") from error
