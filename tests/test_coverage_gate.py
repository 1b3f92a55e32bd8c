"""Floors of coverage hold, go up by themselves when asked, and down only with a reason."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from scripts import coverage_gate
from scripts.coverage_gate import FLOORS, MODULES, ROOM, Lines, below, raised


def test_a_module_below_its_floor_or_not_reached_at_all_is_named() -> None:
    said = below({"a.py": 90, "b.py": 80, "c.py": 85}, {"a.py": 90.0, "b.py": 79.9})
    assert [line.partition(":")[0] for line in said] == ["b.py", "c.py"]


def test_floors_only_rise_by_themselves() -> None:
    shares = {"a.py": 99.5, "b.py": 81.0, "d.py": 95.0}
    assert raised({"a.py": 90, "b.py": 88}, shares) == {"a.py": 99 - ROOM, "b.py": 88, "d.py": 95 - ROOM}


def test_a_floor_that_was_lowered_says_why() -> None:
    kept = json.loads(FLOORS.read_text(encoding="utf-8"))
    for one in kept["lowered"]:
        assert one["why"] and one["to"] < one["from"]
    assert set(kept["floors"]) == set(MODULES)


def test_lines_that_are_run_are_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "ui"
    folder.mkdir()
    (folder / "one.py").write_text("def f(x):\n    if x:\n        return 1\n    return 2\n", encoding="utf-8")
    monkeypatch.setattr(coverage_gate, "ROOT", tmp_path)
    lines, before = Lines(), sys.gettrace()
    names: dict[str, object] = {}
    code = compile((folder / "one.py").read_text(encoding="utf-8"), str(folder / "one.py"), "exec")
    lines.watch()
    try:
        exec(code, names)
        names["f"](1)  # type: ignore[operator]
    finally:
        sys.settrace(before)
    assert lines.shares() == {"ui/one.py": 75.0}
