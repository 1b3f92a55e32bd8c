"""Run on the machine with the GPU, beside the parts that ``qa.gpu.pack`` wrote: ``python run.py --minutes 9``.

Needs PyTorch and NumPy, and what else is packed. Unpacks into ``work`` beside itself and leaves what it has trained in
``back``, in parts, each network as soon as it is done.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile
import time
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKED = "there"
"""What the parts that travel there are called."""


def split(data: bytes, folder: Path, name: str, size: int) -> None:
    """Writes ``data`` to ``folder`` as ``NAME.00``, ``NAME.01`` and so on of at most ``size`` bytes, and ``NAME.json``,
    which says how many there are and what they hash to."""
    folder.mkdir(parents=True, exist_ok=True)
    parts = [data[first : first + size] for first in range(0, len(data), size)]
    for number, part in enumerate(parts):
        (folder / f"{name}.{number:02}").write_bytes(part)
    digests = [hashlib.sha256(part).hexdigest() for part in parts]
    (folder / f"{name}.json").write_text(json.dumps(digests, indent=1) + "\n", encoding="utf-8")


def join(folder: Path, name: str) -> bytes:
    """The reverse of ``split``. Raises ValueError, naming them, for parts that are missing or damaged."""
    digests = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    paths = [folder / f"{name}.{number:02}" for number in range(len(digests))]
    parts = [path.read_bytes() if path.is_file() else b"" for path in paths]
    hashes = [hashlib.sha256(part).hexdigest() for part in parts]
    bad = [path.name for path, found, right in zip(paths, hashes, digests, strict=True) if found != right]
    if bad:
        raise ValueError(f"missing or damaged in {folder}: {', '.join(bad)}; bring them again")
    return b"".join(parts)


def archive(files: Mapping[str, Path]) -> bytes:
    """A tar file of ``files`` under the names they are given."""
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w") as tar:
        for name, path in sorted(files.items()):
            tar.add(path, name)
    return written.getvalue()


def extract(data: bytes, folder: Path) -> None:
    """The reverse of ``archive``."""
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        tar.extractall(folder, filter="data")


def missing(requirements: Sequence[str]) -> list[str]:
    """Those of ``requirements``, each ``NAME==VERSION``, that are not installed in the same major version."""

    def is_there(name: str, wanted: str) -> bool:
        try:
            return version(name).partition(".")[0] == wanted.partition(".")[0]
        except PackageNotFoundError:
            return False

    return [one for one in requirements if not is_there(*one.split("=="))]


def install(requirements: Sequence[str], wheels: Path, folder: Path) -> None:
    """Installs into ``folder`` from ``wheels`` alone; where these do not suit this Python, from the network."""
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(folder)]
    names = sorted({path.name.split("-")[0] for path in wheels.glob("*.whl")})
    packed = [*pip, "--no-index", "--find-links", str(wheels), "--no-deps", *names]
    if not names or subprocess.run(packed, check=False).returncode:
        subprocess.run([*pip, *requirements], check=True)


def main() -> None:
    """The command line."""
    started = time.time()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=9.0, help="by the clock, from start to end")
    parser.add_argument("--workers", type=int, help="processes that prepare what is read (by default as cores allow)")
    parser.add_argument("--tokens", type=int, help="padded tokens of a batch (by default as memory allows)")
    arguments = parser.parse_args()
    here = Path(__file__).resolve().parent
    work = here / "work"
    extract(join(here, PACKED), work)
    requirements = (work / "requirements.txt").read_text(encoding="utf-8").split()
    paths = [str(work)]
    if missing(requirements):
        install(requirements, work / "wheels", work / "installed")
        paths.insert(0, str(work / "installed"))
    command = [sys.executable, "-m", "qa.gpu.clock", "--deadline", str(started + 60 * arguments.minutes)]
    command += ["--out", str(here / "back")]
    for name in ("workers", "tokens"):
        if (value := getattr(arguments, name)) is not None:
            command += [f"--{name}", str(value)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(paths)}
    sys.exit(subprocess.run(command, cwd=work, env=environment, check=False).returncode)


if __name__ == "__main__":
    main()
