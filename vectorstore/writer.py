"""Who may do what at the same time to a library in a folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import filelock

from vectorstore.errors import StoreError, StoreLocked, StoreReadOnly
from vectorstore.files import VECTORS_LOCK, WRITER_LOCK, is_library, is_writable

OPENED_WITHIN = 120.0
"""Seconds a writer waits for those who are just opening the vector index to read: two for 200,000 chunks."""


class WriterLock:
    """One thread of one process writes at a time. Readers never keep it waiting for longer than they take to open.

    Two files: the first says who writes; the second is held, by writers and by readers that are opening them, while
    the files of the vector index must not change.
    """

    def __init__(self, folder: Path) -> None:
        """``folder`` is the library's."""
        self._folder = folder
        self._lock = filelock.FileLock(folder / WRITER_LOCK)
        self._files = filelock.FileLock(folder / VECTORS_LOCK)

    @property
    def held(self) -> bool:
        """Whether this thread holds it."""
        return self._lock.is_locked

    @property
    def can_write(self) -> bool:
        """Whether files can be made in the folder."""
        return is_writable(self._folder)

    @contextmanager
    def hold(self, alone: bool = True) -> Iterator[None]:
        """Holds it; there is room for one. Raises StoreLocked when somebody else does, StoreReadOnly where the folder
        cannot be written."""
        if not is_library(self._folder):
            raise StoreError(f"there is no library at {self._folder} any more: it was deleted or moved")
        if not is_writable(self._folder):
            raise StoreReadOnly(f"{self._folder} cannot be written: change its permissions, or name another --index")
        with self._acquired(self._lock, 0), self._acquired(self._files, OPENED_WITHIN):
            yield
            if not is_library(self._folder):
                raise StoreError(f"{self._folder} was deleted while it was in use; run the same command again")

    @contextmanager
    def files_at_rest(self) -> Iterator[bool]:
        """Keeps the files of the vector index as they are where nobody is just writing them; says whether."""
        try:
            self._files.acquire(timeout=0)
        except (filelock.Timeout, OSError):
            yield False
            return
        try:
            yield True
        finally:
            self._files.release()

    @contextmanager
    def _acquired(self, lock: filelock.BaseFileLock, timeout: float) -> Iterator[None]:
        try:
            lock.acquire(timeout=timeout)
        except filelock.Timeout as error:
            raise StoreLocked(
                f"another process is adding to {self._folder}; wait until it is done, or stop it, and try again"
            ) from error
        except OSError as error:
            raise StoreReadOnly(f"{self._folder} cannot be written: {error}") from error
        try:
            yield
        finally:
            lock.release()
