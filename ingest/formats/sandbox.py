"""Files are told and read in child processes, so that none can hang this one, fill its memory or end it.

Documents come from anywhere, and what reads them is in part written in C. A child (``ingest.formats.worker``) has a
bound on its memory and may write no file; this side waits ``READER_SECONDS`` for each document, again each time the
child says that it is still at work (``ingest.formats.working``) and ``SOURCE_SECONDS`` at most, ends the child when
they are over, and starts another for the next. A child is kept for the documents to come. While it is in the middle of
an archive, another reads what comes out of it.
"""

from __future__ import annotations

import atexit
import json
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

from ingest.errors import UnreadableSource
from ingest.formats.opened import Entry
from ingest.limits import READER_SECONDS, SOURCE_SECONDS
from ingest.types import LinkedPage, Origin, RawSource, Skipped
from vectorstore.types import Article, Section

KEPT = 2
"""Children that wait for the next document: one for files, one for what is in them."""
_ROOT = Path(__file__).resolve().parents[2]
_START_SECONDS = 60.0
"""For the child to start, on a machine that is busy; counted apart from the reading."""
_AHEAD = 4
"""Entries taken from a child before they are asked for."""

Message = tuple[str, Any]
"""One line of the child's: the kind of value and its fields."""


def read(raw: RawSource, origin: Origin) -> Iterator[Entry]:
    """What is in a source, itself ``origin`` or a member of it; see ``ingest.formats.opened``.

    Raises:
        UnreadableSource: it cannot be read, took too long or too much memory, or crashed its reader.
    """
    with _borrowed() as worker:
        yield from worker.read(raw, origin)


def draw(raw: RawSource, page: int, width: int) -> bytes:
    """A page of a PDF document, counted from 1, as a JPEG picture ``width`` pixels wide.

    Raises:
        UnreadableSource: as ``read``; also where there is no such page.
    """
    with _borrowed() as worker:
        return worker.draw(raw, page, width)


@contextmanager
def _borrowed() -> Iterator[Worker]:
    with _guard:
        worker = _idle.pop() if _idle else Worker()
    try:
        yield worker
    finally:
        with _guard:
            is_kept = len(_idle) < KEPT
            if is_kept:
                _idle.append(worker)
        if not is_kept:
            worker.stop()


def stop() -> None:
    """Ends the children that wait for documents; the next document starts one."""
    with _guard:
        waiting, _idle[:] = _idle[:], []
    for worker in waiting:
        worker.stop()


class Worker:
    """A child process, started when it is first needed and after each time it had to be ended. For one thread."""

    def __init__(self) -> None:
        """Starts nothing yet."""
        self.process: subprocess.Popen[bytes] | None = None

    def read(self, raw: RawSource, origin: Origin, seconds: float = READER_SECONDS) -> Iterator[Entry]:
        """What is in a source, one by one; the child has ``seconds`` for all of it, while it is waited for.

        Raises:
            UnreadableSource: as ``read`` above.
        """
        return self._answers(("read", {**asdict(origin), "raw": raw}), raw, seconds)

    def draw(self, raw: RawSource, page: int, width: int, seconds: float = READER_SECONDS) -> bytes:
        """``draw`` above; the child has ``seconds`` for it."""
        answers = list(self._answers(("draw", {"page": page, "width": width, "raw": raw}), raw, seconds))
        pictures = [answer.content for answer in answers if isinstance(answer, RawSource)]
        if not pictures:
            raise UnreadableSource(raw.source, f"its page {page} cannot be drawn")
        return pictures[0]

    def _answers(self, question: Message, raw: RawSource, seconds: float) -> Iterator[Entry]:
        process = self._started(raw)
        messages: queue.Queue[Message | None] = queue.Queue(_AHEAD)
        exchange = threading.Thread(target=_exchange, args=(process, question, messages), daemon=True)
        exchange.start()
        is_answered = False
        left = seconds
        until = time.monotonic() + max(seconds, SOURCE_SECONDS)
        try:
            while True:
                asked = time.monotonic()
                try:
                    message = messages.get(timeout=max(left, 0))
                except queue.Empty:
                    raise UnreadableSource(
                        raw.source, f"it could not be read within {seconds:g} seconds; split it, or save it as text"
                    ) from None
                left -= time.monotonic() - asked
                if message is None:
                    raise UnreadableSource(
                        raw.source,
                        "its reader crashed over it: it is damaged, or made to do harm; save it again, or as text",
                    )
                kind, fields = message
                is_answered = kind in ("end", "refused")
                if kind == "end":
                    return
                if kind == "working":
                    left = min(seconds, until - time.monotonic())
                    continue
                if kind == "refused":
                    raise UnreadableSource(*fields)
                yield decoded(kind, fields)
        finally:
            if not is_answered:  # too late, crashed, or nobody wants the rest
                self.stop()
            while exchange.is_alive():
                with suppress(queue.Empty):
                    messages.get(timeout=0.01)

    def _started(self, raw: RawSource) -> subprocess.Popen[bytes]:
        if self.process is None or self.process.poll() is not None:
            self.stop()
            self.process = subprocess.Popen(
                [sys.executable, "-m", "ingest.formats.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd=_ROOT,
            )
            ready: list[bytes] = []
            waiting = threading.Thread(target=_first_line, args=(self.process, ready), daemon=True)
            waiting.start()
            waiting.join(_START_SECONDS)
            if ready != [b"ready\n"]:
                self.stop()
                waiting.join()
                raise UnreadableSource(raw.source, "the process that reads files could not be started")
        return self.process

    def stop(self) -> None:
        """Ends the child, if there is one."""
        process, self.process = self.process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                _close(stream)


_idle: list[Worker] = []
_guard = threading.Lock()
atexit.register(stop)


def _first_line(process: subprocess.Popen[bytes], ready: list[bytes]) -> None:
    assert process.stdout is not None
    ready.append(process.stdout.readline())


def _exchange(process: subprocess.Popen[bytes], question: Message, messages: queue.Queue[Message | None]) -> None:
    """Sends one question and passes on what comes back; a last None where the child ends in between."""
    assert process.stdin is not None and process.stdout is not None
    try:
        send(process.stdin, *question)
        while True:
            message = receive(process.stdout)
            messages.put(message)
            if message is None or message[0] in ("end", "refused"):
                return
    except (OSError, ValueError, KeyError, TypeError):
        messages.put(None)


# --- how values travel ------------------------------------------------------------------------------------------------
# A line of JSON, and after it the bytes of a file where the line says how many there are. Nothing is ever made of it
# but the values of ``Entry``, whatever a child sends.


def send(stream: IO[bytes], kind: str, fields: Any) -> None:
    """Writes one message; ``fields["raw"]``, if there is one, is a RawSource, whose bytes follow the line."""
    content = b""
    if isinstance(fields, dict) and "raw" in fields:
        raw = fields["raw"]
        content = raw.content
        named = {"source": raw.source, "name": raw.name, "media_type": raw.media_type, "size": len(content)}
        fields = {**fields, "raw": named}
    stream.write(json.dumps([kind, fields]).encode() + b"\n")
    if content:
        stream.write(content)
    stream.flush()


def receive(stream: IO[bytes]) -> Message | None:
    """The next message, or None where the stream ends before one is complete."""
    line = stream.readline()
    if not line.endswith(b"\n"):
        return None
    kind, fields = json.loads(line)
    if isinstance(fields, dict) and "raw" in fields:
        named = fields["raw"]
        content = stream.read(named["size"])
        if len(content) < named["size"]:
            return None
        fields["raw"] = RawSource(named["source"], named["name"], content, named["media_type"])
    return kind, fields


def encoded(entry: Entry) -> Message:
    """An entry as the child sends it."""
    return type(entry).__name__, {"raw": entry} if isinstance(entry, RawSource) else asdict(entry)


def decoded(kind: str, fields: dict[str, Any]) -> Entry:
    """The reverse of ``encoded``. Only these four kinds of values come out."""
    if kind == "LinkedPage":
        return LinkedPage(**fields)
    if kind == "Skipped":
        return Skipped(**fields)
    if kind == "RawSource":
        raw: RawSource = fields["raw"]
        return raw
    sections = tuple(Section(**section) for section in fields["sections"])
    lists = {name: tuple(fields[name]) for name in ("authors", "other_sources")}
    return Article(**{**fields, **lists, "sections": sections})


def _close(stream: IO[bytes]) -> None:
    try:
        stream.close()
    except OSError:  # what was not sent yet can never be sent
        return
