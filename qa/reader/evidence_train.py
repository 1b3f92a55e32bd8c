"""Train the evidence heads: ``python -m qa.reader.evidence_train --data DATA --out RUN``, from the shipped reader.

The run can be stopped at any moment and started again with the same command: it goes on from its last checkpoint.
``python -m qa.reader.export`` turns the result into the ONNX file that is shipped.
"""

from __future__ import annotations

import argparse
import os
import random
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from language.published import default_model_path
from language.sentences import sentence_spans
from qa.reader.batches import reader_tokenizer
from qa.reader.devices import autocast, best_device, fastest_precision
from qa.reader.evidence_data import VERDICTS, EvidenceCorpus, Judged, load_evidence_corpus, varied
from qa.reader.features import Batch, Featurizer, Window
from qa.reader.heads import BEGIN, INSIDE, OUTSIDE, UNKNOWN, EvidenceNetwork, Targets, evidence_loss
from qa.reader.loop import Stretch, Task, learn
from qa.reader.network import freeze_lowest
from qa.reader.reader import WEIGHTS

SHARED_LAYERS = 2
"""The reader's lowest layers, and its embeddings, which the heads take as they are: what is shipped holds them once."""


def begin_from_reader(network: nn.Module, reader: Mapping[str, Tensor] | None = None) -> None:
    """Gives ``network`` the encoder of ``reader``, its state, the shipped one by default; its heads stay."""
    if reader is None:
        from qa.reader.dequantize import float_weights  # and with it onnx, which nothing else here needs

        reader = {name: torch.tensor(values) for name, values in float_weights(WEIGHTS / "reader.onnx").items()}
    network.load_state_dict({name: one for name, one in reader.items() if name.startswith("encoder.")}, strict=False)


@dataclass(frozen=True)
class EvidenceConfig:
    """Everything that decides what comes out, apart from the data itself."""

    examples: int = 22_000
    learning_rate: float = 2e-4
    """At its highest; it rises over ``warmup`` examples and falls evenly to 0."""
    head_rate: float = 5.0
    """How much faster the heads, which start from nothing, learn than the encoder."""
    warmup: int = 500
    weight_decay: float = 0.01
    batch_tokens: int = 1600
    parts: int = 2
    """Batches a step, side by side, each on a core of its own: for a small network faster than both cores on one."""
    pool: int = 500
    """Examples that are sorted by length together; a checkpoint falls between two pools."""
    max_tokens: int = 320
    seed: int = 13
    seconds: float = 0.0
    """Time after which it ends, however few examples were seen; 0: none."""


def train_evidence(
    config: EvidenceConfig,
    corpus: EvidenceCorpus,
    out: Path,
    start: Path | None = None,
    threads: int | None = None,
    precision: str = "float32",
    reader: Mapping[str, Tensor] | None = None,
    workers: int = 0,
    checkpoints: bool = True,
) -> None:
    """Trains into ``out``: ``checkpoint.pt`` while it runs, ``evidence.pt`` at the end, ``log.jsonl`` throughout.

    ``start`` is an ``evidence.pt`` to begin from instead of ``reader``, a reader's state (the shipped one by default);
    ``threads`` is how many batches are read at a time, as many as there are cores by default. The rest as in
    ``qa.reader.loop.learn``.
    """
    torch.manual_seed(config.seed)
    device = best_device()
    network = EvidenceNetwork(default_model_path())
    if start is None:
        begin_from_reader(network, reader)
    else:
        network.load_state_dict(torch.load(start, map_location="cpu", weights_only=True)["network"])
    # Dropout costs a third of the speed on a CPU, and few passes over the data do not overfit.
    network.to(device).eval()
    freeze_lowest(network.encoder, SHARED_LAYERS)
    heads = [*network.token_head.parameters(), *network.passage_head.parameters()]
    encoder = [parameter for parameter in network.encoder.parameters() if parameter.requires_grad]
    trained = [*encoder, *heads]
    optimizer = torch.optim.AdamW(
        [{"params": encoder, "times": 1.0}, {"params": heads, "times": config.head_rate}],
        lr=0.0,
        weight_decay=config.weight_decay,
        fused=True,
    )
    featurizer = Featurizer(reader_tokenizer(), max_tokens=config.max_tokens)

    def gradients_of(read: Read) -> tuple[Tensor, Sequence[Tensor]]:
        """A batch's loss and what each of ``trained`` adds to it."""
        batch, targets = read
        with autocast(device, precision):
            tokens, passages = network(*tensors(batch, device))
        loss = evidence_loss(tokens, passages, targets)
        return loss.detach(), torch.autograd.grad(loss, trained)

    together = ThreadPoolExecutor(threads or os.cpu_count() or 1, initializer=torch.set_num_threads, initargs=(1,))

    def gradients(_: int, part: Sequence[Read]) -> Tensor:
        found = list(together.map(gradients_of, part))
        for parameter, *each in zip(trained, *(one for _, one in found), strict=True):
            parameter.grad = torch.stack(each).mean(0)
        return torch.stack([loss for loss, _ in found]).mean()

    def steps(_: int, number: int) -> Iterator[tuple[int, Sequence[Read]]]:
        first = number * config.pool
        rng = random.Random(f"{config.seed} {first}")
        places = range(first, min(first + config.pool, config.examples))
        pool = [varied(corpus.train[place % len(corpus.train)], rng) for place in places]
        read = list(batches(pool, featurizer, config.batch_tokens, rng))
        for part in (read[place : place + config.parts] for place in range(0, len(read), config.parts)):
            yield sum(len(batch.input_ids) for batch, _ in part), part

    stretch = Stretch("evidence", config.examples, (config.learning_rate, 0.0), config.warmup, config.seconds)
    task = Task(asdict(config), network, optimizer, (stretch,), config.pool, steps, gradients)
    learn(task, out, device, workers, checkpoints)
    torch.save({"config": asdict(config), "network": network.state_dict()}, out / "evidence.pt")


Read = tuple[Batch, Targets]
"""What a network reads at a time, and what it is to learn from that."""


def tensors(batch: Batch, device: torch.device) -> tuple[Tensor, ...]:
    """The network's inputs, in their order."""
    arrays = (batch.input_ids, batch.attention_mask, batch.token_type_ids)
    return tuple(torch.from_numpy(array).to(device) for array in arrays)


def batches(
    examples: Sequence[Judged], featurizer: Featurizer, batch_tokens: int, rng: random.Random
) -> Iterator[Read]:
    """Batches of like length in random order."""
    windows: dict[int, Window] = {}
    for window in featurizer.windows_for_pairs([(one.question, one.title, one.text) for one in examples]):
        windows.setdefault(window.passage, window)  # of the few texts that are longer, what stands first
    rows = sorted(windows.values(), key=lambda window: len(window.ids))
    groups: list[list[Window]] = []
    for window in rows:
        if not groups or (len(groups[-1]) + 1) * len(window.ids) > batch_tokens:
            groups.append([])
        groups[-1].append(window)
    rng.shuffle(groups)
    for group in groups:
        batch = featurizer.pad(group)
        yield batch, targets_of(group, [examples[window.passage] for window in group], batch.input_ids.shape[1])


def targets_of(windows: Sequence[Window], examples: Sequence[Judged], tokens: int) -> Targets:
    """What ``windows``, padded to ``tokens``, of ``examples`` are to teach."""
    sentences = [sentence_spans(example.text) for example in examples]
    shape = (len(windows), tokens)
    tags, sentence_of = np.full(shape, UNKNOWN, dtype=np.int64), np.full(shape, UNKNOWN, dtype=np.int64)
    answers = np.full((len(windows), max(map(len, sentences), default=1) or 1), UNKNOWN, dtype=np.int64)
    for row, (window, example) in enumerate(zip(windows, examples, strict=True)):
        place = 0
        for column, (start, end) in enumerate(window.offsets, window.context_start):
            while place < len(sentences[row]) and sentences[row][place][1] <= start:
                place += 1
            if example.evidence is not None and place < len(sentences[row]):
                first, last = sentences[row][place]
                sentence_of[row, column] = place
                answers[row, place] = any(s < last and first < e for s, e in example.evidence)
            if example.items is not None:
                held = [(s, e) for s, e in example.items if s < end and start < e]
                # The first token of an item may begin before it, inside a word.
                begins = any(start <= s for s, _ in held)
                tags[row, column] = (BEGIN if begins else INSIDE) if held else OUTSIDE
    return Targets(
        tags,
        sentence_of,
        answers,
        np.array([example.weight for example in examples], dtype=np.float32),
        np.array([UNKNOWN if e.several is None else int(e.several) for e in examples]),
        np.array([UNKNOWN if e.verdict is None else VERDICTS.index(e.verdict) for e in examples]),
    )


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of the training files")
    parser.add_argument("--out", type=Path, required=True, help="folder of the run: checkpoint, log, result")
    parser.add_argument("--start", type=Path, help="an evidence.pt to begin from instead of the shipped reader")
    parser.add_argument("--examples", type=int, default=EvidenceConfig.examples, help="how many are seen")
    parser.add_argument("--learning-rate", type=float, default=EvidenceConfig.learning_rate, help="at its highest")
    parser.add_argument("--threads", type=int, help="batches read at a time (as many as cores by default)")
    parser.add_argument("--precision", choices=("float32", "bfloat16"), help="of the products (the faster by default)")
    arguments = parser.parse_args()
    config = EvidenceConfig(examples=arguments.examples, learning_rate=arguments.learning_rate)
    precision = arguments.precision or fastest_precision(best_device())
    corpus = load_evidence_corpus(arguments.data)
    train_evidence(config, corpus, arguments.out, arguments.start, arguments.threads, precision)


if __name__ == "__main__":
    main()
