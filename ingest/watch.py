"""A folder followed live. The only home of watchfiles."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from watchfiles import Change, watch

from ingest.errors import IngestError
from ingest.objects import is_object_address
from ingest.pipeline import add_articles
from ingest.report import IngestReport, ProgressCallback
from ingest.sources import named_paths
from vectorstore import ArticleIndex, StoreLocked

logger = logging.getLogger(__name__)

NOT_FOLLOWED = "an object store tells of no changes, so none is followed; add it again from time to time"

QUIET_MS = 400
"""How long nothing may change before a change is read: most files are written in several steps."""
PATIENCE_MS = 5_000
"""How long to wait for that quiet at most."""
LOOK_MS = 1_000
"""How often to look whether to stop, or whether another process has done writing."""
RESCAN_SECONDS = 600.0
"""How often everything is compared again: the system may drop events under load, and network folders send none."""


def watch_articles(
    sources: Sequence[str | Path],
    index: ArticleIndex,
    progress: ProgressCallback | None = None,
    *,
    allow_private: bool = False,
    stop: threading.Event | None = None,
) -> Iterator[IngestReport]:
    """Adds ``sources``, then mirrors the files and folders among them as they change, until ``stop`` is set.

    Gives a report of all of them first, and then one for each change, without what is unchanged. The writer's place
    is held only while something is written; changes met while another process holds it wait for it. Raises what
    ``add_articles`` raises, KeyboardInterrupt, and IngestError for an object store, which tells of no changes.
    """
    if any(map(is_object_address, sources)):
        raise IngestError(NOT_FOLLOWED)
    paths = [path for path in named_paths(sources) if path.exists()]
    if not paths:
        yield add_articles(sources, index, progress, allow_private=allow_private)
        return
    touched: set[Path] | None = None  # all of it
    first, waiting, compared = True, False, time.monotonic()
    for changes in watch(
        *paths,
        watch_filter=_Filter(index.folder),
        step=QUIET_MS,
        debounce=PATIENCE_MS,
        rust_timeout=LOOK_MS,
        # So that the watch is on before the first look: what changes meanwhile is not missed.
        yield_on_timeout=True,
        stop_event=stop,
    ):
        if touched is not None:
            touched |= {Path(path) for _, path in changes}
            if time.monotonic() - compared > RESCAN_SECONDS:
                touched = None
        if touched is not None and not touched:
            continue
        named = sources if first else [str(path) for path in paths]
        try:
            report = add_articles(named, index, progress, allow_private=allow_private, only=touched)
        except StoreLocked:
            if not waiting:
                logger.warning("another process is writing to %s; changes wait until it is done", index.place)
            waiting = True
            continue
        if touched is None:
            compared = time.monotonic()
        news = tuple(one for one in report.outcomes if one.status != "unchanged")
        if first:
            yield report
        elif news:
            yield replace(report, outcomes=news)
        touched, first, waiting = set(), False, False


class _Filter:
    """Leaves out what is never read: hidden files, and the library's own."""

    def __init__(self, library: Path) -> None:
        self._library = library.resolve()

    def __call__(self, change: Change, path: str) -> bool:
        return not Path(path).name.startswith(".") and not Path(path).is_relative_to(self._library)
