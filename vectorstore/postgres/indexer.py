"""Tells a Chroma server of what is pending, for as long as it is let. Any number may work at once, on any machine."""

from __future__ import annotations

import threading
from collections.abc import Callable

from vectorstore.collection import DenseError
from vectorstore.errors import StoreError
from vectorstore.postgres.chroma import ChromaVectors
from vectorstore.postgres.database import Database

LOOK_SECONDS = 1.0
"""Between two looks for something new."""
RETRY_SECONDS = 5.0
"""After which a server that failed is asked again."""


class Indexer:
    """Of one library."""

    def __init__(self, database: Database, chroma: ChromaVectors) -> None:
        """``chroma`` holds the vectors of the library in ``database``."""
        self._database = database
        self._chroma = chroma

    def run(self, stop: threading.Event, told: Callable[[int], None], troubled: Callable[[str], None]) -> None:
        """Goes on until ``stop`` is set. ``told`` is called with how many chunks Chroma was told of each time nothing
        is left; ``troubled`` with what is wrong where a server cannot be reached, once: it is tried again and again."""
        said = ""
        while not stop.is_set():
            try:
                with self._chroma.pending.working_off():
                    while not stop.is_set():
                        if count := self._work_off(stop):
                            told(count)
                        said = ""
                        stop.wait(LOOK_SECONDS)
            except (DenseError, StoreError) as error:
                if str(error) != said:
                    said = str(error)
                    troubled(said)
                stop.wait(RETRY_SECONDS)

    def run_once(self) -> int:
        """Tells of all that is pending now, or waits for who does; returns of how many. Raises StoreError."""
        return self._chroma.tell_all()

    def close(self) -> None:
        """Lets go of all connections."""
        self._chroma.close()
        self._database.close()

    def _work_off(self, stop: threading.Event) -> int:
        count = 0
        while not stop.is_set() and (some := self._chroma.tell()):
            count += some
        return count
