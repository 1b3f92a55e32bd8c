"""Who is at the page: the person who logged in, or else the browser, told by a cookie of its own."""

from __future__ import annotations

import hashlib
import re
import secrets

import gradio as gr
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "article_qa_visitor"
"""Not bound to a port, as what a page keeps in its browser is: the page may be served on another one tomorrow."""
SECONDS_KEPT = 400 * 24 * 3600
"""As long as browsers keep any cookie; renewed whenever the page is opened."""

_TOKEN = re.compile(r"[A-Za-z0-9_-]{32,64}")


def owner_of(request: gr.Request) -> str:
    """The owner of what is said in ``request``: the same for all devices of who logged in, else for one browser.

    The cookie is as good as a password, so only its hash goes into the history.
    """
    if request.username:
        return f"user:{request.username}"
    token = request.cookies.get(COOKIE, "")
    if not _TOKEN.fullmatch(token):
        token = request.session_hash or secrets.token_urlsafe(24)  # no cookies: as long as the page is open
    return f"browser:{hashlib.sha256(token.encode()).hexdigest()}"


class VisitorCookie:
    """Middleware that gives each browser a cookie of its own when it opens the page."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http" or scope["method"] != "GET" or scope["path"] != "/":
            await self._app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        token = connection.cookies.get(COOKIE, "")
        if not _TOKEN.fullmatch(token):
            token = secrets.token_urlsafe(24)
        secure = "; Secure" if connection.url.scheme == "https" else ""

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).append(
                    "set-cookie",
                    f"{COOKIE}={token}; Max-Age={SECONDS_KEPT}; Path=/; HttpOnly; SameSite=Lax{secure}",
                )
            await send(message)

        await self._app(scope, receive, send_with_cookie)
