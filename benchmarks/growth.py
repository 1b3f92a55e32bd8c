"""How a library behaves as it grows, from 1,000 to 200,000 chunks: ``python -m benchmarks.growth --data FOLDER``.

One library is grown from size to size. Text is real as far as it goes (the paragraphs of squad-heldout and squad-train,
about 20,000 chunks) and made from there on: sentences of those paragraphs, shuffled, so that words are as common as in
real text. Vectors are mixtures of two of 1,000 real ones, with noise, since
embedding 200,000 chunks would take an hour and the search does not know the difference. Questions are real.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import resource
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks import results
from benchmarks.squad import real_articles
from ingest.chunking import chunk_article
from language.sentences import sentence_spans
from qa.reader.data import TrainingArticle
from qa.retriever import HybridRetriever
from vectorstore import Article, ArticleIndex, Chunk

ADDED_AT_ONCE = 2000
ARTICLE_CHUNKS = 40
"""Chunks of a made article, about what a Wikipedia article has."""
COMMON = "what was the name of the first one known to have been made in the city at that time, new or old"
"""Words that stand in very many chunks: the worst there is for BM25."""


def articles(real: Sequence[TrainingArticle], seed: int) -> Iterator[tuple[Article, list[Chunk]]]:
    """The real articles with their chunks, and then made ones without end."""
    for number, one in enumerate(real):
        text = "\n\n".join(paragraph.context for paragraph in one.paragraphs)
        yield _cut(f"real-{number}", one.title, text)
    texts = [paragraph.context for one in real for paragraph in one.paragraphs]
    sentences = [text[start:end] for text in texts for start, end in sentence_spans(text)]
    chance = random.Random(seed)
    number = 0
    while True:
        paragraphs = [" ".join(chance.choices(sentences, k=6)) for _ in range(ARTICLE_CHUNKS)]
        yield _cut(f"made-{number}", f"Made article {number}", "\n\n".join(paragraphs))
        number += 1


def _cut(name: str, title: str, text: str) -> tuple[Article, list[Chunk]]:
    article = Article(id=name, source=f"/{name}.txt", title=title, text=text, fingerprint=name)
    return article, chunk_article(article)


def real_questions(real: Sequence[TrainingArticle], count: int) -> list[str]:
    """``count`` questions about articles that are in each library, the same each time."""
    asked = [e.question for a in real[:40] for p in a.paragraphs for e in p.examples]
    return random.Random(9).sample(asked, count)


def real_vectors(index: ArticleIndex, real: Sequence[TrainingArticle], count: int) -> NDArray[np.float32]:
    """The vectors of the first ``count`` chunks, to make others of, by the model of ``index``, which is empty."""
    chunks = [chunk for _, some in islice(articles(real, seed=4), 60) for chunk in some]
    return np.array(list(index.embed_texts(dict(islice(index.new_texts(chunks).items(), count))).values()))


def made_vectors(real: NDArray[np.float32], count: int, chance: np.random.Generator) -> NDArray[np.float32]:
    """``count`` vectors like the rows of ``real``, of unit length."""
    pairs = chance.integers(len(real), size=(count, 2))
    vectors = real[pairs[:, 0]] + 0.6 * real[pairs[:, 1]] + 0.02 * chance.standard_normal((count, real.shape[1]))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)  # type: ignore[no-any-return]


def median_ms(work: Callable[[str], object], questions: Sequence[str]) -> float:
    """Milliseconds that ``work`` takes, over ``questions``."""
    work(questions[0])
    times = []
    for question in questions:
        started = time.perf_counter()
        work(question)
        times.append(1000 * (time.perf_counter() - started))
    return statistics.median(times)


def open_and_search(folder: str, question: str, queue: multiprocessing.Queue[tuple[float, float]]) -> None:
    """In a process of its own: seconds from opening the library to its first passages, and the memory in MB."""
    index = ArticleIndex.open(folder)
    vector = index.embed_query(question)  # the model is not the library's
    started = time.perf_counter()
    other = ArticleIndex.open(folder, embedder=index.embedder)
    other.search_vector(vector, 50)
    other.search_lexical(question, 50)
    seconds = time.perf_counter() - started
    queue.put((seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024))


def measure(index: ArticleIndex, questions: Sequence[str]) -> dict[str, float]:
    """Times over a library as it is now."""
    retriever = HybridRetriever(index=index)
    vector = index.embed_query(questions[0])
    context = multiprocessing.get_context("spawn")
    queue: multiprocessing.Queue[tuple[float, float]] = context.Queue()
    process = context.Process(target=open_and_search, args=(str(index.folder), questions[0], queue))
    process.start()
    seconds, megabytes = queue.get(timeout=120)
    process.join()
    return {
        "retrieve ms": median_ms(retriever.retrieve, questions),
        "embed the question ms": median_ms(index.embed_query, questions),
        "dense ms": median_ms(lambda _: index.search_vector(vector, 50), questions),
        "BM25 ms": median_ms(lambda question: index.search_lexical(question, 50), questions),
        "common words ms": median_ms(lambda _: retriever.retrieve(COMMON), questions[:10]),
        "open s": seconds,
        "memory MB": megabytes,
        "disk MB": sum(path.stat().st_size for path in index.folder.rglob("*") if path.is_file()) / 2**20,
    }


def grow(
    index: ArticleIndex, more: Iterator[tuple[Article, list[Chunk]]], size: int, real: NDArray[np.float32]
) -> float:
    """Adds articles until there are ``size`` chunks; returns the chunks stored a second."""
    chance = np.random.default_rng(size)
    stored, before = index.counts()[1], index.counts()[1]
    seconds = 0.0
    with index.writing():
        while stored < size:
            batch, count = [], 0
            while count < min(ADDED_AT_ONCE, size - stored):
                batch.append(next(more))
                count += len(batch[-1][1])
            texts = index.new_texts([chunk for _, chunks in batch for chunk in chunks])
            vectors = dict(zip(texts, made_vectors(real, len(texts), chance), strict=True))
            started = time.perf_counter()
            index.add(batch, vectors)
            seconds += time.perf_counter() - started
            stored += count
        started = time.perf_counter()
    seconds += time.perf_counter() - started  # leaving brings the vector index up to date
    return (stored - before) / seconds


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with squad-heldout and squad-train")
    parser.add_argument("--sizes", type=int, nargs="+", default=[1000, 10_000, 50_000, 200_000])
    parser.add_argument("--real", type=int, default=1000, help="real vectors that the others are made of")
    parser.add_argument("--limit", type=int, default=40, help="questions asked at each size")
    arguments = parser.parse_args()
    real = real_articles(arguments.data)
    questions = real_questions(real, arguments.limit)
    more = articles(real, seed=4)
    rows: list[dict[str, float]] = []
    scratch = Path(tempfile.mkdtemp(prefix="growth-"))
    try:
        index = ArticleIndex.open(scratch / "index")
        vectors = real_vectors(index, real, arguments.real)
        for size in sorted(arguments.sizes):
            rate = grow(index, more, size, vectors)
            rows.append({"chunks": index.counts()[1], "stored a second": rate, **measure(index, questions)})
            print(rows[-1], flush=True)
        index.close()
    finally:
        shutil.rmtree(scratch)
    head = list(rows[0])
    body = [[f"{row[key]:,.0f}" if row[key] >= 100 else f"{row[key]:.1f}" for key in head] for row in rows]
    command = "python -m benchmarks.growth --data FOLDER"
    print(results.write("growth", command, {"sizes": rows}, [results.table(head, body)]))
    curves = ("retrieve ms", "dense ms", "BM25 ms", "common words ms")
    series = {key: [row[key] for row in rows] for key in curves}
    results.lines("growth", "Milliseconds to find passages", "chunks", [row["chunks"] for row in rows], series)


if __name__ == "__main__":
    main()
