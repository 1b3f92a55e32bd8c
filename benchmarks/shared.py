"""The same library in a folder, in PostgreSQL with pgvector, and in PostgreSQL with a Chroma server, side by side:
``python -m benchmarks.shared --data FOLDER [--sizes 10000 100000]``.

Articles, vectors and questions are those of ``benchmarks.growth``: the text is real as far as it goes, the vectors are
made. Servers run on this machine, as they are set up by default, and write to the disk before they say that something
is stored. Each library is grown from size to size; at each the servers are killed with SIGKILL and started again.
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks import results
from benchmarks.growth import articles, grow, real_questions, real_vectors
from benchmarks.squad import real_articles
from qa import Chatbot, Settings
from qa.reader.data import TrainingArticle
from qa.retriever import HybridRetriever
from tests.servers import ChromaServer, Server
from vectorstore import ArticleIndex, Embedder, exact
from vectorstore.postgres import open_indexer

STORES = ("folder", "pgvector", "chroma")
NAMES = {
    "folder": "a folder",
    "pgvector": "PostgreSQL 18 with pgvector",
    "chroma": "PostgreSQL 18 with a Chroma server",
}
FOUND = 50
"""Passages asked for, as the retriever does."""
COMPARED = 10
WARM = 3
"""Questions that are asked before the time is taken."""

Hits = list[list[str]]


@dataclass
class Store:
    """One place for a library, and what serves it."""

    place: str | Path
    folder: Path
    """Of what is not in the database."""
    server: Server | None = None
    chroma: ChromaServer | None = None

    def bytes(self) -> int:
        """What the library takes on disk."""
        files = sum(path.stat().st_size for path in self.folder.rglob("*") if path.is_file())
        if self.server is None:
            return files
        query = (
            "SELECT sum(pg_total_relation_size(c.oid))::bigint FROM pg_class c "
            "JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname = 'article_qa' AND relkind IN ('r', 'S')"
        )
        [(tables,)] = self.server.execute(query)
        return files + int(tables)


@contextmanager
def store(kind: str, scratch: Path) -> Iterator[Store]:
    """One of ``STORES`` in which there is nothing yet; gone afterwards."""
    folder = scratch / kind
    folder.mkdir()
    server = chroma = None
    try:
        if kind == "folder":
            yield Store(folder / "index", folder)
            return
        server = Server("postgresql 18", {"fsync": "on"})
        place = server.address()
        if kind == "chroma":
            chroma = ChromaServer(folder)
            place = f"{place}&chroma={chroma.url}"
        yield Store(place, folder, server, chroma)
    finally:
        if chroma is not None:
            chroma.stop()
        if server is not None:
            server.remove()
        shutil.rmtree(folder)


@dataclass(frozen=True)
class Asked:
    """Questions, with their vectors."""

    texts: Sequence[str]
    vectors: Sequence[list[float]]


@dataclass
class Found:
    """What a library finds, as ids of chunks, best first."""

    dense: Hits = field(default_factory=list)
    words: Hits = field(default_factory=list)
    passages: Hits = field(default_factory=list)
    nearest: Hits = field(default_factory=list)
    """By comparing all vectors."""


def times(work: Callable[[int], object], count: int) -> dict[str, float]:
    """Milliseconds in the middle, and that 95 of 100 stay below, of ``work`` on each of so many questions."""
    for number in range(WARM):
        work(number)
    taken = []
    for number in range(count):
        started = time.perf_counter()
        work(number)
        taken.append(1000 * (time.perf_counter() - started))
    return {"p50": float(np.percentile(taken, 50)), "p95": float(np.percentile(taken, 95))}


def measure(index: ArticleIndex, asked: Asked) -> dict[str, dict[str, float]]:
    """Times over a library as it is now."""
    bot = Chatbot(index, Settings(index=index.place))
    texts, vectors = asked.texts, asked.vectors
    count = len(texts)
    return {
        "dense": times(lambda n: index.search_vector(vectors[n], FOUND, words=texts[n]), count),
        "words": times(lambda n: index.search_lexical(texts[n], FOUND), count),
        "ask": times(lambda n: bot.ask(texts[n]), count),
    }


def look(index: ArticleIndex, asked: Asked) -> Found:
    """What it finds."""
    retriever = HybridRetriever(index=index)
    ids, vectors = index._record.vectors()
    found = Found()
    for text, vector in zip(asked.texts, asked.vectors, strict=True):
        found.dense.append([hit.chunk.id for hit in index.search_vector(vector, COMPARED, words=text)])
        found.words.append([hit.chunk.id for hit in index.search_lexical(text, COMPARED)])
        found.passages.append([passage.chunk_id for passage in retriever.retrieve(text, COMPARED)])
        found.nearest.append([one for one, _ in exact.nearest(ids, vectors, vector, COMPARED)])
    return found


def shared_of(ours: Hits, theirs: Hits, most: int = COMPARED) -> float:
    """Of the first ``most`` that ``theirs`` holds, how many ``ours`` does, in percent."""
    both = sum(len(set(a[:most]) & set(b[:most])) for a, b in zip(ours, theirs, strict=True))
    return 100 * both / sum(len(b[:most]) for b in theirs)


def recover(at: Store, index: ArticleIndex, asked: Asked, embedder: Embedder) -> dict[str, float]:
    """Seconds until a library answers after what serves it was killed and is started again; a folder, after it is
    opened by another process."""

    def answer(library: ArticleIndex) -> None:
        assert library.search_vector(asked.vectors[0], FOUND, words=asked.texts[0])
        assert library.search_lexical(asked.texts[0], FOUND)

    def timed(work: Callable[[], Any]) -> float:
        started = time.perf_counter()
        work()
        return time.perf_counter() - started

    if at.server is None:
        with closing(ArticleIndex.open(at.place, embedder)) as other:
            return {"opened": timed(lambda: answer(other))}
    seconds = {}
    at.server.kill()
    seconds["PostgreSQL"] = timed(lambda: (at.server.start(), answer(index)))  # type: ignore[union-attr]
    if at.chroma is not None:
        at.chroma.stop()

        def restart() -> None:
            at.chroma.start()  # type: ignore[union-attr]
            answer(index)
            while index._dense._chroma.is_down:  # type: ignore[attr-defined]
                time.sleep(0.1)
                answer(index)

        seconds["Chroma"] = timed(restart)
    return seconds


def run(
    kind: str,
    scratch: Path,
    real: Sequence[TrainingArticle],
    sizes: Sequence[int],
    vectors: NDArray[np.float32],
    asked: Asked,
    embedder: Embedder,
) -> Iterator[tuple[dict[str, Any], Found]]:
    """The figures of one store at each of ``sizes``, and what it finds there."""
    more = articles(real, seed=4)
    with store(kind, scratch) as at, closing(ArticleIndex.open(at.place, embedder)) as index:
        for size in sizes:
            load = os.getloadavg()[0]
            before = index.counts()[1]
            started = time.perf_counter()
            rate = grow(index, more, size, vectors)
            seconds = (size - before) / rate
            if kind == "chroma":
                told = time.perf_counter()
                with closing(open_indexer(index.place)) as indexer:  # type: ignore[arg-type]
                    indexer.run_once()
                seconds += time.perf_counter() - told
            print(f"{kind}: {size} stored in {time.perf_counter() - started:.0f} s", flush=True)
            chunks = index.counts()[1]
            recovered = recover(at, index, asked, embedder)
            figures = measure(index, asked)
            yield (
                {
                    "store": NAMES[kind],
                    "chunks": chunks,
                    "stored a second": (size - before) / seconds,
                    **figures,
                    "bytes a chunk": at.bytes() / chunks,
                    "answers again after s": recovered,
                    "load before": load,
                },
                look(index, asked),
            )


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with squad-heldout and squad-train")
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--limit", type=int, default=40, help="questions asked at each size")
    parser.add_argument("--stores", nargs="+", choices=STORES, default=STORES, help="the first is compared with")
    arguments = parser.parse_args()
    sizes = sorted(arguments.sizes)
    real = real_articles(arguments.data)
    texts = real_questions(real, arguments.limit)
    scratch = Path(tempfile.mkdtemp(prefix="shared-"))
    rows: list[dict[str, Any]] = []
    first: dict[int, Found] = {}
    try:
        with closing(ArticleIndex.open(scratch / "first")) as index:
            vectors = real_vectors(index, real, 1000)
            embedder = index.embedder
            asked = Asked(texts, [index.embed_query(text) for text in texts])
        for kind in arguments.stores:
            for size, (row, found) in zip(
                sizes, run(kind, scratch, real, sizes, vectors, asked, embedder), strict=True
            ):
                other = first.setdefault(size, found)
                row["agreement %"] = {
                    "dense": shared_of(found.dense, found.nearest),
                    "words": shared_of(found.words, other.words),
                    "passages": shared_of(found.passages, other.passages),
                    "first passage": shared_of(found.passages, other.passages, 1),
                }
                rows.append(row)
                print(row, flush=True)
    finally:
        shutil.rmtree(scratch)
    command = "python -m benchmarks.shared --data FOLDER"
    print(results.write("shared", command, {"rows": rows}, [_table(rows)]))


def _table(rows: Sequence[dict[str, Any]]) -> str:
    head = [
        "library",
        "chunks",
        "stored a second",
        *(f"{name}: p50 / p95 ms" for name in ("dense", "by words", "whole question")),
        "bytes a chunk",
        "answers again after",
        f"dense: of the nearest {COMPARED}",
        f"by words: same {COMPARED}",
        f"passages: same {COMPARED}",
        "same first",
        "load before",
    ]
    body = []
    for row in sorted(rows, key=lambda row: row["chunks"]):
        again = ", ".join(f"{seconds:.1f} s ({name})" for name, seconds in row["answers again after s"].items())
        body.append(
            [
                row["store"],
                f"{row['chunks']:,}",
                f"{row['stored a second']:.0f}",
                *(f"{row[name]['p50']:.0f} / {row[name]['p95']:.0f}" for name in ("dense", "words", "ask")),
                f"{row['bytes a chunk']:,.0f}",
                again,
                *(f"{share:.1f} %" for share in row["agreement %"].values()),
                f"{row['load before']:.1f}",
            ]
        )
    return results.table(head, body)


if __name__ == "__main__":
    main()
