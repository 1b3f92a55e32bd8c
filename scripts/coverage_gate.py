"""Whether the quick tests still reach as much of the modules they are for as they did.

    python -m scripts.coverage_gate                      run them, compare with the floors in tests/coverage.json
    python -m scripts.coverage_gate --raise              move floors up to what was reached
    python -m scripts.coverage_gate --lower MODULE WHY   move one down; why, and what it was, stay in the file

The whole suite is not measured: on Python 3.11 a tracer takes half as long again, and most of the suite's time goes
into models, other processes and a browser, which no tracer sees. Nothing but the standard library is needed.
"""

from __future__ import annotations

import argparse
import json
import sys
import threading
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
FLOORS = ROOT / "tests" / "coverage.json"
PACKAGES = ("ingest", "language", "qa", "ui", "vectorstore")
MODULES = (
    "ingest/chunking.py",
    "ingest/cleaning.py",
    "ingest/formats/byline.py",
    "ingest/formats/encoding.py",
    "ingest/furniture.py",
    "language/characters.py",
    "language/dated.py",
    "language/dates.py",
    "language/normalisation.py",
    "language/numbers.py",
    "language/relative_dates.py",
    "language/sentences.py",
    "language/words.py",
    "ui/access.py",
    "ui/page/bodies.py",
    "ui/page/guard.py",
    "ui/throttle.py",
)
"""Modules whose tests need no model, no other process and no browser."""
QUICK = (
    "tests/language",
    "tests/ingest/test_chunking.py",
    "tests/ingest/test_cleaning.py",
    "tests/ingest/formats/test_byline.py",
    "tests/ingest/formats/test_encoding.py",
    "tests/ingest/formats/test_markdown.py",
    "tests/ingest/formats/test_plain.py",
    "tests/vectorstore/test_lexical.py",
    "tests/qa/test_decoding.py",
    "tests/qa/test_selection.py",
    "tests/qa/llm/test_quotes.py",
    "tests/qa/llm/test_reply.py",
    "tests/ui/test_access.py",
    "tests/ui/test_guard.py",
    "tests/ui/test_throttle.py",
)
"""Those tests, and other quick ones that come by there."""
CALLS = 300
"""Calls of a function that are watched: what they did not reach, further ones hardly do."""
ROOM = 3
"""Percentage points below what was reached: generated inputs differ from run to run, tables of lines among Pythons."""


class Lines:
    """Which lines of the packages are run, while it watches."""

    def __init__(self) -> None:
        self.run: dict[str, set[int]] = defaultdict(set)
        self._calls: Counter[CodeType] = Counter()
        self._ours = tuple(f"{ROOT / package}/" for package in PACKAGES)

    def watch(self) -> None:
        """From now on, in all threads."""
        threading.settrace(self._call)
        sys.settrace(self._call)

    def _call(self, frame: FrameType, event: str, value: Any) -> Any:
        code = frame.f_code
        if not code.co_filename.startswith(self._ours) or self._calls[code] >= CALLS:
            return None
        self._calls[code] += 1
        reached = self.run[code.co_filename]
        reached.add(frame.f_lineno)

        def line(frame: FrameType, event: str, value: Any) -> Any:
            reached.add(frame.f_lineno)
            return line

        return line

    def shares(self) -> dict[str, float]:
        """The percentage of its lines that were run, of each module of which any was."""
        found = {}
        for name, run in self.run.items():
            there = set(_lines(compile(Path(name).read_text(encoding="utf-8"), name, "exec")))
            found[Path(name).relative_to(ROOT).as_posix()] = 100 * len(run & there) / max(1, len(there))
        return found


def _lines(code: CodeType) -> Iterator[int]:
    yield from (line for *_, line in code.co_lines() if line)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _lines(constant)


def below(floors: Mapping[str, int], shares: Mapping[str, float]) -> list[str]:
    """What to say of each module that is below its floor, or is not reached at all."""
    return [
        f"{module}: {shares.get(module, 0.0):.1f} % of its lines are run by the quick tests; the floor is {floor} %"
        for module, floor in floors.items()
        if shares.get(module, 0.0) < floor
    ]


def raised(floors: Mapping[str, int], shares: Mapping[str, float]) -> dict[str, int]:
    """The floors of ``shares``, none lower than before."""
    return {module: max(floors.get(module, 0), int(share) - ROOM) for module, share in sorted(shares.items())}


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the quick tests, and compares or moves floors; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--raise", dest="up", action="store_true")
    parser.add_argument("--lower", nargs=2, metavar=("MODULE", "WHY"))
    chosen = parser.parse_args(arguments)
    lines = Lines()
    lines.watch()
    status = pytest.main(["-q", "-p", "no:cacheprovider", "-m", "not slow", *(str(ROOT / path) for path in QUICK)])
    sys.settrace(None)
    threading.settrace(None)
    if status:
        return int(status)
    kept = json.loads(FLOORS.read_text(encoding="utf-8"))
    shares = {module: share for module, share in lines.shares().items() if module in MODULES}
    if chosen.up:
        kept["floors"] = raised(kept["floors"], shares)
    if chosen.lower:
        module, why = chosen.lower
        now = max(0, int(shares.get(module, 0)) - ROOM)
        kept["lowered"].append({"module": module, "from": kept["floors"][module], "to": now, "why": why})
        kept["floors"][module] = now
    if chosen.up or chosen.lower:
        FLOORS.write_text(json.dumps(kept, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    problems = below(kept["floors"], shares)
    print(f"{len(kept['floors'])} modules, {len(problems)} below their floor")
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
