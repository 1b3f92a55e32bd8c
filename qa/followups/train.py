"""Train the tagger of follow-ups: ``python -m qa.followups.train --data DATA --out RUN``, from the shipped reader.

Three quarters of an hour on one core. ``python -m qa.followups.export`` turns the result into the file that is shipped.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import AutoModel

from language.published import default_model_path
from qa.followups.data import Examples, Page, read_canard, read_pages
from qa.followups.features import Row, Rows
from qa.reader.batches import reader_tokenizer
from qa.reader.devices import autocast, best_device, fastest_precision
from qa.reader.evidence_train import SHARED_LAYERS, begin_from_reader
from qa.reader.loop import Stretch, Task, learn
from qa.reader.network import freeze_lowest

LENGTH_STEP = 16
"""Rows are padded to a multiple of this many tokens."""
WORDS_A_ROW = 4
"""What a row's loss is divided by, so that its size is about that of one word's."""


@dataclass(frozen=True)
class Config:
    """Everything that decides what comes out, apart from the data itself."""

    questions: int = 30_000
    learning_rate: float = 1.3e-4
    """At its highest; it rises over ``warmup`` rows and falls evenly to 0."""
    head_rate: float = 10.0
    """How much faster the head, which starts from nothing, learns than the encoder."""
    warmup: int = 900
    batch_tokens: int = 2600
    batch_rows: int = 32
    pool: int = 240
    """Rows that are sorted by length together; a checkpoint falls between two pools."""
    seed: int = 13
    seconds: float = 0.0
    """Time after which it ends, however few rows were seen; 0: none."""


class TermNetwork(nn.Module):
    """A logit for each token, that its word belongs to the question, and one for the row, that the question leans."""

    def __init__(self, encoder_path: Path) -> None:
        """Takes the encoder's shape from ``encoder_path``; the head starts untrained."""
        super().__init__()
        self.encoder = AutoModel.from_pretrained(
            str(encoder_path), attn_implementation="eager", add_pooling_layer=False, local_files_only=True
        )
        self.head = nn.Linear(self.encoder.config.hidden_size, 1)
        self.leans = nn.Linear(self.encoder.config.hidden_size, 1)
        nn.init.constant_(self.head.bias, -2.5)  # most words do not

    def forward(self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor) -> tuple[Tensor, Tensor]:
        """Logits of tokens, ``[rows, tokens]``, and of rows, ``[rows]``, from inputs ``[rows, tokens]``."""
        inputs = {"input_ids": input_ids, "attention_mask": attention_mask, "token_type_ids": token_type_ids}
        hidden: Tensor = self.encoder(**inputs).last_hidden_state
        return self.head(hidden).float()[..., 0], self.leans(hidden[:, 0]).float()[:, 0]


Example = tuple[Row, frozenset[str]]


def batches(pool: Sequence[Example], config: Config, rng: random.Random) -> Iterator[list[Example]]:
    """Rows of like length together, in random order."""
    groups: list[list[Example]] = []
    for one in sorted(pool, key=lambda one: len(one[0].ids)):
        full = groups and (len(groups[-1]) + 1) * len(one[0].ids) > config.batch_tokens
        if not groups or full or len(groups[-1]) >= config.batch_rows:
            groups.append([])
        groups[-1].append(one)
    rng.shuffle(groups)
    yield from groups


def tensors(rows: Sequence[Row]) -> tuple[Tensor, Tensor, Tensor]:
    """The network's inputs, in their order."""
    length = -(-max(len(row.ids) for row in rows) // LENGTH_STEP) * LENGTH_STEP
    arrays = np.zeros((3, len(rows), length), dtype=np.int64)
    for number, row in enumerate(rows):
        arrays[:, number, : len(row.ids)] = row.ids, [1] * len(row.ids), row.types
    ids, mask, types = torch.from_numpy(arrays)
    return ids, mask, types


def loss_of(network: TermNetwork, batch: Sequence[Example], precision: str) -> Tensor:
    """Negative log-likelihood of every place of every word and of whether the question leans, the mean over rows."""
    device = next(network.parameters()).device
    with autocast(device, precision):
        tokens, leans = network(*(one.to(device) for one in tensors([row for row, _ in batch])))
    places = [(number, word.token) for number, (row, _) in enumerate(batch) for word in row.words]
    wanted = torch.tensor([float(word.low in added) for row, added in batch for word in row.words], device=device)
    rows, columns = [number for number, _ in places], [token for _, token in places]
    each = functional.binary_cross_entropy_with_logits(tokens[rows, columns], wanted, reduction="sum")
    leaning = torch.tensor([float(bool(added)) for _, added in batch], device=device)
    whole = functional.binary_cross_entropy_with_logits(leans, leaning)
    return each / len(batch) / WORDS_A_ROW + whole


@dataclass(frozen=True)
class Conversations:
    """What is learned from."""

    canard: Sequence[dict[str, Any]]
    pages: Sequence[Page]

    @classmethod
    def load(cls, data: Path) -> Conversations:
        """From the training files in ``data``."""
        return cls(read_canard(data).train, read_pages(data))


def train(
    config: Config,
    conversations: Conversations,
    out: Path,
    precision: str,
    start: Path | None = None,
    reader: Mapping[str, Tensor] | None = None,
    workers: int = 0,
    checkpoints: bool = True,
) -> None:
    """Trains into ``out``: ``checkpoint.pt`` while it runs, ``followups.pt``, the network's state, at the end.

    Begins from ``start``, one of these, if given, else from ``reader``, a reader's state (the shipped one by default).
    The rest as in ``qa.reader.loop.learn``.
    """
    torch.manual_seed(config.seed)
    device = best_device()
    network = TermNetwork(default_model_path())
    if start is None:
        begin_from_reader(network, reader)
    else:
        network.load_state_dict(torch.load(start, map_location="cpu", weights_only=True))
    network.to(device).eval()  # no dropout: it costs a third of the speed on a CPU
    freeze_lowest(network.encoder, SHARED_LAYERS)
    encoder = [parameter for parameter in network.encoder.parameters() if parameter.requires_grad]
    heads = [*network.head.parameters(), *network.leans.parameters()]
    optimizer = torch.optim.AdamW(
        [{"params": encoder, "times": 1.0}, {"params": heads, "times": config.head_rate}], lr=0.0, fused=True
    )
    rows = Rows(reader_tokenizer())

    def steps(_: int, number: int) -> Iterator[tuple[int, list[Example]]]:
        rng = random.Random(f"{config.seed} {number}")
        count = min(config.pool, config.questions - number * config.pool)
        chosen = islice(Examples(conversations.canard, conversations.pages, rng), count)
        for batch in batches([(rows.row(one.question, one.history), one.added) for one in chosen], config, rng):
            yield len(batch), batch

    def gradients(_: int, batch: list[Example]) -> Tensor:
        loss = loss_of(network, batch, precision)
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    stretch = Stretch("follow-ups", config.questions, (config.learning_rate, 0.0), config.warmup, config.seconds)
    task = Task(asdict(config), network, optimizer, (stretch,), config.pool, steps, gradients)
    learn(task, out, device, workers, checkpoints)
    torch.save(network.state_dict(), out / "followups.pt")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of the training files")
    parser.add_argument("--out", type=Path, required=True, help="folder of the run")
    parser.add_argument("--start", type=Path, help="followups.pt of a run to go on from")
    parser.add_argument("--precision", choices=("float32", "bfloat16"), help="of the products (the faster by default)")
    arguments = parser.parse_args()
    precision = arguments.precision or fastest_precision(best_device())
    train(Config(), Conversations.load(arguments.data), arguments.out, precision, arguments.start)


if __name__ == "__main__":
    main()
