"""Who has logged in, told by signed cookies: every replica of a page that has the same secret knows them.

Gradio keeps who logged in in memory, by a token in a cookie. ``Logins`` stands in the place of its dictionary and
``LoginCookies`` puts a signed token in the place of Gradio's: that holds on another replica, and after a restart.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import logging
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

import anyio.to_thread
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.mcp_server import Login
from vectorstore import StoreError

if TYPE_CHECKING:
    from vectorstore.postgres.database import Connection, Database

logger = logging.getLogger(__name__)

LONGEST = 30 * 24 * 3600 * 1000
"""Milliseconds that a login holds; browsers forget it sooner, when they are closed."""
FRESH = 100
"""Logins whose cookies may be on their way at the same time."""
LOOK_SECONDS = 5.0
"""After which a replica looks whether somebody logged out at another one."""


class LogOuts(Protocol):
    """When who last logged out, on every device. Answers at once."""

    def last(self, name: str) -> int:
        """Milliseconds since 1970; 0 where they never did."""
        ...

    def note(self, name: str, at: int) -> None:
        """Keeps that they did. May wait for a server; raises StoreError where it cannot be kept."""
        ...

    def look(self) -> None:
        """Has ``last`` know of all that were noted until now, at whatever replica; otherwise as ``note``."""
        ...


class LocalLogOuts:
    """Those of one process."""

    def __init__(self) -> None:
        self._times: dict[str, int] = {}
        self._writing = threading.Lock()

    def last(self, name: str) -> int:
        """See ``LogOuts``."""
        return self._times.get(name, 0)

    def note(self, name: str, at: int) -> None:
        """See ``LogOuts``."""
        with self._writing:
            self._times[name] = max(at, self._times.get(name, 0))

    def look(self) -> None:
        """See ``LogOuts``."""


class SharedLogOuts:
    """Those of all replicas, in the database of the page. Looked up beside the requests, which never wait for it."""

    def __init__(self, database: Database) -> None:
        """Raises StoreError where the server cannot be reached."""
        self._database = database
        self._known = LocalLogOuts()  # only ever of what is later: what was read may be older than what was noted since
        self._looking = threading.Lock()
        self._looked = -math.inf
        self.look()

    def last(self, name: str) -> int:
        """See ``LogOuts``."""
        if time.monotonic() - self._looked > LOOK_SECONDS and self._looking.acquire(blocking=False):
            try:
                threading.Thread(target=self._look, name="log-outs", daemon=True).start()
            except BaseException:
                self._looking.release()
                raise
        return self._known.last(name)

    def note(self, name: str, at: int) -> None:
        """See ``LogOuts``."""
        self._known.note(name, at)

        def insert(connection: Connection) -> None:
            connection.execute(
                "INSERT INTO logouts AS known VALUES (%s, %s) "
                "ON CONFLICT (name) DO UPDATE SET at = greatest(known.at, excluded.at)",
                (name, at),
            )

        self._database.transact(insert)

    def look(self) -> None:
        """See ``LogOuts``."""
        try:
            for name, at in self._database.rows("SELECT name, at FROM logouts"):
                self._known.note(name, int(at))
        finally:
            self._looked = time.monotonic()

    def _look(self) -> None:
        try:
            self.look()
        except StoreError as error:
            logger.warning("who logged out elsewhere is not known: %s", error)
        finally:
            self._looking.release()


class Logins(Mapping[str, str]):
    """Names by the tokens of those who logged in, as Gradio asks for them."""

    def __init__(self, logins: Sequence[Login], secret: bytes, log_outs: LogOuts) -> None:
        """
        Args:
            logins: Who is let in, with their passwords; another password ends a login.
            secret: What cookies are signed with.
            log_outs: When who logged out.
        """
        self._passwords = dict(logins)
        self._secret = secret
        self._log_outs = log_outs
        self._fresh: OrderedDict[str, str] = OrderedDict()

    @property
    def cookie_id(self) -> str:
        """Part of the cookies' names: the same for all replicas, another for another library on the same host."""
        return self._sign("cookie")[:22]

    def __getitem__(self, token: str) -> str:
        """Who a signed token lets in. Raises KeyError for any other."""
        name, at = self._read(token)
        if at <= self._log_outs.last(name) or _now() - at > LONGEST:
            raise KeyError(token)
        return name

    def get(self, token: str | None, default: str | None = None) -> str | None:  # type: ignore[override]
        """The same, or ``default``; no token is nobody's."""
        try:
            return default if token is None else self[token]
        except KeyError:
            return default

    def __setitem__(self, token: str, name: str) -> None:
        """Gradio has let somebody in and made up a token: ``signed`` has the one that stands in its place."""
        # Later than the last time they logged out, whichever clock that was told by.
        issued = str(max(_now(), self._log_outs.last(name) + 1))
        encoded = base64.urlsafe_b64encode(name.encode()).decode()
        while len(self._fresh) >= FRESH:
            self._fresh.popitem(last=False)
        self._fresh[token] = f"{encoded}.{issued}.{self._of(name, issued)}"

    def signed(self, cookie: str) -> str:
        """A ``Set-Cookie`` header with a signed token in place of Gradio's."""
        value = cookie.partition(";")[0].partition("=")[2]
        signed = self._fresh.get(value)
        return cookie if signed is None else cookie.replace(f"={value}", f"={signed}", 1)

    def look(self) -> None:
        """Learns who has logged out at other replicas, so that who logs in again here has done so after that, by
        whichever clock. Raises StoreError where that cannot be found out."""
        self._log_outs.look()

    def log_out(self, token: str) -> None:
        """Ends all logins of who has this one. Raises StoreError where other replicas cannot be told."""
        name, at = self._read(token)
        self._log_outs.note(name, max(_now(), at))

    def __iter__(self) -> Iterator[str]:
        """Nothing: no list is kept of who has logged in."""
        return iter(())

    def __len__(self) -> int:
        return 0

    def _read(self, token: str) -> tuple[str, int]:
        """Whose a token is, and when it was issued. Raises KeyError for one that was not signed here."""
        encoded, issued, signature = [*token.split("."), "", ""][:3]
        try:
            name, at = base64.urlsafe_b64decode(encoded.encode("ascii")).decode(), int(issued)
        except ValueError:
            raise KeyError(token) from None
        given = signature.encode("utf-8", "replace")
        if name not in self._passwords or not hmac.compare_digest(given, self._of(name, issued).encode()):
            raise KeyError(token)
        return name, at

    def _of(self, name: str, issued: str) -> str:
        return self._sign("login", name, self._passwords[name], issued)

    def _sign(self, *parts: str) -> str:
        told = "\0".join(base64.b64encode(part.encode("utf-8", "surrogateescape")).decode() for part in parts)
        digest = hmac.new(self._secret, told.encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _now() -> int:
    return int(time.time() * 1000)


class LoginCookies:
    """Middleware that signs the cookies of who logs in, and tells all replicas of who logs out."""

    def __init__(self, app: ASGIApp, logins: Logins) -> None:
        self._app = app
        self._logins = logins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http" or scope["path"] not in ("/login", "/logout"):
            await self._app(scope, receive, send)
            return
        if scope["path"] == "/logout":
            await self._log_out(HTTPConnection(scope).cookies)
            await self._app(scope, receive, send)
            return

        await self._look()

        async def signed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                cookies = headers.getlist("set-cookie")
                del headers["set-cookie"]
                for cookie in cookies:
                    headers.append("set-cookie", self._logins.signed(cookie))
            await send(message)

        await self._app(scope, receive, signed)

    async def _look(self) -> None:
        try:
            await anyio.to_thread.run_sync(self._logins.look)
        except StoreError as error:
            logger.warning("who logged out elsewhere is not known: %s", error)

    async def _log_out(self, cookies: Mapping[str, str]) -> None:
        named = (cookies.get(f"access-token{kind}-{self._logins.cookie_id}") for kind in ("", "-unsecure"))
        token = next((token for token in named if token and self._logins.get(token)), None)
        if token is None:
            return
        try:
            await anyio.to_thread.run_sync(self._logins.log_out, token)
        except StoreError as error:
            logger.warning("somebody is logged out here, and may not be at other replicas: %s", error)
