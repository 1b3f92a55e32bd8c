"""Train everything until a deadline: a teacher, its labels, the small reader from them, its heads. ``run.py`` calls it.

Each part has a share of the time that is left when it begins, and what one does not use the later ones have. No
checkpoints: who loses the machine has what was finished, in ``OUT``.
"""

from __future__ import annotations

import argparse
import json
import lzma
import os
import pickle
import random
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.numpy import save_file
from torch import Tensor

from language.published import default_model_path
from qa.followups import train as followups
from qa.gpu.corpora import CORPORA, Corpora
from qa.gpu.run import archive, split
from qa.gpu.weights import READER, TEACHER, changed, lay_out_encoder, read_state
from qa.reader import second
from qa.reader.batches import reader_tokenizer
from qa.reader.data import Corpus, Example, crop
from qa.reader.devices import best_device, fastest_precision
from qa.reader.evidence_train import EvidenceConfig, train_evidence
from qa.reader.features import Featurizer
from qa.reader.loop import LOG
from qa.reader.network import SpanNetwork
from qa.reader.recipe import CROPS, RECIPE, Phase, TrainConfig
from qa.reader.teacher import LABELLED_CHARS, TeacherNetwork, label, word_places
from qa.reader.train import train_network, watch

SHARES = {
    "teacher": 0.46,
    "labels": 0.09,
    "reader": 0.22,
    "evidence": 0.09,
    "follow-ups": 0.06,
    "figures": 0.05,
    "writing": 0.03,
}
"""Of the time that is left once everything is loaded."""
BACK_BYTES = 15_000_000
BLOCK = 250
"""Questions that are labelled between two looks at the clock."""
MEASURED = 2500
"""Questions of each set to measure with, at most."""
TRIED = 20
"""Questions that say how many can be measured with in the time there is."""
TOKENS_A_GIGABYTE = 500
"""Padded tokens of a batch for each of the GPU's gigabytes: the teacher takes about a megabyte for each."""


class Clock:
    """How long each part may take."""

    def __init__(self, deadline: float, shares: Mapping[str, float] = SHARES) -> None:
        """``deadline`` is a time as ``time.time`` gives it; ``shares`` are in the order of the parts."""
        self._deadline = deadline
        self._shares = dict(shares)

    def seconds(self, part: str) -> float:
        """For ``part``, which begins now, after those before it; a second where there is no time left."""
        names = list(self._shares)
        later = sum(self._shares[name] for name in names[names.index(part) :])
        return max(1.0, (self._deadline - time.time()) * self._shares[part] / later)


def teacher_recipe(questions: int, answered: int, seconds: float, batch_tokens: int) -> TrainConfig:
    """Three passes over ``questions``, of which so many are ``answered``, if there are ``seconds`` for them."""
    long = (150, 300, *CROPS)
    phases = (
        Phase("find", answered // 2, (5e-5, 5e-5), False, crop_chars=(150, 300, 450), seconds=0.12 * seconds),
        Phase("tell", 3 * questions, (5e-5, 1e-5), True, 0.3, crop_chars=long, seconds=0.7 * seconds),
        Phase("round", questions, (1e-5, 0.0), True, 0.3, crop_chars=long, seconds=0.18 * seconds, rounded=True),
    )
    return replace(RECIPE, phases=phases, batch_tokens=batch_tokens, warmup=2000, watch_questions=0, dropout=True)


def reader_recipe(questions: int, seconds: float, batch_tokens: int) -> TrainConfig:
    """Four passes over ``questions`` with the teacher's view of them, and one without, if there are ``seconds``."""
    taught = Phase("taught", 4 * questions, (3e-4, 1e-4), True, 0.25, crop_chars=(150, 300, 300), softness=0.7)
    settle = Phase("settle", questions, (1e-4, 0.0), True, 0.6, crop_chars=(150, *CROPS))
    phases = (
        replace(taught, hidden_words=0.05, seconds=0.75 * seconds),
        replace(settle, seconds=0.25 * seconds),
    )
    return replace(RECIPE, phases=phases, batch_tokens=batch_tokens, warmup=2000, watch_questions=0)


def labelled(
    teacher: SpanNetwork, examples: Sequence[Example], seconds: float, precision: str, tokens: int
) -> tuple[Example, ...]:
    """``examples`` in random order with the teacher's logits, as many as there are ``seconds`` for."""
    drawn = list(examples)
    random.Random(RECIPE.seed).shuffle(drawn)
    found: list[Example] = []
    started = time.monotonic()
    for first in range(0, len(drawn), BLOCK):
        rng = random.Random(f"{RECIPE.seed} {first}")
        block = [crop(example, LABELLED_CHARS, rng) for example in drawn[first : first + BLOCK]]
        found += label(teacher, block, precision, max(tokens, 3000))
        if time.monotonic() - started >= seconds:
            break
    return tuple(found)


def figures(
    networks: Mapping[str, SpanNetwork], measured: Mapping[str, Sequence[Example]], seconds: float, precision: str
) -> list[dict[str, Any]]:
    """EM and F1 of each network on each set, and AUROC, on as many questions as there are ``seconds`` for."""
    featurizer = Featurizer(reader_tokenizer())
    rows = []
    for name, network in networks.items():
        for part, examples in measured.items():
            drawn = random.Random(RECIPE.seed).sample(examples, min(MEASURED, len(examples)))
            started = time.monotonic()
            watch(network, featurizer, tuple(drawn[:TRIED]), precision)
            speed = TRIED / (time.monotonic() - started)
            count = max(TRIED, int(speed * seconds / len(networks) / len(measured)))
            found = watch(network, featurizer, tuple(drawn[:count]), precision)
            row = {"network": name, "set": part, "questions": len(drawn[:count])}
            row |= {"exact_match": found["watch_em"], "f1": found["watch_f1"]}
            if not all(example.spans for example in drawn[:count]):
                row["auroc"] = found["watch_auroc"]
            rows.append(row)
    return rows


def send_back(name: str, tables: Mapping[str, Mapping[str, NDArray[Any]]], others: Sequence[Path], out: Path) -> None:
    """Writes ``tables``, by the names of their files, and ``others``, a log as ``NAME.jsonl``, to ``out`` as the parts
    called ``name``."""
    with tempfile.TemporaryDirectory() as scratch:
        files = {f"{name}.jsonl" if path.name == LOG else path.name: path for path in others}
        for file, state in tables.items():
            files[file] = Path(scratch) / file
            save_file(dict(state), str(files[file]))
        split(archive(files), out, name, BACK_BYTES)


def train_all(folder: Path, out: Path, deadline: float, workers: int, tokens: int | None = None) -> None:
    """Everything, from what lies unpacked in ``folder`` to the parts in ``out``."""
    with lzma.open(folder / CORPORA) as file:
        corpora: Corpora = pickle.load(file)  # our own: run.py has compared its hash
    begin, pretrained = read_state(folder / READER), read_state(folder / TEACHER)
    lay_out_encoder(begin, default_model_path())
    lay_out_encoder(pretrained, folder / "encoder")
    device = best_device()
    torch.manual_seed(RECIPE.seed)
    torch.set_float32_matmul_precision("high")
    precision = fastest_precision(device)
    tokens = tokens or batch_tokens(device)
    clock = Clock(deadline)
    runs = folder / "runs"
    say(f"{device}, {precision}, batches of {tokens} tokens, {workers} workers")

    spans = corpora.spans
    answered = [example for example in spans.train if example.spans]
    teacher = TeacherNetwork(folder / "encoder")
    teacher.load_state_dict(pretrained)
    while True:
        config = teacher_recipe(len(spans.train), len(answered), clock.seconds("teacher"), tokens)
        try:
            train_network(teacher, config, spans, runs / "teacher", precision, workers, checkpoints=False)
            break
        except torch.OutOfMemoryError:
            tokens //= 2
            say(f"the GPU's memory is too small; going on with batches of {tokens} tokens")
    places = np.array(word_places(folder / "encoder"), dtype=np.int64)
    state = {name: values.cpu().numpy() for name, values in teacher.state_dict().items()}
    second.export(second.shipped_names(state, places), runs / "teacher")
    send_back("second", {}, [runs / "teacher" / name for name in (*second.FILES, LOG)], out)
    say("the teacher is done")

    found = labelled(teacher, answered, clock.seconds("labels"), precision, tokens)
    say(f"{len(found)} of {len(answered)} questions are labelled")

    reader = SpanNetwork(default_model_path())
    reader.load_state_dict(begin)
    config = reader_recipe(len(spans.train), clock.seconds("reader"), tokens)
    taught = Corpus(spans.train, (), found)
    train_network(reader, config, taught, runs / "reader", precision, workers, checkpoints=False)
    read = on_cpu(reader)
    send_back("reader", {"reader.safetensors": changed(read, begin)}, [runs / "reader" / LOG], out)
    say("the reader is done")

    # As it will be read at home: the heads share its lowest layers with it.
    read = {
        name: values.half().float() if name not in begin or not torch.equal(values, begin[name]) else values
        for name, values in read.items()
    }
    parts = 1 if device.type == "cuda" else EvidenceConfig.parts
    judging = EvidenceConfig(
        examples=3 * len(corpora.evidence.train),
        batch_tokens=min(tokens, 8000),
        parts=parts,
        seconds=clock.seconds("evidence"),
    )
    train_evidence(
        judging, corpora.evidence, runs / "evidence", None, None, precision, read, workers, checkpoints=False
    )
    heads = torch.load(runs / "evidence" / "evidence.pt", map_location="cpu", weights_only=True)["network"]
    send_back("evidence", {"evidence.safetensors": changed(heads, read)}, [runs / "evidence" / LOG], out)
    say("the evidence heads are done")

    leaning = followups.Config(questions=60_000, seconds=clock.seconds("follow-ups"))
    followups.train(
        leaning, corpora.conversations, runs / "followups", precision, None, read, workers, checkpoints=False
    )
    terms = torch.load(runs / "followups" / "followups.pt", map_location="cpu", weights_only=True)
    send_back("followups", {"followups.safetensors": changed(terms, read)}, [runs / "followups" / LOG], out)
    say("follow-ups are done")

    rows = figures({"teacher": teacher, "reader": reader}, corpora.measured, clock.seconds("figures"), precision)
    (runs / "figures.json").write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    send_back("figures", {}, [runs / "figures.json"], out)
    for row in rows:
        say(json.dumps(row))


def on_cpu(network: torch.nn.Module) -> dict[str, Tensor]:
    """The state of ``network``, a copy."""
    return {name: values.detach().cpu().clone() for name, values in network.state_dict().items()}


def batch_tokens(device: torch.device) -> int:
    """Padded tokens of a batch: as on a CPU, or as many as the GPU's memory holds."""
    if device.type != "cuda":
        return RECIPE.batch_tokens
    gigabytes = torch.cuda.get_device_properties(device).total_memory / 2**30
    return int(min(24_000, max(RECIPE.batch_tokens, TOKENS_A_GIGABYTE * gigabytes)))


def say(line: str) -> None:
    """What has been done, and when."""
    sys.stdout.write(f"{time.strftime('%H:%M:%S')} {line}\n")
    sys.stdout.flush()


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--deadline", type=float, required=True, help="seconds since 1970")
    parser.add_argument("--out", type=Path, required=True, help="folder of the parts that go back")
    parser.add_argument("--workers", type=int, help="processes that prepare what is read (by default as cores allow)")
    parser.add_argument("--tokens", type=int, help="padded tokens of a batch (by default as memory allows)")
    arguments = parser.parse_args()
    workers = arguments.workers
    if workers is None:  # on a CPU they would take what the training needs
        workers = max(0, min(8, (os.cpu_count() or 1) - 2)) if best_device().type == "cuda" else 0
    train_all(Path.cwd(), arguments.out, arguments.deadline, workers, arguments.tokens)


if __name__ == "__main__":
    main()
