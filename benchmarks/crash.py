"""Ingests killed with SIGKILL at random moments, each gone on with and checked: ``python -m benchmarks.crash``.

Each round edits a folder of articles (some are added, changed, copied, renamed, deleted), starts an ingest of it in a
process of its own and kills that at a random moment. Another process then opens the library as the kill left it and
looks that nothing stored before is gone and that both searches answer; goes on with the ingest; and compares all that
is stored with a library built afresh. Vectors are made of word hashes, so that most of an ingest's time is writing.
"""

from __future__ import annotations

import argparse
import multiprocessing
import queue
import random
import shutil
import sys
import tempfile
import time
import traceback
import zlib
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ingest import add_articles
from vectorstore import ArticleIndex

DIMENSION = 32
ROUNDS_A_LIBRARY = 25
"""Then a new one is begun, so that the making of a library is killed too."""
VOCABULARY = 3_000
Checked = tuple[dict[str, bool], str | None]
"""What a kill left to do, and what is wrong, in words."""
PATIENCE = 1_800
"""Seconds after which a checking process counts as hung."""


class HashEmbedder:
    """Counts words in a few bins: no meaning, but the same for the same text, and fast."""

    name = "word-hashes"
    dimension = DIMENSION

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """One vector a text."""
        return [self.embed_query(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        """The vector of a text."""
        bins = [0.1] * DIMENSION
        for word in text.split():
            bins[zlib.crc32(word.encode()) % DIMENSION] += 1.0
        return bins


@dataclass
class Tally:
    """What came of the rounds so far."""

    kills: int = 0
    unfinished: int = 0
    """Kills that left something to do: articles to read, or the vector index to be told."""
    rebuilt: int = 0
    """Kills after which the vector index had to be probed, and was made anew where it was broken."""
    losses: list[str] = field(default_factory=list)


def contents(index: ArticleIndex) -> dict[str, Any]:
    """All that makes a library what it is, but when it was made and in which order."""
    record = index._record
    ids = sorted(record.chunk_ids(searched=False))
    stored = record._database.rows("SELECT id, searched, vector FROM chunks ORDER BY id")
    return {
        "shown": {summary.id: summary.other_sources for summary in index.articles()},
        "articles": {summary.id: index.article(summary.id) for summary in index.articles(copies=True)},
        "chunks": record.chunks(ids),
        "searched and vectors": stored,
        "words": {hit.chunk.id for hit in index.search_lexical("w1 w2 w3 w5 w8", top_k=10_000)},
    }


def lost(index: ArticleIndex, kept: Iterable[Path]) -> str | None:
    """What is gone of a library as a kill left it, in words: articles of ``kept``, or all that a search finds."""
    if gone := {str(path) for path in kept} - {stored.source for stored in index.sources()}:
        return f"{len(gone)} articles that nobody touched are gone, {min(gone)} among them"
    if index.counts()[1] and not (index.search_dense("w1 w2", 5) and index.search_lexical("w1 w2", 5)):
        return "a search found nothing"
    return None


def unlike_afresh(index: ArticleIndex, folder: Path, scratch: Path) -> str | None:
    """In what a library is not equal to one of the same folder that is built afresh in ``scratch``, in words."""
    with closing(ArticleIndex.open(scratch, HashEmbedder())) as fresh:
        add_articles([folder], fresh)
        ours, theirs = contents(index), contents(fresh)
    wrong = [name for name in ours if ours[name] != theirs[name]]
    if any(outcome.status != "unchanged" for outcome in add_articles([folder], index).outcomes):
        wrong.append("what a second run finds")
    return f"not equal to a library built afresh: {', '.join(wrong)}" if wrong else None


# The folder ------------------------------------------------------------------------------------


def write_article(path: Path, chance: random.Random, most: int = 40, sameness: float = 0.6) -> None:
    """A made-up article of five to ``most`` paragraphs.

    With much ``sameness`` three words in a row are common to many articles, so that each is compared with most others
    as a near-duplicate; with 0.1 the commonest word is as common as in English.
    """
    paragraphs = [
        " ".join(f"w{int(chance.paretovariate(sameness)) % VOCABULARY}" for _ in range(chance.randrange(40, 90))) + "."
        for _ in range(chance.randrange(5, most))
    ]
    path.write_text(f"Title {chance.random()}\n\n" + "\n\n".join(paragraphs) + "\n", encoding="utf-8")


def edit(folder: Path, chance: random.Random, articles: int) -> set[Path]:
    """Edits about a third of the folder; returns the files that were left alone."""
    files = sorted(folder.rglob("*.txt"))
    untouched = set(files)
    for path in chance.sample(files, len(files) // 3):
        untouched.discard(path)
        match chance.randrange(6):
            case 0:
                path.unlink()
            case 1:
                (folder / "sub").mkdir(exist_ok=True)
                path.rename(folder / "sub" / f"{chance.randrange(10**9)}.txt")
            case 2:
                text = path.read_text(encoding="utf-8")
                (folder / f"{chance.randrange(10**9)}.txt").write_text(text.replace("w1 ", "w2 ", 3), encoding="utf-8")
            case 3:
                path.write_text(path.read_text(encoding="utf-8") + "\nAdded w1 w2.\n", encoding="utf-8")
            case 4:
                which = chance.randrange(5)
                for _ in range(2):  # copies too short to be told by words in a row
                    short = folder / f"{chance.randrange(10**9)}.txt"
                    short.write_text(f"Short {which}\n\nSays w{which}.\n", encoding="utf-8")
            case _:
                write_article(path, chance)
    while len(list(folder.rglob("*.txt"))) < articles:
        write_article(folder / f"{chance.randrange(10**9)}.txt", chance)
    return untouched


# What the processes do ---------------------------------------------------------------------------


def ingest(folder: Path, library: Path, began: Any) -> None:
    """Ingests until done or killed."""
    index = ArticleIndex.open(library, HashEmbedder())
    began.set()
    add_articles([folder], index)
    index.close()


def check_and_tell(told: Any, verify: Callable[..., Checked], *arguments: Any) -> None:
    """Puts into ``told`` what ``verify`` finds, or how it failed."""
    try:
        told.put(verify(*arguments))
    except BaseException:
        told.put(({}, traceback.format_exc()))
        raise


def verify(folder: Path, library: Path, kept: Sequence[Path], scratch: Path) -> Checked:
    """Looks at the library as the kill left it, goes on with it, and compares."""
    index = ArticleIndex.open(library, HashEmbedder())
    if wrong := lost(index, kept):
        return {}, wrong
    state = {"pending": bool(index._record.outbox.count()), "unsealed": not index._dense._sealed()}
    report = add_articles([folder], index)
    state["to read"] = any(outcome.status != "unchanged" for outcome in report.outcomes)
    if problems := index.check().problems:
        return state, "; ".join(problems)
    wrong = unlike_afresh(index, folder, scratch)
    index.close()
    return state, wrong


# Rounds ------------------------------------------------------------------------------------------


def run(kills: int, seed: int = 0, articles: int = 60, tell: Any = lambda *_: None) -> Tally:
    """Rounds until ``kills`` ingests were killed before their end."""
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(["ingest", "vectorstore.chroma"])
    chance = random.Random(seed)
    tally = Tally()
    took = 2.0  # seconds of an ingest that was let finish, about
    rounds = 0
    with tempfile.TemporaryDirectory(prefix="crash-") as scratch:
        root = Path(scratch)
        folder, library = root / "articles", root / "library"
        folder.mkdir()
        while tally.kills < kills:
            if rounds % ROUNDS_A_LIBRARY == 0:
                shutil.rmtree(library, ignore_errors=True)
            rounds += 1
            untouched = edit(folder, chance, articles)
            kept = sorted(untouched) if library.exists() else []
            began = processes.Event()
            child = processes.Process(target=ingest, args=(folder, library, began))
            child.start()
            began.wait(60)
            started = time.monotonic()
            child.join(chance.uniform(0, 1.2 * took))
            if child.exitcode is None:
                child.kill()
                child.join()
                tally.kills += 1
            else:
                took = 0.7 * took + 0.3 * (time.monotonic() - started)
                if child.exitcode:
                    tally.losses.append(f"round {rounds}: an ingest ended with status {child.exitcode}")
            told = processes.Queue()
            fresh = root / f"fresh-{rounds}"
            checker = processes.Process(target=check_and_tell, args=(told, verify, folder, library, kept, fresh))
            checker.start()
            state, wrong = hear(checker, told)
            shutil.rmtree(fresh, ignore_errors=True)
            tally.unfinished += any(state.values())
            tally.rebuilt += state.get("unsealed", False)
            if wrong:
                tally.losses.append(f"round {rounds}: {wrong}")
                shutil.rmtree(library, ignore_errors=True)
            tell(tally)
    return tally


def hear(checker: Any, told: Any) -> Checked:
    """What the checking process tells; a process that crashed tells nothing."""
    waited = 0
    while waited < PATIENCE:
        try:
            state, wrong = told.get(timeout=1)
        except queue.Empty:
            waited += 1
            if checker.exitcode:
                return {}, f"the checking process ended with status {checker.exitcode}"
            continue
        checker.join()
        return state, wrong
    checker.kill()
    checker.join()
    return {}, f"the checking process was not done after {PATIENCE} s"


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--articles", type=int, default=60, help="how many the folder holds at least")
    arguments = parser.parse_args()
    started = time.monotonic()
    shown: list[str] = []

    def tell(tally: Tally) -> None:
        for loss in tally.losses[len(shown) :]:
            print(f"\n{loss}", file=sys.stderr, flush=True)
            shown.append(loss)
        line = (
            f"{tally.kills} killed, {tally.unfinished} unfinished, {tally.rebuilt} probed, {len(tally.losses)} losses"
        )
        print(f"\r{line}", end="", file=sys.stderr, flush=True)

    tally = run(arguments.kills, arguments.seed, arguments.articles, tell)
    print(file=sys.stderr)
    print(
        f"{tally.kills} ingests killed in {time.monotonic() - started:.0f} s: {tally.unfinished} left something to do, "
        f"{tally.rebuilt} a vector index that had to be probed first; {len(tally.losses)} losses"
    )
    sys.exit(1 if tally.losses else 0)


if __name__ == "__main__":
    main()
