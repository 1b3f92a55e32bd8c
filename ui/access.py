"""Under which names the page may be asked for, and from the pages of which sites. ``ui.page.guard`` keeps the rules."""

from __future__ import annotations

import ipaddress
import re
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

_WILDCARDS = {"", "0.0.0.0", "::"}
"""Hosts to bind to that stand for every address of the machine."""
_NAME = re.compile(r"[\w.:%-]+")


@dataclass(frozen=True)
class Access:
    """Who may ask, by the names that a request gives.

    A page that reaches this server under a name of its own (DNS rebinding) needs a name: so an address always does
    where the server listens on all addresses, and names have to be known.
    """

    host: str = "127.0.0.1"
    """Where the page is served."""
    hosts: tuple[str, ...] = ()
    """Further names under which it may be reached, as through a proxy; ports do not matter."""
    origins: tuple[str, ...] = ()
    """Origins, as ``https://intranet.example``, whose pages may ask it too."""

    def allows_host(self, given: str) -> bool:
        """Whether a ``Host`` header may stand in a request."""
        name = host_name(given)
        if not name:
            return False
        if _is_loopback(name) or name in self._known():
            return True
        return self._listens_beyond_this_machine() and _is_address(name)

    def allows_origin(self, origin: str, hosts: tuple[str, ...]) -> bool:
        """Whether a page of ``origin`` may ask, in a request to ``hosts`` (its ``Host``, and what a proxy says it was).

        ``null``, the origin of files, sandboxes and data: addresses, is nobody's.
        """
        if self.shares_with(origin):
            return True
        asked = _place(origin)
        if asked is None:
            return False
        scheme, name, _ = asked
        if name in {host_name(one) for one in self.hosts}:
            return True  # a proxy may have put another name into Host
        return any(asked == _place(f"{scheme}://{host}") for host in hosts)

    def shares_with(self, origin: str) -> bool:
        """Whether pages of another site, of ``origin``, were explicitly allowed to read."""
        asked = _place(origin)
        return asked is not None and asked in {_place(one) for one in self.origins}

    def _known(self) -> set[str]:
        names = {host_name(one) for one in (self.host, *self.hosts)}
        if self._listens_beyond_this_machine():
            own = socket.gethostname().lower()
            names |= {own, own.partition(".")[0], f"{own.partition('.')[0]}.local"}
        return names - {""}

    def _listens_beyond_this_machine(self) -> bool:
        return self.host in _WILDCARDS or not _is_loopback(host_name(self.host))


def host_name(given: str) -> str:
    """The name in a ``Host`` header, in small letters, without port, brackets and final dot; "" where it has none."""
    given = given.strip().lower()
    if given.count(":") > 1 and not given.startswith("["):
        given = f"[{given}]"  # an IPv6 address as people write it
    try:
        parts = urlsplit(f"//{given}")
        if parts.username is not None or parts.path or parts.query or parts.fragment or parts.port == 0:
            return ""
        name = (parts.hostname or "").removesuffix(".")
    except ValueError:
        return ""
    return name if _NAME.fullmatch(name) else ""


def _place(origin: str) -> tuple[str, str, int] | None:
    """Scheme, host and port of an origin; None for what is none."""
    try:
        parts = urlsplit(origin.strip().lower())
        name = host_name(parts.netloc)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:
        return None
    if not name or port is None or parts.scheme not in ("http", "https") or parts.path not in ("", "/"):
        return None
    return parts.scheme, name, port


def is_origin(text: str) -> bool:
    """Whether ``text`` is an origin, as ``https://intranet.example:8443``."""
    return _place(text) is not None


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return False
    return True


def _is_loopback(name: str) -> bool:
    if name == "localhost":
        return True
    return _is_address(name) and ipaddress.ip_address(name.partition("%")[0]).is_loopback
