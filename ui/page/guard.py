"""What stands before all that is served: which requests are let through, and what every response carries.

Gradio answers any page of any site, and has many routes that this page does not need. So what is let through is named
here, one by one, and what is not named does not exist.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from secrets import compare_digest

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.access import Access
from ui.mcp_server import PATH as MCP
from ui.mcp_server import Login
from ui.page.bodies import BODY_BYTES, Refusal, again, said_length, whole_body, whole_json
from ui.throttle import Throttle, address_key, name_key

logger = logging.getLogger(__name__)

API = "/gradio_api"
_PAGE = re.compile(r"/")
_READ = re.compile(
    r"/healthz|/config|/theme\.css|/favicon\.ico|/manifest\.json|/robots\.txt|/(?:assets|static|svelte)/.+"
    rf"|{API}/(?:info|app_id|theme\.css|startup-events|upload_progress|queue/data|heartbeat/[^/]+|call/[^/]+/[^/]+)"
)
_QUEUED = re.compile(rf"{API}/(?:queue/join|call/[^/]+)")
_GIVEN_UP = re.compile(rf"{API}/(?:cancel|reset)")
_DIRECT = re.compile(rf"{API}/run/[^/]+")
_UPLOAD = re.compile(rf"{API}/upload")
_LOGIN, _LOGOUT = "/login", "/logout"

LOGIN_BYTES = 16 << 10
STOPS_AT_ONCE = 8
"""Requests beside the queue that are dealt with at the same time: only Stop comes that way, and is done at once."""
CALLS_AT_ONCE = 4
"""Calls of tools at ``/mcp``, which has no queue of Gradio's, that are dealt with at the same time."""

_HEADERS = {
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "x-frame-options": "DENY",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
"""Of every response that does not set its own."""
_SHARED = {
    "access-control-allow-credentials": "true",
    "access-control-allow-methods": "GET, POST",
    "access-control-allow-headers": "content-type, authorization",
    "access-control-max-age": "600",
    "cross-origin-resource-policy": "cross-origin",
}
"""Of every response to a page of a site that was allowed to read."""
_LOGOUT_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Log out</title>
<body><form method="post" action="logout"><p>Log out of these articles, on every device?</p>
<button>Log out</button></form></body></html>"""


class Guard:
    """Middleware that lets through what the page needs, from whom ``access`` allows.

    ``logins`` are those that Gradio knows: wrong ones are counted here, and have to wait.
    """

    def __init__(
        self,
        app: ASGIApp,
        access: Access,
        logins: Sequence[Login] = (),
        throttle: Throttle | None = None,
        waiting: int = 64,
        upload_bytes: int = 1 << 30,
        waiting_from: Callable[[str], int] = lambda key: 0,
    ) -> None:
        """
        Args:
            app: What is guarded.
            access: Who may ask.
            logins: See above.
            throttle: Counts wrong passwords; one that others share, or one of its own.
            waiting: Calls of tools that may wait for their turn, and questions in the queue. One address may have half
                of the places in each, so that nobody can fill them alone.
            upload_bytes: The most that one upload brings.
            waiting_from: How many questions of an address wait in the queue, by ``address_key``.
        """
        self._app = app
        self._access = access
        self._logins = tuple(logins)
        self._throttle = throttle or Throttle()
        self._upload_bytes = upload_bytes
        self._share = max(1, waiting // 2)
        self._waiting_from = waiting_from
        self._stops = _Places(STOPS_AT_ONCE, 0)
        self._calls = _Places(CALLS_AT_ONCE, waiting)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})  # nothing here speaks WebSocket
            return
        shared = self._shared_with(scope)
        answering = _Answering(send, secure=scope["scheme"] == "https", shared=shared)
        try:
            await self._let_through(scope, receive, answering, shared)
        except Refusal as refusal:
            await _response(refusal)(scope, receive, answering)
        except Exception as error:
            # Gradio stumbles over what its own page would not send, and has said so to whoever sent it.
            told = (scope["method"], scope["path"][:200], error)
            logger.warning("%s %s failed: %r", *told, exc_info=logger.isEnabledFor(logging.DEBUG))
            if not answering.began:
                await _response(Refusal(500, "this request failed; the log says why"))(scope, receive, answering)

    async def _let_through(self, scope: Scope, receive: Receive, send: Send, shared: str | None) -> None:
        method, path = scope["method"], scope["path"]
        self._check_origin(scope)
        if method == "OPTIONS":
            await Response(status_code=204)(scope, receive, send)
        elif method in ("GET", "HEAD") and path == _LOGOUT:
            await HTMLResponse(
                _LOGOUT_PAGE,
                headers={"content-security-policy": "default-src 'none'; form-action 'self'; frame-ancestors 'none'"},
            )(scope, receive, send)
        elif method in ("GET", "HEAD") and (_PAGE.fullmatch(path) or _READ.fullmatch(path)):
            await self._app(scope, receive, send)
        elif method == "POST" and path == _LOGOUT:
            # Gradio logs out whoever follows a link; to it, this is one.
            await self._app({**scope, "method": "GET", "query_string": b""}, receive, send)
        elif method == "POST" and path == _LOGIN:
            await self._app(scope, await self._checked_login(scope, receive), send)
        elif method == "POST" and _GIVEN_UP.fullmatch(path):
            await self._app(scope, await whole_json(receive, scope), send)
        elif method == "POST" and _QUEUED.fullmatch(path):
            replayed = await whole_json(receive, scope)
            if self._waiting_from(_address(scope)) >= self._share:
                raise Refusal(503, "too many questions from your address wait already: come back later", 1.0)
            await self._app(scope, replayed, send)
        elif method == "POST" and _DIRECT.fullmatch(path):
            replayed = await whole_json(receive, scope)
            async with self._stops.one(_address(scope)):
                await self._app(scope, replayed, send)
        elif method == "POST" and _UPLOAD.fullmatch(path):
            self._check_upload(scope)
            await self._app(scope, receive, send)  # Gradio counts each file while it comes in
        elif method == "POST" and path == MCP:
            replayed = await whole_body(receive, scope, BODY_BYTES)
            async with self._calls.one(_address(scope)):
                await self._app(scope, replayed, send)
        elif path == MCP:
            await self._app(scope, receive, send)
        else:
            raise Refusal(403 if path.startswith(API) else 404, "there is nothing here")

    # Who asks ---------------------------------------------------------------------------------

    def _check_origin(self, scope: Scope) -> None:
        """Refuses names that this server is not known by, and the pages of other sites."""
        headers = Headers(scope=scope)
        hosts = _hosts(headers)
        for host in hosts or ("",):
            if not self._access.allows_host(host):
                raise Refusal(
                    421,
                    f"this server is not known as {host[:200]!r}. If that is its name, start it with --allowed-host "
                    "NAME, or put the name into ARTICLE_QA_ALLOWED_HOSTS",
                )
        origin = headers.get("origin")
        if origin is not None:
            if not self._access.allows_origin(origin, hosts):
                raise Refusal(
                    403,
                    f"pages of {origin[:200]!r} may not ask here. If they shall, start it with --allowed-origin "
                    "ORIGIN, or put the origin into ARTICLE_QA_ALLOWED_ORIGINS",
                )
        elif headers.get("sec-fetch-site", "none") not in ("none", "same-origin") and not _opens_the_page(scope):
            raise Refusal(403, "pages of other sites may lead to the page, and take nothing from it")

    def _shared_with(self, scope: Scope) -> str | None:
        """The origin of another site that may read the response."""
        origin = Headers(scope=scope).get("origin")
        return origin if origin is not None and self._access.shares_with(origin) else None

    def _check_upload(self, scope: Scope) -> None:
        """Refuses an upload that does not say how large it is, or is too large altogether."""
        if "content-length" not in Headers(scope=scope):
            raise Refusal(411, "an upload says in Content-Length how large it is")
        if said_length(scope) > self._upload_bytes:
            raise Refusal(413, f"one upload has {self._upload_bytes >> 20} MB at most, all its files together")

    async def _checked_login(self, scope: Scope, receive: Receive) -> Receive:
        """The body of a login once more, if its name and password are right or there is nothing to log in to."""
        replayed = await whole_body(receive, scope, LOGIN_BYTES)
        if not self._logins:
            return replayed
        try:
            form = await Request(scope, again(replayed)).form(max_files=0, max_fields=10)
        except (HTTPException, MultiPartException, ValueError) as error:
            raise Refusal(400, "this is no form with a name and a password") from error
        name, password = (str(form.get(field, "")) for field in ("username", "password"))
        name = name.strip()
        keys = _address(scope), name_key(name)
        # Nothing is awaited from here on, so that many guesses at once are counted one after the other.
        if wait := self._throttle.wait(*keys):
            raise Refusal(429, f"too many wrong passwords: try again in {wait:.0f} seconds", wait)
        if not _is_known(name, password, self._logins):
            self._throttle.failed(*keys)
            raise Refusal(400, "Incorrect credentials.")
        self._throttle.succeeded(name_key(name))
        return replayed


def _address(scope: Scope) -> str:
    return address_key((scope.get("client") or [""])[0])


def _hosts(headers: Headers) -> tuple[str, ...]:
    """The names under which a request was sent: ``Host``, and what a proxy before this server says it was."""
    forwarded = ",".join(headers.getlist("x-forwarded-host")).split(",")
    return tuple(host.strip() for host in (*headers.getlist("host"), *forwarded) if host.strip())


def _opens_the_page(scope: Scope) -> bool:
    """Whether a request is what a browser sends where a link is followed: to the page, to be shown by itself."""
    headers = Headers(scope=scope)
    return (
        scope["method"] in ("GET", "HEAD")
        and scope["path"] == "/"
        and headers.get("sec-fetch-mode") == "navigate"
        and headers.get("sec-fetch-dest") == "document"
    )


def _is_known(name: str, password: str, logins: Sequence[Login]) -> bool:
    given = _bytes(f"{name}\0{password}")
    known = [compare_digest(given, _bytes(f"{its_name}\0{its_password}")) for its_name, its_password in logins]
    return any(known)  # all were compared, so that the time it takes tells nothing


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


class _Places:
    """Places for so many requests at once, and for so many more to wait until one is free."""

    def __init__(self, at_once: int, waiting: int) -> None:
        self._free = asyncio.Semaphore(at_once)
        self._most = at_once + waiting
        self._share = at_once + waiting // 2
        self._taken: Counter[str] = Counter()

    @asynccontextmanager
    async def one(self, key: str) -> AsyncIterator[None]:
        """A place; raises a refusal where too many wait already, or too many of this address."""
        if self._taken.total() >= self._most or self._taken[key] >= self._share:
            raise Refusal(503, "too many requests at once: come back later", 1.0)
        self._taken[key] += 1
        try:
            async with self._free:
                yield
        finally:
            self._taken[key] -= 1
            if not self._taken[key]:
                del self._taken[key]


# Responses ----------------------------------------------------------------------------------------


def _response(refusal: Refusal) -> Response:
    headers = {"connection": "close"}  # what is left of the request is not read
    if refusal.wait:
        headers["retry-after"] = str(int(refusal.wait) + 1)
    return PlainTextResponse(f"article-qa: {refusal.reason}\n", status_code=refusal.status, headers=headers)


class _Answering:
    """``send``, with the headers that keep other sites out."""

    def __init__(self, send: Send, secure: bool, shared: str | None) -> None:
        self._send = send
        self._secure = secure
        self._shared = shared
        self.began = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.began = True
            own = [(name, value) for name, value in message.get("headers", ()) if not _lets_others_in(name)]
            cookies = [value.decode("latin-1") for name, value in own if name.lower() == b"set-cookie"]
            message = {**message, "headers": [pair for pair in own if pair[0].lower() != b"set-cookie"]}
            headers = MutableHeaders(scope=message)
            for cookie in cookies:
                headers.append("set-cookie", _kept_to_this_site(cookie, self._secure))
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
            if self._shared is not None:
                headers.update(_SHARED)
                headers["access-control-allow-origin"] = self._shared
                headers.add_vary_header("Origin")
        await self._send(message)


def _lets_others_in(name: bytes) -> bool:
    return name.lower().startswith(b"access-control-")


def _kept_to_this_site(cookie: str, secure: bool) -> str:
    """A ``Set-Cookie`` header under which browsers send the cookie with no request that another site's page makes."""
    kept = [part for part in cookie.split(";") if part.strip().lower().partition("=")[0] not in ("samesite", "secure")]
    return ";".join([*kept, " SameSite=Lax", *([" Secure"] if secure else [])])
