"""A folder ingested again, nothing changed: ``python -m benchmarks.mirror --articles 10000``.

Vectors are made of word hashes: what is measured is finding, reading and comparing, not the embedding model. The second
run is the command itself, in a process of its own, with everything it takes to start. Then some files are moved.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.crash import HashEmbedder, write_article
from ingest import add_articles
from vectorstore import ArticleIndex

MOVED = 100

AGAIN = """
import sys
from benchmarks.crash import HashEmbedder
from ingest import add_articles
from ui import terminal
from vectorstore import ArticleIndex
index = ArticleIndex.open(sys.argv[2], HashEmbedder())
report = add_articles([sys.argv[1]], index)
terminal.show_report(report)
assert report.chunks == 0
"""


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=10_000)
    arguments = parser.parse_args()
    chance = random.Random(0)
    with tempfile.TemporaryDirectory(prefix="mirror-") as scratch:
        folder = Path(scratch) / "articles"
        for number in range(arguments.articles):
            path = folder / f"{number % 100:02}" / f"{number}.txt"
            path.parent.mkdir(parents=True, exist_ok=True)
            write_article(path, chance, most=12, sameness=0.1)
        size = sum(path.stat().st_size for path in folder.rglob("*.txt"))
        print(f"{arguments.articles:,} files, {size / 1e6:.0f} MB")
        index = ArticleIndex.open(Path(scratch) / "library", HashEmbedder())
        started = time.perf_counter()
        add_articles([folder], index)
        index.close()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
        print(f"first run: {time.perf_counter() - started:.1f} s, peak memory {peak:.0f} MB")
        again(folder, index.folder, "again, nothing changed")
        for path in sorted(folder.rglob("*.txt"))[:MOVED]:
            path.rename(path.with_name(f"moved-{path.name}"))
        again(folder, index.folder, f"again, {MOVED} files renamed")


def again(folder: Path, library: Path, what: str) -> None:
    """Runs it in a process of its own and prints the seconds it took, by the clock and of the processor."""
    before = os.times()
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", AGAIN, str(folder), str(library)], check=True, stdout=subprocess.DEVNULL)
    seconds = time.perf_counter() - started
    after = os.times()
    processor = after.children_user + after.children_system - before.children_user - before.children_system
    print(f"{what}: {seconds:.1f} s, of the processor {processor:.1f} s; nothing embedded")


if __name__ == "__main__":
    main()
