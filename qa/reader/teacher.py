"""A larger network: the second reader, which can also teach the small one what it makes of each question.

``python -m qa.reader.teacher learn --encoder FOLDER --data DATA --out RUN`` trains it, and
``python -m qa.reader.teacher label --encoder FOLDER --data DATA --network RUN/network.pt --out LABELS`` writes its
logits for training questions; both go on from where they were stopped. ``qa.reader.train --labels LABELS`` learns from
them. ``FOLDER`` holds an encoder that knows the same word pieces as the reader's, such as all-mpnet-base-v2
(docs/training.md says where to find it).
"""

from __future__ import annotations

import argparse
import json
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor

from qa.reader.batches import examples_of, reader_tokenizer
from qa.reader.data import Example, SoftLabel, crop, load_corpus
from qa.reader.devices import best_device, fastest_precision, in_pytorch
from qa.reader.features import Featurizer
from qa.reader.network import SpanNetwork
from qa.reader.reader import window_logits
from qa.reader.recipe import RECIPE, Phase
from qa.reader.second import shipped_weights, trained_state
from qa.reader.train import train

TEACHER_RECIPE = replace(
    RECIPE,
    # Short passages: what a network of this size learns in an hour depends on how many questions it sees.
    phases=(
        Phase("find", 3_000, (7e-5, 7e-5), unanswerable=False, frozen_layers=4, crop_chars=(150, 300, 300)),
        Phase("tell", 14_000, (7e-5, 2.3e-5), True, 0.25, frozen_layers=4, crop_chars=(150, 300, 300, 450, 600)),
        # In the four bits that it is shipped in, on passages as long as those it will read.
        Phase("round", 4_000, (2.5e-5, 0.0), True, 0.25, 4, crop_chars=(150, 300, 450, 600, 800), rounded=True),
    ),
    warmup=1500,
    batch_tokens=2700,
    pool=1000,
    qamr_share=0.15,
    watch_questions=100,
)
LABELLED_CHARS = 300
"""Contexts are cropped to this length around the answer before the teacher reads them, as when it learned."""
BLOCK = 1000
"""Questions in one file of labels."""
_SPECIAL = {"[CLS]": "<s>", "[SEP]": "</s>", "[PAD]": "<pad>", "[MASK]": "<mask>"}


class TeacherNetwork(SpanNetwork):
    """A span network over an MPNet encoder (Song et al. 2020, arXiv 2004.09297) that takes the reader's token ids."""

    def __init__(self, encoder_path: Path) -> None:
        """Raises ValueError where the encoder in ``encoder_path`` knows other word pieces than the reader."""
        super().__init__(encoder_path)
        self.places: Tensor
        self.register_buffer("places", torch.tensor(word_places(encoder_path)), persistent=False)

    def encode(self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor) -> Tensor:
        """See ``SpanNetwork``; this encoder has no token types."""
        hidden: Tensor = self.encoder(input_ids=self.places[input_ids], attention_mask=attention_mask).last_hidden_state
        return hidden

    def begin_from_shipped(self, encoder_path: Path) -> None:
        """Takes the weights of the second reader that is shipped."""
        state = {name: values.numpy() for name, values in self.state_dict().items()}
        shipped = trained_state(shipped_weights(), state, np.array(word_places(encoder_path)))
        self.load_state_dict({name: torch.from_numpy(values) for name, values in shipped.items()})


def word_places(encoder_path: Path) -> list[int]:
    """For each of the reader's word pieces, in order, the row that the encoder in ``encoder_path`` has for it.

    Raises ValueError where it knows other word pieces.
    """
    theirs = Tokenizer.from_file(str(encoder_path / "tokenizer.json")).get_vocab()
    ours = reader_tokenizer().get_vocab()
    try:
        places = {index: theirs[_SPECIAL.get(piece, piece)] for piece, index in ours.items()}
    except KeyError as error:
        raise ValueError(f"the encoder in {encoder_path} knows other word pieces than the reader") from error
    return [places[index] for index in range(len(ours))]


def label(
    network: SpanNetwork, examples: Sequence[Example], precision: str = "float32", pass_tokens: int = 3000
) -> Iterator[Example]:
    """``examples`` with the network's logits, in order of length; those that need two windows are left out.

    Products are in ``precision``, ``float32`` or ``bfloat16``; a forward pass has up to ``pass_tokens`` padded tokens.
    """
    featurizer = Featurizer(reader_tokenizer())
    windows = featurizer.windows_for_pairs([(e.question, e.title, e.context) for e in examples])
    windows_of = Counter(window.passage for window in windows)
    for window, start, end in window_logits(featurizer, in_pytorch(network, precision), windows, pass_tokens):
        if windows_of[window.passage] > 1:
            continue
        context = slice(window.context_start, window.context_end)
        offsets = tuple(first for first, _ in window.offsets)
        soft = SoftLabel(offsets, *(tuple(round(x, 2) for x in logits[context].tolist()) for logits in (start, end)))
        yield replace(examples[window.passage], soft=soft)


def write_labels(network: SpanNetwork, examples: Sequence[Example], out: Path, count: int) -> None:
    """Labels of ``count`` of ``examples``, drawn at random, in ``out``; blocks that are there already stay."""
    out.mkdir(parents=True, exist_ok=True)
    drawn = list(examples)
    random.Random(RECIPE.seed).shuffle(drawn)
    for first in range(0, count, BLOCK):
        path = out / f"{first:06}.jsonl"
        if path.exists():
            continue
        rng = random.Random(f"{RECIPE.seed} {first}")
        block = [crop(example, LABELLED_CHARS, rng) for example in drawn[first : min(count, first + BLOCK)]]
        lines = (json.dumps(asdict(example)) + "\n" for example in label(network, block))
        unfinished = path.with_suffix(".tmp")
        with unfinished.open("w", encoding="utf-8") as file:
            file.writelines(lines)
        unfinished.replace(path)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    learn = commands.add_parser("learn", help="train the teacher")
    labelling = commands.add_parser("label", help="write down what it makes of training questions")
    for command in (learn, labelling):
        command.add_argument("--encoder", type=Path, required=True, help="folder of the teacher's encoder")
        command.add_argument("--data", type=Path, required=True, help="folder of the training files")
        command.add_argument("--out", type=Path, required=True, help="folder of what it makes")
        command.add_argument("--threads", type=int, help="CPU threads (PyTorch's choice by default)")
    learn.add_argument("--precision", choices=("float32", "bfloat16"), help="of the products (the faster by default)")
    learn.add_argument("--shipped", action="store_true", help="begin from the second reader as it is shipped")
    names = [phase.name for phase in TEACHER_RECIPE.phases]
    learn.add_argument("--phases", nargs="+", choices=names, default=names, help="of the recipe, to do only these")
    labelling.add_argument("--network", type=Path, required=True, help="network.pt of the trained teacher")
    labelling.add_argument("--count", type=int, default=34_000, help="questions")
    arguments = parser.parse_args()
    network = TeacherNetwork(arguments.encoder)
    if arguments.command == "learn":
        precision = arguments.precision or fastest_precision(best_device())
        config = TEACHER_RECIPE.only(arguments.phases)
        if arguments.shipped:
            network.begin_from_shipped(arguments.encoder)
        train(config, arguments.data, arguments.out, arguments.threads, precision=precision, network=network)
        return
    network.load_state_dict(torch.load(arguments.network, map_location="cpu", weights_only=True)["network"])
    if arguments.threads is not None:
        torch.set_num_threads(arguments.threads)
    corpus = load_corpus(
        arguments.data,
        qamr_share=TEACHER_RECIPE.qamr_share,
        watch_articles=TEACHER_RECIPE.watch_articles,
        seed=TEACHER_RECIPE.seed,
    )
    # What it says of questions that it learned from is little more than the answer it was told.
    learned = {example for phase in TEACHER_RECIPE.phases for example in examples_of(phase, corpus, TEACHER_RECIPE)}
    unseen = [example for example in corpus.train if example.spans and example not in learned]
    write_labels(network.eval().to(best_device()), unseen, arguments.out, arguments.count)


if __name__ == "__main__":
    main()
