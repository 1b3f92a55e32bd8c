"""Under which names, and from which sites' pages, the page may be asked."""

from __future__ import annotations

import socket

import pytest

from ui.access import Access, host_name

HERE = "127.0.0.1:7860"


@pytest.mark.parametrize(
    "host", ["127.0.0.1:7860", "127.8.8.8", "localhost", "LocalHost:80", "[::1]:7860", "localhost."]
)
def test_names_of_this_machine_are_always_known(host: str) -> None:
    for bound in ("127.0.0.1", "0.0.0.0", "::", "192.168.1.5"):
        assert Access(bound).allows_host(host)


@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "evil.example:7860", "", ":80", "a@localhost",
     "localhost/x", "localhost?x", "[::1", "localhost:port", "localhost, evil.example", "192.168.1.5", "[2001:db8::1]"],
)  # fmt: skip
def test_other_names_are_not_known_on_this_machine_alone(host: str) -> None:
    assert not Access("127.0.0.1").allows_host(host)


def test_beyond_this_machine_addresses_are_known_and_names_are_not() -> None:
    for bound in ("0.0.0.0", "::", "192.168.1.5"):
        access = Access(bound)
        assert access.allows_host("192.168.1.5:7860")
        assert access.allows_host("[2001:db8::1]:7860")
        assert access.allows_host(socket.gethostname())
        assert not access.allows_host("evil.example")  # a page of that name could have it lead here


def test_a_name_that_was_set_is_known_whatever_the_port() -> None:
    access = Access(hosts=("articles.example:443",))
    assert access.allows_host("Articles.Example")
    assert access.allows_host("articles.example:8443")
    assert not access.allows_host("other.example")


def test_a_name_to_bind_to_is_known() -> None:
    assert Access("box.example").allows_host("box.example:7860")


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("http://127.0.0.1:7860", HERE),
        ("https://localhost", "localhost"),
        ("http://localhost:80", "localhost"),
        ("http://[::1]:7860", "[::1]:7860"),
        ("HTTP://LOCALHOST:7860", "localhost:7860"),
    ],
)
def test_the_page_itself_may_ask(origin: str, host: str) -> None:
    assert Access().allows_origin(origin, (host,))


@pytest.mark.parametrize(
    "origin",
    ["http://evil.example", "null", "", "http://localhost:7860", "http://127.0.0.1", "http://127.0.0.1:7861", "file://",
     "http://127.0.0.1:7860.evil.example", "http://127.0.0.1:7860@evil.example", "https://127.0.0.1", "ftp://127.0.0.1:7860",
     "http://127.0.0.1:7860/path", "http://127.0.0.1:99999", "chrome-extension://127.0.0.1:7860"],
)  # fmt: skip
def test_other_sites_may_not(origin: str) -> None:
    assert not Access().allows_origin(origin, (HERE,))


def test_an_origin_that_was_set_may_ask_and_read() -> None:
    access = Access(origins=("https://intranet.example",))
    assert access.allows_origin("https://intranet.example", (HERE,))
    assert access.shares_with("https://intranet.example:443")
    assert not access.allows_origin("http://intranet.example", (HERE,))
    assert not access.shares_with("http://127.0.0.1:7860")


def test_a_proxy_may_have_put_another_name_into_host() -> None:
    assert Access(hosts=("articles.example",)).allows_origin("https://articles.example", (HERE,))


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("A.example:80", "a.example"),
        ("[::1]:80", "::1"),
        ("::1", "::1"),
        ("a.example.", "a.example"),
        ("a b", ""),
        ("", ""),
    ],
)
def test_the_name_in_a_host_header(given: str, name: str) -> None:
    assert host_name(given) == name
