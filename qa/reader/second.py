"""The larger reader that reads again what the small one likes best: its files, and the network made of them.

``python -m qa.reader.second RUN/network.pt`` turns what ``qa.reader.teacher`` trained into the files that are shipped:
weights in four bits, for their size. A graph in eight bits is built of them on the machine they run on, since that is
what processors multiply fastest.
"""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

from language.built import loaded
from language.passes import Passes
from qa.reader.packed import Unpacked, pack_all
from qa.reader.reader import WEIGHTS

FILES = ("second.safetensors", "second-words.safetensors")
"""Layers, and word embeddings: two files, since many places take none over 50 MB."""
CONFIG_FILE = "second.json"
"""Its name, its share of the logits, how many passages it reads, and what the sums of both readers are worth."""
GRAPH_VERSION = 1
"""Raised whenever the graph that is built changes, so that a cached one is not taken for it."""
WORDS = "embeddings.word_embeddings.weight"
POSITIONS = "embeddings.position_embeddings.weight"
_RENAMED = {
    ".attention.attn.q.": ".attention.self.query.",
    ".attention.attn.k.": ".attention.self.key.",
    ".attention.attn.v.": ".attention.self.value.",
    ".attention.attn.o.": ".attention.output.dense.",
    ".attention.LayerNorm.": ".attention.output.LayerNorm.",
}
"""Names in an MPNet encoder, and in a ``BertModel``."""


def load(folder: Path = WEIGHTS, threads: int | None = None) -> Passes:
    """The network in ``folder``.

    The graph of it is built once on a machine, in some two seconds, and kept in the user's cache.
    """
    digest = hashlib.sha256()
    for name in FILES:
        digest.update((folder / name).read_bytes())
    return loaded(f"second-reader-{digest.hexdigest()[:12]}-v{GRAPH_VERSION}.onnx", lambda: _build(folder), threads)


def _build(folder: Path) -> bytes:
    from qa.reader.graphs import second_graph  # and with it onnx: needed once on a machine

    return second_graph(shipped_weights(folder), "int8").SerializeToString()  # type: ignore[no-any-return]


def shipped_weights(folder: Path = WEIGHTS) -> Unpacked:
    """The weights in ``folder``, named as ``shipped_names`` names them."""
    return Unpacked({name: values for file in FILES for name, values in load_file(str(folder / file)).items()})


def shipped_names(
    state: Mapping[str, NDArray[np.float32]], places: NDArray[np.int64]
) -> dict[str, NDArray[np.float32]]:
    """The state of ``qa.reader.teacher.TeacherNetwork`` under the names of a ``BertModel``.

    ``places`` is the row of its table of words for each word piece of the small reader: rows are put in that order,
    so that both readers take the same tokens. Its two places before the first token's are left out.
    """
    shipped = {_shipped_name(name): values for name, values in state.items()}
    shipped[WORDS] = shipped[WORDS][places]
    shipped[POSITIONS] = shipped[POSITIONS][2:]
    return shipped


def trained_state(
    shipped: Mapping[str, NDArray[np.float32]], state: Mapping[str, NDArray[np.float32]], places: NDArray[np.int64]
) -> dict[str, NDArray[np.float32]]:
    """The reverse of ``shipped_names``: ``state`` of a ``TeacherNetwork`` with the weights that were shipped."""
    trained = {name: values.copy() for name, values in state.items()}
    for name in state:
        ours = _shipped_name(name)
        rows: Any = {WORDS: places, POSITIONS: slice(2, None)}.get(ours, slice(None))
        trained[name][rows] = shipped[ours]
    return trained


def _shipped_name(name: str) -> str:
    for theirs, ours in _RENAMED.items():
        name = name.replace(theirs, ours)
    return name.removeprefix("encoder.")


def export(weights: Mapping[str, NDArray[np.float32]], folder: Path) -> None:
    """Writes ``weights``, under the names of ``shipped_names``, to ``folder``."""
    packed = pack_all(weights)
    words = {name: values for name, values in packed.items() if name.startswith(WORDS)}
    for name, tables in zip(FILES, ({k: v for k, v in packed.items() if k not in words}, words), strict=True):
        save_file(tables, str(folder / f"{name}.tmp"))
        (folder / f"{name}.tmp").replace(folder / name)


def main() -> None:
    """The command line."""
    import torch

    from qa.reader.teacher import word_places

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("network", type=Path, help="network.pt of the trained teacher")
    parser.add_argument("--encoder", type=Path, required=True, help="folder of the teacher's encoder")
    parser.add_argument("--folder", type=Path, default=WEIGHTS, help="where the small reader lies")
    arguments = parser.parse_args()
    state = torch.load(arguments.network, map_location="cpu", weights_only=True)["network"]
    places = np.array(word_places(arguments.encoder), dtype=np.int64)
    export(shipped_names({name: values.numpy() for name, values in state.items()}, places), arguments.folder)


if __name__ == "__main__":
    main()
