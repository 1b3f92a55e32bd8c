from __future__ import annotations

import multiprocessing
import os
from pathlib import Path

import pytest

from language.cores import _limits, usable_cores


def groups(tmp_path: Path, files: dict[str, str], own: str = "0::/\n") -> list[int]:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "self").write_text(own)
    return list(_limits(tmp_path, tmp_path / "self"))


@pytest.mark.parametrize(
    ("files", "own", "limits"),
    [
        ({"cpu.max": "150000 100000\n"}, "0::/\n", [2]),
        ({"cpu.max": "max 100000\n"}, "0::/\n", []),
        ({}, "0::/\n", []),
        ({"cpu.max": "max 100000\n", "user/job/cpu.max": "100000 100000\n"}, "0::/user/job\n", [1]),
        ({"user/cpu.max": "400000 100000\n", "user/job/cpu.max": "50000 100000\n"}, "0::/user/job\n", [4, 1]),
        ({"cpu/cpu.cfs_quota_us": "300000\n", "cpu/cpu.cfs_period_us": "100000\n"}, "4:cpu:/\n", [3]),
        ({"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, "4:cpu:/\n", []),
    ],
)
def test_a_containers_limits_are_read(tmp_path: Path, files: dict[str, str], own: str, limits: list[int]) -> None:
    assert groups(tmp_path, files, own) == limits


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system has no affinity")
def test_cores_that_the_process_may_not_use_do_not_count() -> None:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.apply(_cores_on_one) == 1
    assert 1 <= usable_cores() <= (os.cpu_count() or 1)


def _cores_on_one() -> int:
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    return usable_cores()
