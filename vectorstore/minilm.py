"""all-MiniLM-L6-v2 as an ONNX graph, built straight from its published weights: no PyTorch, under a second.

The graph is the model's own pipeline (BERT encoder, mean over the tokens, unit length) written with the fused operators
of onnxruntime, which a traced export does not find. In ``int8`` the weights of the linear layers have one scale a
column, and their inputs one scale a token: no token is rounded by the values of another, so a vector does not depend on
what else is in its batch.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import load_file

Precision = Literal["float32", "int8"]

LAYERS = 6
HEADS = 12
DIMENSION = 384
EPSILON = 1e-12
OPSET = 18
"""Of ONNX; ``ReduceMax`` has its axes as an input from there on."""
FUSED = "com.microsoft"
"""Operators that onnxruntime adds to those of ONNX."""
MAX_WEIGHT = 63
"""Seven bits: with eight, pairs of products overflow in silence on x86 processors that have AVX2 and no VNNI."""
INPUT_ZERO = 128
"""Inputs are unsigned, centred here: the only kind that those processors multiply fast."""


def build(weights: Path, precision: Precision) -> onnx.ModelProto:
    """The graph with the weights in ``weights`` (``model.safetensors``).

    Inputs ``input_ids`` and ``attention_mask``, int64 ``[texts, tokens]``; output ``vectors``, float32 ``[texts, 384]``
    of unit length.
    """
    return _Graph(load_file(str(weights)), precision).model()


class _Graph:
    """The nodes and constants so far; each method adds some and returns the name of what they compute."""

    def __init__(self, weights: Mapping[str, NDArray[np.float32]], precision: Precision) -> None:
        self._weights = weights
        self._precision = precision
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []

    def model(self) -> onnx.ModelProto:
        mask = self._node("Cast", "attention_mask", to=TensorProto.INT32)
        hidden = self._embeddings()
        for number in range(LAYERS):
            hidden = self._layer(f"encoder.layer.{number}", hidden, mask)
        self._pool(hidden)
        shape = ["texts", "tokens"]
        graph = helper.make_graph(
            self._nodes,
            "all-MiniLM-L6-v2",
            [helper.make_tensor_value_info(name, TensorProto.INT64, shape) for name in ("input_ids", "attention_mask")],
            [helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["texts", DIMENSION])],
            self._constants,
        )
        opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(FUSED, 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=9)

    def _embeddings(self) -> str:
        words = self._weights["embeddings.word_embeddings.weight"]
        # Every token is of the first type. Half precision halves the table, and with it the time to load the model.
        places = self._weights["embeddings.position_embeddings.weight"]
        places = places + self._weights["embeddings.token_type_embeddings.weight"][0]
        if self._precision == "int8":
            table = self._constant(words.astype(np.float16))
            word = self._node("Cast", self._node("Gather", table, "input_ids"), to=TensorProto.FLOAT)
        else:
            word = self._node("Gather", self._constant(words), "input_ids")
        tokens = self._node("Shape", "input_ids", start=1)
        place = self._node("Slice", self._constant(places), self._constant(np.zeros(1, dtype=np.int64)), tokens)
        norm = [self._weight(f"embeddings.LayerNorm.{part}") for part in ("weight", "bias")]
        return self._node("LayerNormalization", self._node("Add", word, place), *norm, epsilon=EPSILON)

    def _layer(self, name: str, hidden: str, mask: str) -> str:
        attended = self._attention(f"{name}.attention.self", hidden, mask)
        attended = self._add_and_norm(f"{name}.attention.output", attended, hidden)
        wide = self._linear(self._kernel(f"{name}.intermediate.dense"), attended)
        wide = self._node("BiasGelu", wide, self._weight(f"{name}.intermediate.dense.bias"), domain=FUSED)
        return self._add_and_norm(f"{name}.output", wide, attended)

    def _attention(self, name: str, hidden: str, mask: str) -> str:
        parts = [f"{name}.{part}" for part in ("query", "key", "value")]
        kernel = np.concatenate([self._kernel(part) for part in parts], axis=1)  # [384, 3 x 384]
        bias = np.concatenate([self._weights[f"{part}.bias"] for part in parts])
        outputs = [f"{part}.split" for part in parts]
        joint = self._linear(kernel, hidden)
        self._nodes.append(helper.make_node("Split", [joint], outputs, axis=-1, num_outputs=len(parts)))
        inputs = [*outputs, self._constant(bias), mask]
        return self._node("MultiHeadAttention", *inputs, domain=FUSED, num_heads=HEADS)

    def _add_and_norm(self, name: str, hidden: str, residual: str) -> str:
        """A linear layer whose output is added to ``residual`` and normalised."""
        dense = self._linear(self._kernel(f"{name}.dense"), hidden)
        constants = [self._weight(f"{name}.{part}") for part in ("LayerNorm.weight", "LayerNorm.bias", "dense.bias")]
        return self._node("SkipLayerNormalization", dense, residual, *constants, domain=FUSED, epsilon=EPSILON)

    def _pool(self, hidden: str) -> None:
        """The sum over a text's tokens, scaled to unit length: the same as their mean, so scaled."""
        mask = self._node("Cast", "attention_mask", to=TensorProto.FLOAT)
        middle = self._constant(np.array([1], dtype=np.int64))
        total = self._node("MatMul", self._node("Unsqueeze", mask, middle), hidden)  # [texts, 1, 384]
        total = self._node("Squeeze", total, middle)
        self._nodes.append(helper.make_node("LpNormalization", [total], ["vectors"], axis=-1, p=2))

    def _linear(self, kernel: NDArray[np.float32], hidden: str) -> str:
        """``hidden @ kernel``; ``kernel`` is ``[inputs, outputs]``."""
        if self._precision == "float32":
            return self._node("MatMul", hidden, self._constant(kernel))
        scale = np.abs(kernel).max(axis=0) / MAX_WEIGHT
        rounded = np.rint(kernel / scale).astype(np.int8)
        zero = self._constant(np.uint8(INPUT_ZERO))
        last = self._constant(np.array([-1], dtype=np.int64))
        largest = self._node("ReduceMax", self._node("Abs", hidden), last, keepdims=1)
        largest = self._node("Max", largest, self._constant(np.float32(EPSILON)))  # nothing to divide zeros by
        step = self._node("Mul", largest, self._constant(np.float32(1.0 / (INPUT_ZERO - 1))))  # [texts, tokens, 1]
        units = self._node("Div", hidden, step)
        units = self._node("QuantizeLinear", units, self._constant(np.float32(1.0)), zero)
        product = self._node("MatMulInteger", units, self._constant(rounded), zero)
        product = self._node("Cast", product, to=TensorProto.FLOAT)
        product = self._node("Mul", product, self._constant(scale.astype(np.float32)))
        return self._node("Mul", product, step)

    def _kernel(self, name: str) -> NDArray[np.float32]:
        return self._weights[f"{name}.weight"].T

    def _weight(self, name: str) -> str:
        return self._constant(self._weights[name])

    def _constant(self, values: NDArray[Any] | np.generic) -> str:
        name = f"constant{len(self._constants)}"
        # Not ascontiguousarray alone, which makes a vector of a scalar.
        array = np.asarray(values)
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(array).reshape(array.shape), name))
        return name

    def _node(self, operator: str, *inputs: str, domain: str = "", **attributes: Any) -> str:
        output = f"{operator}{len(self._nodes)}"
        self._nodes.append(helper.make_node(operator, list(inputs), [output], domain=domain, **attributes))
        return output
