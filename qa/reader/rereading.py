"""A small reader that reads everything, and a larger one that reads again what the small one likes best."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from itertools import tee
from pathlib import Path

from language.passes import PASS_TOKENS, Passes
from qa.ports import Text
from qa.reader.features import Batch
from qa.reader.reader import WEIGHTS, Logits, OnnxReader, inputs_of, load_config, read_many
from qa.reader.second import CONFIG_FILE, FILES, load
from qa.selection import Calibration, Calibrations
from qa.types import Candidate


class RereadingReader:
    """Two readers that take the same tokens. Where both have read a passage, their logits are added up.

    A passage that only the small one has read gives no candidates: scores of one reader and of two do not compare.
    """

    def __init__(
        self,
        first: OnnxReader,
        second: Future[Passes],
        share: float,
        passages: int,
        calibrations: Calibrations,
        name: str,
    ) -> None:
        """``share`` of the logits, 0 to 1, is the second reader's, which reads ``passages`` for a question."""
        self.first = first
        """The small one alone."""
        self._second = second
        self._share = share
        self._passages = passages
        self._calibrations = calibrations
        self.name = name

    @classmethod
    def load(cls, folder: Path = WEIGHTS, threads: int | None = None) -> RereadingReader:
        """Both readers in ``folder``. Raises ReaderError, naming what is missing.

        The larger one is loaded in the background; the first question waits for it.
        """
        config = load_config(folder, CONFIG_FILE, FILES)
        loading = ThreadPoolExecutor(1, thread_name_prefix="second-reader")
        second = loading.submit(load, folder, threads)
        loading.shutdown(wait=False)
        calibrations = Calibrations.load(folder / CONFIG_FILE)
        first = OnnxReader.load(folder, threads)
        return cls(first, second, config["share"], config["passages"], calibrations, config["name"])

    @property
    def calibration(self) -> Calibration:
        """What turns its scores into chances where it reads passages that were retrieved."""
        return self._calibrations.library

    @property
    def paragraph_calibration(self) -> Calibration:
        """The same where it is given the one paragraph to read."""
        return self._calibrations.passage

    def read(self, question: str, passages: Sequence[Text], top_k: int = 3) -> list[Candidate]:
        """The ``top_k`` best candidates of each passage read twice, best first. Raises QuestionError."""
        return self.read_many([(question, passages)], top_k)[0]

    def read_many(self, questions: Sequence[tuple[str, Sequence[Text]]], top_k: int = 3) -> list[list[Candidate]]:
        """``read`` for many questions with their passages, whose windows share forward passes."""
        chosen: list[Sequence[int]] = [range(len(passages)) for _, passages in questions]
        if any(len(passages) > self._passages for _, passages in questions):
            found = self.first.read_many(questions, top_k=1)
            chosen = [best_passages(candidates, self._passages) for candidates in found]
        again = [
            (question, [passages[at] for at in kept])
            for (question, passages), kept in zip(questions, chosen, strict=True)
        ]
        read = read_many(self.first.featurizer, self._forward, again, top_k, PASS_TOKENS)
        return [
            [replace(candidate, passage=kept[candidate.passage]) for candidate in candidates]
            for kept, candidates in zip(chosen, read, strict=True)
        ]

    def _forward(self, batches: Iterable[Batch]) -> Iterator[Logits]:
        """The logits of both, weighed."""
        ours, theirs = tee(batches)
        second = self._second.result().map(map(inputs_of, theirs))
        share = self._share
        for small, large in zip(self.first.forward(ours), second, strict=True):
            start, end = ((1 - share) * one + share * other for one, other in zip(small, large, strict=True))
            yield start, end


def best_passages(candidates: Sequence[Candidate], count: int) -> list[int]:
    """The passages of the best ``count`` of ``candidates``, which come best first and one of each passage."""
    return sorted(candidate.passage for candidate in candidates[:count])
