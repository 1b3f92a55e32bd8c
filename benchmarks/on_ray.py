"""Ingest into PostgreSQL by one process, and by Ray clusters of one, two and three nodes on this machine:
``python -m benchmarks.on_ray --data FOLDER [--articles 60]``.

Real articles, each a text file, with the model that is the default. A node has one core as Ray counts, and all of them
share this machine's: this shows what Ray costs, and no gain. Until the first chunk is embedded counts as starting.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack, closing
from pathlib import Path

from benchmarks import results
from benchmarks.squad import real_articles, write_articles
from ingest import Progress, add_articles
from tests.servers import Server, ray_cluster
from vectorstore import ArticleIndex

Figures = dict[str, float]


def run(folder: Path, place: str, nodes: int) -> Figures:
    """Seconds and chunks of an ingest on so many nodes, or in this process without Ray."""
    load = os.getloadavg()[0]
    started = time.perf_counter()
    first: list[float] = []

    def tell(progress: Progress) -> None:
        if progress.chunks and not first:
            first.append(time.perf_counter())

    with ExitStack() as stack:
        ray = stack.enter_context(ray_cluster(nodes)).address if nodes else None
        made = time.perf_counter()
        index = stack.enter_context(closing(ArticleIndex.open(place)))
        report = add_articles([folder], index, tell, ray=ray)
        ended = time.perf_counter()
        if skipped := report.of("skipped"):
            raise RuntimeError(f"{skipped[0].source}: {skipped[0].reason}")
    return {
        "nodes": nodes,
        "chunks": report.chunks,
        "cluster s": made - started,
        "first chunk s": first[0] - made,
        "rest s": ended - first[0],
        "chunks a second": report.chunks / (ended - first[0]),
        "load before": load,
    }


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with squad-heldout and squad-train")
    parser.add_argument("--articles", type=int, default=60)
    parser.add_argument("--nodes", type=int, nargs="+", default=[0, 1, 2, 3], help="0 is without Ray")
    arguments = parser.parse_args()
    real = real_articles(arguments.data)
    rows: list[Figures] = []
    with tempfile.TemporaryDirectory(prefix="on-ray-") as scratch, ExitStack() as stack:
        folder = Path(scratch)
        write_articles(real[: arguments.articles], folder)
        server = Server("postgresql 18", {"fsync": "on"})
        stack.callback(server.remove)
        with closing(ArticleIndex.open(server.address("first"))) as index:
            index.embed_query("so that the model has been made ready on this machine")
        for nodes in arguments.nodes:
            rows.append(run(folder, server.address(f"nodes{nodes}"), nodes))
            print(rows[-1], flush=True)
    command = "python -m benchmarks.on_ray --data FOLDER"
    print(results.write("on_ray", command, {"rows": rows}, [_table(rows)]))


def _table(rows: Sequence[Figures]) -> str:
    head = ["", "chunks", "cluster starts", "until the first chunk", "the rest", "chunks a second", "load before"]
    body = [
        [
            f"Ray, nodes: {row['nodes']}" if row["nodes"] else "one process, without Ray",
            f"{row['chunks']:,}",
            *(f"{row[name]:.0f} s" for name in ("cluster s", "first chunk s", "rest s")),
            f"{row['chunks a second']:.1f}",
            f"{row['load before']:.1f}",
        ]
        for row in rows
    ]
    return results.table(head, body)


if __name__ == "__main__":
    main()
