"""How questions are planned: ``python -m benchmarks.planning --data ../shared/data``.

Prints Markdown. None of these questions was trained on: the unseen third of the planner's own, and those of sets whose
questions are all of one sort. Questions to an empty library, so that no name of an article helps.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from benchmarks.results import table
from qa.evaluation import load_test_set
from qa.planner import LearnedPlanner
from qa.planner.data import own_questions
from qa.types import Query
from vectorstore import ArticleIndex

ASKED = 2000
READ = frozenset({"fact", "list", "count", "yes_no", "explanation", "definition"})
"""Kinds whose answers are short: what the questions of a reading comprehension set are."""
OPENINGS = ("who", "when", "where")


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    data = parser.parse_args().data
    with tempfile.TemporaryDirectory() as folder:
        index = ArticleIndex.open(folder)
        planner = LearnedPlanner(index)
        sys.stdout.write(f"{_unseen(planner)}\n\n{_squad(planner, data / 'squad-heldout.json.xz')}\n")
        index.close()


def _kinds(planner: LearnedPlanner, questions: Sequence[str]) -> tuple[list[str], list[float]]:
    kinds, times = [], []
    for question in questions:
        began = time.perf_counter()
        kinds.append(planner.plan(Query(question, question, began)).kind)
        times.append(1000 * (time.perf_counter() - began))
    return kinds, times


def _unseen(planner: LearnedPlanner) -> str:
    rows = [row for row in own_questions() if row.unseen]
    asked = [row.label.partition(".")[0] for row in rows]
    read, times = _kinds(planner, [row.question for row in rows])
    names = sorted(set(asked))
    counts = Counter(zip(asked, read, strict=True))
    lines = [[name, *(str(counts[name, other] or "") for other in names)] for name in names]
    right = sum(one == other for one, other in zip(asked, read, strict=True))
    return (
        table(["asked \\ read", *names], lines)
        + f"\n\n{right} of {len(rows)} right; median {statistics.median(times):.1f} ms a question"
    )


def _squad(planner: LearnedPlanner, path: Path) -> str:
    questions = sorted({example.question for example in load_test_set(path)})
    questions = random.Random(0).sample(questions, ASKED)
    kinds, _ = _kinds(planner, questions)
    opened = [
        (question, kind)
        for question, kind in zip(questions, kinds, strict=True)
        if question.lower().startswith(OPENINGS)
    ]
    counts = Counter(kinds)
    of_opened = Counter(kind for _, kind in opened)
    read = sum(counts[kind] for kind in READ)
    return (
        table(["SQuAD, of " + f"{ASKED:,}", *counts], [["questions", *map(str, counts.values())]])
        + f"\n\n{100 * read / ASKED:.1f} % are read as {', '.join(sorted(READ))}; of the {len(opened)} that open with "
        + f"who, when or where: {', '.join(f'{kind} {number}' for kind, number in of_opened.most_common())}"
    )


if __name__ == "__main__":
    main()
