"""The one writer's place of a library in a folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import filelock

from vectorstore.errors import StoreError, StoreLocked, StoreReadOnly
from vectorstore.files import WRITER_LOCK, is_library, is_writable


class WriterLock:
    """Held by one thread of one process at a time."""

    def __init__(self, folder: Path) -> None:
        """``folder`` is the library's."""
        self._folder = folder
        self._lock = filelock.FileLock(folder / WRITER_LOCK)

    @property
    def held(self) -> bool:
        """Whether this thread holds it."""
        return self._lock.is_locked

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Holds it. Raises StoreLocked when somebody else does, StoreReadOnly where the folder cannot be written."""
        if not is_library(self._folder):
            raise StoreError(f"there is no library at {self._folder} any more: it was deleted or moved")
        if not is_writable(self._folder):
            raise StoreReadOnly(f"{self._folder} cannot be written: change its permissions, or name another --index")
        try:
            self._lock.acquire(timeout=0)
        except filelock.Timeout as error:
            raise StoreLocked(
                f"another process is adding to {self._folder}; wait until it is done, or stop it, and try again"
            ) from error
        except OSError as error:
            raise StoreReadOnly(f"{self._folder} cannot be written: {error}") from error
        try:
            yield
            if not is_library(self._folder):
                raise StoreError(f"{self._folder} was deleted while it was in use; run the same command again")
        finally:
            self._lock.release()

    @contextmanager
    def if_free(self) -> Iterator[bool]:
        """Holds it where nobody else does and it can be held; says whether."""
        try:
            self._lock.acquire(timeout=0)
        except (filelock.Timeout, OSError):
            yield False
            return
        try:
            yield True
        finally:
            self._lock.release()
