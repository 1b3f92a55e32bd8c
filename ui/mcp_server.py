"""The library as a server of the Model Context Protocol: over stdio, or beside the page over HTTP."""

from __future__ import annotations

import base64
import logging
import secrets
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import wraps
from typing import Any

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.transport_security import TransportSecuritySettings
from mcp.types import ToolAnnotations
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from qa.errors import QAError
from ui.throttle import Throttle, address_key, name_key
from ui.tools import Tools
from vectorstore import StoreError

PATH = "/mcp"
INSTRUCTIONS = (
    "A person's own articles. ask gives a short answer with the words that support it, or null where the articles do "
    "not say; search gives passages to read; list_articles says what is there. All three only read."
)
Login = tuple[str, str]
"""A name and its password."""


def mcp_server(tools: Tools) -> MCPServer[Any]:
    """A server with the tools ``ask``, ``search`` and ``list_articles``."""
    logging.getLogger("mcp").setLevel(logging.WARNING)  # it tells of every request
    server: MCPServer[Any] = MCPServer("article-qa", title="Ask your articles", instructions=INSTRUCTIONS)
    for tool in (tools.ask, tools.search, tools.list_articles):
        server.add_tool(
            _with_readable_errors(tool),
            annotations=ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False),
        )
    return server


def _with_readable_errors(tool: Callable[..., Any]) -> Callable[..., Any]:
    """``tool``, with an expected error as the result that the protocol has for it."""

    @wraps(tool)
    def called(*arguments: Any, **named: Any) -> Any:
        try:
            return tool(*arguments, **named)
        except (QAError, StoreError) as error:
            raise ToolError(str(error)) from error

    return called


def http_routes(
    server: MCPServer[Any], host: str | None, logins: Sequence[Login] = (), throttle: Throttle | None = None
) -> tuple[list[BaseRoute], Callable[[Any], AbstractAsyncContextManager[None]]]:
    """The routes that serve ``server`` at ``PATH`` within another application, and the lifespan that they need.

    Where there are ``logins``, requests must carry one of them as HTTP Basic authentication; wrong ones are counted by
    ``throttle``. ``host`` is where it is served; None where the application checks itself under which name, and from
    which site's pages, it is asked.
    """
    unchecked = TransportSecuritySettings(enable_dns_rebinding_protection=False)
    served = server.streamable_http_app(
        streamable_http_path=PATH,
        host=host or "",
        stateless_http=True,
        json_response=True,
        transport_security=unchecked if host is None else None,
    )

    @asynccontextmanager
    async def lifespan(_: Any) -> AsyncIterator[None]:
        async with server.session_manager.run():
            yield

    routes: list[BaseRoute] = [
        Route(PATH, endpoint=BasicAuth(route.app, logins, throttle) if logins else route.app)
        for route in served.routes
        if isinstance(route, Route)
    ]
    return routes, lifespan


class BasicAuth:
    """Lets through only requests with a name and a password that are known; wrong ones have to wait."""

    def __init__(self, app: ASGIApp, logins: Sequence[Login], throttle: Throttle | None = None) -> None:
        self._app = app
        self._known = [base64.b64encode(f"{name}:{password}".encode()) for name, password in logins]
        self._throttle = throttle or Throttle()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        refusal = self._refusal(scope)
        await (refusal or self._app)(scope, receive, send)

    def _refusal(self, scope: Scope) -> PlainTextResponse | None:
        scheme, _, given = Headers(scope=scope).get("authorization", "").partition(" ")
        if scheme.lower() == "basic":
            client = scope.get("client") or ("",)
            keys = address_key(client[0]), name_key(_name_in(given))
            if wait := self._throttle.wait(*keys):
                return PlainTextResponse(
                    f"article-qa: too many wrong passwords: try again in {wait:.0f} seconds",
                    status_code=429,
                    headers={"retry-after": str(int(wait) + 1)},
                )
            known = [secrets.compare_digest(given.strip().encode("latin-1"), one) for one in self._known]
            if any(known):
                return None
            self._throttle.failed(*keys)
        return PlainTextResponse(
            "article-qa asks for a name and a password here (HTTP Basic authentication)",
            status_code=401,
            headers={"www-authenticate": 'Basic realm="article-qa", charset="UTF-8"'},
        )


def _name_in(given: str) -> str:
    """The name that Basic authentication gives; "" where it gives none."""
    try:
        return base64.b64decode(given.strip()).decode().partition(":")[0]
    except ValueError:
        return ""
