"""Every kind of question over 10,000 chunks: ``python -m benchmarks.kinds --data ../shared/data [--index FOLDER]``.

The sample articles lie among those of SQuAD files, and the questions are those of the samples: for each kind how long
an answer takes, and whether what is shown is still right among so many other articles.
"""

from __future__ import annotations

import argparse
import tempfile
from itertools import islice
from pathlib import Path

import samples
from benchmarks import results, squad
from ingest import add_articles
from qa import Chatbot, Settings
from qa.evaluation import evaluate, load_test_set
from qa.reader.data import load_articles
from vectorstore import ArticleIndex

FILES = ("squad-heldout.json.xz", "squad-train.json.xz")
ADDED_AT_ONCE = 20
"""Articles between two looks at how many chunks there are."""


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the folder of the public question sets")
    parser.add_argument("--chunks", type=int, default=10_000, help="chunks of the library, at least (10000)")
    parser.add_argument("--index", type=Path, help="a folder to keep the library in")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        index = ArticleIndex.open(arguments.index or Path(scratch) / "index")
        _fill(index, arguments.data, arguments.chunks, Path(scratch))
        bot = Chatbot(index, Settings(index=index.folder))
        figures = {
            name: evaluate(bot, load_test_set(path)).to_dict()
            for name, path in {"fact": samples.QUESTIONS, "others": samples.KINDS}.items()
        }
        chunks = index.counts()[1]
        index.close()
    others = figures["others"]["kinds"]
    # Among the others, questions for a fact are those that need another answer first.
    kinds = {"fact": figures["fact"]["kinds"]["fact"], "fact by another fact": others.pop("fact"), **others}
    rows = [
        [
            kind,
            str(one["n"]),
            *(f"{one['latency_ms'][name]:.0f}" for name in ("p50", "p95")),
            *("–" if one[name] is None else f"{one[name]:.0%}" for name in ("shown", "wrong_of_shown")),
        ]
        for kind, one in kinds.items()
    ]
    head = ["kind", "questions", "p50, ms", "p95, ms", "shown", "of these wrong"]
    command = f"python -m benchmarks.kinds --data DATA --chunks {arguments.chunks}"
    print(results.write("kinds", command, {"chunks": chunks, "kinds": kinds}, [results.table(head, rows)]))


def _fill(index: ArticleIndex, data: Path, chunks: int, scratch: Path) -> None:
    """Adds articles until there are ``chunks``."""
    add_articles([samples.ARTICLES], index)
    others = (article for name in FILES for article in load_articles(data / name))
    while index.counts()[1] < chunks:
        together = list(islice(others, ADDED_AT_ONCE))
        if not together:
            raise SystemExit(f"{data} holds fewer than {chunks} chunks: name a smaller number with --chunks")
        add_articles(squad.write_articles(together, scratch / "articles"), index)


if __name__ == "__main__":
    main()
