"""How to rank: meaning, words and wording, alone and fused: ``python -m benchmarks.fusion --data ../shared/data``.

Each question's passage should be found among all passages of a collection. Choices are made on the first half of the
held-out articles (as ingested), on Reddit posts and product reviews, which the embedding model was not trained on, and
on questions asked of a search engine, which it was. ``--large`` asks the questions of the held-out articles of all 442
articles together. ``--libraries FOLDER`` keeps what was ingested for the next run.
"""

from __future__ import annotations

import argparse
import random
import re
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks import results
from benchmarks.squad import halves, make_library
from language.words import STOPWORDS
from qa.evaluation.metrics import holds_answer
from qa.fusion import fuse
from qa.phrases import phrase_overlap
from qa.reader import OnnxReader
from qa.reader.data import Example, TrainingArticle, load_articles
from qa.reranker import rerank
from qa.retriever import CANDIDATES, HybridRetriever
from qa.selection import standardized
from vectorstore import ArticleIndex

Scores = NDArray[np.float64]
AT = (1, 5, 20)


@dataclass(frozen=True)
class Pool:
    """The candidates of one question with their scores, and which of them hold an accepted answer."""

    similarity: Scores
    bm25: Scores
    phrases: Scores
    relevant: NDArray[np.bool_]


Method = Callable[[Pool], Scores]


def reciprocal_ranks(pool: Pool) -> Scores:
    """Reciprocal rank fusion with k = 60 (Cormack et al. 2009)."""
    ranks = [np.argsort(np.argsort(-scores)) + 1 for scores in (pool.similarity, pool.bm25)]
    return np.sum([1.0 / (60 + rank) for rank in ranks], axis=0)  # type: ignore[no-any-return]


def z_scores(weight: float) -> Method:
    """Weighted sum of z-scores over the candidates."""
    return lambda pool: weight * standardized(pool.similarity) + (1 - weight) * standardized(pool.bm25)


def min_max(weight: float) -> Method:
    """Theoretical min-max without more, as in Bruch et al. 2022."""

    def scaled(scores: Scores, minimum: float) -> Scores:
        return (scores - minimum) / max(float((scores - minimum).max(initial=0.0)), 1e-9)

    return lambda pool: weight * scaled(pool.similarity, -1.0) + (1 - weight) * scaled(pool.bm25, 0.0)


METHODS: dict[str, Method] = {
    "dense alone": lambda pool: pool.similarity,
    "BM25 alone": lambda pool: pool.bm25 + 1e-9 * pool.similarity,
    "reciprocal ranks": reciprocal_ranks,
    "z-scores, dense 0.5": z_scores(0.5),
    "min-max, dense 0.7": min_max(0.7),
    "min-max, dense 0.9": min_max(0.9),
    "ours without wording": lambda pool: fuse(pool.similarity, pool.bm25),
    "**ours**": lambda pool: fuse(pool.similarity, pool.bm25, pool.phrases),
}


def draw(articles: Sequence[TrainingArticle], limit: int) -> list[Example]:
    """Answerable questions, drawn at random."""
    examples = [e for a in articles for p in a.paragraphs for e in p.examples if e.spans]
    random.Random(3).shuffle(examples)
    return examples[:limit]


def is_right(example: Example, title: str, text: str) -> bool:
    """Whether a passage is from the right article, where it has a name, and holds an accepted answer."""
    answers = [example.context[start:end] for start, end in example.spans]
    return (not example.title or title == example.title) and holds_answer(text, answers)


def pools(index: ArticleIndex, examples: Sequence[Example]) -> list[Pool]:
    """The candidates for each of ``examples``."""
    found = []
    for example in examples:
        vector = index.embed_query(example.question)
        lexical = index.search_lexical(example.question, CANDIDATES)
        chunks = {hit.chunk.id: hit.chunk for hit in [*index.search_vector(vector, CANDIDATES), *lexical]}
        cosine = index.similarities(vector, list(chunks))
        bm25 = {hit.chunk.id: hit.score for hit in lexical}
        texts = [chunk.text for chunk in chunks.values()]
        found.append(
            Pool(
                np.array([cosine[chunk_id] for chunk_id in chunks]),
                np.array([bm25.get(chunk_id, 0.0) for chunk_id in chunks]),
                phrase_overlap(example.question, texts, STOPWORDS),
                np.array([is_right(example, chunk.title, chunk.text) for chunk in chunks.values()]),
            )
        )
    return found


def read_ranks(index: ArticleIndex, examples: Sequence[Example]) -> list[int | None]:
    """Place of the first right passage of each question once the reader has read the first ten."""
    reader = OnnxReader.load()
    retriever = HybridRetriever(index=index)
    ranks = []
    for example in examples:
        passages = retriever.retrieve(example.question, top_k=20)
        candidates = reader.read(example.question, [(p.title, p.text) for p in passages[:10]], top_k=1)
        order = [*rerank(passages[:10], candidates), *passages[10:]]
        right = [is_right(example, passage.title, passage.text) for passage in order]
        ranks.append(right.index(True) + 1 if any(right) else None)
    return ranks


def figures(ranks: Sequence[int | None]) -> list[float]:
    """Recall at 1, 5 and 20 and MRR at 10, in per cent."""
    at = np.array([rank or 10**6 for rank in ranks])
    return [100 * float((at <= k).mean()) for k in AT] + [100 * float(np.where(at <= 10, 1.0 / at, 0.0).mean())]


def measure(found: Sequence[Pool]) -> dict[str, list[float]]:
    """The figures of every method."""
    measured = {}
    for name, method in METHODS.items():
        ranks: list[int | None] = []
        for pool in found:
            hits = np.flatnonzero(pool.relevant[np.argsort(-method(pool), kind="stable")])
            ranks.append(int(hits[0]) + 1 if len(hits) else None)
        measured[name] = figures(ranks)
    return measured


def library(articles: Sequence[TrainingArticle], folder: Path) -> ArticleIndex:
    """The library of ``articles`` in ``folder``, made where it is not there yet."""
    return ArticleIndex.open(folder / "index") if (folder / "index").exists() else make_library(articles, folder)


def texts_alone(path: Path, count: int) -> list[TrainingArticle]:
    """The first ``count`` paragraphs as texts of their own; a number is all the title they have."""
    paragraphs = [paragraph for article in load_articles(path) for paragraph in article.paragraphs][:count]
    return [TrainingArticle(str(number), (paragraph,)) for number, paragraph in enumerate(paragraphs)]


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of the question sets")
    parser.add_argument("--limit", type=int, default=1500, help="questions of each collection")
    parser.add_argument("--texts", type=int, default=1200, help="posts, reviews and paragraphs of each such collection")
    parser.add_argument("--read", type=int, default=0, help="questions whose passages the reader reads as well")
    parser.add_argument("--large", action="store_true", help="all 442 articles too: three minutes' ingest on two cores")
    parser.add_argument("--libraries", type=Path, help="folder that keeps what was ingested")
    arguments = parser.parse_args()
    first, second = halves(arguments.data / "squad-heldout.json.xz")
    both = [*first, *second]
    asked: dict[str, tuple[Sequence[TrainingArticle], Sequence[TrainingArticle]]] = {
        "held-out articles, first half": (first, first),
        "held-out articles, other half": (second, second),
        "held-out articles, all 40": (both, both),
    }
    for name in ("shift-reddit", "shift-amazon", "nq-qed"):
        texts = texts_alone(arguments.data / f"{name}.json.xz", arguments.texts)
        asked[name] = (texts, texts)
    if arguments.large:
        everything = [*both, *load_articles(arguments.data / "squad-train.json.xz")]
        asked["all 442 articles, questions of the 40"] = (everything, both)
    measured: dict[str, dict[str, list[float]]] = {}
    tables = []
    with tempfile.TemporaryDirectory() as scratch:
        for name, (articles, askers) in asked.items():
            folder = (arguments.libraries or Path(scratch)) / re.sub(r"\W+", "-", name)
            index = library(articles, folder)
            examples = draw(askers, arguments.limit)
            measured[name] = measure(pools(index, examples))
            if arguments.read:
                measured[name]["ours, once read"] = figures(read_ranks(index, examples[: arguments.read]))
            index.close()
            head = [f"{name}: {len(examples)} questions", "R@1", "R@5", "R@20", "MRR@10"]
            rows = [[method, *(f"{value:.1f}" for value in values)] for method, values in measured[name].items()]
            tables.append(results.table(head, rows))
            print(tables[-1], flush=True)
    command = f"python -m benchmarks.fusion --data FOLDER --limit {arguments.limit} --read {arguments.read}"
    command += " --large" * arguments.large
    results.write("fusion", command, {"collections": measured}, tables)
    shown = {name: {key: values[0] for key, values in one.items()} for name, one in measured.items()}
    methods = {method.strip("*"): {name: shown[name][method] for name in shown} for method in METHODS}
    results.bars("fusion", "Share of questions (%) whose passage is found first", methods)


if __name__ == "__main__":
    main()
