"""What the vector index has not been told of yet.

Triggers note each chunk that is stored or removed in the same transaction, and the note goes when the vector index has
it. A stop in between leaves a list of exactly what is missing.
"""

from __future__ import annotations

from collections.abc import Iterable

from vectorstore.database import Database


class Outbox:
    """The list of pending chunks in a record."""

    def __init__(self, database: Database) -> None:
        """``database`` is the record's."""
        self._database = database

    def pending(self) -> list[str]:
        """Ids of chunks, stored or removed, that the vector index has not been told of."""
        return [chunk_id for (chunk_id,) in self._database.rows("SELECT chunk_id FROM pending")]

    def count(self) -> int:
        """How many they are."""
        [(count,)] = self._database.rows("SELECT count(*) FROM pending")
        return int(count)

    def add(self, chunk_ids: Iterable[str]) -> None:
        """Notes that the vector index has to be told of these chunks, or of their absence."""
        with self._database.transaction() as connection:
            connection.executemany("INSERT OR IGNORE INTO pending VALUES (?)", [(one,) for one in chunk_ids])

    def add_all(self) -> None:
        """Notes that the vector index has to be told of every chunk."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM pending")
            connection.execute("INSERT INTO pending SELECT id FROM chunks")

    def settle(self, chunk_ids: Iterable[str]) -> None:
        """Notes that the vector index agrees with the record on these chunks."""
        with self._database.transaction() as connection:
            connection.executemany("DELETE FROM pending WHERE chunk_id = ?", [(chunk_id,) for chunk_id in chunk_ids])
