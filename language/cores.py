"""How many cores this process may use: fewer than the machine has, in a container or under an affinity."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from pathlib import Path

_CGROUPS = Path("/sys/fs/cgroup")
_OWN_CGROUP = Path("/proc/self/cgroup")


def usable_cores() -> int:
    """Cores that this process may run on, or, where a container's limit is lower, that many; at least 1."""
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS and Windows
        cores = os.cpu_count() or 1
    return max(1, min([cores, *_limits(_CGROUPS, _OWN_CGROUP)]))


def _limits(root: Path, own: Path) -> Iterator[int]:
    """The limits of this process's control group and of those around it, in whole cores, rounded up."""
    for folder in _groups(root, own):
        numbers = _numbers(folder / "cpu.max")
        if not numbers:  # the first version of control groups has a file for each
            numbers = _numbers(folder / "cpu" / "cpu.cfs_quota_us") + _numbers(folder / "cpu" / "cpu.cfs_period_us")
        if len(numbers) == 2 and min(numbers) > 0:
            quota, period = numbers
            yield math.ceil(quota / period)


def _groups(root: Path, own: Path) -> Iterator[Path]:
    """The folder of each control group around this process, the outermost first."""
    yield root
    try:
        lines = own.read_text(encoding="utf-8").splitlines()
    except OSError:  # no Linux
        return
    folder = root
    for part in next((line.partition("::")[2] for line in lines if line.startswith("0::")), "").split("/"):
        if part and part != "..":
            folder /= part
            yield folder


def _numbers(file: Path) -> list[int]:
    """The numbers in a file of a control group; none where it says ``max``, or is not there."""
    try:
        return [int(part) for part in file.read_text(encoding="ascii").split()]
    except (OSError, ValueError):
        return []
