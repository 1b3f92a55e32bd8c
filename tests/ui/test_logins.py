"""Who has logged in at one replica of a page is known at all of them, until they log out, anywhere."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.testclient import TestClient

from tests.conftest import Store
from ui.page import logins
from ui.page.logins import LocalLogOuts, LoginCookies, Logins, SharedLogOuts
from ui.shared import cookie_secret, open_page_database
from vectorstore.place import Address

PEOPLE = [("ann", "tulip"), ("böb", "rose")]


def replica(secret: bytes = b"secret", log_outs: LocalLogOuts | None = None, people: object = PEOPLE) -> Logins:
    return Logins(people, secret, log_outs or LocalLogOuts())  # type: ignore[arg-type]


def token(at: Logins, name: str = "ann") -> str:
    """What the cookie of a person holds who logs in there."""
    at["gradio's own"] = name
    return at.signed("access-token-x=gradio's own; Path=/").removeprefix("access-token-x=").partition(";")[0]


@pytest.mark.parametrize("name", ["ann", "böb"])
def test_a_login_holds_at_every_replica_with_the_same_secret(name: str) -> None:
    given = token(replica(), name)
    assert replica().get(given) == name
    assert replica().cookie_id == replica().cookie_id != replica(b"other").cookie_id
    assert replica(b"other").get(given) is None


def test_nothing_else_lets_anybody_in() -> None:
    here = replica()
    given = token(here)
    encoded, issued, signature = given.split(".")
    others = token(here, "böb").partition(".")[0]
    wrong = ["", ".", "..", "a.b.c", "gradio's own", given[:-1], given + "x", "\udcff.1.x", f"{encoded}..{signature}",
             f"{encoded}.nan.{signature}", f"{encoded}.{int(issued) + 1}.{signature}",
             f"{others}.{issued}.{signature}", f"{encoded}.{issued}.\udcff"]  # fmt: skip
    assert [one for one in wrong if here.get(one) is not None] == []
    assert here.get(None) is None
    assert replica(people=[("ann", "a new password"), PEOPLE[1]]).get(given) is None
    assert replica(people=[PEOPLE[1]]).get(given) is None


def test_a_login_ends_after_a_month(monkeypatch: pytest.MonkeyPatch) -> None:
    given = token(replica())
    later = time.time() + logins.LONGEST / 1000 + 1
    monkeypatch.setattr(time, "time", lambda: later)
    assert replica().get(given) is None


def test_who_logs_out_is_out_on_every_device_and_may_come_again() -> None:
    log_outs = LocalLogOuts()
    here = replica(log_outs=log_outs)
    phone, laptop, other = token(here), token(here), token(here, "böb")
    here.log_out(phone)
    assert (here.get(phone), here.get(laptop)) == (None, None)
    assert here.get(other) == "böb"
    log_outs.note("ann", int(time.time() * 1000) + 60_000)  # by a clock that is ahead
    ahead = token(here)
    assert here.get(ahead) == "ann"
    here.log_out(ahead)
    assert here.get(ahead) is None


def serving(people: Logins) -> Starlette:
    """Lets ann in as Gradio does, and says who is in."""
    cookie = f"access-token-unsecure-{people.cookie_id}"

    async def login(request: Request) -> Response:
        people["made-up"] = "ann"
        response = PlainTextResponse("in")
        response.set_cookie(cookie, "made-up", httponly=True)
        response.set_cookie("other", "1")
        return response

    async def who(request: Request) -> Response:
        return PlainTextResponse(people.get(request.cookies.get(cookie)) or "nobody")

    app = Starlette()
    app.add_route("/login", login, methods=["POST"])
    app.add_route("/who", who)
    app.add_route("/logout", who)
    return app


@pytest.fixture
def address(store: Store) -> Iterator[Address]:
    yield Address(store.place())


@pytest.mark.parametrize("store", ["postgresql 18"], indirect=True)
def test_who_logs_out_at_one_replica_is_out_at_the_others(address: Address, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logins, "LOOK_SECONDS", 0.0)
    databases = [open_page_database(address) for _ in range(2)]
    here, there = (Logins(PEOPLE, cookie_secret(one), SharedLogOuts(one)) for one in databases)
    given = token(here)
    assert there.get(given) == "ann"
    here.log_out(given)
    assert here.get(given) is None
    until = time.monotonic() + 60
    while there.get(given) and time.monotonic() < until:
        time.sleep(0.05)
    assert there.get(given) is None
    again = Logins(PEOPLE, cookie_secret(databases[0]), SharedLogOuts(databases[0]))  # started after that
    assert again.get(given) is None and again.get(token(there)) == "ann"
    for one in databases:
        one.close()


@pytest.mark.parametrize("store", ["postgresql 18"], indirect=True)
def test_who_logs_out_while_a_replica_looks_stays_out(address: Address, monkeypatch: pytest.MonkeyPatch) -> None:
    database = open_page_database(address)
    log_outs = SharedLogOuts(database)
    here = Logins(PEOPLE, cookie_secret(database), log_outs)
    given = token(here)
    read = database.rows

    def slow(*query: object) -> list[tuple[object, ...]]:
        """What the database has before somebody logs out, told after they did."""
        found = read(*query)  # type: ignore[arg-type]
        here.log_out(given)
        return found

    monkeypatch.setattr(database, "rows", slow)
    monkeypatch.setattr(logins, "LOOK_SECONDS", 0.0)
    assert here.get(given) == "ann"  # begins to look
    monkeypatch.setattr(logins, "LOOK_SECONDS", 3600.0)
    with log_outs._looking:  # has looked
        assert here.get(given) is None
    monkeypatch.undo()
    database.close()


@pytest.mark.parametrize("store", ["postgresql 18"], indirect=True)
def test_who_logs_out_by_a_clock_that_is_ahead_may_log_in_at_another_replica(address: Address) -> None:
    with closing(open_page_database(address)) as database:
        ahead, here = SharedLogOuts(database), SharedLogOuts(database)
        ahead.note("ann", int(time.time() * 1000) + 60_000)
        people = Logins(PEOPLE, cookie_secret(database), here)
        client = TestClient(LoginCookies(serving(people), people))
        client.post("/login")
        here.look()
        assert client.get("/who").text == "ann"


def test_of_two_log_outs_the_later_counts() -> None:
    log_outs = LocalLogOuts()
    for at in (3, 2):
        log_outs.note("ann", at)
    assert log_outs.last("ann") == 3


def test_the_cookies_of_a_login_are_signed_on_their_way() -> None:
    here = replica()
    client = TestClient(LoginCookies(serving(here), here))
    assert client.get("/who").text == "nobody"
    given = client.post("/login")
    assert "made-up" not in str(given.headers) and given.headers["set-cookie"].count("HttpOnly") == 1
    assert client.cookies["other"] == "1"
    assert client.get("/who").text == "ann"
    client.get("/logout")
    assert client.get("/who").text == "nobody"
