"""Finding the right passage, beside other libraries, in one run: ``python -m benchmarks.libraries --heldout FILE``.

Every library ingests the same articles with the same embedding model and its own defaults, and is asked the same
questions, of the half of the articles that nothing was chosen on. A passage is right when it comes from the right
article and holds an accepted answer. Libraries cut articles into pieces of different sizes, and a longer piece holds an
answer more easily: so the share of questions answered within the first 4,000 characters is given too.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import mean
from typing import Any

from benchmarks import results
from benchmarks.peers import LIBRARIES, OURS, run_job
from benchmarks.squad import halves, write_articles
from language.published import default_model_path
from qa.evaluation.metrics import holds_answer
from qa.reader.data import Example

READ = 4000
"""Characters, about what four usual chunks hold."""


def score(found: dict[str, Any], examples: Sequence[Example]) -> dict[str, float]:
    """Quality of one library's passages, in per cent, and their mean length."""
    ranks, within = [], []
    for passages, example in zip(found["passages"], examples, strict=True):
        answers = [example.context[start:end] for start, end in example.spans]
        right = [title == _stem(example.title) and holds_answer(text, answers) for title, text in passages]
        ranks.append(right.index(True) + 1 if any(right) else None)
        within.append(_is_within(passages, example, answers))
    texts = [text for passages in found["passages"] for _, text in passages]
    return {
        "R@1": 100 * mean(rank == 1 for rank in ranks),
        "R@5": 100 * mean(rank is not None and rank <= 5 for rank in ranks),
        "MRR@10": 100 * mean(1 / rank if rank else 0.0 for rank in ranks),
        "in 4,000 characters": 100 * mean(within),
        "characters a passage": mean(map(len, texts)),
    }


def _is_within(passages: Sequence[tuple[str, str]], example: Example, answers: Sequence[str]) -> bool:
    left = READ
    for title, text in passages:
        if title == _stem(example.title) and holds_answer(text[:left], answers):
            return True
        left -= len(text)
        if left <= 0:
            break
    return False


def _stem(title: str) -> str:
    return title.replace("/", "-")


def quality_table(figures: dict[str, dict[str, Any]]) -> str:
    """Recall and reciprocal rank of every library."""
    rows = []
    for name, one in figures.items():
        if "error" in one:
            rows.append([name, f"could not be run: {one['error']}", *[""] * 4])
            continue
        quality = one["quality"]
        percent = [f"{quality[key]:.1f}" for key in ("R@1", "R@5", "MRR@10", "in 4,000 characters")]
        rows.append([name, *percent, f"{quality['characters a passage']:.0f}"])
    head = ["", "R@1", "R@5", "MRR@10", f"answer in {READ:,} characters", "characters a passage"]
    return results.table(head, rows)


def speed_table(figures: dict[str, dict[str, Any]]) -> str:
    """Times of every library, and how many times ours they are."""
    ours = figures[OURS]
    rows = []
    for name, one in figures.items():
        if "error" not in one:
            ingest, query = one["ingest_seconds"], one["query_ms"]
            ratios = f"{ingest / ours['ingest_seconds']:.2f}", f"{query / ours['query_ms']:.2f}"
            rows.append([name, f"{ingest:.1f} s", ratios[0], f"{query:.1f} ms", ratios[1]])
    return results.table(["", "ingest", "times ours", "find passages (median)", "times ours"], rows)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--heldout", type=Path, required=True, help="squad-heldout.json.xz")
    parser.add_argument("--articles", type=int, default=20, help="how many articles of the reported half")
    parser.add_argument("--limit", type=int, default=200, help="questions, drawn at random")
    parser.add_argument("--only", action="append", choices=list(LIBRARIES), help="libraries to run")
    arguments = parser.parse_args()
    articles = halves(arguments.heldout)[1][: arguments.articles]
    examples = [e for article in articles for paragraph in article.paragraphs for e in paragraph.examples if e.spans]
    random.Random(5).shuffle(examples)
    examples = examples[: arguments.limit]
    figures: dict[str, dict[str, Any]] = {}
    for name in arguments.only or LIBRARIES:
        with tempfile.TemporaryDirectory() as scratch:
            files = write_articles(articles, Path(scratch) / "articles")
            job = Path(scratch) / "job.json"
            task = {
                "files": [str(file) for file in files],
                "questions": [example.question for example in examples],
                "model": str(default_model_path()),
            }
            job.write_text(json.dumps(task), encoding="utf-8")
            found = run_job(name, job)
        if "error" not in found:
            found["quality"] = score(found, examples)
            del found["passages"]
        figures[name] = found
        print(name, found, flush=True)
    told = f"{len(articles)} articles, {len(examples)} questions."
    tables = [told, quality_table(figures), speed_table(figures)]
    command = "python -m benchmarks.libraries --heldout squad-heldout.json.xz"
    print(results.write("libraries", command, {"libraries": figures}, tables))
    shown = ("R@1", "R@5", "MRR@10", "in 4,000 characters")
    pictured = {n: {key: one["quality"][key] for key in shown} for n, one in figures.items() if "error" not in one}
    results.bars("libraries", "Share of questions (%) whose passage is found", pictured)


if __name__ == "__main__":
    main()
