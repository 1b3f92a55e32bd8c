"""Writers, indexers, servers and Ray nodes killed with SIGKILL at random moments of an ingest into a shared library,
each gone on with and checked: ``python -m benchmarks.crash_shared [--rounds 200]``.

Each round edits a folder of articles, starts an ingest of it into PostgreSQL 18 and kills one of those at work. Then
all is started again; another process looks that nothing stored before is gone and that both searches answer, runs the
same ingest again, has Chroma told of the rest, and compares all that is stored with a library built afresh. Libraries
take turns: with pgvector, on a Chroma server that two indexers tell, on one that the writers tell.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import shutil
import signal
import sys
import tempfile
import threading
import time
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.crash import PATIENCE, Checked, HashEmbedder, check_and_tell, edit, hear, lost, unlike_afresh
from ingest import IngestError, add_articles
from tests.servers import NODE, ChromaServer, Server, ray_cluster
from vectorstore import ArticleIndex, StoreError, chroma_server, exact
from vectorstore.place import library_place
from vectorstore.postgres import chroma, indexer, open_indexer, pending
from vectorstore.postgres.dense import PENDING_MOST

ROUNDS_A_LIBRARY = 12
VICTIMS = {
    "pgvector": ("writer", "PostgreSQL"),
    "Chroma, indexers": ("writer", "indexer", "PostgreSQL", "Chroma"),
    "Chroma, writers": ("writer", "PostgreSQL", "Chroma"),
}
"""What is killed, by kind of library."""
IN_WORDS = 3
"""Exit status of an ingest that ended with an error for people."""
PRELOADED = ["ingest", "chromadb", "psycopg_pool", "vectorstore.chroma_server", "vectorstore.postgres.opening"]


@dataclass
class Tally:
    """What came of the rounds so far."""

    kills: Counter[str] = field(default_factory=Counter)
    """Of each kind, of which the ingest was not yet done."""
    rounds: int = 0
    unfinished: int = 0
    """Rounds that left something to do."""
    inexact: int = 0
    """Rounds after which a search by vectors, which is not exact, missed one of the five nearest chunks."""
    losses: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        killed = ", ".join(f"{count} {name}" for name, count in sorted(self.kills.items()))
        found = f"{self.unfinished} unfinished, {self.inexact} inexact, {len(self.losses)} losses"
        return f"{self.rounds} rounds; killed: {killed}; {found}"


# What the processes do ---------------------------------------------------------------------------


def begin(said: Path, work: Any, arguments: Sequence[Any]) -> None:
    """What each process does first: its output goes to a file, and it waits for nothing long. What a killed process
    has claimed is told of soon; a server that does not answer is asked again at once."""
    with said.open("ab") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    chroma.BATCH, chroma.RETRY_SECONDS, indexer.RETRY_SECONDS, indexer.LOOK_SECONDS = 20, 1.0, 0.2, 0.1
    pending.LEASE_SECONDS, pending.TELL_SECONDS, chroma_server.TIMEOUT = 6, 1.5, 2
    work(*arguments)


def write(folder: Path, place: str, began: Any, ray: str | None) -> None:
    """Ingests until done or killed."""
    began.set()
    try:
        with closing(ArticleIndex.open(place, HashEmbedder())) as index:
            add_articles([folder], index, ray=ray)
    except (StoreError, IngestError):
        traceback.print_exc()
        sys.exit(IN_WORDS)


def tell_chroma(place: str) -> None:
    """An indexer, until killed."""
    while True:
        with suppress(StoreError), closing(open_indexer(library_place(place))) as one:  # type: ignore[arg-type]
            one.run(threading.Event(), lambda count: None, lambda said: None)
        time.sleep(0.2)  # there is no library yet


def verify(folder: Path, place: str, kept: Sequence[Path], scratch: Path) -> Checked:
    """Looks at the library as the kill left it, goes on with it, and compares."""
    with closing(ArticleIndex.open(place, HashEmbedder())) as index:
        if wrong := lost(index, kept):
            return {}, wrong
        report = add_articles([folder], index)
        state = {"to read": any(outcome.status != "unchanged" for outcome in report.outcomes)}
        if "chroma=" in place:
            with closing(open_indexer(index.place)) as one:  # type: ignore[arg-type]
                missed = _missed(index).intersection(index._dense._chroma.pending.some(PENDING_MOST))  # type: ignore[attr-defined]
                if missed:
                    return state, f"a search by vectors did not find {len(missed)} chunks that are pending"
                state["pending"] = bool(one.run_once())
        if problems := index.check().problems:
            return state, "; ".join(problems)
        state["inexact"] = bool(_missed(index))
        return state, unlike_afresh(index, folder, scratch)


def _missed(index: ArticleIndex) -> set[str]:
    """Which of the five chunks nearest to a question a search by vectors does not find."""
    [vector] = exact.unit_length(np.asarray([index.embed_query("w1 w2 w3")], dtype=np.float32)).tolist()
    found = index.search_vector(vector, 5)
    least = min(hit.score for hit in found) + 1e-4  # as near as that, any of several may be found
    best = exact.nearest(*index._record.vectors(), vector, 5)
    return {chunk_id for chunk_id, score in best if score > least} - {hit.chunk.id for hit in found}


# Rounds ------------------------------------------------------------------------------------------


class Rounds:
    """The servers, and the processes at work on the library of now."""

    def __init__(self, root: Path, seed: int, articles: int, ray_every: int) -> None:
        self._processes = multiprocessing.get_context("forkserver")
        self._processes.set_forkserver_preload(PRELOADED)
        self._chance = random.Random(seed)
        self._root = root
        self._articles = articles
        self._ray_every = ray_every
        self._said = root / "said"
        self._stack = ExitStack()
        self._took = {"alone": 1.0, "on Ray": 20.0}
        """Seconds of an ingest that was let finish, about."""
        self._indexers: list[Any] = []
        self._cluster: Any = None
        (root / "chroma").mkdir()
        self._server = Server("postgresql 18")
        self._stack.callback(self._server.remove)
        self._chroma = ChromaServer(root / "chroma")
        self._stack.callback(self._chroma.stop)
        self.tally = Tally()
        self._libraries = 0
        self._begin()

    def close(self) -> None:
        """Ends all of it."""
        self._kill(*self._indexers)
        self._stack.close()

    def run(self, rounds: int) -> Iterator[Tally]:
        """The tally after each round."""
        for number in range(1, rounds + 1):
            if number > 1 and (number - 1) % ROUNDS_A_LIBRARY == 0:
                self._begin()
            self.tally.rounds = number
            if wrong := self._round(number):
                self.tally.losses.append(f"round {number}, {self._kind}, {wrong}")
                self._begin()
            yield self.tally

    def _begin(self) -> None:
        """Another library, not made yet, of the next kind."""
        self._kill(*self._indexers)
        self._indexers.clear()
        kinds = list(VICTIMS)
        self._kind = kinds[self._libraries % len(kinds)]
        self._libraries += 1
        self._place = self._server.address(f"library{self._libraries}")
        if "Chroma" in self._kind:
            self._place += f"&chroma={self._chroma.url}"
        shutil.rmtree(self._root / "articles", ignore_errors=True)  # it grows with each edit
        (self._root / "articles").mkdir()
        self._new = True

    def _round(self, number: int) -> str | None:
        """What is wrong after it, in words."""
        folder, chance = self._root / "articles", self._chance
        untouched = edit(folder, chance, self._articles)
        kept = [] if self._new else sorted(untouched)
        while "indexers" in self._kind and len(self._indexers) < 2:
            self._indexers.append(self._start(tell_chroma, self._place))
        on_ray = number % self._ray_every == 0
        victim = "Ray node" if on_ray else chance.choice(VICTIMS[self._kind])
        if on_ray and self._cluster is None:
            self._cluster = self._stack.enter_context(ray_cluster(3))
        began = self._processes.Event()
        writer = self._start(write, folder, self._place, began, self._cluster.address if on_ray else None)
        began.wait(60)
        started = time.monotonic()
        way = "on Ray" if on_ray else "alone"
        writer.join(chance.uniform(0, 1.1 * self._took[way]))
        at_work = writer.exitcode is None
        self._strike(victim, writer)
        writer.join(PATIENCE)
        if at_work:
            self.tally.kills[victim] += 1
        else:
            self._took[way] = 0.7 * self._took[way] + 0.3 * (time.monotonic() - started)
        # Where all that it needs is there, an ingest has to end well.
        may_fail = at_work and (victim in ("PostgreSQL", "Ray node") or (victim == "Chroma" and self._new))
        allowed = {0, *([-9] if at_work and victim == "writer" else ()), *([IN_WORDS] if may_fail else ())}
        if writer.exitcode not in allowed:
            self._kill(writer)
            said = self._said.read_text("utf-8", "replace")[-2000:]
            return f"{victim} killed: an ingest ended with status {writer.exitcode}, having said {said}"
        told = self._processes.Queue()
        fresh = self._root / "fresh"
        checker = self._start(check_and_tell, told, verify, folder, self._place, kept, fresh)
        state, wrong = hear(checker, told)
        shutil.rmtree(fresh, ignore_errors=True)
        self.tally.inexact += state.pop("inexact", False)
        self.tally.unfinished += any(state.values())
        self._new = False
        if any(one.exitcode is not None for one in self._indexers):
            wrong = wrong or "an indexer has ended"
            self._indexers = [one for one in self._indexers if one.exitcode is None]
        return f"{victim} killed: {wrong}" if wrong else None

    def _strike(self, victim: str, writer: Any) -> None:
        """Kills it, and starts it again, but for the writer."""
        match victim:
            case "writer":
                self._kill(writer)
            case "indexer":
                self._kill(self._indexers.pop(0))
                self._indexers.append(self._start(tell_chroma, self._place))
            case "PostgreSQL":
                self._server.kill()
                self._server.start()
            case "Chroma":
                self._chroma.stop()
                self._chroma.start()
            case "Ray node":
                doomed = self._chance.choice(sorted(self._cluster.worker_nodes, key=id))
                self._cluster.remove_node(doomed, allow_graceful=False)
                self._cluster.add_node(**NODE)

    def _start(self, work: Any, *arguments: Any) -> Any:
        process = self._processes.Process(target=begin, args=(self._said, work, arguments), daemon=work is tell_chroma)
        process.start()
        return process

    def _kill(self, *processes: Any) -> None:
        for process in processes:
            process.kill()
            process.join()


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--articles", type=int, default=24, help="how many the folder holds at least")
    parser.add_argument("--ray-every", type=int, default=20, help="rounds, of which one is on Ray")
    arguments = parser.parse_args()
    started = time.monotonic()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))  # the servers with it
    with tempfile.TemporaryDirectory(prefix="crash-shared-") as scratch:
        rounds = Rounds(Path(scratch), arguments.seed, arguments.articles, arguments.ray_every)
        tally = rounds.tally
        try:
            shown = 0
            for tally in rounds.run(arguments.rounds):
                for loss in tally.losses[shown:]:
                    print(f"\n{loss}", file=sys.stderr, flush=True)
                shown = len(tally.losses)
                print(f"\r{tally}", end="", file=sys.stderr, flush=True)
        finally:
            rounds.close()
    print(file=sys.stderr)
    print(f"{tally} in {time.monotonic() - started:.0f} s")
    sys.exit(1 if tally.losses else 0)


if __name__ == "__main__":
    main()
