"""The reader's speed, and what eight bits cost it: ``python -m benchmarks.reader --heldout FILE``.

Reads the same passages with the float network in PyTorch and with the shipped int8 file, turn by turn in one run, and
times a warm answer over ten passages. Given the network that the file was made from (``--network network.pt``) it also
compares their answers; else the float network has the same shape and untrained weights, which take as long.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from benchmarks.squad import halves
from language.published import default_model_path
from qa.evaluation.metrics import best_over_gold, exact_match, token_f1
from qa.reader import OnnxReader
from qa.reader.batches import reader_tokenizer
from qa.reader.data import Example
from qa.reader.devices import in_pytorch
from qa.reader.export import MAX_TOKENS, STRIDE
from qa.reader.features import Featurizer
from qa.reader.network import SpanNetwork
from qa.reader.reader import read_many

BATCH_TOKENS = 4096
"""Padded tokens per forward pass in PyTorch; the shipped reader has its own measure."""
AT_ONCE = 64
"""Questions that each reader is given before it is the other's turn."""


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--heldout", type=Path, required=True, help="squad-heldout.json.xz")
    parser.add_argument("--network", type=Path, help="network.pt that the shipped file was made from")
    parser.add_argument("--limit", type=int, default=1000, help="answerable questions of the articles fitted on")
    arguments = parser.parse_args()
    threads = os.cpu_count() or 1
    torch.set_num_threads(threads)
    network = SpanNetwork(default_model_path()).eval()
    if arguments.network:
        network.load_state_dict(torch.load(arguments.network, map_location="cpu", weights_only=True)["network"])
    featurizer = Featurizer(reader_tokenizer(), MAX_TOKENS, STRIDE)
    reader = OnnxReader.load()
    in_float = in_pytorch(network)
    read: dict[str, Callable[[list[Example]], list[str]]] = {
        "float, PyTorch": lambda part: _answers(read_many(featurizer, in_float, _asked(part), 1, BATCH_TOKENS)),
        "int8, onnxruntime": lambda part: _answers(reader.read_many(_asked(part), 1)),
    }
    fitted, _ = halves(arguments.heldout)
    examples = [e for article in fitted for paragraph in article.paragraphs for e in paragraph.examples if e.spans]
    random.Random(7).shuffle(examples)
    examples = examples[: arguments.limit]
    for one in read.values():
        one(examples[:8])
    took, answers = dict.fromkeys(read, 0.0), {name: list[str]() for name in read}
    for first in range(0, len(examples), AT_ONCE):
        for name, one in read.items():
            started = time.perf_counter()
            answers[name] += one(examples[first : first + AT_ONCE])
            took[name] += time.perf_counter() - started
    print(f"{len(examples)} questions, each with its paragraph; {threads} threads\n")
    print("| | passages a second | ratio | EM | F1 |\n|---|---|---|---|---|")
    slowest = max(took.values())
    for name in read:
        gold = [[e.context[start:end] for start, end in e.spans] for e in examples]
        em, f1 = (
            100 * np.mean([best_over_gold(metric, text, g) for text, g in zip(answers[name], gold, strict=True)])
            for metric in (exact_match, token_f1)
        )
        trained = arguments.network or name.startswith("int8")
        figures = f"{em:.1f} | {f1:.1f}" if trained else "– | –"
        print(f"| {name} | {len(examples) / took[name]:.1f} | {slowest / took[name]:.2f} | {figures} |")
    print(
        f"\nA warm answer over ten passages of 150 words: {1000 * warm_answer(reader, examples):.0f} ms (median of 20)"
    )


def _asked(part: list[Example]) -> list[tuple[str, list[tuple[str, str]]]]:
    return [(e.question, [(e.title, e.context)]) for e in part]


def _answers(found) -> list[str]:  # type: ignore[no-untyped-def]
    return [candidates[0].text if candidates else "" for candidates in found]


def warm_answer(reader: OnnxReader, examples: list[Example]) -> float:
    """Seconds to read ten passages of 150 words for one question, median."""
    words = " ".join(example.context for example in examples).split()
    passages = [("", " ".join(words[150 * place : 150 * (place + 1)])) for place in range(200)]
    times = []
    for turn in range(20):
        started = time.perf_counter()
        reader.read(examples[turn].question, passages[10 * turn : 10 * turn + 10])
        times.append(time.perf_counter() - started)
    return statistics.median(times)


if __name__ == "__main__":
    main()
