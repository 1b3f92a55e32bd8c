"""What the processes of a Ray cluster do with sources: read and cut them, embed their chunks, store them."""

from __future__ import annotations

import logging
import pickle
import socket
import uuid
from collections.abc import Iterable
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from typing import Any

import ray
from ray.data import Datasink
from ray.data.block import BlockAccessor

from ingest.errors import IngestError
from ingest.steps import Known, Taken, Vectors, skipped, take, texts_to_embed
from ingest.types import FilePlace
from language.errors import ArticleQAError
from vectorstore import ArticleIndex, Chunking
from vectorstore.place import Address
from vectorstore.protocols import Embedder
from vectorstore.schema import text_digest

logger = logging.getLogger(__name__)

Row = dict[str, Any]


@dataclass(frozen=True)
class Library:
    """What opens the library in another process."""

    place: Address
    embedder: Embedder | None
    """The model itself, where it was given."""
    run: str = field(default_factory=lambda: uuid.uuid4().hex)

    def open(self) -> ArticleIndex:
        """The library; one process opens it once."""
        if self.run not in _open:
            _open[self.run] = ArticleIndex.open(self.place, self.embedder, threads=1)
        return _open[self.run]


_open: dict[str, ArticleIndex] = {}


@dataclass(frozen=True)
class Work:
    """One source on its way."""

    number: int
    taken: Taken
    vectors: Vectors = field(default_factory=dict)
    """Of those of its texts that were not stored yet, by digest."""
    failure: Exception | None = None
    """Why the library could not take it."""


@dataclass(frozen=True)
class Seen:
    """How far the work is."""

    read: int = 0
    cut: int = 0
    embedded: int = 0
    stored: int = 0
    source: str = ""
    failure: Exception | None = None


class Tally:
    """Is told by all that work how far they are. What is done twice, because a node died, counts once."""

    def __init__(self) -> None:
        self._cut: dict[int, int] = {}
        self._stored: set[int] = set()
        self._seen = Seen()

    def read(self, number: int, chunks: int) -> None:
        """A source was read, and cut into so many chunks that are to be stored."""
        self._cut[number] = chunks

    def embedded(self, chunks: int) -> None:
        """So many chunks were embedded."""
        self._seen = replace(self._seen, embedded=self._seen.embedded + chunks)

    def stored(self, number: int, source: str) -> None:
        """A source is in the library as it is now."""
        self._stored.add(number)
        self._seen = replace(self._seen, source=source)

    def failed(self, failure: Exception) -> None:
        """The library cannot take what it is given."""
        self._seen = replace(self._seen, failure=self._seen.failure or failure)

    def look(self) -> Seen:
        """How far all are."""
        return replace(self._seen, read=len(self._cut), cut=sum(self._cut.values()), stored=len(self._stored))


def read_source(row: Row, chunking: Chunking, allow_private: bool, tally: Any) -> Row:
    """Reads and cuts one source: it is looked for on the node where this runs."""
    known: Known = pickle.loads(row["known"])
    try:
        if isinstance(known.place, FilePlace) and not known.place.path.exists():
            here = f"it is not there on {socket.gethostname()}"
            taken = skipped(known.place.source, f"{here}: all nodes must see the sources under the same path")
        else:
            taken = take(known, chunking, allow_private)
    except Exception as error:  # of one source among many: the others are read
        logger.exception("a source could not be read")
        taken = skipped(known.place.source, f"reading it failed ({type(error).__name__}: {error})")
    tally.read.remote(row["number"], len(taken.chunks))
    return {"work": pickle.dumps(Work(row["number"], taken))}


class EmbedChunks:
    """Embeds what is not stored yet of the chunks of some sources; keeps the model."""

    def __init__(self, library: Library, tally: Any) -> None:
        self._library = library
        self._tally = tally

    def __call__(self, rows: dict[str, Any]) -> dict[str, Any]:
        """Rows with their vectors."""
        works: list[Work] = [pickle.loads(one) for one in rows["work"]]
        try:
            made: Vectors = {}
            chunks = [chunk for work in works for chunk in work.taken.chunks]
            index = self._library.open() if chunks else None
            for piece in texts_to_embed(chunks, index) if index else ():
                made.update(index.embed_texts(piece) if index else {})
                self._tally.embedded.remote(len(piece))
            works = [replace(work, vectors=_of(work, made)) for work in works]
        except Exception as error:
            works = [replace(work, failure=_told(error, self._library.place)) for work in works]
        return {"work": [pickle.dumps(work) for work in works]}


class LibraryDatasink(Datasink[list[tuple[int, Taken, int]]]):  # type: ignore[misc]
    """Stores sources one by one, and returns what became of each, with how many of its chunks were embedded."""

    def __init__(self, library: Library, tally: Any) -> None:
        self._library = library
        self._tally = tally
        self.done: list[tuple[int, Taken, int]] = []

    def write(self, blocks: Iterable[Any], ctx: Any) -> list[tuple[int, Taken, int]]:
        """For Ray, in a task."""
        rows = (row for block in blocks for row in BlockAccessor.for_block(block).iter_rows(public_row_format=True))
        works: list[Work] = [pickle.loads(row["work"]) for row in rows]
        try:
            changes = any(work.taken.gone or work.taken.batch for work in works)
            with self._library.open().writing() if changes else nullcontext():
                return [self._store(work) for work in works]
        except Exception as error:
            ray.get(self._tally.failed.remote(_told(error, self._library.place)))
            return []

    def on_write_complete(self, write_result: Any) -> None:
        """For Ray, once all is stored."""
        self.done = [one for done in write_result.write_returns for one in done]

    def _store(self, work: Work) -> tuple[int, Taken, int]:
        if work.failure is not None:
            raise work.failure
        taken, embedded = work.taken, 0
        if taken.gone or taken.batch:
            index = self._library.open()
            # First what is gone: stopped in between, the source still counts as changed and is read again.
            if taken.gone:
                index.remove(taken.gone)
            embedded = index.add(taken.batch, work.vectors) if taken.batch else 0
        self._tally.stored.remote(work.number, taken.source)
        return work.number, replace(taken, batch=[]), embedded


def _of(work: Work, made: Vectors) -> Vectors:
    digests = {text_digest(chunk.title, chunk.text) for chunk in work.taken.chunks}
    return {digest: made[digest] for digest in digests if digest in made}


def _told(error: Exception, place: Address) -> Exception:
    """``error`` as it may be sent to another process and shown there."""
    if isinstance(error, ArticleQAError):
        return error
    logger.exception("the library could not take a source")
    return IngestError(place.without_password(f"{type(error).__name__}: {error}"))
