"""How the page travels: what is named by its content is kept by browsers for good, and the page itself comes packed."""

from __future__ import annotations

import gzip

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.page.whole import whole

NAMED_BY_CONTENT = ("/assets/",)
"""Paths under which Gradio serves files whose names have a hash of what they hold: another release has other names."""
FOR_GOOD = "public, max-age=31536000, immutable"
LEVEL = 5
"""Of compression: the page of 210 kB goes to 40 in some milliseconds."""


class Delivery:
    """Middleware that says how long files are good for, and packs the page for browsers that can unpack it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif scope["path"].startswith(NAMED_BY_CONTENT):
            await self._app(scope, receive, _keeping(send))
        elif scope["path"] == "/" and "gzip" in Headers(scope=scope).get("accept-encoding", ""):
            await self._app(scope, receive, whole(send, _packed))
        else:
            await self._app(scope, receive, send)


def _keeping(send: Send) -> Send:
    async def kept(message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] in (200, 304):
            MutableHeaders(scope=message)["cache-control"] = FOR_GOOD
        await send(message)

    return kept


def _packed(headers: MutableHeaders, body: bytes) -> bytes:
    headers.add_vary_header("Accept-Encoding")
    if "content-encoding" in headers or not body:
        return body
    packed = gzip.compress(body, LEVEL, mtime=0)
    headers["content-encoding"] = "gzip"
    headers["content-length"] = str(len(packed))
    return packed
