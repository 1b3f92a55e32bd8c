"""Weights in four bits: a seventh of the size of float32, for networks that would be too large to ship otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

GROUP = 64
"""Neighbouring weights of one row that share a scale."""
LEVELS = 16
MIDDLE = LEVELS // 2
"""The level that stands for 0."""


def pack(weights: NDArray[np.float32]) -> tuple[NDArray[np.uint8], NDArray[np.float16]]:
    """``weights``, ``[rows, columns]``, as levels, two to a byte, ``[rows, columns / 2]``, and the scales of groups,
    ``[rows, columns / GROUP]``. Columns are a multiple of ``GROUP``.

    A group's largest weight becomes the lowest level whatever its sign, so that all levels are used.
    """
    groups = weights.reshape(len(weights), -1, GROUP)
    largest = np.take_along_axis(groups, np.abs(groups).argmax(-1, keepdims=True), -1)
    scales = (largest / -MIDDLE).astype(np.float16)
    steps = np.where(scales == 0, 1, scales).astype(np.float32)
    levels = np.clip(np.rint(groups / steps) + MIDDLE, 0, LEVELS - 1).astype(np.uint8).reshape(weights.shape)
    return levels[:, 0::2] | levels[:, 1::2] << 4, scales[..., 0]


def unpack(packed: NDArray[np.uint8], scales: NDArray[np.float16]) -> NDArray[np.float32]:
    """The reverse of ``pack``, rounded as it was there."""
    levels = np.stack([packed & (LEVELS - 1), packed >> 4], axis=-1).reshape(len(packed), -1, GROUP)
    values = (levels.astype(np.float32) - MIDDLE) * scales.astype(np.float32)[..., None]
    return values.reshape(len(packed), -1)


def pack_all(weights: Mapping[str, NDArray[np.float32]]) -> dict[str, NDArray[Any]]:
    """Tables in four bits, as ``NAME.levels`` and ``NAME.scales``; vectors and narrow tables in half precision."""
    packed: dict[str, NDArray[Any]] = {}
    for name, values in weights.items():
        if values.ndim == 2 and values.shape[1] % GROUP == 0:
            packed[f"{name}.levels"], packed[f"{name}.scales"] = pack(values)
        else:
            packed[name] = values.astype(np.float16)
    return packed


class Unpacked(Mapping[str, NDArray[np.float32]]):
    """What ``pack_all`` packed, in float32. Each table is unpacked when it is asked for, and not kept: all of them at
    once would be seven times as large as the packed ones."""

    def __init__(self, packed: Mapping[str, NDArray[Any]]) -> None:
        self._packed = packed

    def __getitem__(self, name: str) -> NDArray[np.float32]:
        """One of the weights. Raises KeyError."""
        if f"{name}.levels" in self._packed:
            return unpack(self._packed[f"{name}.levels"], self._packed[f"{name}.scales"])
        return self._packed[name].astype(np.float32)

    def __iter__(self) -> Iterator[str]:
        """The names."""
        return (name.removesuffix(".levels") for name in self._packed if not name.endswith(".scales"))

    def __len__(self) -> int:
        """How many weights there are."""
        return sum(1 for _ in self)
