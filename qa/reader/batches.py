"""What a phase of training reads: its examples in their order, and the batches made of them."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from language.published import default_model_path
from qa.reader.data import Corpus, Example, SoftLabel, as_typed, crop
from qa.reader.features import MASKED, Batch, Featurizer, Window
from qa.reader.recipe import Phase, TrainConfig


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


@dataclass(frozen=True)
class Step:
    """What one step learns from."""

    inputs: Batch
    targets: list[list[tuple[int, int]]]
    """Gold token spans of each window, ends inclusive."""
    owners: list[int]
    """The question that each window belongs to."""
    soft: NDArray[np.float32]
    """The teacher's logits, ``[2, windows, tokens]``, NaN in windows that it has not read."""


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


class Batches:
    """What each pool of each phase reads; always the same for the same configuration."""

    def __init__(self, corpus: Corpus, config: TrainConfig) -> None:
        self._corpus = corpus
        self._config = config
        self._featurizer = Featurizer(reader_tokenizer(), max_tokens=config.max_tokens)
        self._vocabulary = reader_tokenizer().get_vocab()
        self._fitting: dict[int, list[Example]] = {}

    def __call__(self, place: int, number: int) -> Iterator[tuple[int, Step]]:
        """Of the phase at ``place`` the pool ``number``: batches of like length in random order, each with the number
        of its questions."""
        config, phase = self._config, self._config.phases[place]
        reads = sorted(_reads(self.pool(place, number), self._featurizer), key=lambda read: read.tokens)
        batches: list[list[_Read]] = []
        count = 0
        for read in reads:
            count += len(read.windows)
            # Sorted ascending: the one about to be added is the longest, so it sets the padded length.
            if not batches or count * read.tokens > config.batch_tokens:
                batches.append([])
                count = len(read.windows)
            batches[-1].append(read)
        random.Random(number).shuffle(batches)
        rng = np.random.default_rng([config.seed, place, number])
        for batch in batches:
            inputs = self._featurizer.pad([window for read in batch for window in read.windows])
            targets = [spans for read in batch for spans in read.targets]
            if phase.hidden_words:
                inputs = replace(inputs, input_ids=_hidden(inputs, targets, phase.hidden_words, self._vocabulary, rng))
            soft = np.full((2, *inputs.input_ids.shape), np.nan, dtype=np.float32)
            first = 0
            for read in batch:
                if read.soft is not None:
                    soft[:, first] = _soft_logits(read.windows[0], read.soft, inputs.input_ids.shape[1])
                first += len(read.windows)
            owners = [owner for owner, read in enumerate(batch) for _ in read.windows]
            yield len(batch), Step(inputs, targets, owners, soft)

    def pool(self, place: int, number: int) -> list[Example]:
        """Its examples, cropped and as people type them."""
        config, phase = self._config, self._config.phases[place]
        if place not in self._fitting:
            self._fitting = {place: _fitting(phase, self._corpus, config)}
        fitting = self._fitting[place]
        rng = random.Random(f"{config.seed} {phase.name} {number}")
        examples = []
        for index in range(number * config.pool, min((number + 1) * config.pool, phase.examples)):
            example = fitting[index % len(fitting)]
            length = rng.choice(phase.crop_chars)
            rivals: tuple[str, ...] = ()
            if example.rivals and rng.random() < phase.rival_share:
                rival = replace(example, context=rng.choice(example.rivals), spans=(), soft=None)
                rivals = (crop(rival, length, rng).context,)
            examples.append(as_typed(replace(crop(example, length, rng), rivals=rivals), rng))
        return examples


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


def reader_tokenizer() -> Tokenizer:
    """The tokenizer of the encoder that the reader begins from."""
    return Tokenizer.from_file(str(default_model_path() / "tokenizer.json"))
