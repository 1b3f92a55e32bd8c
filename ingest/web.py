"""Web pages -> bytes. The only home of httpx.

An address somebody pastes may lead, at once or by redirects, to services that only this machine can reach. So every
host is resolved here, every address it has is checked, and the connection goes to a checked address and no other.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import httpcore
import httpx

from ingest.errors import UnreadableSource
from ingest.limits import MAX_PAGE_BYTES, MAX_REDIRECTS, PAGE_MEDIA_TYPES, PAGE_TIMEOUT_SECONDS

Resolve = Callable[[str, int], list[str]]
"""(host, port) -> IP addresses; raises OSError where there are none."""

_HEADERS = {
    "User-Agent": "Mozilla/5.0 (compatible; article-qa)",
    "Accept": "text/html, text/markdown, application/rss+xml, application/atom+xml, text/plain;q=0.9, */*;q=0.5",
    # Compressed answers only in the one form whose expansion is bounded; others are refused below.
    "Accept-Encoding": "gzip",
}


@dataclass(frozen=True)
class Page:
    """What a server answered."""

    content: bytes
    media_type: str


class _Refused(Exception):
    """Says why a connection is not made; never leaves this module."""


def normalise_address(address: str) -> str:
    """The one form of an address that names its page: lower-case host, no default port, no fragment.

    Raises:
        UnreadableSource: not an http or https address that can be fetched.
    """
    try:
        url = httpx.URL(address).copy_with(fragment=None)
        url = url.copy_with(raw_path=url.raw_path)  # an empty path becomes "/"
    except (httpx.InvalidURL, UnicodeError, ValueError):
        raise UnreadableSource(_printable(address), "not a valid address") from None
    _check_url(url, _printable(address))
    return str(url)


def fetch(
    address: str,
    allow_private: bool = False,
    resolve: Resolve | None = None,
    timeout: float = PAGE_TIMEOUT_SECONDS,
    verify: ssl.SSLContext | None = None,
) -> Page:
    """The page at an address, within the limits of ``ingest.limits``.

    Args:
        address: As ``normalise_address`` gives it.
        allow_private: Whether addresses of this machine and of private networks may be connected to.
        resolve: Finds a host's IP addresses; the system's resolver unless given.
        timeout: For everything together, in seconds.
        verify: How certificates are checked; against the usual authorities unless given.

    Raises:
        UnreadableSource: the page cannot, or may not, be fetched.
    """
    deadline = time.monotonic() + timeout
    backend = _CheckedBackend(resolve or _resolve, allow_private, deadline)
    context = verify or httpx.create_ssl_context()
    try:
        with (
            _Transport(httpcore.ConnectionPool(ssl_context=context, network_backend=backend)) as transport,
            # Neither proxies nor .netrc: a proxy would connect to addresses nobody checked.
            httpx.Client(transport=transport, headers=_HEADERS, timeout=timeout, trust_env=False) as client,
        ):
            return _follow(client, address)
    except _Refused as error:
        raise UnreadableSource(address, str(error)) from None
    except (httpx.TimeoutException, httpcore.TimeoutException):
        raise UnreadableSource(address, f"no complete answer within {timeout:g} seconds") from None
    except httpx.InvalidURL:  # which httpx makes of where it would be redirected, asked or not: "javascript://…"
        raise UnreadableSource(address, "redirected to an address that is not valid") from None
    except (httpx.HTTPError, httpcore.NetworkError, httpcore.ProtocolError, OSError) as error:
        raise UnreadableSource(address, f"cannot be fetched: {error or type(error).__name__}") from None


def _follow(client: httpx.Client, address: str) -> Page:
    url = httpx.URL(address)
    for _ in range(MAX_REDIRECTS + 1):
        _check_url(url, address)
        with client.stream("GET", url) as response:
            if not response.has_redirect_location:
                return _read_page(response)
            try:
                url = url.join(response.headers["location"])
            except (httpx.InvalidURL, UnicodeError, ValueError):
                raise _Refused("redirected to an address that is not valid") from None
    raise _Refused(f"redirected more than {MAX_REDIRECTS} times")


def _check_url(url: httpx.URL, address: str) -> None:
    if url.scheme not in ("http", "https"):
        raise UnreadableSource(address, f"only http and https addresses can be read, not {url.scheme or 'this'}")
    if not url.host:
        raise UnreadableSource(address, "the address names no host")
    if url.port is not None and not 0 < url.port < 65536:
        raise UnreadableSource(address, f"{url.port} is no port")
    if url.userinfo:
        raise UnreadableSource(address, "addresses with a user name or password are not read")


def _read_page(response: httpx.Response) -> Page:
    if response.status_code != httpx.codes.OK:
        raise _Refused(f"the server answered {response.status_code} {response.reason_phrase}".rstrip())
    media_type = response.headers.get("content-type", "")
    bare = media_type.partition(";")[0].strip().lower()
    if bare not in PAGE_MEDIA_TYPES:
        raise _Refused(f"it is {bare or 'of no stated type'}; only pages, feeds and documents are read")
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", "gzip", "x-gzip", ""):
        raise _Refused(f"it came compressed as {encoding}, which was not asked for")
    content = bytearray()
    for part in response.iter_bytes():
        content += part
        _refuse_size(len(content))
    return Page(bytes(content), media_type)


def _refuse_size(size: int) -> None:
    if size > MAX_PAGE_BYTES:
        raise _Refused(f"the page is larger than {MAX_PAGE_BYTES / 1e6:g} MB")


# --- connecting ------------------------------------------------------------------------------------------------------


_NOT_PUBLIC = tuple(
    map(
        ipaddress.ip_network,
        # What Python's tables take for global, or did in some release: protocol assignments, among them a cloud's
        # metadata service; another cloud's, inside its public range; 6to4 relays; translation; documentation.
        ("192.0.0.0/24", "168.63.129.16/32", "192.88.99.0/24", "64:ff9b:1::/48", "3fff::/20"),
    )
)


def is_public(address: str) -> bool:
    """Whether an IP address is one that everybody on the internet reaches, and not one of this machine or network."""
    ip = ipaddress.ip_address(address)
    if any(ip in network for network in _NOT_PUBLIC):
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None) or _last_bits(ip)
        if inner is not None:
            return is_public(str(inner))
        if ip.is_site_local:
            return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved and not ip.is_unspecified


def _last_bits(ip: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that an IPv6 one ends with, where a translating network (RFC 6052) or a tunnel within a network
    (ISATAP, RFC 5214) hides one there."""
    translated = ip in ipaddress.IPv6Network("64:ff9b::/96")
    tunnelled = int(ip) >> 32 & 0xFFFFFFFF in (0x00005EFE, 0x02005EFE)
    return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF) if translated or tunnelled else None


def _resolve(host: str, port: int) -> list[str]:
    """The system's answer, each address once."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class _CheckedBackend(httpcore.NetworkBackend):
    """Connects to checked addresses only. The host name stays in the request and in TLS: only the socket is pinned."""

    def __init__(self, resolve: Resolve, allow_private: bool, deadline: float) -> None:
        self._sockets = httpcore.SyncBackend()
        self._resolve = resolve
        self._allow_private = allow_private
        self._deadline = deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """A stream to the first address of ``host`` that answers, provided that all of them may be connected to."""
        addresses = self._checked_addresses(host, port)
        for address in addresses:
            try:
                stream = self._sockets.connect_tcp(
                    address, port, _remaining(self._deadline), local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if address == addresses[-1]:
                    raise
            else:
                return _DeadlineStream(stream, self._deadline)
        raise httpcore.ConnectError("no address")  # unreachable: the list is never empty

    def _checked_addresses(self, host: str, port: int) -> list[str]:
        addresses = _within(self._deadline, lambda: self._resolve(host, port))
        if not addresses:
            raise _Refused(f"the host {host} cannot be found")
        if not self._allow_private and not all(map(is_public, addresses)):
            raise _Refused(f"{host} is in a private network or on this machine; such pages are not read")
        return addresses


class _DeadlineStream(httpcore.NetworkStream):
    """A stream whose every operation ends by the deadline, so that a server that dribbles cannot hold us."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: float) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _remaining(self._deadline))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _remaining(self._deadline))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        stream = self._stream.start_tls(ssl_context, server_hostname, _remaining(self._deadline))
        return _DeadlineStream(stream, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _Transport(httpx.BaseTransport):
    """httpx over a pool of httpcore's with a backend of our own, which httpx's transport does not let one choose."""

    def __init__(self, pool: httpcore.ConnectionPool) -> None:
        self._pool = pool

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = self._pool.handle_request(
            httpcore.Request(
                method=request.method,
                url=httpcore.URL(
                    scheme=request.url.raw_scheme,
                    host=request.url.raw_host,
                    port=request.url.port,
                    target=request.url.raw_path,
                ),
                headers=request.headers.raw,
                extensions=request.extensions,
            )
        )
        return httpx.Response(
            status_code=response.status,
            headers=response.headers,
            stream=_ResponseStream(response),
            extensions=response.extensions,
        )

    def close(self) -> None:
        self._pool.close()


class _ResponseStream(httpx.SyncByteStream):
    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        received = 0
        for part in self._response.iter_stream():
            # As sent: what unpacks to nothing, such as empty blocks without end, has a size too.
            received += len(part)
            _refuse_size(received)
            yield part

    def close(self) -> None:
        self._response.close()


def _remaining(deadline: float) -> float:
    """Seconds left. Raises once they are over, or else a server that always has something to say is heard for ever."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout("deadline passed")
    return left


def _within(deadline: float, resolve: Callable[[], list[str]]) -> list[str]:
    """What ``resolve`` gives, or nothing if it fails; the system's resolver has no timeout of its own."""
    found: list[str] = []

    def run() -> None:
        try:
            found.extend(resolve())
        except (OSError, UnicodeError):
            found.clear()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(_remaining(deadline))
    if thread.is_alive():
        raise httpcore.ConnectTimeout("the host was not found in time")
    return found


def _printable(address: str) -> str:
    return address.encode(errors="backslashreplace").decode()
