"""Where the benchmarks leave their figures: a JSON file, a Markdown table and a picture each, in ``results/``."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "results"


def machine() -> str:
    """What the figures were measured on, in words."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        lines = cpuinfo.read_text(encoding="utf-8").splitlines()
        model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), model)
    return f"{os.cpu_count()} cores, {model}"


def write(name: str, command: str, figures: Mapping[str, Any], tables: Sequence[str]) -> str:
    """Writes ``figures`` and ``tables`` under ``name``; returns the Markdown, headed by when, where and how."""
    FOLDER.mkdir(exist_ok=True)
    date = datetime.now(UTC).date().isoformat()
    record = {"date": date, "machine": machine(), "command": command, **figures}
    (FOLDER / f"{name}.json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    text = "\n\n".join([f"{date}, {machine()}: `{command}`", *tables]) + "\n"
    (FOLDER / f"{name}.md").write_text(text, encoding="utf-8")
    return text


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def bars(name: str, title: str, groups: Mapping[str, Mapping[str, float]]) -> None:
    """A picture of grouped bars: for each library (key) its value of each measure."""
    figure, axes = _figure(title)
    measures = list(next(iter(groups.values())))
    width = 0.8 / len(groups)
    for number, (label, values) in enumerate(groups.items()):
        at = [place + number * width for place in range(len(measures))]
        axes.bar(at, [values[measure] for measure in measures], width, label=label)
    axes.set_xticks([place + 0.4 - width / 2 for place in range(len(measures))], measures)
    _save(name, figure, axes)


def lines(name: str, title: str, x_label: str, x: Sequence[float], series: Mapping[str, Sequence[float]]) -> None:
    """A picture of curves over ``x``, both axes logarithmic."""
    figure, axes = _figure(title)
    for label, values in series.items():
        axes.plot(x, values, marker="o", label=label)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel(x_label)
    _save(name, figure, axes)


def _figure(title: str) -> tuple[Any, Any]:
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "article-qa"  # the same figures make the same file
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(7.2, 3.6))
    axes.set_title(title)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", alpha=0.3)
    return figure, axes


def _save(name: str, figure: Any, axes: Any) -> None:
    axes.legend(fontsize=8)
    figure.tight_layout()
    FOLDER.mkdir(exist_ok=True)
    figure.savefig(FOLDER / f"{name}.svg", metadata={"Date": None})
