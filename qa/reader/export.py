"""A trained network to the files that are shipped: ``python -m qa.reader.export RUN/network.pt``.

Of several networks, the mean of their weights.
"""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray

from language.minilm import EncoderGraph, Precision
from qa.reader.network import MASKED
from qa.reader.reader import WEIGHTS
from vectorstore.embedder import default_model_path

MAX_TOKENS = 320
STRIDE = 96


def export(checkpoints: Sequence[Path], out: Path, name: str) -> None:
    """Writes ``reader.onnx``, in eight bits, with tokenizer and configuration to ``out``.

    Each of ``checkpoints`` is ``network.pt`` or ``checkpoint.pt`` of ``qa.reader.train``. The mean of the weights of
    networks that one training led to is often better than each of them (Wortsman et al. 2022, arXiv 2203.05482).
    """
    out.mkdir(parents=True, exist_ok=True)
    networks = [torch.load(path, map_location="cpu", weights_only=True)["network"] for path in checkpoints]
    weights = {name: torch.stack([one[name] for one in networks]).mean(0).numpy() for name in networks[0]}
    onnx.save(reader_graph(weights, "int8"), str(out / "reader.onnx"))
    shutil.copyfile(default_model_path() / "tokenizer.json", out / "tokenizer.json")
    config = {"name": name, "max_tokens": MAX_TOKENS, "stride": STRIDE}
    (out / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


def reader_graph(weights: Mapping[str, NDArray[np.float32]], precision: Precision) -> onnx.ModelProto:
    """``qa.reader.network.SpanNetwork`` with ``weights``, its state, as an ONNX graph.

    Inputs as in ``qa.reader.features.Batch``; outputs ``start`` and ``end``, float32 ``[windows, tokens]``.
    """
    prefix = "encoder."
    encoder = {name.removeprefix(prefix): values for name, values in weights.items() if name.startswith(prefix)}
    # Words in eight bits as well: they are half of the network's size.
    graph = EncoderGraph(encoder, precision, words=precision)
    hidden = graph.encode(types="token_type_ids")
    logits = graph.node("MatMul", hidden, graph.constant(weights["head.weight"].T))  # [windows, tokens, 2]
    logits = graph.node("Add", logits, graph.constant(weights["head.bias"]))
    last = graph.constant(np.array([-1], dtype=np.int64))
    allowed = graph.node("Unsqueeze", "span_mask", last)
    logits = graph.node("Where", allowed, logits, graph.constant(np.float32(MASKED)))
    start, end = (graph.node("Squeeze", one, last) for one in graph.split(logits, 2, axis=-1))
    tokens = dict.fromkeys(("input_ids", "attention_mask", "token_type_ids"), onnx.TensorProto.INT64)
    inputs = {**tokens, "span_mask": onnx.TensorProto.BOOL}
    shape = ("texts", "tokens")
    return graph.model("article-qa reader", inputs, {"start": (start, shape), "end": (end, shape)})


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoints", type=Path, nargs="+", help="network.pt of one or more runs")
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    parser.add_argument("--name", default="article-qa-reader-4")
    arguments = parser.parse_args()
    export(arguments.checkpoints, arguments.out, arguments.name)


if __name__ == "__main__":
    main()
