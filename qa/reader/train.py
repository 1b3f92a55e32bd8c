"""Train the reader: ``python -m qa.reader.train --data DATA --out RUN`` from data files to a float checkpoint.

The run can be stopped at any moment and started again with the same command: it goes on from its
last checkpoint. The phases that learn from a teacher need ``--labels``, which ``qa.reader.teacher`` writes;
``--phases`` chooses others. ``python -m qa.reader.export`` turns the result into the ONNX file that is
shipped, and ``python -m benchmarks.calibrate`` fits the numbers that turn its scores into chances.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from qa.evaluation.metrics import auroc, best_over_gold, exact_match, token_f1
from qa.reader.data import Corpus, Example, SoftLabel, as_typed, crop, load_corpus, load_labels
from qa.reader.decoding import best_spans
from qa.reader.features import Batch, Featurizer, Window
from qa.reader.graphs import MASKED
from qa.reader.network import SpanNetwork, soft_loss, span_loss
from qa.reader.reader import Forward, Logits, window_logits
from qa.reader.rounding import learn_rounded
from vectorstore.embedder import default_model_path

CROPS = (300, 450, 600, 800)
"""Lengths in characters: short ones are quick to learn from, long ones are what will be read."""


@dataclass(frozen=True)
class Phase:
    """A stretch of training: what is asked, and how fast it is learned."""

    name: str
    examples: int
    """How many questions are seen; past the number there are, they come round again in the same order."""
    learning_rate: tuple[float, float]
    """At its beginning and at its end, evenly in between."""
    unanswerable: bool
    """Whether questions that their passage does not answer are among them."""
    rival_share: float = 0.0
    """Share of the answerable questions with rivals that are read together with one of them."""
    frozen_layers: int = 0
    """Lowest layers of the encoder, and the embeddings below them, that are left as they are: a third faster at 2."""
    crop_chars: tuple[int, ...] = (750,)
    """Lengths to which contexts are cropped, one drawn for each question."""
    softness: float = 0.0
    """Share of the loss that asks for the teacher's view of every span in place of the one accepted answer. Where there
    is any, of the answerable questions only those that the teacher has read are seen."""
    hidden_words: float = 0.0
    """Share of the tokens, those of the answer apart, that are replaced by ``[MASK]``."""
    rounded: bool = False
    """Whether the network computes with weights of four bits, as ``qa.reader.second`` ships them, while it learns."""
    mean_decay: float = 0.0
    """Of the running mean of the weights, a step. Where there is any, the phase leaves that mean behind, and not the
    last weights (exponential; Izmailov et al. 2018, arXiv 1803.05407, average evenly)."""


@dataclass(frozen=True)
class TrainConfig:
    """Everything that decides what comes out, apart from the data itself."""

    phases: tuple[Phase, ...]
    warmup: int = 4000
    """Questions over which the learning rate rises from 0 at the start."""
    weight_decay: float = 0.01
    batch_tokens: int = 3600
    pool: int = 2000
    """Examples that are sorted by length together; a checkpoint falls between two pools."""
    max_tokens: int = 320
    temperature: float = 2.0
    """What logits, the teacher's and the reader's, are divided by before they are compared."""
    qamr_share: float = 0.1
    watch_articles: int = 6
    watch_questions: int = 500
    seed: int = 13

    @property
    def examples(self) -> int:
        """Questions seen over all phases."""
        return sum(phase.examples for phase in self.phases)


RECIPE = TrainConfig(
    phases=(
        # Where is the answer? Unanswerable questions from the start would teach it to point at [CLS] before it can
        # find anything (docs/training.md).
        Phase("find", 122_000, (3e-4, 5e-5), unanswerable=False),
        # Is there one?
        Phase("tell", 56_000, (2.0e-4, 1.2e-4), True, rival_share=0.15, frozen_layers=2, crop_chars=CROPS),
        # Which of several passages has it?
        Phase("compare", 40_000, (1.2e-4, 0.0), True, rival_share=0.6, frozen_layers=2, crop_chars=CROPS),
        # Both again, with passages of a line or two among the rest.
        Phase("more", 40_000, (1.7e-4, 0.9e-4), True, rival_share=0.15, frozen_layers=2, crop_chars=(150, *CROPS)),
        Phase("compare again", 16_000, (0.9e-4, 0.0), True, rival_share=0.6, frozen_layers=2, crop_chars=(150, *CROPS)),
        # What all runs over the last weights have in common; only their running mean is kept.
        Phase(
            "average",
            40_000,
            (1e-4, 1e-4),
            True,
            rival_share=0.35,
            crop_chars=(150, *CROPS),
            hidden_words=0.05,
            mean_decay=0.999,
        ),
        # What a larger network makes of the same questions, and once more what the data say.
        Phase("taught", 50_000, (1.5e-4, 0.7e-4), True, rival_share=0.25, crop_chars=(150, 300, 300), softness=0.7),
        Phase("settle", 10_000, (0.7e-4, 0.0), True, rival_share=0.6, frozen_layers=2, crop_chars=(150, *CROPS)),
    )
)
"""How the shipped weights are made."""


@dataclass(frozen=True)
class Progress:
    """How far a run has come."""

    phase: int = 0
    pool: int = 0
    """Pools seen of the phase."""
    seen: int = 0
    """Questions seen of the phase."""


def learning_rate_at(phase: Phase, seen: int, warmup: int) -> float:
    """The rate after ``seen`` questions of ``phase``; ``warmup`` is 0 for all phases but the first."""
    first, last = phase.learning_rate
    rate = first + (last - first) * min(1.0, seen / phase.examples)
    return rate * min(1.0, seen / warmup) if warmup else rate


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
    if labels is None and (phases := [phase.name for phase in config.phases if phase.softness]):
        raise ValueError(
            f"the phase {phases[0]!r} learns from a teacher; say with --labels where its labels are, or choose --phases"
        )
    if threads is not None:
        torch.set_num_threads(threads)
    out.mkdir(parents=True, exist_ok=True)
    device = best_device()
    torch.manual_seed(config.seed)
    corpus = load_corpus(data, qamr_share=config.qamr_share, watch_articles=config.watch_articles, seed=config.seed)
    if labels is not None:
        corpus = replace(corpus, labelled=load_labels(labels))
    network = (network or SpanNetwork(default_model_path())).to(device)
    if start is not None:
        network.load_state_dict(torch.load(start, map_location=device, weights_only=True)["network"])
    # Dropout costs a third of the speed on a CPU, and few passes over the data do not overfit.
    network.eval()
    optimizer = torch.optim.AdamW(_parameter_groups(network, config), lr=0.0)
    featurizer = Featurizer(reader_tokenizer(), max_tokens=config.max_tokens)
    mean = AveragedModel(network) if any(phase.mean_decay for phase in config.phases) else None
    progress = _resume(out, config, network, mean, optimizer, device)
    while progress.phase < len(config.phases):
        phase = config.phases[progress.phase]
        freeze_lowest(network.encoder, phase.frozen_layers)
        if phase.rounded:
            learn_rounded(network)
        averaging = mean if phase.mean_decay else None
        if averaging is not None:
            averaging.multi_avg_fn = get_ema_multi_avg_fn(phase.mean_decay)  # type: ignore[no-untyped-call]
        started, losses = time.monotonic(), []
        pool = _pool(corpus, config, progress)
        seen = progress.seen
        for batch, targets, owners, soft in _batches(pool, featurizer, config, progress):
            rate = learning_rate_at(phase, seen, config.warmup if progress.phase == 0 else 0)
            for group in optimizer.param_groups:
                group["lr"] = rate
            with _autocast(device, precision):
                start_logits, end_logits = network(*as_tensors(batch, device))
            loss = span_loss(start_logits, end_logits, targets, owners)
            if phase.softness:
                taught = soft_loss(start_logits, end_logits, torch.from_numpy(soft).to(device), config.temperature)
                loss = (1 - phase.softness) * loss + phase.softness * taught
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            if averaging is not None:
                averaging.update_parameters(network)
            losses.append(loss.item())
            seen += len(set(owners))
        entry: dict[str, Any] = {
            "phase": phase.name,
            "seen": seen,
            "loss": round(sum(losses) / len(losses), 4),
            "learning_rate": learning_rate_at(phase, seen, 0),
            "per_second": round((seen - progress.seen) / (time.monotonic() - started), 1),
        }
        done = seen >= phase.examples
        if done and averaging is not None:
            network.load_state_dict(averaging.module.state_dict())
            averaging.n_averaged.zero_()
        progress = Progress(progress.phase + 1) if done else Progress(progress.phase, progress.pool + 1, seen)
        _save(out, config, network, mean, optimizer, progress)
        if done or progress.pool % 8 == 0:
            entry |= watch(network, featurizer, corpus.watch[: config.watch_questions], precision)
        with (out / "log.jsonl").open("a") as log:
            log.write(json.dumps(entry) + "\n")
    torch.save({"config": asdict(config), "network": network.state_dict()}, out / "network.pt")


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


def fastest_precision(device: torch.device) -> str:
    """The faster of the two for one of the network's larger products, by trial.

    Processors with AMX and GPUs multiply numbers of 16 bits several times as fast; some others are slower with them.
    """

    def seconds(dtype: torch.dtype) -> float:
        rows = torch.ones(3600, 384, device=device, dtype=dtype)
        columns = torch.ones(384, 1536, device=device, dtype=dtype)
        started = time.perf_counter()
        (rows @ columns).sum().item()  # reading a number waits for the device
        return time.perf_counter() - started

    return min(("float32", "bfloat16"), key=lambda name: min(seconds(getattr(torch, name)) for _ in range(5)))


def best_device() -> torch.device:
    """A GPU where there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def _autocast(device: torch.device, precision: str) -> torch.autocast:
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=precision == "bfloat16")


def freeze_lowest(encoder: Any, layers: int) -> None:
    """Leaves the lowest ``layers`` as they are, and always the word embeddings: they are half of the parameters,
    already good, and dear to update on a CPU."""
    encoder.requires_grad_(True)
    encoder.embeddings.requires_grad_(layers == 0)
    encoder.embeddings.word_embeddings.requires_grad_(False)
    for layer in encoder.encoder.layer[:layers]:
        layer.requires_grad_(False)


def examples_of(phase: Phase, corpus: Corpus, config: TrainConfig) -> list[Example]:
    """The examples that ``phase`` learns from, in its order, each once."""
    return _fitting(phase, corpus, config)[: phase.examples]


def _fitting(phase: Phase, corpus: Corpus, config: TrainConfig) -> list[Example]:
    fitting = [example for example in corpus.train if example.spans or phase.unanswerable]
    if phase.softness:
        unanswerable = [example for example in fitting if not example.spans]
        share = len(corpus.labelled) / (len(fitting) - len(unanswerable))  # as many of the ones as of the others
        fitting = [*corpus.labelled, *unanswerable[: int(share * len(unanswerable))]]
    # A phase goes on in the order of the corpus where another might have begun it: each shuffles for itself.
    random.Random(f"{config.seed} {phase.name}").shuffle(fitting)
    return fitting


def _pool(corpus: Corpus, config: TrainConfig, progress: Progress) -> list[Example]:
    """The examples of one pool, cropped and as people type them; the same for the same seed and progress."""
    phase = config.phases[progress.phase]
    fitting = _fitting(phase, corpus, config)
    rng = random.Random(f"{config.seed} {phase.name} {progress.pool}")
    first = progress.pool * config.pool
    count = min(config.pool, phase.examples - progress.seen)
    examples = []
    for index in range(first, first + count):
        example = fitting[index % len(fitting)]
        length = rng.choice(phase.crop_chars)
        rivals: tuple[str, ...] = ()
        if example.rivals and rng.random() < phase.rival_share:
            rival = replace(example, context=rng.choice(example.rivals), spans=(), soft=None)
            rivals = (crop(rival, length, rng).context,)
        examples.append(as_typed(replace(crop(example, length, rng), rivals=rivals), rng))
    return examples


@dataclass(frozen=True)
class _Read:
    """A question's windows with their gold token spans: its passage first, then a rival."""

    windows: tuple[Window, ...]
    targets: tuple[list[tuple[int, int]], ...]
    soft: SoftLabel | None
    """The teacher's view of the first window."""

    @property
    def tokens(self) -> int:
        return max(len(window.ids) for window in self.windows)


def _batches(
    examples: list[Example], featurizer: Featurizer, config: TrainConfig, progress: Progress
) -> Iterator[tuple[Batch, list[list[tuple[int, int]]], list[int], NDArray[np.float32]]]:
    """Batches of like length in random order: inputs, gold token spans per window, each window's question, and the
    teacher's logits, ``[2, windows, tokens]``, NaN in windows that it has not read."""
    reads = sorted(_reads(examples, featurizer), key=lambda read: read.tokens)
    batches: list[list[_Read]] = []
    count = 0
    for read in reads:
        count += len(read.windows)
        # Sorted ascending: the one about to be added is the longest, so it sets the padded length.
        if not batches or count * read.tokens > config.batch_tokens:
            batches.append([])
            count = len(read.windows)
        batches[-1].append(read)
    random.Random(progress.pool).shuffle(batches)
    hidden_words = config.phases[progress.phase].hidden_words
    vocabulary = reader_tokenizer().get_vocab()
    rng = np.random.default_rng([config.seed, progress.phase, progress.pool])
    for batch in batches:
        inputs = featurizer.pad([window for read in batch for window in read.windows])
        targets = [spans for read in batch for spans in read.targets]
        if hidden_words:
            inputs = replace(inputs, input_ids=_hidden(inputs, targets, hidden_words, vocabulary, rng))
        soft = np.full((2, *inputs.input_ids.shape), np.nan, dtype=np.float32)
        first = 0
        for read in batch:
            if read.soft is not None:
                soft[:, first] = _soft_logits(read.windows[0], read.soft, inputs.input_ids.shape[1])
            first += len(read.windows)
        yield (
            inputs,
            targets,
            [owner for owner, read in enumerate(batch) for _ in read.windows],
            soft,
        )


def _hidden(
    inputs: Batch,
    targets: list[list[tuple[int, int]]],
    share: float,
    vocabulary: Mapping[str, int],
    rng: np.random.Generator,
) -> NDArray[np.int64]:
    """The token ids with ``share`` of them hidden, drawn by ``rng``: none of an answer, no ``[CLS]``, no ``[SEP]``."""
    ids = inputs.input_ids
    plain = inputs.attention_mask.astype(bool) & (ids != vocabulary["[CLS]"]) & (ids != vocabulary["[SEP]"])
    hidden = plain & (rng.random(ids.shape) < share)
    for row, spans in enumerate(targets):
        for first, last in spans:
            hidden[row, first : last + 1] = False
    return np.where(hidden, vocabulary["[MASK]"], ids)


def _soft_logits(window: Window, label: SoftLabel, tokens: int) -> NDArray[np.float32]:
    """The label's logits at the window's tokens, ``[2, tokens]``; ``MASKED`` where it has none."""
    logits = np.full((2, tokens), MASKED, dtype=np.float32)
    places = {offset: place for place, offset in enumerate(label.offsets)}
    for column, (offset, _) in enumerate(window.offsets, window.context_start):
        if (place := places.get(offset)) is not None:
            logits[:, column] = label.start[place], label.end[place]
    return logits


def _reads(examples: list[Example], featurizer: Featurizer) -> Iterator[_Read]:
    texts = [(example, text) for example in examples for text in (example.context, *example.rivals)]
    soft = {id(example): example.soft for example in examples}
    triples = [(example.question, example.title, text) for example, text in texts]
    found: dict[int, tuple[list[Window], list[list[tuple[int, int]]]]] = {}
    taken: set[int] = set()
    for window in featurizer.windows_for_pairs(triples):
        example, text = texts[window.passage]
        gold = example.spans if text is example.context else ()
        spans = [span for start, end in gold if (span := token_span(window, start, end)) is not None]
        # A cropped context is one window; of the few that need two, the one with the answer counts.
        if window.passage not in taken and (spans or not gold):
            taken.add(window.passage)
            windows, targets = found.setdefault(id(example), ([], []))
            windows.append(window)
            targets.append(spans or [(0, 0)])
    for key, (windows, targets) in found.items():
        yield _Read(tuple(windows), tuple(targets), soft[key])


def token_span(window: Window, start: int, end: int) -> tuple[int, int] | None:
    """The tokens of ``window.ids`` (end inclusive) that cover characters ``start:end``; None if not all inside."""
    inside = [i for i, (s, e) in enumerate(window.offsets) if s < end and e > start]
    if not inside or window.offsets[inside[0]][0] > start or window.offsets[inside[-1]][1] < end:
        return None
    return window.context_start + inside[0], window.context_start + inside[-1]


def as_tensors(batch: Batch, device: torch.device) -> tuple[torch.Tensor, ...]:
    """The network's inputs, in their order."""
    arrays = (batch.input_ids, batch.attention_mask, batch.token_type_ids, batch.span_mask)
    return tuple(torch.from_numpy(array).to(device) for array in arrays)


def in_pytorch(network: SpanNetwork, precision: str = "float32") -> Forward:
    """``network`` as it reads: on the device where it is, without gradients; ``precision`` as in ``train``."""
    device = next(network.parameters()).device

    def run(batch: Batch) -> Logits:
        with torch.inference_mode(), _autocast(device, precision):
            start, end = network(*as_tensors(batch, device))
        return start.cpu().numpy(), end.cpu().numpy()

    return lambda batches: map(run, batches)


def reader_tokenizer() -> Tokenizer:
    """The tokenizer of the encoder that the reader begins from."""
    return Tokenizer.from_file(str(default_model_path() / "tokenizer.json"))


def _parameter_groups(network: SpanNetwork, config: TrainConfig) -> list[dict[str, Any]]:
    """Weight decay on matrices only, as is usual: not on biases and layer norms."""
    trained = [parameter for parameter in network.parameters() if parameter.requires_grad]
    return [
        {"params": [p for p in trained if p.ndim > 1], "weight_decay": config.weight_decay},
        {"params": [p for p in trained if p.ndim <= 1], "weight_decay": 0.0},
    ]


def _save(
    out: Path,
    config: TrainConfig,
    network: SpanNetwork,
    mean: AveragedModel | None,
    optimizer: torch.optim.Optimizer,
    progress: Progress,
) -> None:
    state = {
        "config": asdict(config),
        "network": network.state_dict(),
        "mean": mean and mean.state_dict(),
        "optimizer": optimizer.state_dict(),
        "progress": asdict(progress),
    }
    # Written beside and moved: a stop in mid-write leaves the previous checkpoint whole.
    torch.save(state, out / "checkpoint.tmp")
    (out / "checkpoint.tmp").replace(out / "checkpoint.pt")


def _resume(
    out: Path,
    config: TrainConfig,
    network: SpanNetwork,
    mean: AveragedModel | None,
    optimizer: torch.optim.Optimizer,
    device: torch.device,
) -> Progress:
    """That of the last checkpoint, loaded; of a beginning where there is none.

    Raises ValueError when the checkpoint was made with another configuration.
    """
    path = out / "checkpoint.pt"
    if not path.exists():
        return Progress()
    state = torch.load(path, map_location=device, weights_only=True)
    now = asdict(config)
    different = sorted(name for name in now if state["config"].get(name) != now[name])
    if different:
        raise ValueError(f"{path} was made with other settings ({', '.join(different)}); use another --out")
    network.load_state_dict(state["network"])
    if mean is not None:
        mean.load_state_dict(state["mean"])
    optimizer.load_state_dict(state["optimizer"])
    return Progress(**state["progress"])


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
    config = replace(RECIPE, phases=tuple(phase for phase in RECIPE.phases if phase.name in arguments.phases))
    precision = arguments.precision or fastest_precision(best_device())
    train(config, arguments.data, arguments.out, arguments.threads, arguments.start, precision, arguments.labels)


if __name__ == "__main__":
    main()
