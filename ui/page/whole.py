"""A response that is looked at as a whole before it is sent, for middleware."""

from __future__ import annotations

from collections.abc import Callable

from starlette.datastructures import MutableHeaders
from starlette.types import Message, Send


def whole(send: Send, finished: Callable[[MutableHeaders, bytes], bytes]) -> Send:
    """What to call in place of ``send``: ``finished`` is given the headers, to change, and all of the body, and returns
    the body to send."""
    start: Message = {}
    body = bytearray()

    async def collected(message: Message) -> None:
        nonlocal start
        if message["type"] == "http.response.start":
            start = message
            return
        body.extend(message.get("body", b""))
        if not message.get("more_body", False):
            sent = finished(MutableHeaders(scope=start), bytes(body))
            await send(start)
            await send({"type": "http.response.body", "body": sent})

    return collected
