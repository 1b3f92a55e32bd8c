"""The trained reader on onnxruntime: a question and passages in, candidate answers out. No PyTorch."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from language.passes import PASS_TOKENS, Passes, batches_by_length
from qa.errors import QuestionError, ReaderError
from qa.ports import Text
from qa.reader.decoding import best_spans, polish
from qa.reader.features import Batch, Featurizer, Window
from qa.selection import CALIBRATION_FILE, Calibration, Calibrations
from qa.types import Candidate

WEIGHTS = Path(__file__).parent / "weights"
"""Where the reader that comes with the project lies."""
WINDOWS_AT_ONCE = 512
"""Bounds the memory of a read, however many passages are handed in."""

Logits = tuple[NDArray[np.floating[Any]], NDArray[np.floating[Any]]]
"""Of starts and of ends, each ``[windows, tokens]``."""
Forward = Callable[[Iterable[Batch]], Iterable[Logits]]
"""A network: the logits for each of several batches, in their order."""


class OnnxReader:
    """Our own reader (``docs/reader.md``)."""

    def __init__(
        self,
        network: Path,
        featurizer: Featurizer,
        name: str,
        threads: int | None = None,
        calibrations: Calibrations | None = None,
    ) -> None:
        """``network`` is an ONNX file with the inputs of ``Batch`` and the outputs ``start`` and ``end``.

        ``calibrations`` were fitted for it; None: nobody has measured what its scores mean.
        """
        self._passes = Passes(network, threads)
        self.featurizer = featurizer
        self._calibrations = calibrations
        self.name = name

    @classmethod
    def load(cls, folder: Path = WEIGHTS, threads: int | None = None) -> OnnxReader:
        """The reader in ``folder``. Raises ReaderError, naming what is missing, when it is incomplete."""
        config = load_config(folder, "config.json", ("reader.onnx", "tokenizer.json"))
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        featurizer = Featurizer(tokenizer, max_tokens=config["max_tokens"], stride=config["stride"])
        fitted = folder / CALIBRATION_FILE
        calibrations = Calibrations.load(fitted) if fitted.is_file() else None
        return cls(folder / "reader.onnx", featurizer, config["name"], threads, calibrations)

    @property
    def calibration(self) -> Calibration | None:
        """What turns its scores into chances where it reads passages that were retrieved."""
        return self._calibrations.library if self._calibrations else None

    @property
    def paragraph_calibration(self) -> Calibration | None:
        """The same where it is given the one paragraph to read."""
        return self._calibrations.passage if self._calibrations else None

    def read(self, question: str, passages: Sequence[Text], top_k: int = 3) -> list[Candidate]:
        """The ``top_k`` best candidates of every passage, best first. Raises QuestionError for a question too long."""
        return self.read_many([(question, passages)], top_k)[0]

    def read_many(self, questions: Sequence[tuple[str, Sequence[Text]]], top_k: int = 3) -> list[list[Candidate]]:
        """``read`` for many questions with their passages, whose windows share forward passes."""
        return read_many(self.featurizer, self.forward, questions, top_k, PASS_TOKENS)

    def forward(self, batches: Iterable[Batch]) -> Iterable[Logits]:
        """The logits for each of ``batches``, in their order."""
        return ((start, end) for start, end in self._passes.map(map(inputs_of, batches)))


def load_config(folder: Path, name: str, others: Sequence[str]) -> dict[str, Any]:
    """What the JSON file ``name`` in ``folder`` says, if it, the ``others`` and those it says it ``needs`` are there.

    Raises ReaderError, naming what is missing, if not.
    """
    missing = [one for one in (*others, name) if not (folder / one).is_file()]
    config: dict[str, Any] = {} if name in missing else json.loads((folder / name).read_text(encoding="utf-8"))
    missing += [one for one in config.get("needs", ()) if not (folder / one).is_file()]
    if missing:
        raise ReaderError(f"the reader in {folder} lacks {', '.join(missing)}; install article-qa again")
    return config


def inputs_of(batch: Batch) -> dict[str, NDArray[Any]]:
    """``batch`` under the names that an exported network gives its inputs."""
    return {
        "input_ids": batch.input_ids,
        "attention_mask": batch.attention_mask,
        "token_type_ids": batch.token_type_ids,
        "span_mask": batch.span_mask,
    }


class Windows(Protocol):
    """What cuts texts for a network: ``Featurizer``, or that of another model."""

    def windows_for_pairs(self, triples: Sequence[tuple[str, str, str]]) -> list[Window]:
        """Windows of (question, title, text) triples."""
        ...

    def pad(self, windows: Sequence[Window]) -> Batch:
        """Windows as one batch."""
        ...


def read_many(
    featurizer: Windows, forward: Forward, questions: Sequence[tuple[str, Sequence[Text]]], top_k: int, pass_tokens: int
) -> list[list[Candidate]]:
    """The whole of reading, whatever the network: cut, run in batches of like length, decode, collect.

    A batch has at most ``pass_tokens`` tokens with its padding.
    """
    candidates: list[list[Candidate]] = [[] for _ in questions]
    triples = [(question, *passage) for question, passages in questions for passage in passages]
    owners = [(q, p) for q, (_, passages) in enumerate(questions) for p in range(len(passages))]
    for first in range(0, len(triples), WINDOWS_AT_ONCE):
        part = triples[first : first + WINDOWS_AT_ONCE]
        try:
            windows = featurizer.windows_for_pairs(part)
        except ValueError as error:
            raise QuestionError(str(error)) from error
        for window, start, end in window_logits(featurizer, forward, windows, pass_tokens):
            question, passage = owners[first + window.passage]
            text = part[window.passage][2]
            # More than are kept, because most of a window's best spans overlap.
            for span in best_spans(start, end, window, 8 * top_k):
                at, to = polish(text, window.offsets[span.first][0], window.offsets[span.last][1])
                if at < to:
                    candidates[question].append(Candidate(text[at:to], passage, at, to, span.score))
    return [_best_of_each(found, top_k) for found in candidates]


def window_logits(
    featurizer: Windows, forward: Forward, windows: Sequence[Window], pass_tokens: int
) -> Iterator[tuple[Window, NDArray[np.floating[Any]], NDArray[np.floating[Any]]]]:
    """Each window with its logits of starts and of ends, ``[tokens]`` with its batch's padding, the longest first."""
    # Longest first: a short pass at the end leaves no core waiting for another for long.
    batches = batches_by_length([len(window.ids) for window in windows], pass_tokens)[::-1]
    found = forward(featurizer.pad([windows[row] for row in rows]) for rows in batches)
    for rows, (starts, ends) in zip(batches, found, strict=True):
        for row, start, end in zip(rows, starts, ends, strict=True):
            yield windows[row], start, end


def _best_of_each(found: Sequence[Candidate], top_k: int) -> list[Candidate]:
    """Best first, at most ``top_k`` of one passage, none that overlaps a better one: that is the same answer,
    longer, shorter, or seen by two windows."""
    kept: dict[int, list[Candidate]] = {}
    for candidate in sorted(found, key=lambda candidate: -candidate.score):
        rivals = kept.setdefault(candidate.passage, [])
        apart = all(candidate.end <= rival.start or rival.end <= candidate.start for rival in rivals)
        if apart and len(rivals) < top_k:
            rivals.append(candidate)
    return sorted((candidate for rivals in kept.values() for candidate in rivals), key=lambda one: -one.score)
