"""What passages hold for a question beside one short span: the items of a list, the sentences that answer, yes or no.

``load_evidence_reader().weigh(question, passages)``. One forward pass of a network that shares the reader's lower
layers (``docs/reader.md``); no PyTorch.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from language.passes import PASS_TOKENS, Passes
from qa.errors import QuestionError
from qa.ports import Text
from qa.reader.decoding import decode_items, polish
from qa.reader.features import Batch, Featurizer, Window
from qa.reader.reader import WEIGHTS, WINDOWS_AT_ONCE, Logits, inputs_of, load_config, window_logits

LESS_RESERVE = (0.5, 1.0, 1.5)
"""Taken off the logit of standing outside of every item, one after the other, where a list seems to have one item."""


@dataclass(frozen=True)
class ScoredSpan:
    """An item of a list: ``text`` stands at ``start:end`` of its passage."""

    text: str
    start: int
    end: int
    score: float
    """The chance, 0 to 1, that its words belong to the answer."""


@dataclass(frozen=True)
class Evidence:
    """What a passage holds for a question."""

    passage: int
    """Which of the passages handed in."""
    items: tuple[ScoredSpan, ...]
    """What answers, in the order of the text; one where one thing does, none where the passage does not."""
    several: float
    """The chance that the question asks for several things."""
    verdict: tuple[float, float, float]
    """The chances of yes, of no, and of neither being said here; their sum is 1."""
    tokens: tuple[tuple[int, int], ...] = ()
    """Start and end of every token of the passage's text."""
    logits: tuple[float, ...] = ()
    """Of every token, that it is part of a sentence that answers."""

    def sentence(self, start: int, end: int) -> float:
        """The chance, 0 to 1, that ``text[start:end]`` answers or explains: that of its tokens' mean logit."""
        inside = [
            logit for (first, last), logit in zip(self.tokens, self.logits, strict=True) if first < end and start < last
        ]
        return float(1.0 / (1.0 + np.exp(-np.mean(inside)))) if inside else 0.0


class EvidenceReader(Protocol):
    """Weighs what passages hold for a question."""

    def weigh(self, question: str, passages: Sequence[Text]) -> list[Evidence]:
        """For each of ``passages``, pairs of title and text, what it holds, in their order."""
        ...


class OnnxEvidenceReader:
    """Our own (``docs/reader.md``)."""

    def __init__(
        self,
        network: Path,
        featurizer: Featurizer,
        *,
        outside: float,
        temperature: float,
        sure: float,
        threads: int | None = None,
    ) -> None:
        """``network`` is an ONNX file with the inputs of ``Batch`` and the outputs ``tokens`` and ``passages``.

        ``outside`` is added to the logit of a token outside of every item, ``temperature`` divides those of verdicts;
        ``sure`` is the chance from which on a verdict was right often enough to be shown.
        """
        self._passes = Passes(network, threads)
        self._featurizer = featurizer
        self._outside = outside
        self._temperature = temperature
        self.sure = sure

    @classmethod
    def load(cls, folder: Path = WEIGHTS, threads: int | None = None) -> OnnxEvidenceReader:
        """That in ``folder``. Raises ReaderError, naming what is missing, when it is incomplete."""
        config = load_config(folder, "evidence.json", ("evidence.onnx", "tokenizer.json"))
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        featurizer = Featurizer(tokenizer, max_tokens=config["max_tokens"], stride=config["stride"])
        chosen = {name: config[name] for name in ("outside", "temperature", "sure")}
        return cls(folder / "evidence.onnx", featurizer, threads=threads, **chosen)

    def weigh(self, question: str, passages: Sequence[Text]) -> list[Evidence]:
        """See ``EvidenceReader``. Raises QuestionError for a question too long."""
        return self.weigh_many([(question, passages)])[0]

    def weigh_many(self, questions: Sequence[tuple[str, Sequence[Text]]]) -> list[list[Evidence]]:
        """For each question with its passages what ``weigh`` gives. Windows of all of them share forward passes."""
        triples = [(question, *passage) for question, passages in questions for passage in passages]
        found: list[Evidence] = []
        places = [place for _, passages in questions for place in range(len(passages))]
        for first in range(0, len(triples), WINDOWS_AT_ONCE):
            part = triples[first : first + WINDOWS_AT_ONCE]
            try:
                windows = self._featurizer.windows_for_pairs(part)
            except ValueError as error:
                raise QuestionError(str(error)) from error
            read: list[list[_Read]] = [[] for _ in part]
            for window, tokens, passage in window_logits(self._featurizer, self._forward, windows, PASS_TOKENS):
                read[window.passage].append((window, tokens, passage))
            for (_, _, text), place, rows in zip(part, places[first:], read, strict=False):
                found.append(self._evidence(place, text, rows))
        ends = np.cumsum([len(passages) for _, passages in questions]).tolist()
        return [found[start:end] for start, end in zip([0, *ends], ends, strict=False)]

    def _evidence(self, place: int, text: str, rows: Sequence[_Read]) -> Evidence:
        tokens, logits = _joined(rows)
        chances = _softmax(np.stack([passage[1:] for _, _, passage in rows]) / self._temperature)  # [windows, 3]
        several = float(np.mean([1.0 / (1.0 + np.exp(-passage[0])) for _, _, passage in rows]))
        return Evidence(
            place,
            self._items(text, tokens, logits[:, :3], several),
            several=several,
            # Of a passage in several windows, the one that says the most.
            verdict=tuple(chances[np.argmin(chances[:, 2])].tolist()),
            tokens=tokens,
            logits=tuple(logits[:, 3].tolist()),
        )

    def _items(
        self, text: str, tokens: Sequence[tuple[int, int]], logits: NDArray[np.floating[Any]], several: float
    ) -> tuple[ScoredSpan, ...]:
        """The items; where several are asked for and one alone is found, a second is looked for with less reserve."""
        for reserve in (0.0, *LESS_RESERVE):
            items = _spans(text, tokens, logits + np.array([self._outside - reserve, 0.0, 0.0]))
            if len(items) != 1 or several < 0.5:
                break
        return items

    def _forward(self, batches: Iterable[Batch]) -> Iterable[Logits]:
        inputs = ({name: a for name, a in inputs_of(batch).items() if name != "span_mask"} for batch in batches)
        return ((tokens, passages) for tokens, passages in self._passes.map(inputs))


_Read = tuple[Window, NDArray[np.floating[Any]], NDArray[np.floating[Any]]]
"""A window, its tokens' logits, ``[tokens, 4]``, and its own, ``[4]`` (``qa.reader.heads.EvidenceNetwork``)."""


def load_evidence_reader(threads: int | None = None) -> OnnxEvidenceReader:
    """The evidence reader that comes with the project; ``threads`` passes at a time, as many as cores by default."""
    return OnnxEvidenceReader.load(threads=threads)


def _joined(rows: Sequence[_Read]) -> tuple[tuple[tuple[int, int], ...], NDArray[np.floating[Any]]]:
    """The tokens of a text, in order, with their logits, ``[tokens, 4]``; the mean where two windows hold one."""
    places: dict[tuple[int, int], list[NDArray[np.floating[Any]]]] = {}
    for window, tokens, _ in rows:
        for offset, logits in zip(window.offsets, tokens[window.context_start : window.context_end], strict=True):
            places.setdefault(offset, []).append(logits)
    order = tuple(sorted(places))
    return order, np.array([np.mean(places[offset], axis=0) for offset in order]).reshape(len(order), 4)


def _spans(text: str, tokens: Sequence[tuple[int, int]], logits: NDArray[np.floating[Any]]) -> tuple[ScoredSpan, ...]:
    items: list[ScoredSpan] = []
    for item in decode_items(logits):
        start, end = polish(text, tokens[item.first][0], tokens[item.last][1])
        if start >= end or (items and start < items[-1].end):
            continue  # nothing but punctuation, or the rest of a word that the item before it was given
        items.append(ScoredSpan(text[start:end], start, end, item.score))
    return tuple(items)


def _softmax(logits: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
    chances: NDArray[np.floating[Any]] = np.exp(logits - logits.max(axis=-1, keepdims=True))
    chances /= chances.sum(axis=-1, keepdims=True)
    return chances
