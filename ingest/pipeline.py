"""The path of an article: find, read, cut, embed, store. The only place that orders these steps."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from ingest.chunking import CHUNKER_VERSION, chunk_article
from ingest.errors import UnreadableSource
from ingest.formats import Found, fingerprint, read_articles
from ingest.report import IngestReport, Outcome, Progress, ProgressCallback
from ingest.sources import find_sources, follow, named_folders, read_source
from ingest.types import FilePlace, LinkedPage, Place, Skipped
from vectorstore import Article, ArticleIndex, Chunk, StoredSource

BATCH_CHUNKS = 256
"""Chunks embedded and stored together: enough to sort by length, few enough to lose little when stopped."""


def add_articles(
    sources: Sequence[str | Path],
    index: ArticleIndex,
    progress: ProgressCallback | None = None,
    *,
    allow_private: bool = False,
) -> IngestReport:
    """Makes ``index`` hold the articles in ``sources``: files, folders and web addresses.

    A source stored before and unchanged costs a look at its content, no more. A folder is mirrored:
    articles that were read from files under it which are no longer there are removed. So is a file with
    several articles in it; a feed or sitemap on the web is not, since it lists only the latest. A source
    that cannot be read is reported as skipped, with the reason, and what was stored of it before is kept.
    ``allow_private`` lets web addresses lead to this machine and its network. Raises StoreError when
    the library cannot be written.
    """
    return _Ingest(index, progress, allow_private).run(sources)


class _Ingest:
    """One run: what is gathered for the next write, and what became of each source so far."""

    def __init__(self, index: ArticleIndex, progress: ProgressCallback | None, allow_private: bool) -> None:
        self._index = index
        self._progress = progress
        self._allow_private = allow_private
        self._stored: dict[str, dict[str, StoredSource]] = {}
        """By the file or address that was opened, and then by the article's own source."""
        self._gone: list[str] = []
        self._waiting: list[tuple[Article, list[Chunk]]] = []
        self._outcomes: list[Outcome] = []
        self._chunks = 0

    def run(self, sources: Sequence[str | Path]) -> IngestReport:
        started = time.perf_counter()
        with self._index.writing():
            for stored in self._index.sources():
                self._stored.setdefault(stored.origin, {})[stored.source] = stored
            places = list(find_sources(sources))
            for done, place in enumerate(places, start=1):  # a feed or sitemap makes the list grow
                self._outcomes += self._take(place, places)
                if sum(len(chunks) for _, chunks in self._waiting) >= BATCH_CHUNKS:
                    self._store()
                self._tell(done, len(places), place.source)
            self._store()
            self._remove_missing(sources, places)
            self._tell(len(places), len(places), "")
        return IngestReport(tuple(self._outcomes), self._chunks, time.perf_counter() - started)

    def _take(self, place: Place | Skipped, places: list[Place | Skipped]) -> list[Outcome]:
        """Reads and cuts one source, unless it is unchanged, and queues it to be stored."""
        if isinstance(place, Skipped):
            return [Outcome(place.source, "skipped", reason=place.reason)]
        try:
            raw = read_source(place, allow_private=self._allow_private)
            mark = f"{fingerprint(raw)} {CHUNKER_VERSION}"
            stored = self._stored.get(raw.source, {})
            # One article is enough: those of a source are stored together or not at all.
            if any(one.fingerprint == mark for one in stored.values()):
                return [Outcome(one.source, "unchanged", article_id=one.article_id) for one in stored.values()]
            found = read_articles(raw)
        except UnreadableSource as error:
            return [Outcome(place.source, "skipped", reason=error.reason)]
        outcomes = [self._queue(one, mark, stored, place, places) for one in found]
        seen = {one.source for one in found if not isinstance(one, LinkedPage)}
        if isinstance(place, FilePlace):
            vanished = [one for one in stored.values() if one.source not in seen]
            self._gone += [one.article_id for one in vanished]
            outcomes += [Outcome(one.source, "removed", article_id=one.article_id) for one in vanished]
        return [outcome for outcome in outcomes if outcome is not None]

    def _queue(
        self, found: Found, mark: str, stored: Mapping[str, StoredSource], place: Place, places: list[Place | Skipped]
    ) -> Outcome | None:
        """Takes in one of the things found at ``place``: cuts an article, follows an address, notes a failure."""
        if isinstance(found, LinkedPage):
            follow(found, place, places)
            return None
        if isinstance(found, Skipped):
            return Outcome(found.source, "skipped", reason=found.reason)
        article = replace(found, fingerprint=mark)
        chunking = self._index.chunking
        self._waiting.append((article, chunk_article(article, chunking.size, chunking.overlap)))
        return Outcome(article.source, "changed" if article.source in stored else "added", article.title, article.id)

    def _store(self) -> None:
        # First what is gone: stopped in between, the source still counts as changed and is read again.
        if self._gone:
            self._index.remove(self._gone)
            self._gone = []
        if self._waiting:
            self._index.add(self._waiting)
            self._chunks += sum(len(chunks) for _, chunks in self._waiting)
            self._waiting = []

    def _remove_missing(self, sources: Sequence[str | Path], places: Iterable[Place | Skipped]) -> None:
        """Forgets articles of files that are gone from a folder that was named.

        A folder without a single readable file is left alone: an unplugged drive looks the same.
        """
        present = {place.source for place in places}
        for folder in named_folders(sources):
            inside = [origin for origin in self._stored if Path(origin).is_relative_to(folder)]
            gone = [origin for origin in inside if origin not in present and not Path(origin).exists()]
            missing = [stored for origin in gone for stored in self._stored[origin].values()]
            if not missing:
                continue
            if not any(Path(source).is_relative_to(folder) for source in present):
                reason = (
                    f"holds no articles any more; {len(missing)} read from it before are kept (remove them by hand)"
                )
                self._outcomes.append(Outcome(str(folder), "skipped", reason=reason))
                continue
            self._index.remove([stored.article_id for stored in missing])
            self._outcomes += [Outcome(one.source, "removed", article_id=one.article_id) for one in missing]

    def _tell(self, done: int, total: int, source: str) -> None:
        if self._progress is not None:
            self._progress(Progress(done, total, self._chunks, source))
