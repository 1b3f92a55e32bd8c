"""How to fuse meaning and words: ``python -m benchmarks.fusion --data ../shared/data``.

Each question's passage should be found among all passages of a collection. Compared are dense search
alone, BM25 alone, and their fusions, at several weights. Choices are made on the first half of the
held-out articles (as ingested) and on Reddit posts, which the embedding model was not trained on.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.squad import halves, make_library
from qa.evaluation.metrics import holds_answer
from qa.fusion import fuse
from qa.reader.data import TrainingArticle, load_articles
from qa.retriever import CANDIDATES
from qa.selection import standardized
from vectorstore import ArticleIndex

Fusion = Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]]


@dataclass(frozen=True)
class Pool:
    """The candidates of one question with both scores, and which of them hold an accepted answer."""

    similarity: NDArray[np.float64]
    bm25: NDArray[np.float64]
    relevant: NDArray[np.bool_]


def reciprocal_ranks(similarity: NDArray[np.float64], bm25: NDArray[np.float64]) -> NDArray[np.float64]:
    """Reciprocal rank fusion with k = 60 (Cormack et al. 2009)."""
    ranks = [np.argsort(np.argsort(-scores)) + 1 for scores in (similarity, bm25)]
    return np.sum([1.0 / (60 + rank) for rank in ranks], axis=0)  # type: ignore[no-any-return]


def z_scores(weight: float) -> Fusion:
    """Weighted sum of z-scores over the candidates."""
    return lambda dense, words: weight * standardized(dense) + (1 - weight) * standardized(words)


def min_max(weight: float) -> Fusion:
    """Theoretical min-max, as the product does it."""
    return lambda dense, words: fuse(dense, words, weight)


METHODS: dict[str, Fusion] = {
    "dense alone": lambda dense, words: dense,
    "BM25 alone": lambda dense, words: words + 1e-9 * dense,
    "reciprocal ranks": reciprocal_ranks,
    **{f"z-scores, dense {w}": z_scores(w) for w in (0.3, 0.4, 0.5, 0.6)},
    **{f"min-max, dense {w}": min_max(w) for w in (0.3, 0.4, 0.5, 0.6, 0.7, 0.8)},
}


def pools(index: ArticleIndex, articles: Sequence[TrainingArticle], limit: int) -> list[Pool]:
    """The candidates for ``limit`` answerable questions, drawn at random."""
    examples = [e for a in articles for p in a.paragraphs for e in p.examples if e.spans]
    random.Random(3).shuffle(examples)
    found = []
    for example in examples[:limit]:
        vector = index.embed_query(example.question)
        lexical = index.search_lexical(example.question, CANDIDATES)
        chunks = {hit.chunk.id: hit.chunk for hit in [*index.search_vector(vector, CANDIDATES), *lexical]}
        cosine = index.similarities(vector, list(chunks))
        bm25 = {hit.chunk.id: hit.score for hit in lexical}
        answers = [example.context[start:end] for start, end in example.spans]
        relevant = [
            (not example.title or chunk.title == example.title) and holds_answer(chunk.text, answers)
            for chunk in chunks.values()
        ]
        found.append(
            Pool(
                np.array([cosine[chunk_id] for chunk_id in chunks]),
                np.array([bm25.get(chunk_id, 0.0) for chunk_id in chunks]),
                np.array(relevant),
            )
        )
    return found


def table(name: str, found: Sequence[Pool]) -> str:
    """Recall at 1, 5 and 20 and MRR at 10 of every method, as a Markdown table."""
    lines = [
        f"### {name}: {len(found)} questions",
        "",
        "| method | R@1 | R@5 | R@20 | MRR@10 |",
        "|---|---|---|---|---|",
    ]
    for method, combine in METHODS.items():
        ranks = []
        for pool in found:
            order = np.argsort(-combine(pool.similarity, pool.bm25), kind="stable")
            hits = np.flatnonzero(pool.relevant[order])
            ranks.append(int(hits[0]) + 1 if len(hits) else 10**6)
        at = np.array(ranks)
        reciprocal = np.where(at <= 10, 1.0 / at, 0.0)
        figures = [100 * (at <= 1).mean(), 100 * (at <= 5).mean(), 100 * (at <= 20).mean(), 100 * reciprocal.mean()]
        lines.append(f"| {method} | " + " | ".join(f"{figure:.1f}" for figure in figures) + " |")
    return "\n".join([*lines, ""])


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with squad-heldout and shift-reddit")
    parser.add_argument("--limit", type=int, default=1500, help="questions of each collection")
    arguments = parser.parse_args()
    fitted, reported = halves(arguments.data / "squad-heldout.json.xz")
    [posts] = load_articles(arguments.data / "shift-reddit.json.xz")
    # Each post is a text of its own; a number is all the title it has.
    reddit = [TrainingArticle(str(number), (post,)) for number, post in enumerate(posts.paragraphs)]
    collections = {"held-out articles, first half": fitted, "Reddit posts": reddit, "held-out, other half": reported}
    for name, articles in collections.items():
        with tempfile.TemporaryDirectory() as scratch:
            index = make_library(articles, Path(scratch))
            print(table(name, pools(index, articles, arguments.limit)), flush=True)
            index.close()


if __name__ == "__main__":
    main()
