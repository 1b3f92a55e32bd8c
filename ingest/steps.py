"""The steps of one source on its way into a library, in whichever process they are taken."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from ingest.chunking import CHUNKER_VERSION, chunk_article
from ingest.errors import UnreadableSource
from ingest.formats import fingerprint, read_articles
from ingest.report import Outcome, Status
from ingest.sources import follow, read_source
from ingest.types import LinkedPage, Place, Skipped, WebPlace
from vectorstore import Article, ArticleIndex, Chunk, Chunking, StoredSource

PIECE_CHUNKS = 128
"""Chunks embedded without a word of how far it is: about a second's work, in four dozen passes of the model."""

Batch = list[tuple[Article, list[Chunk]]]
Vectors = dict[str, NDArray[np.float32]]


@dataclass(frozen=True)
class Known:
    """A source, and what is stored of it."""

    place: Place | Skipped
    stored: Mapping[str, StoredSource] = field(default_factory=dict)
    """By the article's own source."""
    may_have_changed: bool = True


@dataclass(frozen=True)
class Taken:
    """What a source gave: what becomes of each article, and what is to be stored."""

    source: str
    outcomes: tuple[Outcome, ...]
    batch: Batch = field(default_factory=list)
    """Articles with their chunks; stored together or not at all."""
    gone: tuple[str, ...] = ()
    """Ids of articles that are no longer in it."""
    links: tuple[Place | Skipped, ...] = ()
    """Where the pages are that it lists, if it is a feed or sitemap."""
    mark: str = ""
    """What its articles were made from; empty where it was not read, or is unchanged."""

    @property
    def chunks(self) -> list[Chunk]:
        """Those of all articles."""
        return [chunk for _, chunks in self.batch for chunk in chunks]


def take(known: Known, chunking: Chunking | None, allow_private: bool) -> Taken:
    """Reads a source and cuts it, unless it is unchanged; cuts nothing without ``chunking``. Stores nothing."""
    place, stored = known.place, known.stored
    if not known.may_have_changed:
        return _unchanged(known)
    if isinstance(place, Skipped):
        return skipped(place.source, place.reason)
    try:
        raw = read_source(place, allow_private=allow_private)
        mark = f"{fingerprint(raw)} {CHUNKER_VERSION}"
        # One article is enough: those of a source are stored together or not at all.
        if any(one.fingerprint == mark for one in stored.values()):
            return _unchanged(known)
        found = read_articles(raw)
    except UnreadableSource as error:
        return skipped(place.source, error.reason)
    outcomes: list[Outcome] = []
    links: list[Place | Skipped] = []
    articles: list[Article] = []
    for one in found:
        if isinstance(one, LinkedPage):
            links.append(follow(one, place))
        elif isinstance(one, Skipped):
            outcomes.append(Outcome(one.source, "skipped", reason=one.reason))
        else:
            articles.append(replace(one, fingerprint=mark))
            status: Status = "changed" if one.source in stored else "added"
            outcomes.append(Outcome(one.source, status, one.title, one.id))
    gone: list[StoredSource] = []
    if not isinstance(place, WebPlace):  # which may list only the latest
        seen = {one.source for one in found if not isinstance(one, LinkedPage)}
        gone = [one for one in stored.values() if one.source not in seen]
        outcomes += [Outcome(one.source, "removed", article_id=one.article_id) for one in gone]
    return Taken(
        place.source,
        tuple(outcomes),
        [(one, chunk_article(one, chunking.size, chunking.overlap)) for one in articles] if chunking else [],
        tuple(one.article_id for one in gone),
        tuple(links),
        mark,
    )


def texts_to_embed(chunks: Iterable[Chunk], index: ArticleIndex) -> list[dict[str, str]]:
    """What of ``chunks`` has to be embedded, by digest, in pieces of up to ``PIECE_CHUNKS``."""
    # By length: texts of a pass are padded to the longest of them.
    texts = sorted(index.new_texts(list(chunks)).items(), key=lambda item: len(item[1]))
    return [dict(texts[start : start + PIECE_CHUNKS]) for start in range(0, len(texts), PIECE_CHUNKS)]


def _unchanged(known: Known) -> Taken:
    same = (Outcome(one.source, "unchanged", article_id=one.article_id) for one in known.stored.values())
    return Taken(known.place.source, tuple(same))


def skipped(source: str, reason: str) -> Taken:
    """What a source gave that could not be read."""
    return Taken(source, (Outcome(source, "skipped", reason=reason),))
