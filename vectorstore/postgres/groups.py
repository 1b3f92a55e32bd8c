"""Groups of near-duplicates in PostgreSQL: the rows that ``duplicates.group`` reads and writes."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from vectorstore.postgres.database import Connection


class PgGroups:
    """See ``duplicates.GroupRows``."""

    def __init__(self, connection: Connection) -> None:
        """``connection`` has a transaction open."""
        self._connection = connection

    def sketched(self, article_ids: Collection[str]) -> set[str]:
        """Those of the articles whose sketches are noted."""
        rows = self._connection.execute(
            "SELECT DISTINCT article_id FROM sketches WHERE article_id = ANY(%s)", (list(article_ids),)
        )
        return {article_id for (article_id,) in rows}

    def note_sketch(self, article_id: str, hashes: Collection[int]) -> None:
        """Notes the hashes that near-duplicates of the article will be found by."""
        self._connection.execute(
            "INSERT INTO sketches SELECT unnest(%s::bigint[]), %s ON CONFLICT DO NOTHING", (list(hashes), article_id)
        )

    def counts(self, hashes: Collection[int], most: int) -> dict[int, int]:
        """How many sketches have each of the hashes, counted up to ``most``."""
        rows = self._connection.execute(
            "SELECT one, (SELECT count(*) FROM (SELECT 1 FROM sketches WHERE hash = one LIMIT %s) few) "
            "FROM unnest(%s::bigint[]) one",
            (most, list(hashes)),
        )
        return dict(rows.fetchall())

    def sharing(self, hashes: Collection[int]) -> list[str]:
        """All articles of the groups in which one has any of the hashes, by id."""
        rows = self._connection.execute(
            "SELECT id FROM articles WHERE shown_as IN (SELECT a.shown_as FROM sketches s JOIN articles a "
            "ON a.id = s.article_id WHERE s.hash = ANY(%s::bigint[])) ORDER BY id",
            (list(hashes),),
        )
        return [article_id for (article_id,) in rows]

    def loosen(self, article_ids: Collection[str]) -> None:
        """Takes the articles out of their groups: each is shown as itself."""
        self._connection.execute(
            "UPDATE articles SET shown_as = id WHERE id = ANY(%s) AND shown_as != id", (list(article_ids),)
        )

    def copies(self, copy_key: int) -> list[str]:
        """All articles that have it."""
        rows = self._connection.execute("SELECT article_id FROM sketches WHERE hash = %s", (copy_key,))
        return [article_id for (article_id,) in rows]

    def candidates(self, article_id: str, hashes: Collection[int], least: int) -> list[str]:
        """The other articles that have at least so many of ``hashes``."""
        rows = self._connection.execute(
            "SELECT article_id FROM sketches WHERE hash = ANY(%s::bigint[]) AND article_id != %s "
            "GROUP BY article_id HAVING count(*) >= %s",
            (list(hashes), article_id, least),
        )
        return [candidate for (candidate,) in rows]

    def group(self, article_id: str) -> set[str]:
        """The articles that are shown as the same one."""
        rows = self._connection.execute(
            "SELECT id FROM articles WHERE shown_as = (SELECT shown_as FROM articles WHERE id = %s)", (article_id,)
        )
        return {member for (member,) in rows}

    def longest_first(self, article_ids: Collection[str]) -> list[tuple[str, str]]:
        """The articles, and as which each is shown now: by length of body, then by source."""
        rows = self._connection.execute(
            "SELECT id, shown_as FROM articles WHERE id = ANY(%s) ORDER BY length(text) - body_start DESC, source",
            (list(article_ids),),
        )
        return [(article_id, shown) for article_id, shown in rows]

    def show(self, article_ids: Collection[str], shown: str) -> None:
        """Notes as which article these are shown."""
        if article_ids:
            self._connection.execute("UPDATE articles SET shown_as = %s WHERE id = ANY(%s)", (shown, list(article_ids)))

    def passages(self, article_id: str) -> list[tuple[str, str, bool]]:
        """Id and text of each chunk, and whether it is searched."""
        rows = self._connection.execute("SELECT id, text, searched FROM chunks WHERE article_id = %s", (article_id,))
        return [(chunk_id, text, searched) for chunk_id, text, searched in rows]

    def search(self, changed: Sequence[tuple[bool, str]]) -> None:
        """Notes of chunks, by id, whether they are searched from now on."""
        for searched in (True, False):
            if ids := [chunk_id for wanted, chunk_id in changed if wanted == searched]:
                self._connection.execute("UPDATE chunks SET searched = %s WHERE id = ANY(%s)", (searched, ids))

    def body(self, article_id: str) -> tuple[str, str]:
        """Title and text of the article, without the line above its body."""
        row = self._connection.execute(
            "SELECT title, substr(text, body_start + 1) FROM articles WHERE id = %s", (article_id,)
        ).fetchone()
        assert row is not None
        return row[0], row[1]
