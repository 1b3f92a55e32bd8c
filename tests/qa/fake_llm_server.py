"""A small OpenAI-compatible server on loopback that plays one scripted reply per request.

With ``raw`` it speaks any other provider's language as well.
"""

from __future__ import annotations

import json
import select
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

Act = Callable[["Handler"], None]
"""What the server does with one request."""


class FakeLLMServer:
    """Plays its ``script``, the last act over and over, and keeps what it was sent."""

    def __init__(self, *script: Act) -> None:
        self.script = list(script)
        self.requests: list[dict[str, Any]] = []
        self.paths: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.stopping = threading.Event()
        self.left_by_client = threading.Event()
        """Set once a client hung up before it had its whole reply."""
        self._lock = threading.Lock()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.fake = self  # type: ignore[attr-defined]
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,))

    @property
    def url(self) -> str:
        """Address of the OpenAI-compatible part."""
        return f"{self.root}/v1"

    @property
    def root(self) -> str:
        return f"http://127.0.0.1:{self._http.server_port}"

    def prompt(self, request: int = -1) -> tuple[str, str]:
        """The system's and the user's message of a request."""
        system, user = self.requests[request]["messages"]
        assert (system["role"], user["role"]) == ("system", "user")
        return system["content"], user["content"]

    def next_act(self, path: str, body: dict[str, Any], headers: dict[str, str]) -> Act:
        with self._lock:
            self.paths.append(path)
            self.requests.append(body)
            self.headers.append(headers)
            return self.script.pop(0) if len(self.script) > 1 else self.script[0]

    def __enter__(self) -> FakeLLMServer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stopping.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    body: dict[str, Any]

    def handle(self) -> None:
        with suppress(ConnectionResetError):  # the client closed a connection that it kept
            super().handle()

    def do_POST(self) -> None:
        self.body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        try:
            self.fake.next_act(self.path, self.body, {name.lower(): value for name, value in self.headers.items()})(
                self
            )
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True  # the client had enough
            self.fake.left_by_client.set()

    def end_headers(self) -> None:
        # A connection that a client keeps open and forgets would be an unclosed socket in some later test.
        self.send_header("Connection", "close")
        super().end_headers()

    @property
    def fake(self) -> FakeLLMServer:
        return self.server.fake  # type: ignore[attr-defined,no-any-return]

    def start_stream(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def send_chunk(self, data: bytes) -> None:
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        self.wfile.flush()

    def send_piece(self, text: str | None, finish: str | None = None) -> None:
        """One server-sent event, as OpenAI writes them."""
        event = {
            "id": "chatcmpl-1",
            "object": "chat.completion.chunk",
            "created": 0,
            "model": "test-model",
            "choices": [{"index": 0, "delta": {"content": text} if text else {}, "finish_reason": finish}],
        }
        self.send_chunk(f"data: {json.dumps(event)}\n\n".encode())

    def end_stream(self, finish: str = "stop") -> None:
        self.send_piece(None, finish)
        self.send_chunk(b"data: [DONE]\n\n")
        self.send_chunk(b"")

    def log_message(self, format: str, *args: object) -> None:
        pass


def write(text: str, size: int = 4, finish: str = "stop") -> Act:
    """Streams ``text``, ``size`` characters at a time."""

    def act(handler: Handler) -> None:
        handler.start_stream()
        for first in range(0, len(text), size):
            handler.send_piece(text[first : first + size])
        handler.end_stream(finish)

    return act


def fail(status: int, message: str = "scripted failure") -> Act:
    def act(handler: Handler) -> None:
        body = json.dumps({"error": {"message": message, "type": "error", "code": None}}).encode()
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(body)))
        handler.send_header("Retry-After-Ms", "5")  # or OpenAI's client waits half a second before it tries again
        handler.end_headers()
        handler.wfile.write(body)

    return act


def hang(after: str = "") -> Act:
    """Sends ``after``, then nothing more."""

    def act(handler: Handler) -> None:
        handler.close_connection = True
        if after:
            handler.start_stream()
            handler.send_piece(after)
        while not handler.fake.stopping.is_set():
            readable, _, _ = select.select([handler.connection], [], [], 0.05)
            if readable and not handler.connection.recv(1):
                raise ConnectionResetError

    return act


def drip(pieces: Iterable[str], seconds: float) -> Act:
    """A piece every so many seconds, well within any time-out of reading, and no end."""

    def act(handler: Handler) -> None:
        handler.start_stream()
        for piece in pieces:
            handler.send_piece(piece)
            if handler.fake.stopping.wait(seconds):
                break

    return act


def disconnect(after: str) -> Act:
    """Hangs up in mid-reply."""

    def act(handler: Handler) -> None:
        handler.start_stream()
        handler.send_piece(after)

    return act


def broken_off(text: str) -> Act:
    """Sends ``text`` and ends as if that were all, but without the word that says why a reply ended."""

    def act(handler: Handler) -> None:
        handler.start_stream()
        handler.send_piece(text)
        handler.send_chunk(b"")

    return act


def raw(data: bytes, content_type: str = "text/event-stream") -> Act:
    """Sends ``data`` as it is."""

    def act(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", content_type)
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)

    return act
