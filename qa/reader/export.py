"""A trained network to the files that are shipped: ``python -m qa.reader.export RUN/network.pt``.

Of several networks, the mean of their weights.
"""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import onnx
import torch

from language.published import default_model_path
from qa.reader.graphs import reader_graph
from qa.reader.reader import WEIGHTS

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
