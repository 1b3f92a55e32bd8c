"""A trained network to the files that are shipped: ``python -m qa.reader.export RUN/network.pt --data DATA``."""

from __future__ import annotations

import argparse
import json
import random
import shutil
import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, helper, numpy_helper
from tokenizers import Tokenizer

from qa.reader.data import load_articles
from qa.reader.features import Batch, Featurizer, batches_by_length
from qa.reader.network import SpanNetwork
from qa.reader.reader import WEIGHTS, inputs_of
from vectorstore.embedder import default_model_path

MAX_TOKENS = 320
STRIDE = 96
INPUTS = ("input_ids", "attention_mask", "token_type_ids", "span_mask")
WORD_EMBEDDINGS = "encoder.embeddings.word_embeddings.weight"
EVENED = ("/intermediate/dense/", "/output/dense/")
"""Matrix products whose inputs have a few channels several times as large as the rest."""
EVEN_ABOVE = 0.95
"""Quantile of the channels' largest values above which a channel is scaled down to it."""

Example = tuple[str, str, str]
"""Question, title and text: what the quantised network's ranges are measured on."""


def export(checkpoint: Path, out: Path, name: str, examples: Sequence[Example]) -> None:
    """Writes ``reader-float.onnx`` and the quantised ``reader.onnx`` with tokenizer and configuration to ``out``.

    ``checkpoint`` is ``network.pt`` or ``checkpoint.pt`` of ``qa.reader.train``. ``examples`` show which
    channels are large. The float file is for comparison only and is not shipped.
    """
    out.mkdir(parents=True, exist_ok=True)
    network = SpanNetwork(default_model_path())
    network.load_state_dict(torch.load(checkpoint, map_location="cpu", weights_only=True)["network"])
    network.eval()
    _write_float(network, out / "reader-float.onnx")
    shutil.copyfile(default_model_path() / "tokenizer.json", out / "tokenizer.json")
    featurizer = Featurizer(Tokenizer.from_file(str(out / "tokenizer.json")), max_tokens=MAX_TOKENS, stride=STRIDE)
    windows = featurizer.windows_for_pairs(examples)
    batches = [featurizer.pad([windows[row] for row in rows]) for rows in batches_by_length(windows, 2048)]
    _write_int8(out / "reader-float.onnx", out / "reader.onnx", batches)
    config = {"name": name, "max_tokens": MAX_TOKENS, "stride": STRIDE}
    (out / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


def _write_float(network: SpanNetwork, path: Path) -> None:
    example = torch.ones((2, 8), dtype=torch.int64)
    axes = {0: "windows", 1: "tokens"}
    with warnings.catch_warnings():
        # Tracing warns of branches it fixes; tests compare the export with the network.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network,
            (example, example, example, example.bool()),
            str(path),
            input_names=list(INPUTS),
            output_names=["start", "end"],
            dynamic_axes=dict.fromkeys((*INPUTS, "start", "end"), axes),
            opset_version=17,
            dynamo=False,
        )


def _write_int8(source: Path, path: Path, batches: Sequence[Batch]) -> None:
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from onnxruntime.quantization.shape_inference import quant_pre_process

    with tempfile.TemporaryDirectory() as scratch:
        prepared = Path(scratch) / "prepared.onnx"
        quant_pre_process(str(source), str(prepared), skip_symbolic_shape=True)
        model = onnx.load(str(prepared))
        _even_channels(model, _largest_values(model, batches))
        _quantize_word_embeddings(model)
        onnx.save(model, str(prepared))
        # One scale a column: one for a whole matrix costs several points of F1.
        quantize_dynamic(
            str(prepared),
            str(path),
            weight_type=QuantType.QInt8,
            per_channel=True,
            op_types_to_quantize=["MatMul", "Gemm"],
        )


def _largest_values(model: ModelProto, batches: Sequence[Batch]) -> dict[str, NDArray[np.float32]]:
    """The largest absolute value of each channel of each tensor that ``EVENED`` products read, ``[channels]``."""
    import onnxruntime

    names = sorted({node.input[0] for node in _evened(model)})
    probe = ModelProto()
    probe.CopyFrom(model)
    probe.graph.output.extend(helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None) for name in names)
    session = onnxruntime.InferenceSession(probe.SerializeToString(), providers=["CPUExecutionProvider"])
    largest: dict[str, Any] = dict.fromkeys(names, 0.0)
    for batch in batches:
        for name, values in zip(names, session.run(names, inputs_of(batch)), strict=True):
            there = np.abs(values[batch.attention_mask > 0]).max(axis=0)  # [channels], padding left out
            largest[name] = np.maximum(largest[name], there)
    return largest


def _even_channels(model: ModelProto, largest: dict[str, NDArray[np.float32]]) -> None:
    """Divides outlying channels before a product and multiplies its weights by as much, which changes nothing but
    the range: dynamic quantisation has one scale for a whole tensor, and a channel of 30 among others of 7 would
    leave those a quarter of the steps. After SmoothQuant (Xiao et al. 2022, arXiv 2211.10438), outliers only."""
    weights = {initializer.name: initializer for initializer in model.graph.initializer}
    evened: dict[str, str] = {}
    for node in _evened(model):
        source, weight = node.input
        scale = np.maximum(1.0, largest[source] / np.quantile(largest[source], EVEN_ABOVE)).astype(np.float32)
        scaled = numpy_helper.to_array(weights[weight]) * scale[:, None]
        weights[weight].CopyFrom(numpy_helper.from_array(scaled, weight))
        if source not in evened:
            evened[source] = f"{source}_even"
            model.graph.initializer.append(numpy_helper.from_array(1 / scale, f"{source}_scale"))
            _insert(model, node, helper.make_node("Mul", [source, f"{source}_scale"], [evened[source]]))
        node.input[0] = evened[source]


def _evened(model: ModelProto) -> list[NodeProto]:
    return [node for node in model.graph.node if node.op_type == "MatMul" and any(name in node.name for name in EVENED)]


def _quantize_word_embeddings(model: ModelProto) -> None:
    """Word embeddings as int8 with one scale a word: half of the network's size, and rare words have small vectors."""
    [embeddings] = [one for one in model.graph.initializer if one.name == WORD_EMBEDDINGS]
    [gather] = [node for node in model.graph.node if WORD_EMBEDDINGS in node.input]
    vectors = numpy_helper.to_array(embeddings)
    scale = np.maximum(np.abs(vectors).max(axis=1, keepdims=True), 1e-8) / 127  # [words, 1]
    rows = np.round(vectors / scale).astype(np.int8)
    model.graph.initializer.remove(embeddings)
    model.graph.initializer.extend(
        [numpy_helper.from_array(rows, "words_int8"), numpy_helper.from_array(scale.astype(np.float32), "words_scale")]
    )
    ids, [vector] = gather.input[1], gather.output
    for node in (
        helper.make_node("Gather", ["words_int8", ids], ["word_int8"]),
        helper.make_node("Gather", ["words_scale", ids], ["word_scale"]),
        helper.make_node("Cast", ["word_int8"], ["word_float"], to=onnx.TensorProto.FLOAT),
        helper.make_node("Mul", ["word_float", "word_scale"], [vector]),
    ):
        _insert(model, gather, node)
    model.graph.node.remove(gather)


def _insert(model: ModelProto, before: NodeProto, node: NodeProto) -> None:
    model.graph.node.insert(list(model.graph.node).index(before), node)


def training_examples(data: Path, count: int = 200) -> list[Example]:
    """Some questions of the training data with their passages."""
    articles = load_articles(data / "squad-train.json.xz")
    examples = [e for article in articles for paragraph in article.paragraphs for e in paragraph.examples]
    return [(e.question, e.title, e.context) for e in random.Random(0).sample(examples, count)]


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--data", type=Path, required=True, help="folder of the training files")
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    parser.add_argument("--name", default="article-qa-reader-2")
    arguments = parser.parse_args()
    export(arguments.checkpoint, arguments.out, arguments.name, training_examples(arguments.data))


if __name__ == "__main__":
    main()
