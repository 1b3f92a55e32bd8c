"""Train the reader: ``python -m qa.reader.train --data DATA --out RUN`` from data files to a float checkpoint.

The run can be stopped at any moment and started again with the same command: it goes on from its
last checkpoint. ``python -m qa.reader.export`` turns the result into the ONNX file that is shipped,
and ``python -m qa.reader.calibrate`` fits the numbers that turn its scores into chances.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer

from qa.evaluation.metrics import auroc, best_over_gold, exact_match, token_f1
from qa.reader.data import Corpus, Example, as_typed, crop, load_corpus
from qa.reader.decoding import best_spans
from qa.reader.features import Batch, Featurizer, Window, batches_by_length
from qa.reader.network import SpanNetwork, span_loss
from vectorstore.embedder import default_model_path


@dataclass(frozen=True)
class TrainConfig:
    """Everything that decides what comes out, apart from the data itself."""

    examples: int = 122_000
    """How many questions are seen in all; past the number there are, a second epoch begins."""
    answerable_first: float = 0.7
    """Share of ``examples``, at the start, that all have an answer: the network learns first to find one,
    then to tell whether there is one. Mixed from the start it learns both far more slowly (docs/training.md)."""
    learning_rate: float = 3e-4
    warmup: float = 0.03
    """Share of ``examples`` over which the rate rises from 0; over the rest it falls back to 0, evenly."""
    weight_decay: float = 0.01
    batch_tokens: int = 3600
    pool: int = 2000
    """Examples that are sorted by length together; a checkpoint falls between two pools."""
    crop_chars: int = 750
    max_tokens: int = 320
    negative_share: float = 0.28
    qamr_share: float = 0.35
    watch_articles: int = 6
    watch_questions: int = 500
    seed: int = 13


def learning_rate_at(seen: int, config: TrainConfig) -> float:
    """The rate after ``seen`` examples: a quick rise, a long fall."""
    progress = seen / config.examples
    return config.learning_rate * max(0.0, min(progress / config.warmup, (1 - progress) / (1 - config.warmup)))


def train(config: TrainConfig, data: Path, out: Path, threads: int | None = None) -> None:
    """Trains into ``out``: ``checkpoint.pt`` while it runs, ``network.pt`` at the end, ``log.jsonl`` throughout."""
    if threads is not None:
        torch.set_num_threads(threads)
    out.mkdir(parents=True, exist_ok=True)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.manual_seed(config.seed)
    corpus = load_corpus(
        data,
        answerable_first=round(config.examples * config.answerable_first),
        negative_share=config.negative_share,
        qamr_share=config.qamr_share,
        watch_articles=config.watch_articles,
        seed=config.seed,
    )
    network = SpanNetwork(default_model_path()).to(device)
    # The word embeddings are half of the parameters, already good, and dear to update on a CPU.
    network.encoder.embeddings.word_embeddings.requires_grad_(False)
    # Dropout costs a third of the speed on a CPU, and one pass over the data does not overfit.
    network.eval()
    optimizer = torch.optim.AdamW(_parameter_groups(network, config), lr=0.0)
    featurizer = Featurizer(_tokenizer(), max_tokens=config.max_tokens)
    pool, seen = _resume(out, config, network, optimizer, device)
    while seen < config.examples:
        started, losses, count = time.monotonic(), [], 0
        for batch, targets in _batches(_pool(corpus, config, pool), featurizer, config, pool):
            for group in optimizer.param_groups:
                group["lr"] = learning_rate_at(seen, config)
            with torch.autocast(device.type, dtype=torch.bfloat16):
                start, end = network(*_tensors(batch, device))
            loss = span_loss(start, end, targets)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            losses.append(loss.item())
            seen += len(targets)
            count += len(targets)
        pool += 1
        _save(out, config, network, optimizer, pool, seen)
        entry: dict[str, Any] = {
            "seen": seen,
            "loss": round(sum(losses) / len(losses), 4),
            "learning_rate": learning_rate_at(seen, config),
            "per_second": round(count / (time.monotonic() - started), 1),
        }
        if pool % 5 == 0 or seen >= config.examples:
            entry |= watch(network, featurizer, corpus.watch[: config.watch_questions], device)
        with (out / "log.jsonl").open("a") as log:
            log.write(json.dumps(entry) + "\n")
    torch.save({"config": asdict(config), "network": network.state_dict()}, out / "network.pt")


def watch(
    network: SpanNetwork, featurizer: Featurizer, examples: tuple[Example, ...], device: torch.device
) -> dict[str, float]:
    """EM and F1 of the best span on answerable ``examples``, and how well its score tells answerable from not."""
    windows = featurizer.windows_for_pairs([(e.question, e.title, e.context) for e in examples])
    best: dict[int, tuple[float, str]] = {}
    for rows in batches_by_length(windows, max_tokens=8000):
        batch = featurizer.pad([windows[row] for row in rows])
        with torch.no_grad(), torch.autocast(device.type, dtype=torch.bfloat16):
            start, end = network(*_tensors(batch, device))
        for row, s, e in zip(rows, start.cpu().numpy(), end.cpu().numpy(), strict=True):
            window = windows[row]
            [span] = best_spans(s, e, window, top_k=1)
            text = examples[window.passage].context[window.offsets[span.first][0] : window.offsets[span.last][1]]
            best[window.passage] = max(best.get(window.passage, (-math.inf, "")), (span.score, text))
    f1s, ems, scores, answerable = [], [], [], []
    for index, example in enumerate(examples):
        score, text = best[index]
        scores.append(score)
        answerable.append(bool(example.spans))
        if example.spans:
            gold = [example.context[s:e] for s, e in example.spans]
            f1s.append(best_over_gold(token_f1, text, gold))
            ems.append(best_over_gold(exact_match, text, gold))
    return {
        "watch_em": round(100 * float(np.mean(ems)), 1),
        "watch_f1": round(100 * float(np.mean(f1s)), 1),
        "watch_auroc": round(auroc(scores, answerable) or 0.0, 3),
    }


def _pool(corpus: Corpus, config: TrainConfig, pool: int) -> list[Example]:
    """The examples of one pool, cropped and as people type them; the same for the same seed and pool."""
    rng = random.Random(config.seed * 1_000_003 + pool)
    first = pool * config.pool
    chosen = (corpus.train[index % len(corpus.train)] for index in range(first, first + config.pool))
    return [as_typed(crop(example, config.crop_chars, rng), rng) for example in chosen]


def _batches(
    examples: list[Example], featurizer: Featurizer, config: TrainConfig, pool: int
) -> Iterator[tuple[Batch, list[list[tuple[int, int]]]]]:
    """Batches of one window per example with its gold token spans, in an order that mixes lengths."""
    windows: list[Window] = []
    targets: list[list[tuple[int, int]]] = []
    taken: set[int] = set()
    for window in featurizer.windows_for_pairs([(e.question, e.title, e.context) for e in examples]):
        spans = [
            span
            for start, end in examples[window.passage].spans
            if (span := token_span(window, start, end)) is not None
        ]
        # A cropped context is one window; of the few that need two, the one with the answer counts.
        if window.passage not in taken and (spans or not examples[window.passage].spans):
            taken.add(window.passage)
            windows.append(window)
            targets.append(spans or [(0, 0)])
    batches = batches_by_length(windows, config.batch_tokens)
    random.Random(pool).shuffle(batches)
    for rows in batches:
        yield featurizer.pad([windows[row] for row in rows]), [targets[row] for row in rows]


def token_span(window: Window, start: int, end: int) -> tuple[int, int] | None:
    """The tokens of ``window.ids`` (end inclusive) that cover characters ``start:end``; None if not all inside."""
    inside = [i for i, (s, e) in enumerate(window.offsets) if s < end and e > start]
    if not inside or window.offsets[inside[0]][0] > start or window.offsets[inside[-1]][1] < end:
        return None
    return window.context_start + inside[0], window.context_start + inside[-1]


def _tensors(batch: Batch, device: torch.device) -> tuple[torch.Tensor, ...]:
    arrays = (batch.input_ids, batch.attention_mask, batch.token_type_ids, batch.span_mask)
    return tuple(torch.from_numpy(array).to(device) for array in arrays)


def _tokenizer() -> Tokenizer:
    return Tokenizer.from_file(str(default_model_path() / "tokenizer.json"))


def _parameter_groups(network: SpanNetwork, config: TrainConfig) -> list[dict[str, Any]]:
    """Weight decay on matrices only, as is usual: not on biases and layer norms."""
    trained = [parameter for parameter in network.parameters() if parameter.requires_grad]
    return [
        {"params": [p for p in trained if p.ndim > 1], "weight_decay": config.weight_decay},
        {"params": [p for p in trained if p.ndim <= 1], "weight_decay": 0.0},
    ]


def _save(
    out: Path, config: TrainConfig, network: SpanNetwork, optimizer: torch.optim.Optimizer, pool: int, seen: int
) -> None:
    state = {
        "config": asdict(config),
        "network": network.state_dict(),
        "optimizer": optimizer.state_dict(),
        "pool": pool,
        "seen": seen,
    }
    # Written beside and moved: a stop in mid-write leaves the previous checkpoint whole.
    torch.save(state, out / "checkpoint.tmp")
    (out / "checkpoint.tmp").replace(out / "checkpoint.pt")


def _resume(
    out: Path, config: TrainConfig, network: SpanNetwork, optimizer: torch.optim.Optimizer, device: torch.device
) -> tuple[int, int]:
    """(pool, examples seen) of the last checkpoint, loaded; (0, 0) where there is none.

    Raises ValueError when the checkpoint was made with another configuration.
    """
    path = out / "checkpoint.pt"
    if not path.exists():
        return 0, 0
    state = torch.load(path, map_location=device, weights_only=True)
    now = asdict(config)
    different = sorted(name for name in now if state["config"].get(name) != now[name])
    if different:
        raise ValueError(f"{path} was made with other settings ({', '.join(different)}); use another --out")
    network.load_state_dict(state["network"])
    optimizer.load_state_dict(state["optimizer"])
    return state["pool"], state["seen"]


def main() -> None:
    """The command line: one flag for each field of ``TrainConfig``."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of the training files")
    parser.add_argument("--out", type=Path, required=True, help="folder of the run: checkpoint, log, result")
    parser.add_argument("--threads", type=int, help="CPU threads (PyTorch's choice by default)")
    defaults = TrainConfig()
    for field in fields(TrainConfig):
        default = getattr(defaults, field.name)
        parser.add_argument(f"--{field.name.replace('_', '-')}", type=type(default), default=default)
    arguments = vars(parser.parse_args())
    data, out, threads = (arguments.pop(name) for name in ("data", "out", "threads"))
    train(TrainConfig(**arguments), data, out, threads)


if __name__ == "__main__":
    main()
