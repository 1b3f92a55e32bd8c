"""The weights of a shipped reader, turned back from eight bits to float, for training to begin from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

from language.minilm import DIMENSION, LAYERS


def float_weights(reader: Path) -> dict[str, NDArray[np.float32]]:
    """The state of ``qa.reader.network.SpanNetwork`` that ``qa.reader.export`` wrote as ``reader``, an int8 graph.

    Rounded again, they give the same graph. Raises ValueError for a graph of another make.
    """
    graph = onnx.load(str(reader)).graph
    constants = {one.name: numpy_helper.to_array(one) for one in graph.initializer}

    def inputs_of(operator: str) -> list[list[NDArray[Any]]]:
        """Of every node of that kind, in order, the inputs that are constants."""
        found = [node for node in graph.node if node.op_type == operator]
        return [[constants[name] for name in node.input if name in constants] for node in found]

    kernels = [rows[0] * rows[2] for rows in inputs_of("MatMulIntegerToFloat")]  # int8 times one scale a column
    norms = [tuple(rows) for rows in inputs_of("LayerNormalization")]
    dense = [rows[0] for rows in inputs_of("Add") if rows and rows[0].shape == (DIMENSION,)]
    joint = [rows[0] for rows in inputs_of("MultiHeadAttention")]
    wide = [rows[0] for rows in inputs_of("BiasGelu")]
    tables = [rows[0] for rows in inputs_of("Gather")]
    counts = (len(kernels), len(norms), len(dense), len(joint), len(wide), len(tables))
    if counts != (4 * LAYERS, 2 * LAYERS + 1, 2 * LAYERS, LAYERS, LAYERS, 3):
        raise ValueError(f"{reader} is not an eight-bit graph of qa.reader.export: its parts are {counts}")

    words = next(table for table in tables if table.dtype == np.int8)
    scale = next(table for table in tables if table.shape == (len(words), 1))
    kinds = next(table for table in tables if len(table) == 2)
    weights = {
        "embeddings.word_embeddings.weight": words * scale,
        "embeddings.position_embeddings.weight": inputs_of("Slice")[0][0],
        "embeddings.token_type_embeddings.weight": kinds,
    }
    names = ["embeddings"]
    for number in range(LAYERS):
        layer = f"encoder.layer.{number}"
        query_key_value, *others = kernels[4 * number : 4 * number + 4]
        parts = [f"{layer}.attention.self.{part}" for part in ("query", "key", "value")]
        for part, kernel, bias in zip(
            parts, np.split(query_key_value, 3, axis=1), np.split(joint[number], 3), strict=True
        ):
            weights |= {f"{part}.weight": kernel.T, f"{part}.bias": bias}
        places = [f"{layer}.{place}.dense" for place in ("attention.output", "intermediate", "output")]
        biases = [dense[2 * number], wide[number], dense[2 * number + 1]]
        for place, kernel, bias in zip(places, others, biases, strict=True):
            weights |= {f"{place}.weight": kernel.T, f"{place}.bias": bias}
        names += [f"{layer}.attention.output", f"{layer}.output"]
    for name, (gain, middle) in zip(names, norms, strict=True):
        weights |= {f"{name}.LayerNorm.weight": gain, f"{name}.LayerNorm.bias": middle}
    [head] = (rows[0] for rows in inputs_of("MatMul") if rows)
    [shift] = (rows[0] for rows in inputs_of("Add") if rows and rows[0].shape == (2,))
    state = {f"encoder.{name}": values for name, values in weights.items()}
    state |= {"head.weight": head.T, "head.bias": shift}
    return {name: np.ascontiguousarray(values, dtype=np.float32) for name, values in state.items()}
