"""The vector index in a folder: an ordinary Chroma collection, derived from the record."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import chromadb
from chromadb.api.models.Collection import Collection
from chromadb.config import Settings
from chromadb.errors import NotFoundError

from vectorstore.collection import ChromaCollection, DenseError, configured, failing
from vectorstore.types import Comparison

COLLECTION = "articles"
PROBE_SECONDS = 600
"""Chroma replays its log on opening, about 2,000 vectors a second, and a probe reads every vector; one that takes
longer has hung."""
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")  # Linux
_DATABASE = "chroma.sqlite3"

_names_in_use: set[str] = set()
_names_lock = threading.Lock()


class ChromaIndex(ChromaCollection):
    """Nearest neighbours by cosine over one collection. Safe from several threads of one process."""

    def __init__(self, folder: Path, manifest: Mapping[str, str]) -> None:
        """Opens or creates the collection in ``folder``; ``manifest`` is noted in its metadata when created.

        A damaged index can crash the process here: see ``open_safely``.
        """
        self._name = _own_name(folder)
        self._client: Any = None
        try:
            with failing():
                self._client = chromadb.PersistentClient(self._name, Settings(anonymized_telemetry=False))
                self._collection = self._open_collection(manifest)
                self.max_batch = self._client.get_max_batch_size()
        except BaseException:
            with suppress(DenseError):
                self.close()
            raise

    def _open_collection(self, manifest: Mapping[str, str]) -> Collection:
        # Vectors are always ours: Chroma's default function would download a model.
        try:
            return self._client.get_collection(COLLECTION, embedding_function=None)  # type: ignore[no-any-return]
        except NotFoundError:
            return self._client.create_collection(COLLECTION, **configured(manifest))  # type: ignore[no-any-return]

    def close(self) -> None:
        """Lets go of the files; this object is of no use afterwards."""
        try:
            if self._client is not None:
                with failing():
                    self._client.close()
        finally:
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


def seal(folder: Path) -> str:
    """Identifies the state of the files that Chroma maps into memory without checking them.

    Names, sizes and times of the vector segments: a difference to the seal noted after the last write means that a
    write was cut short or that somebody else touched them. Of the times also that of the last change of any kind, which
    no program sets as it likes. The start of the operating system counts too: what was
    written before the power went may not have reached the disk. Of Chroma's own database, which it writes to even
    when it only reads, the first bytes count: others that are wrong make it fail, which is noticed. Empty where there
    is no folder.
    """
    if not folder.is_dir():
        return ""
    files = sorted(path for path in folder.glob("*/*") if path.is_file())
    states = [f"{path.relative_to(folder)} {_state(path.stat())}" for path in files]
    database = folder / _DATABASE
    if database.is_file():
        with database.open("rb") as opened:
            states.append(repr(opened.read(16)))
    return hashlib.sha256("\n".join([*states, _system_start()]).encode()).hexdigest()


def _state(status: os.stat_result) -> tuple[int, ...]:
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _system_start() -> str:
    """Differs after every start of the operating system; empty where it does not tell."""
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        return ""


def try_out(folder: Path, record: Path, manifest: Mapping[str, str]) -> Comparison | None:
    """Reads the whole index in a child process; None where there is none that can be opened.

    Chroma 1.5.9 reads its segments unchecked: after a kill in mid-write, opening or querying one can end the process
    with a segmentation fault, which nothing in that process could catch; or it opens, and finds the wrong things.
    """
    if not folder.is_dir():
        return None
    command = [sys.executable, "-m", "vectorstore.probe", str(folder), str(record)]
    command += [manifest["embedder"], manifest["dimension"]]
    root = str(Path(__file__).resolve().parent.parent)
    try:
        said = subprocess.run(command, check=True, capture_output=True, timeout=PROBE_SECONDS, cwd=root).stdout
        return Comparison(**json.loads(said.splitlines()[-1]))
    except (subprocess.SubprocessError, ValueError, IndexError):
        return None


def open_safely(folder: Path, record: Path, manifest: Mapping[str, str]) -> ChromaIndex | None:
    """The index in ``folder`` after a trial in a child process; None where there is none whose vectors are right.

    It may still lack some chunks, or hold some too many.
    """
    compared = try_out(folder, record, manifest)
    if compared is None or compared.wrong:
        return None
    try:
        return ChromaIndex(folder, manifest)
    except DenseError:
        return None


def exists(folder: Path) -> bool:
    """Whether there is a vector index in ``folder``, sound or not."""
    return folder.is_dir() and any(folder.iterdir())


def discard(folder: Path) -> None:
    """Removes the vector index; the record can make it anew."""
    if folder.exists():
        shutil.rmtree(folder)
