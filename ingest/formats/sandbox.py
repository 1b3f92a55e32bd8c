"""Readers of risky formats run in a child process, so that no file can hang this one, fill its memory or end it.

Documents come from anywhere, and what reads them is in part written in C. The child (``ingest.formats.worker``) has a
bound on its memory and may write no file; this side gives it ``READER_SECONDS`` for each document, ends it when they
are over, and starts another for the next. One child serves a whole ingest: starting one takes a second.
"""

from __future__ import annotations

import atexit
import json
import subprocess
import sys
import threading
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

from ingest.errors import UnreadableSource
from ingest.limits import READER_SECONDS
from ingest.types import Draft, LinkedPage, Part, RawSource, Skipped

Entry = Draft | LinkedPage | Skipped
"""What a sandboxed reader finds in a source."""

_ROOT = Path(__file__).resolve().parents[2]
_START_SECONDS = 60.0
"""For the child to start, on a machine that is busy; counted apart from the reading."""


def read(form: str, raw: RawSource) -> list[Entry]:
    """What the format module ``ingest.formats.<form>`` finds in a source, read in the child process.

    Raises:
        UnreadableSource: the reader refused it, took too long or too much memory, or crashed over it.
    """
    return _worker.read(form, raw)


class _Worker:
    """The child process, started when it is first needed and after each time it had to be ended."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def read(self, form: str, raw: RawSource, seconds: float = READER_SECONDS) -> list[Entry]:
        with self._lock:
            process = self._started(raw)
            answer: list[dict[str, Any]] = []
            exchange = threading.Thread(target=_exchange, args=(process, form, raw, answer), daemon=True)
            exchange.start()
            exchange.join(seconds)
            if exchange.is_alive():
                self.stop()
                exchange.join()
                raise UnreadableSource(raw.source, f"it could not be read within {seconds:g} seconds")
            if not answer:
                self.stop()
                raise UnreadableSource(raw.source, "its reader crashed over it: it is damaged, or made to do harm")
        return _entries(answer[0])

    def _started(self, raw: RawSource) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self.stop()
            self._process = subprocess.Popen(
                [sys.executable, "-m", "ingest.formats.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd=_ROOT,
            )
            ready: list[bytes] = []
            waiting = threading.Thread(target=_first_line, args=(self._process, ready), daemon=True)
            waiting.start()
            waiting.join(_START_SECONDS)
            if ready != [b"ready\n"]:
                self.stop()
                waiting.join()
                raise UnreadableSource(raw.source, "the process that reads such files could not be started")
        return self._process

    def stop(self) -> None:
        """Ends the child, if there is one."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                _close(stream)


_worker = _Worker()
atexit.register(_worker.stop)


def _first_line(process: subprocess.Popen[bytes], ready: list[bytes]) -> None:
    assert process.stdout is not None
    ready.append(process.stdout.readline())


def _exchange(process: subprocess.Popen[bytes], form: str, raw: RawSource, answer: list[dict[str, Any]]) -> None:
    """Sends one source and receives what is in it; appends nothing where the child ends in between."""
    assert process.stdin is not None and process.stdout is not None
    head = {"form": form, "source": raw.source, "name": raw.name, "media_type": raw.media_type}
    try:
        process.stdin.write(json.dumps({**head, "size": len(raw.content)}).encode() + b"\n")
        process.stdin.write(raw.content)
        process.stdin.flush()
        line = process.stdout.readline()
        if line.endswith(b"\n"):
            answer.append(json.loads(line))
    except (OSError, ValueError):
        return


def _entries(answer: dict[str, Any]) -> list[Entry]:
    if "refused" in answer:
        raise UnreadableSource(*answer["refused"])
    return [_decoded(kind, values) for kind, values in answer["found"]]


def encoded(entry: Entry) -> tuple[str, dict[str, Any]]:
    """An entry as the child sends it."""
    return type(entry).__name__, asdict(entry)


def _decoded(kind: str, values: dict[str, Any]) -> Entry:
    """The reverse of ``encoded``. Only these three kinds of values come out, whatever the child sends."""
    if kind == "LinkedPage":
        return LinkedPage(**values)
    if kind == "Skipped":
        return Skipped(**values)
    parts = tuple(Part(**part) for part in values.pop("parts"))
    return Draft(
        **{**values, "authors": tuple(values["authors"]), "notes": tuple(map(tuple, values["notes"]))}, parts=parts
    )


def _close(stream: IO[bytes]) -> None:
    try:
        stream.close()
    except OSError:  # what was not sent yet can never be sent
        return
