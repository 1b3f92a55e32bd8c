"""The trained tagger to the file that is shipped: ``python -m qa.followups.export RUN/followups.pt``.

Of several networks, the mean of their weights. What it has in common with the reader it reads from the reader's
``lower.bin``, beside which it therefore lies.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx.external_data_helper import ExternalDataInfo, set_external_data, uses_external_data

from language.minilm import EncoderGraph
from qa.reader.evidence_export import SHARED
from qa.reader.reader import WEIGHTS

NAME = "article-qa-followups-1"


def export_tagger(checkpoints: Sequence[Path], folder: Path, chosen: Mapping[str, float]) -> None:
    """Writes ``followups.onnx``, in eight bits, and ``followups.json`` beside the reader in ``folder``.

    Each of ``checkpoints`` is ``followups.pt`` of ``qa.followups.train``; ``chosen`` are the figures that
    ``qa.followups.tagger.TermTagger`` is made with.
    """
    states = [torch.load(path, map_location="cpu", weights_only=True) for path in checkpoints]
    graph = tagger_graph({name: torch.stack([one[name] for one in states]).mean(0).numpy() for name in states[0]})
    refer(graph, folder)
    onnx.save(graph, str(folder / "followups.onnx"))
    config = {"name": NAME, **chosen, "needs": [SHARED]}
    (folder / "followups.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


def tagger_graph(weights: Mapping[str, NDArray[np.float32]]) -> onnx.ModelProto:
    """``qa.followups.train.TermNetwork`` with ``weights``, its state.

    Outputs, both float32: ``tokens``, ``[rows, tokens]``, and ``leans``, ``[rows]``.
    """
    prefix = "encoder."
    encoder = {name.removeprefix(prefix): values for name, values in weights.items() if name.startswith(prefix)}
    graph = EncoderGraph(encoder, "int8", words="int8")
    hidden = graph.encode(types="token_type_ids")
    first = graph.node("Gather", hidden, graph.constant(np.int64(0)), axis=1)  # [CLS]
    tokens, leans = (
        graph.node(
            "Squeeze",
            graph.node(
                "Add",
                graph.node("MatMul", states, graph.constant(weights[f"{head}.weight"].T)),
                graph.constant(weights[f"{head}.bias"]),
            ),
            graph.constant(np.array([-1], dtype=np.int64)),
        )
        for states, head in ((hidden, "head"), (first, "leans"))
    )
    inputs = dict.fromkeys(("input_ids", "attention_mask", "token_type_ids"), onnx.TensorProto.INT64)
    outputs = {"tokens": (tokens, ("texts", "tokens")), "leans": (leans, ("texts",))}
    return graph.model("article-qa follow-ups", inputs, outputs)


def refer(graph: onnx.ModelProto, folder: Path) -> None:
    """Takes out of ``graph`` what the reader in ``folder`` keeps in ``lower.bin``, and has it read from there."""
    shared = (folder / SHARED).read_bytes()
    places: dict[bytes, tuple[int, int]] = {}
    for one in onnx.load(str(folder / "reader.onnx"), load_external_data=False).graph.initializer:
        if uses_external_data(one):
            info = ExternalDataInfo(one)
            offset, length = int(info.offset or 0), int(info.length or 0)
            places[shared[offset : offset + length]] = (offset, length)
    for one in graph.graph.initializer:
        if place := places.get(bytes(one.raw_data)):
            set_external_data(one, SHARED, *place)
            one.ClearField("raw_data")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoints", type=Path, nargs="+", help="followups.pt of one or more runs")
    parser.add_argument("--folder", type=Path, default=WEIGHTS, help="where the reader lies")
    parser.add_argument("--threshold", type=float, required=True, help="the logit from which on a word is taken")
    parser.add_argument("--leans", type=float, required=True, help="the logit from which on a question leans")
    arguments = parser.parse_args()
    export_tagger(arguments.checkpoints, arguments.folder, {"leans": arguments.leans, "threshold": arguments.threshold})


if __name__ == "__main__":
    main()
