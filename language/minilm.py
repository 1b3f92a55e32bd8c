"""MiniLM-L6, and networks of its kind, as ONNX graphs built straight from their weights: no PyTorch, under a second.

The encoder is written once, for the embedding model and for the readers, with the operators that onnxruntime runs
fastest, which a traced export does not find. In ``int8`` the weights of the linear layers have one scale a column, and
their inputs one scale a token: no token is rounded by the values of another, so what comes out for a text does not
depend on what else is in its batch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import load_file

Precision = Literal["float32", "int8"]
Words = Literal["float32", "float16", "int8"]

LAYERS = 6
HEADS = 12
DIMENSION = 384
EPSILON = 1e-12
TINY = 1e-12
"""Stands in for a largest value of 0, by which nothing can be divided."""
OPSET = 18
"""Of ONNX; ``ReduceMax`` has its axes as an input from there on."""
FUSED = "com.microsoft"
"""Operators that onnxruntime adds to those of ONNX."""
MAX_WEIGHT = 63
"""Seven bits: with eight, pairs of products overflow in silence on x86 processors that have AVX2 and no VNNI."""
INPUT_ZERO = 128
"""Inputs are unsigned, centred here: the only kind that those processors multiply fast."""


def build(weights: Path, precision: Precision) -> onnx.ModelProto:
    """The embedding model with the weights in ``weights`` (``model.safetensors``): encoder, mean, unit length.

    Inputs ``input_ids_list`` and ``attention_mask_list``, of as many int64 ``[texts, tokens]``, which are embedded one
    after the other; output ``vectors``, for each of them float32 ``[texts, 384]`` of unit length.
    """
    # Half precision halves the table of words, and with it the time to load the model.
    graph = EncoderGraph(load_file(str(weights)), precision, "float32" if precision == "float32" else "float16")
    hidden = graph.encode()
    mask = graph.node("Cast", "attention_mask", to=TensorProto.FLOAT)
    middle = graph.constant(np.array([1], dtype=np.int64))
    # The sum over a text's tokens, scaled to unit length: the same as their mean, so scaled.
    total = graph.node("Squeeze", graph.node("MatMul", graph.node("Unsqueeze", mask, middle), hidden), middle)
    vectors = graph.node("LpNormalization", total, axis=-1, p=2)
    return graph.looped("all-MiniLM-L6-v2", ["input_ids", "attention_mask"], "vectors", vectors)


@dataclass(frozen=True)
class Architecture:
    """What two encoders of one kind differ in, beside their weights."""

    layers: int = LAYERS
    heads: int = HEADS
    epsilon: float = EPSILON
    """Added to the variance in every layer normalisation."""
    distances: int = 0
    """Tokens up to which attention takes a bias from how far two of them are apart (Song et al. 2020, arXiv
    2004.09297, section 2.3); 0: it takes none."""


class EncoderGraph:
    """The nodes and constants so far; each method adds some and returns the name of what they compute."""

    def __init__(
        self,
        weights: Mapping[str, NDArray[np.float32]],
        precision: Precision,
        words: Words,
        architecture: Architecture = Architecture(),
    ) -> None:
        """``weights`` as transformers names those of a ``BertModel``, and, where there are distances,
        ``encoder.relative_attention_bias.weight``, float32 ``[buckets, heads]``; ``words`` is how word embeddings are
        kept."""
        self._weights = weights
        self._architecture = architecture
        self._precision = precision
        self._words = words
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []

    def encode(self, types: str | None = None) -> str:
        """Hidden states, ``[texts, tokens, channels]``, from the inputs ``input_ids`` and ``attention_mask``.

        ``types`` names an input with each token's type; None: all are of the first.
        """
        mask = self.node("Cast", "attention_mask", to=TensorProto.INT32)
        hidden = self._embeddings(types)
        nearness = self._nearness() if self._architecture.distances else ""
        for number in range(self._architecture.layers):
            hidden = self._layer(f"encoder.layer.{number}", hidden, mask, nearness)
        return hidden

    def model(
        self, name: str, inputs: Mapping[str, int], outputs: Mapping[str, tuple[str, Sequence[str | int]]]
    ) -> onnx.ModelProto:
        """The finished model: ``inputs`` with their types, all ``[texts, tokens]``, and ``outputs``, float32, each with
        the name of what computes it and its shape."""
        for output, (computed, _) in outputs.items():
            self._nodes.append(helper.make_node("Identity", [computed], [output]))
        graph = helper.make_graph(
            self._nodes,
            name,
            [helper.make_tensor_value_info(one, kind, ["texts", "tokens"]) for one, kind in inputs.items()],
            [helper.make_tensor_value_info(one, TensorProto.FLOAT, shape) for one, (_, shape) in outputs.items()],
            self._constants,
        )
        return _model(graph)

    def looped(self, name: str, inputs: Sequence[str], output: str, computed: str) -> onnx.ModelProto:
        """The finished model, which takes a list of each of ``inputs``, int64 ``[texts, tokens]``, named with
        ``_list``, and goes through them: as ``output`` a list of what ``computed`` was for each, float32
        ``[texts, 384]``."""
        rows = helper.make_tensor_type_proto(TensorProto.INT64, ["texts", "tokens"])
        lists = [helper.make_value_info(f"{one}_list", helper.make_sequence_type_proto(rows)) for one in inputs]
        made = helper.make_sequence_type_proto(helper.make_tensor_type_proto(TensorProto.FLOAT, ["texts", DIMENSION]))
        pick = [helper.make_node("SequenceAt", [f"{one}_list", "turn"], [one]) for one in inputs]
        keep = [
            helper.make_node("SequenceInsert", ["before", computed], ["after"]),
            helper.make_node("Identity", ["going"], ["on"]),
        ]
        body = helper.make_graph(
            [*pick, *self._nodes, *keep],
            name,
            [
                helper.make_tensor_value_info("turn", TensorProto.INT64, []),
                helper.make_tensor_value_info("going", TensorProto.BOOL, []),
                helper.make_value_info("before", made),
            ],
            [helper.make_tensor_value_info("on", TensorProto.BOOL, []), helper.make_value_info("after", made)],
            self._constants,
        )
        nodes = [
            helper.make_node("SequenceLength", [lists[0].name], ["turns"]),
            helper.make_node("SequenceEmpty", [], ["none"], dtype=TensorProto.FLOAT),
            helper.make_node("Loop", ["turns", "", "none"], [output], body=body),
        ]
        return _model(helper.make_graph(nodes, f"{name}, looped", lists, [helper.make_value_info(output, made)]))

    def node(self, operator: str, *inputs: str, domain: str = "", **attributes: Any) -> str:
        """One operator with one output."""
        output = f"{operator}{len(self._nodes)}"
        self._nodes.append(helper.make_node(operator, list(inputs), [output], domain=domain, **attributes))
        return output

    def constant(self, values: NDArray[Any] | np.generic) -> str:
        """A tensor that does not change."""
        name = f"constant{len(self._constants)}"
        # Not ascontiguousarray alone, which makes a vector of a scalar.
        array = np.asarray(values)
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(array).reshape(array.shape), name))
        return name

    def split(self, joint: str, count: int, axis: int) -> list[str]:
        """``joint`` in ``count`` equal parts along ``axis``."""
        outputs = [f"{joint}.{part}" for part in range(count)]
        self._nodes.append(helper.make_node("Split", [joint], outputs, axis=axis, num_outputs=count))
        return outputs

    def _embeddings(self, types: str | None) -> str:
        word = self._word_embeddings()
        places = self._weights["embeddings.position_embeddings.weight"]
        kinds = self._weights.get("embeddings.token_type_embeddings.weight")
        if kinds is not None and types is None:
            places = places + kinds[0]
        elif kinds is not None and types is not None:
            word = self.node("Add", word, self.node("Gather", self.constant(kinds), types))
        tokens = self.node("Shape", "input_ids", start=1)
        place = self.node("Slice", self.constant(places), self.constant(np.zeros(1, dtype=np.int64)), tokens)
        return self._norm("embeddings", self.node("Add", word, place))

    def _word_embeddings(self) -> str:
        table = self._weights["embeddings.word_embeddings.weight"]
        if self._words == "float32":
            return self.node("Gather", self.constant(table), "input_ids")
        if self._words == "float16":
            halves = self.node("Gather", self.constant(table.astype(np.float16)), "input_ids")
            return self.node("Cast", halves, to=TensorProto.FLOAT)
        # One scale a word: rare words have small vectors.
        scale = (np.maximum(np.abs(table).max(axis=1, keepdims=True), 1e-8) / 127).astype(np.float32)  # [words, 1]
        rows = self.node("Gather", self.constant(np.rint(table / scale).astype(np.int8)), "input_ids")
        return self.node(
            "Mul", self.node("Cast", rows, to=TensorProto.FLOAT), self.node("Gather", self.constant(scale), "input_ids")
        )

    def _nearness(self) -> str:
        """What each head adds for how far two tokens are apart, ``[1, heads, tokens, tokens]``."""
        most = self._architecture.distances - 1
        buckets = self._weights["encoder.relative_attention_bias.weight"]
        biases = buckets[distance_buckets(np.arange(-most, most + 1), len(buckets))]  # [distances, heads]
        zero, one = self.constant(np.int64(0)), self.constant(np.int64(1))
        count = self.node("Squeeze", self.node("Shape", "input_ids", start=1))
        places = self.node("Range", zero, count, one)
        first, last = (self.constant(np.array([axis], dtype=np.int64)) for axis in (0, 1))
        apart = self.node("Sub", self.node("Unsqueeze", places, first), self.node("Unsqueeze", places, last))
        rows = self.node("Gather", self.constant(biases), self.node("Add", apart, self.constant(np.int64(most))))
        return self.node("Unsqueeze", self.node("Transpose", rows, perm=[2, 0, 1]), first)

    def _layer(self, name: str, hidden: str, mask: str, nearness: str) -> str:
        attended = self._attention(f"{name}.attention.self", hidden, mask, nearness)
        attended = self._add_and_norm(f"{name}.attention.output", attended, hidden)
        wide = self._linear(self._kernel(f"{name}.intermediate.dense"), attended)
        wide = self.node("BiasGelu", wide, self._weight(f"{name}.intermediate.dense.bias"), domain=FUSED)
        return self._add_and_norm(f"{name}.output", wide, attended)

    def _attention(self, name: str, hidden: str, mask: str, nearness: str) -> str:
        parts = [f"{name}.{part}" for part in ("query", "key", "value")]
        kernel = np.concatenate([self._kernel(part) for part in parts], axis=1)  # [channels, 3 x channels]
        bias = np.concatenate([self._weights[f"{part}.bias"] for part in parts])
        inputs = self.split(self._linear(kernel, hidden), len(parts), axis=-1)
        inputs += [self.constant(bias), mask] + [nearness] * bool(nearness)
        return self.node("MultiHeadAttention", *inputs, domain=FUSED, num_heads=self._architecture.heads)

    def _add_and_norm(self, name: str, hidden: str, residual: str) -> str:
        """A linear layer whose output is added to ``residual`` and normalised."""
        dense = self._linear(self._kernel(f"{name}.dense"), hidden)
        dense = self.node("Add", dense, self._weight(f"{name}.dense.bias"))
        # Not the fused SkipLayerNormalization, which takes four times as long as its parts.
        return self._norm(name, self.node("Add", dense, residual))

    def _norm(self, name: str, hidden: str) -> str:
        constants = [self._weight(f"{name}.LayerNorm.{part}") for part in ("weight", "bias")]
        return self.node("LayerNormalization", hidden, *constants, epsilon=self._architecture.epsilon)

    def _linear(self, kernel: NDArray[np.float32], hidden: str) -> str:
        """``hidden @ kernel``; ``kernel`` is ``[inputs, outputs]``."""
        if self._precision == "float32":
            return self.node("MatMul", hidden, self.constant(kernel))
        scale = np.abs(kernel).max(axis=0) / MAX_WEIGHT
        rounded = np.rint(kernel / scale).astype(np.int8)
        last = self.constant(np.array([-1], dtype=np.int64))
        highest, lowest = (self.node(reduce, hidden, last, keepdims=1) for reduce in ("ReduceMax", "ReduceMin"))
        least = self.constant(np.float32(TINY))  # nothing to divide zeros by
        largest = self.node("Max", highest, self.node("Neg", lowest), least)
        step = self.node("Mul", largest, self.constant(np.float32(1.0 / (INPUT_ZERO - 1))))  # [texts, tokens, 1]
        units = self._quantized(hidden, step, len(kernel))
        one, zero = self.constant(np.float32(1.0)), self.constant(np.uint8(INPUT_ZERO))
        inputs = [units, self.constant(rounded), one, self.constant(scale.astype(np.float32)), zero]
        return self.node("Mul", self.node("MatMulIntegerToFloat", *inputs, domain=FUSED), step)

    def _quantized(self, hidden: str, step: str, channels: int) -> str:
        """``hidden`` in units of ``step``. The operator knows one scale a row of a matrix, not of anything deeper."""
        steps = self.node("Reshape", step, self.constant(np.array([-1], dtype=np.int64)))  # [texts x tokens]
        rows = self.node("Reshape", hidden, self.constant(np.array([-1, channels], dtype=np.int64)))
        zero = helper.make_tensor("zero", TensorProto.UINT8, [1], [INPUT_ZERO])
        zeros = self.node("ConstantOfShape", self.node("Shape", steps), value=zero)
        units = self.node("QuantizeLinear", rows, steps, zeros, axis=0)
        return self.node("Reshape", units, self.node("Shape", hidden))

    def _kernel(self, name: str) -> NDArray[np.float32]:
        return self._weights[f"{name}.weight"].T

    def _weight(self, name: str) -> str:
        return self.constant(self._weights[name])


def distance_buckets(apart: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Which of ``count`` buckets each distance from a token to another belongs to, negative where that stands before.

    Half of the buckets are for each direction; near distances have one each, far ones share them, the wider the
    farther, up to 128 (Raffel et al. 2020, arXiv 1910.10683, section 2.1).
    """
    half = count // 2
    exact = half // 2
    far = np.abs(apart).astype(np.float32)
    shared = exact + np.log(np.maximum(far, 1) / exact) / np.log(128 / exact) * (half - exact)
    bucket = np.where(far < exact, far, np.minimum(np.floor(np.maximum(shared, 0)), half - 1)).astype(np.int64)
    return bucket + half * (apart > 0)


def _model(graph: onnx.GraphProto) -> onnx.ModelProto:
    opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(FUSED, 1)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=9)
