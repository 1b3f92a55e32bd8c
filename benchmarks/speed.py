"""Ingest and retrieval speed, beside the plain way, in one run: ``python -m benchmarks.speed --heldout FILE``."""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks import plain
from benchmarks.squad import halves, write_articles
from ingest import add_articles
from qa.retriever import HybridRetriever
from vectorstore import ArticleIndex


def seconds(work: Callable[[], object]) -> float:
    """How long ``work`` takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--heldout", type=Path, required=True, help="squad-heldout.json.xz")
    parser.add_argument("--articles", type=int, default=20, help="how many articles to ingest")
    arguments = parser.parse_args()
    fitted, reported = halves(arguments.heldout)
    articles = [*fitted, *reported][: arguments.articles]
    questions = [e.question for a in articles for p in a.paragraphs for e in p.examples][::40]
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        files = write_articles(articles, folder / "articles")
        # Both models are loaded, and ours exported where it never was, before the clock starts.
        index = ArticleIndex.open(folder / "ours")
        index.embed_query("ready")
        plain.ingest(files[:0], folder / "warm-up").similarity_search("ready")
        ours = seconds(lambda: add_articles([folder / "articles"], index))
        theirs = seconds(lambda: plain.ingest(files, folder / "plain"))
        again = seconds(lambda: add_articles([folder / "articles"], index))
        store = plain.ingest([], folder / "plain")
        retriever = HybridRetriever(index=index)
        ask_ours = statistics.median(seconds(lambda q=q: retriever.retrieve(q)) for q in questions)  # type: ignore[misc]
        ask_theirs = statistics.median(seconds(lambda q=q: plain.retrieve(store, q)) for q in questions)  # type: ignore[misc]
        characters = sum(file.stat().st_size for file in files)
        print(f"{len(files)} articles, {characters:,} bytes, {index.counts()[1]} chunks; {len(questions)} questions\n")
        print("| | plain LangChain and Chroma | article-qa | ratio |\n|---|---|---|---|")
        print(f"| ingest | {theirs:.1f} s | {ours:.1f} s | {theirs / ours:.2f} |")
        print(f"| ingest again, nothing changed | {theirs:.1f} s | {again:.2f} s | {theirs / again:.0f} |")
        print(
            f"| find passages | {1000 * ask_theirs:.1f} ms | {1000 * ask_ours:.1f} ms | {ask_theirs / ask_ours:.2f} |"
        )


if __name__ == "__main__":
    main()
