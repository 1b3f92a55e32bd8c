"""The path of an article: find, read, cut, embed, store. The only place that orders these steps."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ingest.chunking import CHUNKER_VERSION, chunk_article
from ingest.errors import UnreadableSource
from ingest.formats import Found, fingerprint, read_articles
from ingest.report import IngestReport, Outcome, Progress, ProgressCallback
from ingest.sources import find_sources, follow, named_folders, read_source
from ingest.types import FilePlace, LinkedPage, Place, Skipped
from vectorstore import Article, ArticleIndex, Chunk, StoredSource

BATCH_CHUNKS = 128
"""Chunks stored together: few enough to lose little when stopped, and to leave little to store after the last of them
has been embedded."""
PIECE_CHUNKS = 128
"""Chunks embedded without a word of how far it is: about a second's work, in four dozen passes of the model."""
PIECES_AT_A_TIME = 2
"""So that no core waits for the last pass of a piece."""
BATCHES_AHEAD = 4
"""Batches that may be with the embedder while others are read and stored: embedding, which takes the most time, then
never waits, and memory does not grow with the number of articles."""

Batch = list[tuple[Article, list[Chunk]]]
Vectors = dict[str, NDArray[np.float32]]


def add_articles(
    sources: Sequence[str | Path | FilePlace],
    index: ArticleIndex,
    progress: ProgressCallback | None = None,
    *,
    allow_private: bool = False,
    only: Collection[Path] | None = None,
) -> IngestReport:
    """Makes ``index`` hold the articles in ``sources``: files, folders and web addresses.

    A source stored before and unchanged costs a look at its content, no more. A folder is mirrored: articles that were
    read from files under it which are no longer there are removed, and a file that was renamed or moved is followed by
    its content, nothing embedded. So is a file with several articles in it; a feed or sitemap on the web is not, since
    it lists only the latest. A source that cannot be read is reported as skipped, with the reason, and what was stored
    of it before is kept.

    ``allow_private`` lets web addresses lead to this machine and its network. ``only`` names the files and folders that
    may have changed: what is stored of all else is taken as it is, unread. A ``FilePlace`` is a file that is stored
    under another name than its own. Raises StoreError when the library cannot be
    written.
    """
    return _Ingest(index, progress, allow_private, only).run(sources)


def preview_articles(
    sources: Sequence[str | Path],
    index: ArticleIndex | None,
    progress: ProgressCallback | None = None,
    *,
    allow_private: bool = False,
) -> IngestReport:
    """What ``add_articles`` would do to ``index``, or to a new library; it reads, embeds nothing, writes nothing."""
    return _Ingest(index, progress, allow_private, writes=False).run(sources)


class _Ingest:
    """One run: what is gathered for the next write, and what became of each source so far."""

    def __init__(
        self,
        index: ArticleIndex | None,
        progress: ProgressCallback | None,
        allow_private: bool,
        only: Collection[Path] | None = None,
        writes: bool = True,
    ) -> None:
        self._index = index
        self._progress = progress
        self._allow_private = allow_private
        self._only = only if only is None else frozenset(only)
        self._writes = writes
        self._stored: dict[str, dict[str, StoredSource]] = {}
        """By the file or address that was opened, and then by the article's own source."""
        self._gone: list[str] = []
        self._waiting: Batch = []
        self._embedder = ThreadPoolExecutor(PIECES_AT_A_TIME, thread_name_prefix="ingest")
        self._embedding: deque[tuple[Batch, list[Future[Vectors]]]] = deque()
        self._outcomes: list[Outcome] = []
        self._added: dict[tuple[str, str], list[str]] = {}
        """Sources of what was added, by fingerprint and by what tells the articles of one file apart."""
        self._chunks = 0
        self._sent = 0
        """Chunks that went to the embedder."""
        self._embedded = 0
        """Those that came back."""
        self._at = (0, 0, "")
        """Sources dealt with, of how many, and the last of them."""

    def run(self, sources: Sequence[str | Path | FilePlace]) -> IngestReport:
        started = time.perf_counter()
        with self._writing():
            for stored in self._index.sources() if self._index else ():
                self._stored.setdefault(stored.origin, {})[stored.source] = stored
            places = list(find_sources(sources))
            known = {place.source for place in places}
            for done, place in enumerate(places, start=1):  # a feed or sitemap makes the list grow
                for one in self._take(place):
                    if isinstance(one, Outcome):
                        self._outcomes.append(one)
                    elif one.source not in known:
                        known.add(one.source)
                        places.append(one)
                self._at = (done, len(places), place.source)
                self._tell()
                if sum(len(chunks) for _, chunks in self._waiting) >= BATCH_CHUNKS:
                    self._embed()
                    self._store(BATCHES_AHEAD)
            self._at = (len(places), len(places), "")
            self._tell()
            self._embed()
            self._store()
            for folder in named_folders(sources):
                self._remove_missing(folder, places)
        return IngestReport(tuple(self._outcomes), self._chunks, time.perf_counter() - started)

    def _take(self, place: Place | Skipped) -> Sequence[Outcome | Place | Skipped]:
        """Reads and cuts one source, unless it is unchanged, and queues it to be stored.

        Returns what became of it, and the places that it lists, where it is a feed or sitemap.
        """
        stored = self._stored.get(place.source, {})
        if not self._may_have_changed(place):
            return _unchanged(stored)
        if isinstance(place, Skipped):
            return [Outcome(place.source, "skipped", reason=place.reason)]
        try:
            raw = read_source(place, allow_private=self._allow_private)
            mark = f"{fingerprint(raw)} {CHUNKER_VERSION}"
            # One article is enough: those of a source are stored together or not at all.
            if any(one.fingerprint == mark for one in stored.values()):
                return _unchanged(stored)
            found = read_articles(raw)
        except UnreadableSource as error:
            return [Outcome(place.source, "skipped", reason=error.reason)]
        outcomes = [self._queue(one, mark, stored, place) for one in found]
        seen = {one.source for one in found if not isinstance(one, LinkedPage)}
        if isinstance(place, FilePlace):
            vanished = [one for one in stored.values() if one.source not in seen]
            self._gone += [one.article_id for one in vanished]
            outcomes += [Outcome(one.source, "removed", article_id=one.article_id) for one in vanished]
        return outcomes

    def _queue(
        self, found: Found, mark: str, stored: Mapping[str, StoredSource], place: Place
    ) -> Outcome | Place | Skipped:
        """Takes in one of the things found at ``place``: cuts an article, follows an address, notes a failure."""
        if isinstance(found, LinkedPage):
            return follow(found, place)
        if isinstance(found, Skipped):
            return Outcome(found.source, "skipped", reason=found.reason)
        article = replace(found, fingerprint=mark)
        if self._index and self._writes:
            chunking = self._index.chunking
            self._waiting.append((article, chunk_article(article, chunking.size, chunking.overlap)))
        if article.source in stored:
            return Outcome(article.source, "changed", article.title, article.id)
        self._added.setdefault((mark, article.source.removeprefix(place.source)), []).append(article.source)
        return Outcome(article.source, "added", article.title, article.id)

    def _may_have_changed(self, place: Place | Skipped) -> bool:
        path = Path(place.source)
        return self._only is None or not self._only.isdisjoint((path, *path.parents))

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """The library's one writer's place, unless nothing is to be written, and an end to the embedding beside it."""
        try:
            with self._index.writing() if self._index and self._writes else nullcontext():
                yield
        finally:
            self._embedder.shutdown(cancel_futures=True)

    def _embed(self) -> None:
        """Sends what is waiting to be embedded, in threads of its own."""
        if self._index and self._waiting:
            new = self._index.new_texts([chunk for _, chunks in self._waiting for chunk in chunks])
            # By length: texts of a pass are padded to the longest of them.
            texts = sorted(new.items(), key=lambda item: len(item[1]))
            pieces = [dict(texts[start : start + PIECE_CHUNKS]) for start in range(0, len(texts), PIECE_CHUNKS)]
            made = [self._embedder.submit(self._index.embed_texts, piece) for piece in pieces]
            self._embedding.append((self._waiting, made))
            self._waiting = []
            self._sent += len(texts)

    def _store(self, ahead: int = 0) -> None:
        """Stores what has been embedded, in order; the latest ``ahead`` batches may stay with the embedder."""
        if not self._index or not self._writes:
            return
        # First what is gone: stopped in between, the source still counts as changed and is read again.
        if self._gone:
            self._index.remove(self._gone)
            self._gone = []
        while len(self._embedding) > ahead:
            batch, made = self._embedding.popleft()
            vectors: Vectors = {}
            for piece in made:
                found = piece.result()
                vectors.update(found)
                self._embedded += len(found)
                self._tell()
            self._chunks += self._index.add(batch, vectors)

    def _remove_missing(self, folder: Path, places: Sequence[Place | Skipped]) -> None:
        """Forgets articles of files that are gone from a folder that was named; those found elsewhere have moved.

        A folder without a single readable file is left alone: an unplugged drive looks the same.
        """
        present = {place.source for place in places if not isinstance(place, Skipped)}
        unlisted = {Path(place.source) for place in places if isinstance(place, Skipped)}
        inside = [origin for origin in self._stored if Path(origin).is_relative_to(folder)]
        gone = [origin for origin in inside if origin not in present and _is_gone(Path(origin), unlisted)]
        missing = [stored for origin in gone for stored in self._stored.pop(origin).values()]
        if not missing:
            return
        if not any(Path(source).is_relative_to(folder) for source in present):
            reason = f"holds no articles any more; {len(missing)} read from it before are kept (remove them by hand)"
            self._outcomes.append(Outcome(str(folder), "skipped", reason=reason))
            return
        self._gone = [stored.article_id for stored in missing]
        self._store()
        numbers = {outcome.source: number for number, outcome in enumerate(self._outcomes)}
        for one in missing:
            found = self._added.get((one.fingerprint, one.source.removeprefix(one.origin)))
            if found:
                number = numbers[found.pop(0)]
                self._outcomes[number] = replace(self._outcomes[number], status="moved", previous=one.source)
            else:
                self._outcomes.append(Outcome(one.source, "removed", article_id=one.article_id))

    def _tell(self) -> None:
        if self._progress is not None:
            done, total, source = self._at
            cut = self._sent + sum(len(chunks) for _, chunks in self._waiting)
            self._progress(Progress(done, total, self._embedded, cut, source))


def _unchanged(stored: Mapping[str, StoredSource]) -> list[Outcome]:
    return [Outcome(one.source, "unchanged", article_id=one.article_id) for one in stored.values()]


def _is_gone(path: Path, unlisted: Collection[Path]) -> bool:
    """Whether a file is no longer under its own name; not so where a folder above it could not be looked into."""
    try:
        if path.is_file() and os.path.realpath(path) == str(path):
            return False
    except OSError:  # nobody may look into its folder any more
        return False
    return not any(folder in unlisted and not folder.is_symlink() for folder in path.parents)
