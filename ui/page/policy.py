"""The content security policy of the page: no script runs in it that is not the page's own."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from html.parser import HTMLParser

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Receive, Scope, Send

from ui.page.whole import whole

_SOURCES = {
    "default-src": "'none'",
    # Gradio makes functions of the little scripts of the page's parts, which browsers call evaluating.
    "script-src": "'self' 'unsafe-eval'",
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data: blob:",
    "font-src": "'self' data:",
    "connect-src": "'self'",
    "manifest-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'self'",
    "frame-ancestors": "'none'",
}


class ContentPolicy:
    """Middleware that gives the page a policy naming each of the scripts in it by what it holds."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        is_page = scope["type"] == "http" and scope["path"] == "/"
        await self._app(scope, receive, whole(send, _with_policy) if is_page else send)


def _with_policy(headers: MutableHeaders, body: bytes) -> bytes:
    headers["content-security-policy"] = policy(body.decode("utf-8", "replace"))
    return body


def policy(page: str) -> str:
    """The policy for a page of HTML."""
    found = _InlineScripts()
    found.feed(page)
    found.close()
    sources = {**_SOURCES, "script-src": " ".join([_SOURCES["script-src"], *_hashes(found.scripts)])}
    return "; ".join(f"{kind} {allowed}" for kind, allowed in sources.items())


def _hashes(scripts: Iterable[str]) -> list[str]:
    digests = (hashlib.sha256(script.encode()).digest() for script in scripts)
    return [f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests]


class _InlineScripts(HTMLParser):
    """The texts of the scripts that stand in a page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.scripts: list[str] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "script" and "src" not in dict(attrs):
            self._inside = True
            self.scripts.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag == "script":
            self._inside = False

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.scripts[-1] += data
