"""Facts over whole news articles, end to end: ``python -m benchmarks.news --data ../shared/data/news-dev.jsonl.xz``.

Each article is a text file as news sites give it, date line, captions and all. Figures: exact match and F1 where every
question is answered; and, as the product is, how many questions get an answer, how many of those are wrong (F1 under
0.5), and how many of the abstentions were needless, which all are, since every question has its answer in some article.
"""

from __future__ import annotations

import argparse
import json
import lzma
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ingest import add_articles
from qa import Chatbot, Settings
from qa.evaluation import EvalQuestion, EvalResult, evaluate
from vectorstore import ArticleIndex


def load(data: Path) -> tuple[dict[str, str], list[EvalQuestion]]:
    """The articles' texts by id, and the questions."""
    with lzma.open(data, "rt", encoding="utf-8") as lines:
        rows: list[dict[str, Any]] = [json.loads(line) for line in lines]
    articles = {row["id"]: row["text"] for row in rows if row["type"] == "article"}
    asked = [row for row in rows if row["type"] == "question"]
    return articles, [EvalQuestion(row["id"], row["question"], tuple(row["answers"])) for row in asked]


@contextmanager
def library(articles: dict[str, str], folder: Path | None = None) -> Iterator[ArticleIndex]:
    """A library of the articles, in ``folder`` if given, where it is kept and used again."""
    with tempfile.TemporaryDirectory() as scratch:
        sources = Path(scratch) / "articles"
        sources.mkdir()
        for name, text in articles.items():
            (sources / f"{name}.txt").write_text(text, encoding="utf-8")
        index = ArticleIndex.open(folder or Path(scratch) / "index")
        try:
            if index.counts() == (0, 0):
                add_articles([sources], index)
            yield index
        finally:
            index.close()


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="news-dev.jsonl.xz")
    parser.add_argument("--index", type=Path, help="a folder to keep the library in")
    arguments = parser.parse_args()
    articles, questions = load(arguments.data)
    with library(articles, arguments.index) as index:
        print(f"{index.counts()[0]} articles, {index.counts()[1]} chunks, {len(questions)} questions\n")
        forced = evaluate(Chatbot(index, Settings(index=index.folder, threshold=0.0)), questions).to_dict()
        print(f"always answering: EM {forced['exact_match']:.1f}, F1 {forced['f1']:.1f}")
        shown = evaluate(Chatbot(index, Settings(index=index.folder)), questions)
        print(_shown(shown))


def _shown(result: EvalResult) -> str:
    figures = result.to_dict()
    share = sum(row.is_shown for row in result.rows) / len(result.rows)
    return (
        f"as it is: {share:.0%} answered, of those {figures['wrong_of_shown'] or 0:.0%} wrong; EM "
        f"{figures['exact_match']:.1f}, F1 {figures['f1']:.1f}; calibration error {figures['calibration_error']:.3f}; "
        f"median {figures['latency_ms']['p50']:.0f} ms"
    )


if __name__ == "__main__":
    main()
