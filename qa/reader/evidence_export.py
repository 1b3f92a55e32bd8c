"""The trained heads to the files that are shipped: ``python -m qa.reader.evidence_export RUN/evidence.pt``.

Of several networks, the mean of their weights. Embeddings and lower layers are those of the reader that training began
from: what the two graphs have in common is written once, to ``lower.bin``, and both refer to it.
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
from onnx.external_data_helper import set_external_data

from language.minilm import EncoderGraph, Precision
from qa.reader.export import MAX_TOKENS, STRIDE
from qa.reader.reader import WEIGHTS

NAME = "article-qa-evidence-1"
SHARED = "lower.bin"
WORTH_SHARING = 1024
"""Bytes from which on a constant is looked for in both graphs."""
PAGE = 4096
"""Constants begin at a multiple of this, so that they are mapped into memory and not copied."""


def export_evidence(
    checkpoints: Sequence[Path],
    folder: Path,
    chosen: Mapping[str, float],
    sentence: tuple[float, float] = (1.0, 0.0),
) -> None:
    """Writes ``evidence.onnx``, in eight bits, and ``evidence.json`` beside the reader in ``folder``.

    Each of ``checkpoints`` is ``evidence.pt`` or ``checkpoint.pt`` of ``qa.reader.evidence_train``; ``chosen`` are the
    figures that ``qa.reader.evidence.OnnxEvidenceReader`` is made with. So that chances keep their meaning from one
    training to the next, the logit of a sentence is multiplied by the first of ``sentence`` and the second added to it.
    """
    networks = [torch.load(path, map_location="cpu", weights_only=True)["network"] for path in checkpoints]
    weights = {name: torch.stack([one[name] for one in networks]).mean(0).numpy() for name in networks[0]}
    scale, offset = sentence
    weights["token_head.weight"][3] *= scale
    weights["token_head.bias"][3] = scale * weights["token_head.bias"][3] + offset
    graphs = {"reader.onnx": onnx.load(str(folder / "reader.onnx")), "evidence.onnx": evidence_graph(weights, "int8")}
    share(list(graphs.values()), folder / SHARED)
    for name, graph in graphs.items():
        onnx.save(graph, str(folder / f"{name}.tmp"))
        (folder / f"{name}.tmp").replace(folder / name)
    config = {"name": NAME, "max_tokens": MAX_TOKENS, "stride": STRIDE, **chosen, "needs": [SHARED]}
    (folder / "evidence.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    reader = json.loads((folder / "config.json").read_text(encoding="utf-8")) | {"needs": [SHARED]}
    (folder / "config.json").write_text(json.dumps(reader, indent=2) + "\n", encoding="utf-8")


def evidence_graph(weights: Mapping[str, NDArray[np.float32]], precision: Precision) -> onnx.ModelProto:
    """``qa.reader.heads.EvidenceNetwork`` with ``weights``, its state, as an ONNX graph.

    Inputs as in ``qa.reader.features.Batch``, without ``span_mask``; outputs, both float32, ``tokens``,
    ``[windows, tokens, 4]``, and ``passages``, ``[windows, 4]``.
    """
    prefix = "encoder."
    encoder = {name.removeprefix(prefix): values for name, values in weights.items() if name.startswith(prefix)}
    graph = EncoderGraph(encoder, precision, words=precision)
    hidden = graph.encode(types="token_type_ids")
    first = graph.node("Gather", hidden, graph.constant(np.int64(0)), axis=1)  # [CLS]
    tokens, passages = (
        graph.node(
            "Add",
            graph.node("MatMul", states, graph.constant(weights[f"{head}.weight"].T)),
            graph.constant(weights[f"{head}.bias"]),
        )
        for states, head in ((hidden, "token_head"), (first, "passage_head"))
    )
    inputs = dict.fromkeys(("input_ids", "attention_mask", "token_type_ids"), onnx.TensorProto.INT64)
    outputs = {"tokens": (tokens, ("texts", "tokens", 4)), "passages": (passages, ("texts", 4))}
    return graph.model("article-qa evidence", inputs, outputs)


def share(graphs: Sequence[onnx.ModelProto], path: Path) -> None:
    """Moves the larger constants that all ``graphs`` hold alike to ``path``, from where each of them reads them."""
    large = [{bytes(one.raw_data) for one in g.graph.initializer if len(one.raw_data) >= WORTH_SHARING} for g in graphs]
    common = set.intersection(*large)
    places: dict[bytes, int] = {}
    beside = path.with_name(f"{path.name}.tmp")  # moved when whole: a reader in use has the file mapped into memory
    with beside.open("wb") as file:
        for graph in graphs:
            for one in graph.graph.initializer:
                values = bytes(one.raw_data)
                if values not in common:
                    continue
                if values not in places:
                    file.write(b"\0" * (-file.tell() % PAGE))
                    places[values] = file.tell()
                    file.write(values)
                set_external_data(one, path.name, places[values], len(values))
                one.ClearField("raw_data")
    beside.replace(path)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoints", type=Path, nargs="+", help="evidence.pt of one or more runs")
    parser.add_argument("--folder", type=Path, default=WEIGHTS, help="where the reader lies")
    parser.add_argument("--outside", type=float, default=0.0, help="added to the logit of tokens outside of items")
    parser.add_argument("--temperature", type=float, default=1.0, help="what the logits of verdicts are divided by")
    parser.add_argument("--sure", type=float, default=0.8, help="the chance from which on a verdict may be shown")
    parser.add_argument("--sentence", type=float, nargs=2, default=(1.0, 0.0), metavar=("SCALE", "OFFSET"))
    arguments = parser.parse_args()
    chosen = {name: getattr(arguments, name) for name in ("outside", "temperature", "sure")}
    export_evidence(arguments.checkpoints, arguments.folder, chosen, tuple(arguments.sentence))


if __name__ == "__main__":
    main()
