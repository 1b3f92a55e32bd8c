"""A trained network to the files that are shipped: ``python -m qa.reader.export RUN/network.pt --out FOLDER``."""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
import warnings
from pathlib import Path

import torch

from qa.reader.network import SpanNetwork
from qa.reader.reader import WEIGHTS
from vectorstore.embedder import default_model_path

MAX_TOKENS = 320
STRIDE = 96
INPUTS = ("input_ids", "attention_mask", "token_type_ids", "span_mask")


def export(checkpoint: Path, out: Path, name: str) -> None:
    """Writes ``reader-float.onnx`` and the quantised ``reader.onnx`` with tokenizer and configuration to ``out``.

    ``checkpoint`` is ``network.pt`` or ``checkpoint.pt`` of ``qa.reader.train``. The float file is for
    comparison only and is not shipped.
    """
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from onnxruntime.quantization.shape_inference import quant_pre_process

    out.mkdir(parents=True, exist_ok=True)
    network = SpanNetwork(default_model_path())
    network.load_state_dict(torch.load(checkpoint, map_location="cpu", weights_only=True)["network"])
    network.eval()
    example = torch.ones((2, 8), dtype=torch.int64)
    axes = {0: "windows", 1: "tokens"}
    with warnings.catch_warnings():
        # Tracing warns of branches it fixes; tests compare the export with the network.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network,
            (example, example, example, example.bool()),
            str(out / "reader-float.onnx"),
            input_names=list(INPUTS),
            output_names=["start", "end"],
            dynamic_axes=dict.fromkeys((*INPUTS, "start", "end"), axes),
            opset_version=17,
            dynamo=False,
        )
    with tempfile.TemporaryDirectory() as scratch:
        prepared = Path(scratch) / "prepared.onnx"
        quant_pre_process(str(out / "reader-float.onnx"), str(prepared), skip_symbolic_shape=True)
        quantize_dynamic(
            str(prepared),
            str(out / "reader.onnx"),
            weight_type=QuantType.QInt8,
            # One scale a column: one for a whole matrix costs several points of F1.
            per_channel=True,
            op_types_to_quantize=["MatMul", "Gemm", "Gather"],
        )
    shutil.copyfile(default_model_path() / "tokenizer.json", out / "tokenizer.json")
    config = {"name": name, "max_tokens": MAX_TOKENS, "stride": STRIDE}
    (out / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    parser.add_argument("--name", default="article-qa-reader-1")
    arguments = parser.parse_args()
    export(arguments.checkpoint, arguments.out, arguments.name)


if __name__ == "__main__":
    main()
