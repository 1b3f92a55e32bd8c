"""The child process that reads risky formats: one source after the other from standard input. See ``sandbox``."""

from __future__ import annotations

import importlib
import json
import os
import sys
from pathlib import Path
from typing import Any

from ingest.errors import UnreadableSource
from ingest.formats import guarded_entries
from ingest.formats.sandbox import encoded
from ingest.limits import READER_BYTES
from ingest.types import RawSource

MODULES = ("pdf", "docx", "odt", "epub", "rtf", "mhtml", "feed", "sitemap", "html")
"""The formats that may be asked for."""


def main() -> None:
    """Answers until its input ends."""
    with os.fdopen(os.dup(1), "wb") as answers:
        os.dup2(2, 1)  # what a library prints must not come between the answers
        modules = {name: importlib.import_module(f"ingest.formats.{name}") for name in MODULES}
        _bound_resources()
        answers.write(b"ready\n")
        answers.flush()
        while line := sys.stdin.buffer.readline():
            head = json.loads(line)
            content = sys.stdin.buffer.read(head["size"])
            raw = RawSource(head["source"], head["name"], content, head["media_type"])
            answers.write(json.dumps(_answer(modules[head["form"]], raw)).encode() + b"\n")
            answers.flush()


def _answer(module: Any, raw: RawSource) -> dict[str, Any]:
    try:
        # Archives, which alone give members to be read in turn, are never read here.
        return {"found": [encoded(entry) for entry in guarded_entries(module, raw) if not isinstance(entry, RawSource)]}
    except UnreadableSource as error:
        return {"refused": [error.source, error.reason]}


def _bound_resources() -> None:
    """Bounds memory to what is in use now and ``READER_BYTES`` more, and lets no file be written, where that can be."""
    try:
        import resource
    except ImportError:  # Windows
        return
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    statm = Path("/proc/self/statm")
    if statm.exists():
        in_use = int(statm.read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (in_use + READER_BYTES, in_use + READER_BYTES))


if __name__ == "__main__":
    main()
