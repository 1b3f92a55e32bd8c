"""Readers as ONNX graphs: an encoder with the span head. Needs no PyTorch."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import onnx
from numpy.typing import NDArray

from language.minilm import Architecture, EncoderGraph, Precision
from qa.reader.features import MASKED

MPNET = Architecture(layers=12, heads=12, epsilon=1e-5, distances=512)
"""Of the second reader (Song et al. 2020, arXiv 2004.09297)."""


def reader_graph(weights: Mapping[str, NDArray[np.float32]], precision: Precision) -> onnx.ModelProto:
    """``qa.reader.network.SpanNetwork`` with ``weights``, its state, as an ONNX graph.

    Inputs as in ``qa.reader.features.Batch``; outputs ``start`` and ``end``, float32 ``[windows, tokens]``.
    """
    prefix = "encoder."
    encoder = {name.removeprefix(prefix): values for name, values in weights.items() if name.startswith(prefix)}
    # Words in eight bits as well: they are half of the network's size.
    graph = EncoderGraph(encoder, precision, words=precision)
    return span_outputs(graph, graph.encode(types="token_type_ids"), weights, "article-qa reader")


def second_graph(
    weights: Mapping[str, NDArray[np.float32]], precision: Precision, architecture: Architecture = MPNET
) -> onnx.ModelProto:
    """The second reader with ``weights``, named as ``qa.reader.second`` ships them, as a graph like the other's."""
    graph = EncoderGraph(weights, precision, words=precision, architecture=architecture)
    return span_outputs(graph, graph.encode(), weights, "article-qa second reader")


def span_outputs(
    graph: EncoderGraph, hidden: str, weights: Mapping[str, NDArray[np.float32]], name: str
) -> onnx.ModelProto:
    """The finished model of a span head over ``hidden``; ``weights`` hold ``head.weight`` and ``head.bias``."""
    logits = graph.node("MatMul", hidden, graph.constant(weights["head.weight"].T))  # [windows, tokens, 2]
    logits = graph.node("Add", logits, graph.constant(weights["head.bias"]))
    last = graph.constant(np.array([-1], dtype=np.int64))
    allowed = graph.node("Unsqueeze", "span_mask", last)
    logits = graph.node("Where", allowed, logits, graph.constant(np.float32(MASKED)))
    start, end = (graph.node("Squeeze", one, last) for one in graph.split(logits, 2, axis=-1))
    tokens = dict.fromkeys(("input_ids", "attention_mask", "token_type_ids"), onnx.TensorProto.INT64)
    inputs = {**tokens, "span_mask": onnx.TensorProto.BOOL}
    shape = ("texts", "tokens")
    return graph.model(name, inputs, {"start": (start, shape), "end": (end, shape)})
