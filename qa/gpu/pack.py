"""Pack data, code and networks for a machine with a GPU: ``python -m qa.gpu.pack --data DATA --encoder E --out OUT``.

Take the files in ``OUT`` there and run ``python run.py --minutes 9`` among them. ``python -m qa.gpu.put_back`` makes
weights to ship of what it leaves.
"""

from __future__ import annotations

import argparse
import lzma
import pickle
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from pathlib import Path

import torch
from safetensors.numpy import save_file

from language.published import default_model_path
from qa.gpu import run
from qa.gpu.corpora import CORPORA, Corpora
from qa.gpu.weights import MINILM, READER, TEACHER, in_eight_bits
from qa.reader.dequantize import float_weights
from qa.reader.reader import WEIGHTS
from qa.reader.recipe import RECIPE
from qa.reader.teacher import TeacherNetwork

PART_BYTES = 30_000_000
"""Such machines are often reached by narrow ways."""
NEEDED = ("transformers", "tokenizers", "safetensors", "platformdirs")
"""Packages that images with PyTorch may lack."""
ABSENT = ("torch", "numpy", "nvidia", "triton")
"""What begins so is not packed: these images have it."""
ROOT = Path(__file__).resolve().parents[2]
CODE = ("language", "qa", "vectorstore", "telemetry.py")


def pack(corpora: Corpora, teacher: TeacherNetwork, encoder: Path, out: Path, pythons: Sequence[str] = ()) -> None:
    """Writes the parts, and ``run.py``, to ``out``.

    ``teacher`` is the network to begin from, over the encoder in ``encoder``. For each of ``pythons`` ("3.12") the
    wheels of ``NEEDED`` are fetched and packed; without any, they are installed there from the network if need be.
    """
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        with lzma.open(folder / CORPORA, "wb") as file:
            pickle.dump(corpora, file, protocol=4)
        state = {name: values.numpy() for name, values in teacher.state_dict().items()}
        save_file(in_eight_bits(state), str(folder / TEACHER))
        save_file(in_eight_bits(float_weights(WEIGHTS / "reader.onnx")), str(folder / READER))
        requirements = [f"{name}=={version(name)}" for name in NEEDED]
        (folder / "requirements.txt").write_text("\n".join(requirements) + "\n", encoding="utf-8")
        (folder / "init.py").touch()
        files = {name: folder / name for name in (CORPORA, TEACHER, READER, "requirements.txt")}
        files[f"{MINILM}/__init__.py"] = folder / "init.py"
        for name in ("config.json", "tokenizer.json"):
            files[f"{MINILM}/model/{name}"] = default_model_path() / name
            files[f"encoder/{name}"] = encoder / name
        files |= {str(path.relative_to(ROOT)): path for path in code()}
        for python in pythons:
            download(requirements, python, folder / "wheels")
        files |= {f"wheels/{path.name}": path for path in (folder / "wheels").glob("*.whl")}
        run.split(run.archive(files), out, run.PACKED, PART_BYTES)
    shutil.copyfile(run.__file__, out / "run.py")


def code() -> Iterable[Path]:
    """The modules that travel."""
    for name in CODE:
        yield from [ROOT / name] if name.endswith(".py") else (ROOT / name).rglob("*.py")


def download(requirements: Sequence[str], python: str, folder: Path) -> None:
    """The wheels of ``requirements``, and of what they need, for Linux on x86-64 and this version of Python."""
    platforms = [f"--platform={one}_x86_64" for one in ("manylinux_2_28", "manylinux_2_17", "manylinux2014")]
    chosen = ["--only-binary=:all:", "--python-version", python, "--implementation=cp", *platforms]
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--dest", str(folder), *chosen]
    subprocess.run([*command, *requirements], check=True)
    for path in folder.glob("*.whl"):
        if path.name.startswith(ABSENT):
            path.unlink()


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of the training files")
    parser.add_argument("--encoder", type=Path, required=True, help="folder of the teacher's encoder")
    parser.add_argument("--out", type=Path, required=True, help="folder of the parts")
    parser.add_argument("--network", type=Path, help="network.pt of a trained teacher, to go on from it")
    parser.add_argument("--questions", type=int, help="only so many of each kind, for a try")
    parser.add_argument("--python", nargs="*", default=["3.11", "3.12"], help="versions to pack wheels for")
    arguments = parser.parse_args()
    torch.manual_seed(RECIPE.seed)
    teacher = TeacherNetwork(arguments.encoder)
    if arguments.network:
        teacher.load_state_dict(torch.load(arguments.network, map_location="cpu", weights_only=True)["network"])
    corpora = Corpora.load(arguments.data)
    if arguments.questions:
        corpora = corpora.first(arguments.questions)
    pack(corpora, teacher, arguments.encoder, arguments.out, arguments.python)


if __name__ == "__main__":
    main()
