"""The bodies of requests, read whole and looked at before Gradio sees them, and what is said of one that is refused."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import Headers
from starlette.types import Message, Receive, Scope

BODY_BYTES = 4 << 20
"""Of any request but an upload. What fills it is the names of a folder that was uploaded: some 400 bytes a file."""
TEXT_CHARS = 1 << 18
"""Of one text in such a request: a question has 1,000, and 2,000 addresses of pages that were pasted 200,000."""
BODY_DEPTH = 32
"""Of lists within lists in such a request; Gradio walks through it by calling itself."""
BODY_SECONDS = 60.0
"""For such a request to arrive in full."""


@dataclass(frozen=True)
class Refusal(Exception):
    """Why a request is not let through, in words for whoever sent it."""

    status: int
    reason: str
    wait: float = 0.0
    """Seconds after which it may be tried again, where that is so."""


async def whole_body(receive: Receive, scope: Scope, most: int) -> Receive:
    """The same request with its body in memory, refused before it is parsed where there is more than ``most`` bytes."""
    if said_length(scope) > most:
        raise _too_large(most)
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    return receive
                body += message.get("body", b"")
                if len(body) > most:
                    raise _too_large(most)
                if not message.get("more_body", False):
                    break
    except TimeoutError as error:
        raise Refusal(408, f"the request did not arrive within {BODY_SECONDS:.0f} seconds") from error
    whole: list[Message] = [{"type": "http.request", "body": bytes(body), "more_body": False}]

    async def replayed() -> Message:
        return whole.pop() if whole else await receive()

    replayed.body = bytes(body)  # type: ignore[attr-defined]
    return replayed


async def whole_json(receive: Receive, scope: Scope) -> Receive:
    """The same for a body that must be JSON: refused where it is none, or holds what Gradio stumbles over."""
    replayed = await whole_body(receive, scope, BODY_BYTES)
    try:
        value = json.loads(getattr(replayed, "body", b"") or b"{}", parse_float=_finite, parse_constant=_finite)
    except (ValueError, RecursionError) as error:
        raise Refusal(400, f"the request cannot be read as JSON: {error}") from error
    level = [value]
    for _ in range(BODY_DEPTH):
        inner = [one for outer in level for one in _inside(outer)]
        if any(isinstance(one, str) and len(one) > TEXT_CHARS for one in inner):
            raise Refusal(413, f"a text in the request is too long: {TEXT_CHARS:,} characters are the most")
        level = [one for one in inner if isinstance(one, list | dict)]
        if not level:
            return replayed
    raise Refusal(400, f"the request has lists within lists, more than {BODY_DEPTH} deep")


def _finite(number: str) -> float:
    """A number that can be sent back: JSON has none without end."""
    if not math.isfinite(value := float(number)):
        raise ValueError(f"{number[:20]} is no number of JSON")
    return value


def _inside(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def again(receive: Receive) -> Receive:
    """What ``whole_body`` gave, to be read without being used up."""
    body = getattr(receive, "body", b"")

    async def read() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return read


def said_length(scope: Scope) -> int:
    """How many bytes a request says it has; 0 where it does not."""
    said = Headers(scope=scope).get("content-length", "")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 19 else 0


def _too_large(most: int) -> Refusal:
    return Refusal(413, f"the request is too large: {most >> 10} KB is the most. Files are uploaded by themselves")
