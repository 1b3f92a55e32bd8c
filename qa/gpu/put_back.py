"""Make weights to ship of what a machine with a GPU has left: ``python -m qa.gpu.put_back BACK``.

What did not come back stays as it is. Then fit the chances anew (``benchmarks.calibrate``).
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from pathlib import Path

import torch

from qa.followups.export import export_tagger
from qa.gpu.run import extract, join
from qa.gpu.weights import from_eight_bits, in_eight_bits, restored
from qa.reader import second
from qa.reader.dequantize import float_weights
from qa.reader.evidence_export import export_evidence
from qa.reader.export import export
from qa.reader.reader import WEIGHTS

TOGETHER = ("reader", "evidence", "followups")
"""Networks whose embeddings and lowest layers are one and the same."""


def put_back(back: Path, begun_from: Path, folder: Path) -> list[str]:
    """Writes to ``folder``, where whole weights lie, what is in the parts in ``back``, and says what that was.

    ``begun_from`` holds the weights that were packed. Raises ValueError for parts that are missing or damaged.
    """
    there = [name for name in ("second", *TOGETHER) if (back / f"{name}.json").is_file()]
    lost = [name for name in TOGETHER if name not in there]
    if lost and len(lost) < len(TOGETHER):
        raise ValueError(f"{', '.join(lost)} did not come back; {', '.join(TOGETHER)} share layers and go together")
    packed = from_eight_bits(in_eight_bits(float_weights(begun_from / "reader.onnx")))
    begin = {name: torch.tensor(values) for name, values in packed.items()}
    with tempfile.TemporaryDirectory() as scratch:
        unpacked = Path(scratch)
        for name in there:
            extract(join(back, name), unpacked)
        if "second" in there:
            for name in second.FILES:
                shutil.copyfile(unpacked / name, folder / name)
        if "reader" in there:
            begin = restored(unpacked / "reader.safetensors", begin)
            name = json.loads((folder / "config.json").read_text(encoding="utf-8"))["name"]
            export([_saved({"network": begin}, unpacked / "reader.pt")], folder, name)
            encoder = {name: values for name, values in begin.items() if name.startswith("encoder.")}
            heads = restored(unpacked / "evidence.safetensors", encoder)
            chosen = _chosen(folder / "evidence.json", "outside", "temperature", "sure")
            export_evidence([_saved({"network": heads}, unpacked / "evidence.pt")], folder, chosen)
            terms = restored(unpacked / "followups.safetensors", encoder)
            chosen = _chosen(folder / "followups.json", "leans", "threshold")
            export_tagger([_saved(terms, unpacked / "followups.pt")], folder, chosen)
    return there


def _saved(state: object, path: Path) -> Path:
    torch.save(state, path)
    return path


def _chosen(path: Path, *names: str) -> dict[str, float]:
    """The figures that were fitted for the weights before; they are to be looked at again."""
    held = json.loads(path.read_text(encoding="utf-8"))
    return {name: held[name] for name in names}


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("back", type=Path, help="folder of the parts")
    parser.add_argument("--begun-from", type=Path, default=WEIGHTS, help="the weights that were packed")
    parser.add_argument("--folder", type=Path, default=WEIGHTS, help="where to write; a copy of the weights for a try")
    arguments = parser.parse_args()
    put_back(arguments.back, arguments.begun_from, arguments.folder)


if __name__ == "__main__":
    main()
