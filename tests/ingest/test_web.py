from __future__ import annotations

import gzip
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from ingest import web
from ingest.errors import UnreadableSource
from ingest.limits import MAX_PAGE_BYTES
from ingest.sources import read_source
from ingest.types import WebPlace

PAGE = "<html><body><p>It rained.</p></body></html>"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        with suppress(BrokenPipeError, ConnectionResetError, ssl.SSLError):
            getattr(self, "page_" + self.path.strip("/").split("/")[0].split("?")[0], self.page_missing)()

    def answer(self, content: bytes, media_type: str | None = "text/html; charset=utf-8", **headers: str) -> None:
        self.send_response(200)
        if media_type:
            self.send_header("Content-Type", media_type)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def redirect(self, address: str) -> None:
        self.send_response(302)
        self.send_header("Location", address)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def page_ok(self) -> None:
        self.answer(PAGE.encode())

    def page_host(self) -> None:
        self.answer(self.headers["Host"].encode(), "text/plain")

    def page_headers(self) -> None:
        self.answer(str(self.headers).encode(), "text/plain")

    def page_missing(self) -> None:
        self.send_error(404, "Not Found")

    def page_empty(self) -> None:
        self.answer(b"")

    def page_picture(self) -> None:
        self.answer(b"\x89PNG", "image/png")

    def page_untyped(self) -> None:
        self.answer(b"It rained.", None)

    def page_gzip(self) -> None:
        self.answer(gzip.compress(PAGE.encode()), Content_Encoding="gzip")

    def page_brotli(self) -> None:
        self.answer(b"xx", Content_Encoding="br")

    def page_notgzip(self) -> None:
        self.answer(b"It rained.", Content_Encoding="gzip")

    def page_big(self) -> None:
        self.answer(b"a" * (MAX_PAGE_BYTES + 1))

    def page_bomb(self) -> None:
        self.answer(gzip.compress(b"a" * 15_000_000), Content_Encoding="gzip")

    def page_endless(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        while True:
            self.wfile.write(b"a" * 100_000)

    def page_hints(self) -> None:
        while True:
            self.wfile.write(b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n" * 100)

    def page_blocks(self) -> None:
        self.stream(gzip.compress(b"")[:10], b"\0\0\0\xff\xff" * 1000)

    def page_flood(self) -> None:
        self.stream(gzip.compress(b"")[:10], b"\0\0\0\xff\xff" * 20_000, seconds=0)

    def page_members(self) -> None:
        self.stream(b"", gzip.compress(b"") * 100)

    def stream(self, first: bytes, repeated: bytes, seconds: float = 0.02) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        self.wfile.write(first)
        while True:
            self.wfile.write(repeated)
            time.sleep(seconds)

    def page_dribble(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        while True:  # until nobody listens any more
            self.wfile.write(b"a")
            time.sleep(0.05)

    def page_hops(self) -> None:
        left = int(self.path.rstrip("/").rsplit("/", 1)[1])
        self.redirect(f"/hops/{left - 1}" if left > 1 else "/ok")

    def page_away(self) -> None:
        self.redirect(self.path.split("?", 1)[1])

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def server() -> Iterator[ThreadingHTTPServer]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        running.daemon_threads = True
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture
def base(server: ThreadingHTTPServer) -> str:
    return f"http://127.0.0.1:{server.server_port}"


def reason(address: str, **options: object) -> str:
    with pytest.raises(UnreadableSource) as caught:
        web.fetch(address, **{"allow_private": True, **options})  # type: ignore[arg-type]
    assert caught.value.source == address
    return caught.value.reason


def test_a_page_is_fetched_with_its_type(base: str) -> None:
    raw = read_source(WebPlace(f"{base}/ok/my%20page.html"), allow_private=True)
    assert raw.content == PAGE.encode()
    assert raw.media_type == "text/html; charset=utf-8"
    assert raw.name == "my page.html"
    assert raw.source == f"{base}/ok/my%20page.html"


def test_a_compressed_page_is_unpacked(base: str) -> None:
    assert web.fetch(f"{base}/gzip", allow_private=True).content == PAGE.encode()


def test_this_machine_is_not_reached_unless_allowed(base: str) -> None:
    assert "private network or on this machine" in reason(f"{base}/ok", allow_private=False)
    with pytest.raises(UnreadableSource, match="private"):
        read_source(WebPlace(f"{base}/ok"))


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
     "240.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1",
     "fec0::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:db8::1",
     "192.0.0.192", "168.63.129.16", "100.100.100.200", "fd00:ec2::254", "64:ff9b:1::7f00:1", "3fff::1", "::127.0.0.1",
     "2606:4700::5efe:7f00:1", "2606:4700::200:5efe:a00:1"],
)  # fmt: skip
def test_addresses_of_one_network_are_not_public(address: str) -> None:
    assert not web.is_public(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "93.184.216.34", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert web.is_public(address)


def test_one_private_address_among_a_hosts_is_enough_to_refuse() -> None:
    why = reason("http://otters.example/", allow_private=False, resolve=lambda *_: ["8.8.8.8", "10.0.0.1"])
    assert "otters.example is in a private network" in why


def test_numbers_that_mean_this_machine_are_seen_through(server: ThreadingHTTPServer) -> None:
    assert "private" in reason(f"http://2130706433:{server.server_port}/ok", allow_private=False)
    assert "private" in reason(f"http://127.1:{server.server_port}/ok", allow_private=False)


def test_the_connection_goes_to_the_checked_address_under_the_hosts_name(server: ThreadingHTTPServer) -> None:
    asked: list[tuple[str, int]] = []

    def resolve(host: str, port: int) -> list[str]:
        asked.append((host, port))
        return ["127.0.0.1"]

    address = f"http://otters.example:{server.server_port}/host"
    page = web.fetch(address, allow_private=True, resolve=resolve)
    assert page.content.decode() == f"otters.example:{server.server_port}"
    assert asked == [("otters.example", server.server_port)]


def test_the_next_address_is_tried_where_the_first_does_not_answer(server: ThreadingHTTPServer) -> None:
    address = f"http://otters.example:{server.server_port}/ok"
    # Nothing listens on 127.0.0.2: the server is bound to 127.0.0.1 alone.
    assert web.fetch(address, allow_private=True, resolve=lambda *_: ["127.0.0.2", "127.0.0.1"]).content


def test_every_redirect_is_checked_anew(base: str, server: ThreadingHTTPServer) -> None:
    def resolve(host: str, port: int) -> list[str]:
        return {"public.example": ["127.0.0.1"], "inner.example": []}[host]

    address = f"http://public.example:{server.server_port}/away?http://inner.example/"
    assert "inner.example cannot be found" in reason(address, resolve=resolve)
    assert "not ftp" in reason(f"{base}/away?ftp://x.example/")
    assert "not file" in reason(f"{base}/away?file:///etc/passwd")
    assert "password" in reason(f"{base}/away?http://a:b@x.example/")


def test_a_redirect_into_a_private_network_is_refused(
    server: ThreadingHTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The test's server stands in for a public one; everything else is judged as always.
    judge = web.is_public
    monkeypatch.setattr(web, "is_public", lambda address: address == "127.0.0.1" or judge(address))
    address = f"http://127.0.0.1:{server.server_port}/away?http://169.254.169.254/latest/"
    assert "169.254.169.254 is in a private network" in reason(address, allow_private=False)


def test_five_redirects_are_followed_and_six_are_not(base: str) -> None:
    assert web.fetch(f"{base}/hops/5", allow_private=True).content == PAGE.encode()
    assert reason(f"{base}/hops/6") == "redirected more than 5 times"


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("nothing", "the server answered 404 Not Found"),
        ("picture", "it is image/png; only pages, feeds and documents"),
        ("untyped", "of no stated type"),
        ("brotli", "compressed as br"),
        ("notgzip", "cannot be fetched"),
        ("big", "larger than 10 MB"),
        ("bomb", "larger than 10 MB"),
        ("endless", "larger than 10 MB"),
    ],
)
def test_what_cannot_be_used_is_refused_with_a_reason(base: str, path: str, words: str) -> None:
    assert words in reason(f"{base}/{path}")


def test_an_empty_page_is_refused(base: str) -> None:
    with pytest.raises(UnreadableSource, match="the page is empty"):
        read_source(WebPlace(f"{base}/empty"), allow_private=True)


def test_a_server_that_dribbles_cannot_hold_us(base: str) -> None:
    assert reason(f"{base}/dribble", timeout=0.5) == "no complete answer within 0.5 seconds"


def test_a_server_that_never_answers_cannot_hold_us() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert "within 0.3 seconds" in reason(f"http://127.0.0.1:{silent.getsockname()[1]}/", timeout=0.3)


@pytest.mark.parametrize("page", ["hints", "blocks", "members"])
def test_a_server_that_always_has_something_to_say_cannot_hold_us(base: str, page: str) -> None:
    # Where nothing ended it, it went on for as long as the server lived.
    assert "within 0.5 seconds" in reason(f"{base}/{page}", timeout=0.5)


def test_what_unpacks_to_nothing_has_a_size_too(base: str) -> None:
    assert "larger than" in reason(f"{base}/flood", timeout=60)


@pytest.mark.parametrize(
    "target", ["javascript:alert(1)", "javascript://x/%0aalert(1)", "http://[", "//", "mailto:a@b.example"]
)
def test_a_link_that_leads_to_no_page_is_named(base: str, target: str) -> None:
    assert reason(f"{base}/away?{target}")


def test_a_resolver_that_never_answers_cannot_hold_us() -> None:
    def resolve(host: str, port: int) -> list[str]:
        time.sleep(1)
        return []

    assert "within 0.2 seconds" in reason("http://otters.example/", resolve=resolve, timeout=0.2)


def test_a_closed_port_and_an_unknown_host_are_said_plainly() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert "cannot be fetched" in reason(f"http://127.0.0.1:{port}/")
    assert "cannot be found" in reason("http://otters.example/", resolve=lambda *_: [])


def test_proxies_and_credentials_of_the_environment_are_not_used(base: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    headers = web.fetch(f"{base}/headers", allow_private=True).content.decode()
    assert "Authorization" not in headers and "article-qa" in headers


@pytest.mark.skipif(shutil.which("openssl") is None, reason="makes its certificate with openssl")
def test_tls_is_checked_against_the_hosts_name_though_the_socket_is_pinned(tmp_path: Path) -> None:
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=otters.example",
         "-addext", "subjectAltName=DNS:otters.example", "-keyout", str(key), "-out", str(certificate)],
        check=True, capture_output=True,
    )  # fmt: skip
    names: list[str | None] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    context.sni_callback = lambda _socket, name, _context: names.append(name)
    trust = ssl.create_default_context(cafile=str(certificate))
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        running.daemon_threads = True
        running.handle_error = lambda *_: None  # type: ignore[method-assign]
        running.socket = context.wrap_socket(running.socket, server_side=True)
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            options = {"resolve": lambda *_: ["127.0.0.1"], "verify": trust}
            address = f"https://otters.example:{running.server_port}/ok"
            assert web.fetch(address, allow_private=True, **options).content == PAGE.encode()  # type: ignore[arg-type]
            assert "cannot be fetched" in reason(address.replace("otters", "voles"), **options)
        finally:
            running.shutdown()
            thread.join()
    assert names == ["otters.example", "voles.example"]
