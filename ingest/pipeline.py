"""The path of an article: find, read, cut, embed, store. The only place that orders these steps."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from ingest.errors import UnreadableSource
from ingest.objects import gone_objects
from ingest.report import IngestReport, Outcome, Progress, ProgressCallback
from ingest.sources import find_sources, named_folders, named_prefixes
from ingest.steps import Batch, Known, Taken, Vectors, take, texts_to_embed
from ingest.types import FilePlace, Place, Skipped
from vectorstore import ArticleIndex, StoredSource

BATCH_CHUNKS = 128
"""Chunks stored together: few enough to lose little when stopped, and to leave little to store after the last of them
has been embedded."""
PIECES_AT_A_TIME = 2
"""So that no core waits for the last pass of a piece."""
BATCHES_AHEAD = 4
"""Batches that may be with the embedder while others are read and stored: embedding, which takes the most time, then
never waits, and memory does not grow with the number of articles."""

Tell = Callable[[int, int, int, str], None]
"""Told of sources dealt with, chunks embedded, chunks to be embedded so far, and the source dealt with last."""


class Hands(Protocol):
    """Who reads, cuts, embeds and stores sources: this process, or those of a Ray cluster."""

    @property
    def chunks(self) -> int:
        """How many were embedded."""
        ...

    def work(self, sources: Sequence[Known]) -> Iterator[Taken]:
        """What each source gave, in their order. What is to be stored of it is stored, at the latest by ``finish``."""
        ...

    def finish(self) -> None:
        """Stores what is left to be stored. Raises StoreError when the library cannot be written."""
        ...

    def close(self) -> None:
        """Ends what was begun, finished or not."""
        ...


def add_articles(
    sources: Sequence[str | Path | FilePlace],
    index: ArticleIndex,
    progress: ProgressCallback | None = None,
    *,
    allow_private: bool = False,
    only: Collection[Path] | None = None,
    ray: str | None = None,
) -> IngestReport:
    """Makes ``index`` hold the articles in ``sources``: files, folders, web addresses, and objects (``s3://``,
    ``gs://``), one or all below a prefix.

    A source stored before and unchanged costs a look at its content, no more. A folder or prefix is mirrored: articles
    that were read from files under it which are no longer there are removed, and a file that was renamed or moved is
    followed by its content, nothing embedded. So is a file with several articles in it; a feed or sitemap on the web is
    not, since it lists only the latest. A source that cannot be read is reported as skipped, with the reason, and what
    was stored of it before is kept.

    ``allow_private`` lets web addresses lead to this machine and its network. ``only`` names the files and folders that
    may have changed: what is stored of all else is taken as it is, unread. A ``FilePlace`` is a file that is stored
    under another name than its own. ``ray`` spreads the work over the Ray cluster at this address, or, ``local``, over
    one that is started on this machine for as long as it takes; the library has to be in a database.

    Raises StoreError when the library cannot be written, IngestError when the work cannot be done on Ray.
    """
    return _Ingest(index, progress, allow_private, only, ray=ray).run(sources)


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
    """One run, and what became of each source so far."""

    def __init__(
        self,
        index: ArticleIndex | None,
        progress: ProgressCallback | None,
        allow_private: bool,
        only: Collection[Path] | None = None,
        writes: bool = True,
        ray: str | None = None,
    ) -> None:
        self._index = index
        self._written = index if writes else None
        self._progress = progress
        self._only = only if only is None else frozenset(only)
        self._hands = _hands(self._written, self._tell, allow_private, ray)
        self._stored: dict[str, dict[str, StoredSource]] = {}
        """By the file or address that was opened, and then by the article's own source."""
        self._places: dict[str, Place | Skipped] = {}
        """All that were met, by their names."""
        self._outcomes: list[Outcome] = []
        self._added: dict[tuple[str, str], list[str]] = {}
        """Sources of what was added, by fingerprint and by what tells the articles of one file apart."""

    def run(self, sources: Sequence[str | Path | FilePlace]) -> IngestReport:
        started = time.perf_counter()
        with self._written.writing() if self._written else nullcontext(), closing(self._hands):
            for stored in self._index.sources() if self._index else ():
                self._stored.setdefault(stored.origin, {})[stored.source] = stored
            waiting = self._not_met(find_sources(sources))
            while waiting:
                listed: list[Place | Skipped] = []  # by feeds and sitemaps
                for taken in self._hands.work([self._known(place) for place in waiting]):
                    self._note(taken)
                    listed += self._not_met(taken.links)
                waiting = listed
            self._hands.finish()
            for folder in named_folders(sources):
                self._mirror(folder)
            for address in named_prefixes(sources):
                self._mirror_prefix(address)
        return IngestReport(tuple(self._outcomes), self._hands.chunks, time.perf_counter() - started)

    def _not_met(self, places: Iterable[Place | Skipped]) -> list[Place | Skipped]:
        new = {place.source: place for place in places if place.source not in self._places}
        self._places.update(new)
        return list(new.values())

    def _known(self, place: Place | Skipped) -> Known:
        path = Path(place.source)
        may_have_changed = self._only is None or not self._only.isdisjoint((path, *path.parents))
        return Known(place, self._stored.get(place.source, {}), may_have_changed)

    def _note(self, taken: Taken) -> None:
        self._outcomes += taken.outcomes
        for outcome in taken.outcomes:
            if outcome.status == "added":
                key = (taken.mark, outcome.source.removeprefix(taken.source))
                self._added.setdefault(key, []).append(outcome.source)

    def _mirror(self, folder: Path) -> None:
        """Forgets what is gone from a folder that was named."""
        present = self._present()
        unlisted = {Path(source) for source, place in self._places.items() if isinstance(place, Skipped)}
        inside = [origin for origin in self._stored if Path(origin).is_relative_to(folder)]
        gone = [origin for origin in inside if origin not in present and _is_gone(Path(origin), unlisted)]
        self._remove_missing(str(folder), gone, any(Path(source).is_relative_to(folder) for source in present))

    def _mirror_prefix(self, address: str) -> None:
        """The same for objects below a prefix; not where it is an object itself, or could not be listed."""
        if address in self._places:
            return
        prefix = address.rstrip("/") + "/"
        present = self._present()
        unlisted = [origin for origin in self._stored if origin.startswith(prefix) and origin not in present]
        try:
            gone = gone_objects(prefix, unlisted)
        except UnreadableSource as error:
            self._outcomes.append(Outcome(error.source, "skipped", reason=error.reason))
            return
        self._remove_missing(address, gone, any(source.startswith(prefix) for source in present))

    def _present(self) -> set[str]:
        """The sources that were found and may be read."""
        return {source for source, place in self._places.items() if not isinstance(place, Skipped)}

    def _remove_missing(self, folder: str, gone: Sequence[str], holds_any: bool) -> None:
        """Forgets articles of the files or objects that are gone; those found elsewhere have moved.

        A folder without a single readable file is left alone: an unplugged drive looks the same.
        """
        missing = [stored for origin in gone for stored in self._stored.pop(origin).values()]
        if not missing:
            return
        if not holds_any:
            reason = f"holds no articles any more; {len(missing)} read from it before are kept (remove them by hand)"
            self._outcomes.append(Outcome(folder, "skipped", reason=reason))
            return
        if self._written:
            self._written.remove([stored.article_id for stored in missing])
        numbers = {outcome.source: number for number, outcome in enumerate(self._outcomes)}
        for one in missing:
            found = self._added.get((one.fingerprint, one.source.removeprefix(one.origin)))
            if found:
                number = numbers[found.pop(0)]
                self._outcomes[number] = replace(self._outcomes[number], status="moved", previous=one.source)
            else:
                self._outcomes.append(Outcome(one.source, "removed", article_id=one.article_id))

    def _tell(self, done: int, chunks: int, cut: int, source: str) -> None:
        if self._progress is not None:
            self._progress(Progress(done, len(self._places), chunks, cut, source))


class _Here:
    """Reads sources one after the other in this process, embeds what they give in threads beside it, and stores it."""

    def __init__(self, index: ArticleIndex | None, tell: Tell, allow_private: bool) -> None:
        """Without ``index`` nothing is cut, embedded or stored."""
        self.chunks = 0
        self._index = index
        self._tell = tell
        self._allow_private = allow_private
        self._waiting: Batch = []
        self._gone: list[str] = []
        self._embedder = ThreadPoolExecutor(PIECES_AT_A_TIME, thread_name_prefix="ingest")
        self._embedding: deque[tuple[Batch, list[Future[Vectors]]]] = deque()
        self._sent = 0
        """Chunks that went to the embedder."""
        self._embedded = 0
        """Those that came back."""
        self._at = (0, "")
        """Sources dealt with, and the last of them."""

    def work(self, sources: Sequence[Known]) -> Iterator[Taken]:
        """See ``Hands``."""
        chunking = self._index.chunking if self._index else None
        for known in sources:
            taken = take(known, chunking, self._allow_private)
            self._waiting += taken.batch
            self._gone += taken.gone
            yield taken
            self._at = (self._at[0] + 1, taken.source)
            self._told()
            if self._cut() >= BATCH_CHUNKS:
                self._embed()
                self._store(BATCHES_AHEAD)

    def finish(self) -> None:
        """See ``Hands``."""
        self._at = (self._at[0], "")
        self._told()
        self._embed()
        self._store()

    def close(self) -> None:
        """See ``Hands``."""
        self._embedder.shutdown(cancel_futures=True)

    def _embed(self) -> None:
        """Sends what is waiting to be embedded, in threads of its own."""
        if self._index and self._waiting:
            pieces = texts_to_embed([chunk for _, chunks in self._waiting for chunk in chunks], self._index)
            made = [self._embedder.submit(self._index.embed_texts, piece) for piece in pieces]
            self._embedding.append((self._waiting, made))
            self._waiting = []
            self._sent += sum(map(len, pieces))

    def _store(self, ahead: int = 0) -> None:
        """Stores what has been embedded, in order; the latest ``ahead`` batches may stay with the embedder."""
        if not self._index:
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
                self._told()
            self.chunks += self._index.add(batch, vectors)

    def _cut(self) -> int:
        return sum(len(chunks) for _, chunks in self._waiting)

    def _told(self) -> None:
        self._tell(self._at[0], self._embedded, self._sent + self._cut(), self._at[1])


def _hands(index: ArticleIndex | None, tell: Tell, allow_private: bool, ray: str | None) -> Hands:
    if index is None or ray is None:
        return _Here(index, tell, allow_private)
    from ingest.on_ray.driver import OnRay  # an extra

    return OnRay(index, tell, allow_private, ray)


def _is_gone(path: Path, unlisted: Collection[Path]) -> bool:
    """Whether a file is no longer under its own name; not so where a folder above it could not be looked into."""
    try:
        if path.is_file() and os.path.realpath(path) == str(path):
            return False
    except OSError:  # nobody may look into its folder any more
        return False
    return not any(folder in unlisted and not folder.is_symlink() for folder in path.parents)
