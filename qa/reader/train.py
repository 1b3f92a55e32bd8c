"""Train the reader: ``python -m qa.reader.train --data DATA --out RUN`` from data files to a float checkpoint.

The run can be stopped at any moment and started again with the same command: it goes on from its
last checkpoint. The phases that learn from a teacher need ``--labels``, which ``qa.reader.teacher`` writes;
``--phases`` chooses others. ``python -m qa.reader.export`` turns the result into the ONNX file that is
shipped, and ``python -m benchmarks.calibrate`` fits the numbers that turn its scores into chances.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import torch

from language.published import default_model_path
from qa.evaluation.metrics import auroc, best_over_gold, exact_match, token_f1
from qa.reader.batches import Batches, Step, reader_tokenizer
from qa.reader.data import Corpus, Example, load_corpus, load_labels
from qa.reader.decoding import best_spans
from qa.reader.devices import as_tensors, autocast, best_device, fastest_precision, in_pytorch
from qa.reader.features import Featurizer
from qa.reader.loop import Task, learn, parameter_groups
from qa.reader.network import SpanNetwork, freeze_lowest, soft_loss, span_loss
from qa.reader.reader import window_logits
from qa.reader.recipe import RECIPE, TrainConfig
from qa.reader.rounding import learn_rounded


def train(
    config: TrainConfig,
    data: Path,
    out: Path,
    threads: int | None = None,
    start: Path | None = None,
    precision: str = "float32",
    labels: Path | None = None,
    network: SpanNetwork | None = None,
) -> None:
    """Trains into ``out``: ``checkpoint.pt`` while it runs, ``network.pt`` at the end, ``log.jsonl`` throughout.

    ``start`` is a ``network.pt`` to begin from instead of the sentence encoder. ``precision`` of the products is
    ``float32``, or ``bfloat16`` by autocast; like ``threads`` it may differ where a run goes on. ``labels`` is what
    ``qa.reader.teacher`` wrote; ``network`` takes the place of the reader's own. Raises ValueError for a phase that
    needs labels where there are none.
    """
    if threads is not None:
        torch.set_num_threads(threads)
    torch.manual_seed(config.seed)
    corpus = load_corpus(data, qamr_share=config.qamr_share, watch_articles=config.watch_articles, seed=config.seed)
    if labels is not None:
        corpus = replace(corpus, labelled=load_labels(labels))
    network = network or SpanNetwork(default_model_path())
    if start is not None:
        network.load_state_dict(torch.load(start, map_location="cpu", weights_only=True)["network"])
    train_network(network, config, corpus, out, precision)
    torch.save({"config": asdict(config), "network": network.state_dict()}, out / "network.pt")


def train_network(
    network: SpanNetwork,
    config: TrainConfig,
    corpus: Corpus,
    out: Path,
    precision: str = "float32",
    workers: int = 0,
    checkpoints: bool = True,
) -> None:
    """Trains ``network``, which it leaves on the best device; the rest as in ``train`` and ``qa.reader.loop.learn``."""
    if not corpus.labelled and (phases := [phase.name for phase in config.phases if phase.softness]):
        raise ValueError(
            f"the phase {phases[0]!r} learns from a teacher; say with --labels where its labels are, or choose --phases"
        )
    device = best_device()
    network = network.to(device)
    network.train(config.dropout)
    featurizer = Featurizer(reader_tokenizer(), max_tokens=config.max_tokens)

    def begin(place: int) -> None:
        freeze_lowest(network.encoder, config.phases[place].frozen_layers)
        if config.phases[place].rounded:
            learn_rounded(network)

    def gradients(place: int, step: Step) -> torch.Tensor:
        softness = config.phases[place].softness
        with autocast(device, precision):
            start, end = network(*as_tensors(step.inputs, device))
        loss = span_loss(start, end, step.targets, step.owners)
        if softness:
            taught = soft_loss(start, end, torch.from_numpy(step.soft).to(device), config.temperature)
            loss = (1 - softness) * loss + softness * taught
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    def watched() -> dict[str, float]:
        network.eval()
        found = watch(network, featurizer, corpus.watch[: config.watch_questions], precision)
        network.train(config.dropout)
        return found

    task = Task(
        settings=asdict(config),
        network=network,
        optimizer=torch.optim.AdamW(parameter_groups(network, config.weight_decay), lr=0.0),
        stretches=config.stretches,
        pool=config.pool,
        steps=Batches(corpus, config),
        gradients=gradients,
        begin=begin,
        watch=watched if config.watch_questions else dict,
    )
    learn(task, out, device, workers, checkpoints)
    network.eval()


def watch(
    network: SpanNetwork,
    featurizer: Featurizer,
    examples: tuple[Example, ...],
    precision: str = "float32",
) -> dict[str, float]:
    """Figures on ``examples``: EM and F1 of the best span in an answerable question's passage, EM when its rivals are
    read beside it, and how well the best span's score tells answerable questions from others."""
    passages = [(index, text) for index, e in enumerate(examples) for text in (e.context, *e.rivals)]
    windows = featurizer.windows_for_pairs(
        [(examples[index].question, examples[index].title, text) for index, text in passages]
    )
    best = [(-math.inf, "")] * len(passages)
    for window, s, e in window_logits(featurizer, in_pytorch(network, precision), windows, pass_tokens=8000):
        [span] = best_spans(s, e, window, top_k=1)
        text = passages[window.passage][1][window.offsets[span.first][0] : window.offsets[span.last][1]]
        best[window.passage] = max(best[window.passage], (span.score, text))
    own: dict[int, tuple[float, str]] = {}
    among: dict[int, tuple[float, str]] = {}
    for (index, _), found in zip(passages, best, strict=True):
        own.setdefault(index, found)
        among[index] = max(among.get(index, found), found)
    gold = {index: [e.context[s:t] for s, t in e.spans] for index, e in enumerate(examples) if e.spans}

    def mean(metric: Callable[[str, str], float], found: dict[int, tuple[float, str]]) -> float:
        scores = [best_over_gold(metric, found[index][1], answers) for index, answers in gold.items()]
        return round(100 * float(np.mean(scores)), 1)

    return {
        "watch_em": mean(exact_match, own),
        "watch_f1": mean(token_f1, own),
        "watch_em_among_rivals": mean(exact_match, among),
        "watch_auroc": round(auroc([own[i][0] for i in own], [i in gold for i in own]) or 0.0, 3),
    }


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of the training files")
    parser.add_argument("--out", type=Path, required=True, help="folder of the run: checkpoint, log, result")
    parser.add_argument("--threads", type=int, help="CPU threads (PyTorch's choice by default)")
    parser.add_argument("--start", type=Path, help="a network.pt to begin from instead of the sentence encoder")
    parser.add_argument("--precision", choices=("float32", "bfloat16"), help="of the products (the faster by default)")
    parser.add_argument("--labels", type=Path, help="what qa.reader.teacher wrote, for the phases that learn from it")
    names = [phase.name for phase in RECIPE.phases]
    parser.add_argument("--phases", nargs="+", choices=names, default=names, help="of the recipe, to do only these")
    arguments = parser.parse_args()
    config = RECIPE.only(arguments.phases)
    precision = arguments.precision or fastest_precision(best_device())
    train(config, arguments.data, arguments.out, arguments.threads, arguments.start, precision, arguments.labels)


if __name__ == "__main__":
    main()
