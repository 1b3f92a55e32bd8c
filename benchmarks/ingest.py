"""Ingest, beside the plain way and the embedder's own rate, in one run: ``python -m benchmarks.ingest --heldout FILE``.

The plain way is ``benchmarks.plain``. The bare rate is that of the embedder alone, given the same chunks all at once.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks import plain, results
from benchmarks.squad import halves, indexed_texts, write_articles
from ingest import add_articles
from vectorstore import ArticleIndex


def seconds(work: Callable[[], object]) -> float:
    """How long ``work`` takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--heldout", type=Path, required=True, help="squad-heldout.json.xz")
    parser.add_argument("--articles", type=int, default=40, help="how many articles to ingest")
    parser.add_argument("--rounds", type=int, default=3, help="times each is measured; the fastest counts")
    arguments = parser.parse_args()
    fitted, reported = halves(arguments.heldout)
    articles = [*fitted, *reported][: arguments.articles]
    measured: dict[str, list[float]] = {name: [] for name in ("plain", "ours", "bare", "again")}
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        files = write_articles(articles, folder / "articles")
        ready = folder / "ready.txt"
        ready.write_text("One short article is stored before the others.\n", encoding="utf-8")
        size = sum(file.stat().st_size for file in files)
        for number in range(arguments.rounds):
            # Models are loaded, ours exported where it never was, and both stores open before the clock starts.
            index = ArticleIndex.open(folder / f"ours-{number}")
            add_articles([ready], index)
            store = plain.ingest([ready], folder / f"plain-{number}")
            measured["plain"].append(seconds(lambda: plain.fill(store, files)))  # noqa: B023
            measured["ours"].append(seconds(lambda: add_articles([folder / "articles"], index)))  # noqa: B023
            measured["again"].append(seconds(lambda: add_articles([folder / "articles"], index)))  # noqa: B023
            texts = indexed_texts(index)
            measured["bare"].append(seconds(lambda: index.embedder.embed_documents(texts)))  # noqa: B023
            print({name: f"{times[-1]:.2f} s" for name, times in measured.items()}, flush=True)
            index.close()
    fastest = {name: min(times) for name, times in measured.items()}
    ours, count = fastest["ours"], len(texts)
    rows = [
        ["plain LangChain and Chroma", f"{fastest['plain']:.1f} s", f"{fastest['plain'] / ours:.2f}"],
        ["article-qa", f"{ours:.1f} s ({count / ours:.0f} chunks a second)", "1"],
        ["its embedder alone, same chunks", f"{fastest['bare']:.1f} s", f"{fastest['bare'] / ours:.2f}"],
        ["again, nothing changed", f"{fastest['again']:.2f} s", f"{fastest['again'] / ours:.3f}"],
    ]
    told = f"{len(files)} articles, {size:,} bytes, {count} chunks."
    command = "python -m benchmarks.ingest --heldout squad-heldout.json.xz"
    tables = [told, results.table(["", "ingest", "times ours"], rows)]
    print(results.write("ingest", command, {"seconds": measured, "chunks": count}, tables))
    seconds_of = {"plain": fastest["plain"], "article-qa": ours, "embedder alone": fastest["bare"]}
    results.bars("ingest", "Seconds to ingest", {name: {"seconds": value} for name, value in seconds_of.items()})


if __name__ == "__main__":
    main()
