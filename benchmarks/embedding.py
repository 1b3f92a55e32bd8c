"""The embedder in eight bits beside single precision and PyTorch: ``python -m benchmarks.embedding --heldout FILE``.

Speed of each on the same chunks, turn by turn in one run; how near its vectors are to those of PyTorch; and what
searching with them finds, by meaning alone and as passages are ranked.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer

from benchmarks import results
from benchmarks.fusion import draw, measure, pools
from benchmarks.squad import halves, indexed_texts, make_library
from language.published import default_model_path
from vectorstore.embedder import DEFAULT_EMBEDDER, MINILM, MiniLMEmbedder

PYTORCH = "sentence-transformers, PyTorch"
SHOWN = {"dense alone": "by meaning", "**ours**": "as ranked"}
AT_ONCE = 64
"""Chunks that each is given before it is the next one's turn."""

Embed = Callable[[list[str]], NDArray[np.float32]]


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--heldout", type=Path, required=True, help="squad-heldout.json.xz")
    parser.add_argument("--articles", type=int, default=20, help="how many articles of the reported half")
    parser.add_argument("--limit", type=int, default=1500, help="questions, drawn at random")
    arguments = parser.parse_args()
    articles = halves(arguments.heldout)[1][: arguments.articles]
    embedders = {name: MiniLMEmbedder(name) for name in (MINILM, DEFAULT_EMBEDDER)}
    torch_model = SentenceTransformer(str(default_model_path()))
    found: dict[str, dict[str, list[float]]] = {}
    with tempfile.TemporaryDirectory() as scratch:
        for name, embedder in embedders.items():
            index = make_library(articles, Path(scratch) / name.replace(":", "-"), embedder)
            found[name] = measure(pools(index, draw(articles, arguments.limit)))
            texts = indexed_texts(index)
            index.close()
    embed: dict[str, Embed] = {
        PYTORCH: lambda part: np.asarray(torch_model.encode(part, normalize_embeddings=True, show_progress_bar=False)),
        **{name: embedder.embed for name, embedder in embedders.items()},
    }
    seconds, vectors = dict.fromkeys(embed, 0.0), {name: list[NDArray[np.float32]]() for name in embed}
    for one in embed.values():
        one(texts[:8])
    for first in range(0, len(texts), AT_ONCE):
        for name, one in embed.items():
            started = time.perf_counter()
            vectors[name].append(one(texts[first : first + AT_ONCE]))
            seconds[name] += time.perf_counter() - started
    exact = np.concatenate(vectors[PYTORCH])
    rows = []
    for name in embed:
        near = np.sum(np.concatenate(vectors[name]) * exact, axis=1).mean()
        cells = [" / ".join(f"{x:.1f}" for x in found[name][method]) if name in found else "" for method in SHOWN]
        rate = len(texts) / seconds[name]
        rows.append([name, f"{rate:.0f}", f"{seconds[PYTORCH] / seconds[name]:.2f}", f"{near:.4f}", *cells])
    told = f"{len(articles)} articles, {len(texts)} chunks, {arguments.limit} questions; R@1 / R@5 / R@20 / MRR@10."
    table = results.table(["", "chunks a second", "ratio", "mean cosine to PyTorch", *SHOWN.values()], rows)
    command = "python -m benchmarks.embedding --heldout squad-heldout.json.xz"
    print(results.write("embedding", command, {"seconds": seconds, "found": found}, [told, table]))


if __name__ == "__main__":
    main()
