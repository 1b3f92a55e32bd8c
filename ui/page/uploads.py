"""The files that were dropped on the page: copies of them stay where the library is, as articles are read from them.

Beside a folder they are files; beside a library in a database they lie in it, where every replica of the page finds
them.
"""

from __future__ import annotations

import logging
import re
import shutil
import tempfile
import threading
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from ingest.formats import fingerprint
from ingest.limits import MAX_FILE_BYTES
from ingest.types import FilePlace, RawSource
from vectorstore import ArticleIndex, StoreError, StoreReadOnly
from vectorstore.files import UPLOADS

if TYPE_CHECKING:
    from vectorstore.postgres.database import Connection, Database

logger = logging.getLogger(__name__)

Copy = tuple[str, str, datetime]
"""One in a database, as somebody has kept it: its name, the digest of its content, and when that was last said; never
the same twice."""
MAX_NAME_BYTES = 200
"""How much of an uploaded file's name is kept; file systems take 255 bytes."""
ARRIVING, BEFORE = ".arriving", ".before"
"""Ends of the names of uploads that are being copied, and of those that others have taken the place of."""
ARRIVING_SECONDS = 3600
"""For which a copy in a database that no article was read from is left alone after somebody has said that it is being
read: a replica that says so no more was killed."""
RENEW_SECONDS = 300
"""After which who reads a copy says so again. A database may be away for several of these."""


class Uploads(Protocol):
    """Keeps copies of uploaded files as long as articles of the library are read from them."""

    def taking(self, files: Sequence[Path]) -> AbstractContextManager[Sequence[str | FilePlace]]:
        """The copies, to be read within it. At its end those stay that articles were read from, as they were then.

        A file named like an earlier upload takes its place. Raises StoreReadOnly where nothing can be written.
        """
        ...

    def settle(self) -> None:
        """Leaves those that articles were read from: after one was removed, or a run was ended in between."""
        ...

    def has(self, source: str) -> bool:
        """Whether ``source``, that of an article, is a file that can be opened here."""
        ...

    def opened(self, source: str) -> AbstractContextManager[Path | None]:
        """That file, for as long as it is wanted; None where it cannot be opened here."""
        ...


class FolderUploads:
    """Copies in a folder. See ``Uploads``."""

    def __init__(self, index: ArticleIndex) -> None:
        self._folder = index.folder / UPLOADS
        self._stored = index.sources

    @contextmanager
    def taking(self, files: Sequence[Path]) -> Iterator[Sequence[str | FilePlace]]:
        """See ``Uploads``."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self.settle()
            copies = self._copies(files)
        except OSError as error:
            raise StoreReadOnly(f"{self._folder} cannot be written: {error}") from error
        try:
            yield [str(copy) for copy in copies]
        finally:
            self.settle()

    def settle(self) -> None:
        """So a refused upload goes, and one in whose place it came is back: also after a run that was ended."""
        if not self._folder.is_dir():
            return
        stored = {one.origin: one.fingerprint for one in self._stored()}
        folder = self._folder.resolve()
        for before in folder.glob(f".*{BEFORE}"):
            path = folder / before.name.removeprefix(".").removesuffix(BEFORE)
            if is_of(before, stored.get(str(path), "")):
                before.replace(path)
        for path in folder.iterdir():
            if str(path) not in stored and path.is_file():
                path.unlink()

    def has(self, source: str) -> bool:
        """See ``Uploads``."""
        return Path(source).is_file()

    @contextmanager
    def opened(self, source: str) -> Iterator[Path | None]:
        """See ``Uploads``."""
        yield Path(source) if self.has(source) else None

    def _copies(self, files: Sequence[Path]) -> list[Path]:
        """Copies of files; what had their names before is kept aside until ``settle``."""
        copies: list[Path] = []
        for file, name in zip(files, safe_names(files), strict=True):
            copy = self._folder / name
            copies.append(copy)
            arriving = self._folder / f".{name}{ARRIVING}"
            shutil.copyfile(file, arriving)
            if copy.exists():
                copy.replace(self._folder / f".{name}{BEFORE}")
            arriving.replace(copy)
        return copies


class SharedUploads:
    """Copies in a table, by name and content: ``uploads/lake.txt`` is what their articles have as a source.

    See ``Uploads``. What takes the place of an earlier upload stands beside it until articles were read from it.
    """

    def __init__(self, database: Database, index: ArticleIndex) -> None:
        """``database`` is as ``open_page_database`` gives it."""
        self._database = database
        self._stored = index.sources

    @contextmanager
    def taking(self, files: Sequence[Path]) -> Iterator[Sequence[str | FilePlace]]:
        """See ``Uploads``."""
        with tempfile.TemporaryDirectory(prefix="article-qa-uploads-") as folder:
            places: list[FilePlace] = []
            own: dict[Path, Copy] = {}
            try:
                with self._renewing(own):
                    for file, name in zip(files, safe_names(files), strict=True):
                        copy = shutil.copyfile(file, Path(folder) / name)
                        places.append(FilePlace(f"{UPLOADS}/{name}", copy))
                        if copy.stat().st_size <= MAX_FILE_BYTES:  # what is larger is not read either
                            own[copy] = self._keep(name, copy.read_bytes())
                    yield places
            finally:
                self._settle(list(own.values()))

    def settle(self) -> None:
        """See ``Uploads``."""
        self._settle([])

    def has(self, source: str) -> bool:
        """See ``Uploads``. A file of this machine that the command has read is none of the page's."""
        if not _is_upload(source):
            return False
        return bool(self._database.rows("SELECT 1 FROM uploads WHERE name = %s LIMIT 1", (_name(source),)))

    @contextmanager
    def opened(self, source: str) -> Iterator[Path | None]:
        """See ``Uploads``."""
        row = None
        if _is_upload(source):
            # One that articles were read from, not one that is just arriving.
            query = "SELECT content FROM uploads WHERE name = %s ORDER BY read DESC, added_at DESC LIMIT 1"
            row = self._database.row(query, (_name(source),))
        if row is None:
            yield None
            return
        with tempfile.TemporaryDirectory(prefix="article-qa-uploads-") as folder:
            file = Path(folder) / _name(source)
            file.write_bytes(row[0])
            yield file

    def _keep(self, name: str, content: bytes) -> Copy:
        def keep(connection: Connection) -> Copy:
            row = connection.execute(
                "INSERT INTO uploads AS known (name, digest, content) VALUES (%s, %s, %s) "
                "ON CONFLICT (name, digest) DO UPDATE SET read = false, "
                "added_at = greatest(now(), known.added_at + interval '1 microsecond') "
                "RETURNING name, digest, added_at",
                (name, _digest(name, content), content),
            ).fetchone()
            assert row is not None
            return row[0], row[1], row[2]

        return self._database.transact(keep)

    @contextmanager
    def _renewing(self, own: dict[Path, Copy]) -> Iterator[None]:
        """Says of ``own``, by their files here, that they are being read, for as long as that takes, and once more."""
        done = threading.Event()

        def renew() -> None:
            while not done.wait(RENEW_SECONDS):
                try:
                    self._renew(own)
                except StoreError as error:
                    logger.warning("uploads that are being read could not be renewed: %s", error)

        renewing = threading.Thread(target=renew, name="article-qa uploads", daemon=True)
        renewing.start()
        try:
            yield
        finally:
            done.set()
            renewing.join()
            self._renew(own)

    def _renew(self, own: dict[Path, Copy]) -> None:
        """Notes that they are being read. One that is gone is kept again: this process may have stood still for long,
        or who took the same file has read nothing from it. One that somebody has kept since is theirs."""
        for file, (name, digest, added_at) in list(own.items()):
            renewed = self._database.transact(partial(_renewed, name=name, digest=digest, added_at=added_at))
            if renewed is not None:
                own[file] = renewed
            elif not self._database.rows("SELECT 1 FROM uploads WHERE name = %s AND digest = %s", (name, digest)):
                own[file] = self._keep(name, file.read_bytes())

    def _settle(self, own: Sequence[Copy]) -> None:
        """Forgets what articles are no longer read from, and what none was, once nobody can be reading it any more.

        ``own`` are those whose reading ends here. What another replica has kept since, be it the same again, is its own
        to settle: then its time is another.
        """
        # Looked at before the articles: what another replica settles in between is not among it yet.
        settled: list[Copy] = self._database.rows(
            "SELECT name, digest, added_at FROM uploads WHERE read OR added_at < now() - make_interval(secs => %s)",
            (ARRIVING_SECONDS,),
        )
        marks = {_name(one.origin): one.fingerprint for one in self._stored() if _is_upload(one.origin)}
        copies = {*own, *settled}
        gone = {one for one in copies if one[1] not in marks.get(one[0], "")}
        this = "WHERE name = %s AND digest = %s AND added_at = %s"

        def leave(connection: Connection) -> None:
            with connection.cursor() as cursor:
                cursor.executemany(f"UPDATE uploads SET read = true {this}", sorted({*own} - gone))
                cursor.executemany(f"DELETE FROM uploads {this}", sorted(gone))

        if own or gone:
            self._database.transact(leave)


def _renewed(connection: Connection, name: str, digest: str, added_at: datetime) -> Copy | None:
    """The copy as of now; None where it is gone, or somebody has kept it since."""
    return connection.execute(
        "UPDATE uploads SET added_at = greatest(now(), added_at + interval '1 microsecond') "
        "WHERE name = %s AND digest = %s AND added_at = %s RETURNING name, digest, added_at",
        (name, digest, added_at),
    ).fetchone()


def _is_upload(source: str) -> bool:
    """Whether it is the name of one in a database; that of a file begins at the root."""
    return source.startswith(f"{UPLOADS}/")


def _name(source: str) -> str:
    return source.removeprefix(f"{UPLOADS}/")


def _digest(name: str, content: bytes) -> str:
    _, _, digest = fingerprint(RawSource(name, name, content)).partition("-")
    return digest


def is_of(file: Path, stored: str) -> bool:
    """Whether ``stored``, the fingerprint of an article, was made from this file as it is."""
    return _digest(file.name, file.read_bytes()) in stored


def safe_names(files: Sequence[Path]) -> list[str]:
    """A safe name for each, numbered where another file of the same upload has it already."""
    names: list[str] = []
    for file in files:
        names.append(_unused(safe_name(file.name), set(names)))
    return names


def safe_name(name: str) -> str:
    """A file name that means nothing but itself, as close to ``name`` as can be."""
    kept = re.sub(r"[^\w .,()'-]", "_", unicodedata.normalize("NFC", name.replace("\\", "/").split("/")[-1]))
    stem, dot, suffix = kept.strip(" .").rpartition(".")
    if not dot:
        stem, suffix = suffix, ""
    stem = stem.encode()[:MAX_NAME_BYTES].decode(errors="ignore").strip(" .") or "article"
    return f"{stem}.{suffix[:10]}" if suffix else stem


def _unused(name: str, taken: set[str]) -> str:
    """``name``, numbered where another file of the same upload has it already."""
    stem, dot, suffix = name.rpartition(".")
    number = 2
    free = name
    while free in taken:
        free = f"{stem} ({number}).{suffix}" if dot else f"{name} ({number})"
        number += 1
    return free
