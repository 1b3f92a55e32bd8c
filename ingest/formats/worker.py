"""The child process that reads files: one source after the other from standard input. See ``sandbox``."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import IO, Any

from ingest.errors import UnreadableSource
from ingest.formats import working
from ingest.formats.opened import Entry, entries
from ingest.formats.pictures import drawn
from ingest.formats.sandbox import encoded, receive, send
from ingest.limits import READER_BYTES, SOURCE_SECONDS
from ingest.types import Origin


def main() -> None:
    """Answers until its input ends."""
    with os.fdopen(os.dup(1), "wb") as answers:
        os.dup2(2, 1)  # what a library prints must not come between the answers
        _bound_resources()
        working.tell = partial(send, answers, "working", None)
        answers.write(b"ready\n")
        answers.flush()
        while (message := receive(sys.stdin.buffer)) is not None:
            _end_within(SOURCE_SECONDS)
            _answer(answers, *message)
            _end_within(0)


def _found(kind: str, fields: Any) -> Iterable[Entry]:
    if kind == "draw":
        return [drawn(fields["raw"], fields["page"], fields["width"])]
    return entries(fields["raw"], Origin(fields["source"], fields["fingerprint"]))


def _answer(answers: IO[bytes], kind: str, fields: Any) -> None:
    try:
        for entry in _found(kind, fields):
            send(answers, *encoded(entry))
        send(answers, "end", None)
    except UnreadableSource as error:
        send(answers, "refused", [error.source, error.reason])


def _end_within(seconds: float) -> None:
    """Lets the system end this process when the time is over, for when nobody is left to do it; 0 calls that off."""
    try:
        from signal import ITIMER_REAL, setitimer
    except ImportError:  # Windows
        return
    setitimer(ITIMER_REAL, seconds)


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
