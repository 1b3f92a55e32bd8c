"""Forward passes of an ONNX model, as many at a time as there are cores, each on a core of its own.

For small models that is faster than all cores at work on one pass: what a pass needs stays in a core's cache, and no
core waits for another.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from language.cores import usable_cores

PASS_TOKENS = 512
"""Padded tokens per forward pass: what fits a core's cache is fastest."""

Inputs = Mapping[str, NDArray[Any] | Sequence[NDArray[Any]]]
"""A model's inputs by name; some models take lists of arrays."""


class Passes:
    """A loaded model. May be used from several threads."""

    def __init__(self, model: Path | bytes, threads: int | None = None) -> None:
        """``model`` is an ONNX file, or what one holds. ``threads`` is how many passes run at a time: as many as there
        are usable cores by default."""
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        # The graphs are written in the operators that are fastest; fusing them further makes some slower.
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
        self._session = onnxruntime.InferenceSession(
            model if isinstance(model, bytes) else str(model), options, providers=["CPUExecutionProvider"]
        )
        self.threads = threads or usable_cores()
        self._pool = ThreadPoolExecutor(self.threads, thread_name_prefix="forward")

    def run(self, inputs: Inputs) -> list[Any]:
        """The model's outputs, in the calling thread: arrays, or lists of them."""
        return self._session.run(None, dict(inputs))  # type: ignore[no-any-return]

    def map(self, inputs: Iterable[Inputs]) -> Iterator[list[Any]]:
        """The outputs for each of ``inputs``, in their order."""
        return self._pool.map(self.run, inputs)


def batches_by_length(lengths: Sequence[int], max_tokens: int = PASS_TOKENS) -> list[list[int]]:
    """Rows grouped by like length, shortest first, each group at most ``max_tokens`` with its padding."""
    batches: list[list[int]] = []
    for row in sorted(range(len(lengths)), key=lambda row: lengths[row]):
        # Sorted ascending: the row about to be added is the longest, so it sets the padded length.
        if batches and (len(batches[-1]) + 1) * lengths[row] <= max_tokens:
            batches[-1].append(row)
        else:
            batches.append([row])
    return batches
