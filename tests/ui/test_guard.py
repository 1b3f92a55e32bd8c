"""What stands before the page: requests that are let through, and headers that every response carries."""

from __future__ import annotations

import asyncio
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, ClassVar

import gradio as gr
import httpx
import pytest
import safehttpx
from gradio import processing_utils, routes
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from tests.loops import complete
from ui.access import Access
from ui.page.bodies import BODY_BYTES
from ui.page.guard import CALLS_AT_ONCE, LOGIN_BYTES, Guard
from ui.page.no_fetching import forbid_fetching
from ui.page.policy import policy
from ui.throttle import FREE_TRIES

HERE = "http://localhost:7860"


class Inside:
    """What the guard stands before: remembers what reached it."""

    def __init__(self) -> None:
        self.reached: list[tuple[str, str, int]] = []
        self.app = Starlette()
        self.app.add_route("/{path:path}", self._answer, methods=["GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD"])

    async def _answer(self, request: Request) -> Response:
        self.reached.append((request.method, request.url.path, len(await request.body())))
        response = PlainTextResponse("inside", headers={"access-control-allow-origin": "*"})
        response.headers["access-control-allow-credentials"] = "true"
        response.set_cookie("access-token", "t", samesite="none", secure=True, httponly=True)
        return response


@pytest.fixture
def inside() -> Inside:
    return Inside()


def visit(inside: Inside, access: Access = Access(), base: str = HERE, **options: Any) -> TestClient:  # noqa: B008
    return TestClient(Guard(inside.app, access, **options), base_url=base, follow_redirects=False)


@pytest.mark.parametrize(
    "path",
    ["/gradio_api/file=http://100.64.0.1/x", "/gradio_api/file=/etc/passwd", "/gradio_api/%66ile=http://100.64.0.1/x",
     "/gradio_api/proxy=http://100.64.0.1/x", "/gradio_api//file=x", "//gradio_api/file=x", "/gradio_api/stream/a/b",
     "/gradio_api/vibe-code", "/gradio_api/dev/reload", "/gradio_api/runs", "/monitoring", "/gradio_api/deep_link",
     "/gradio_api/custom_component/a/b/c/d", "/gradio_api/token", "/docs", "/openapi.json", "/gradio_api/mcp/"],
)  # fmt: skip
def test_what_the_page_does_not_need_is_not_there(inside: Inside, path: str) -> None:
    client = visit(inside)
    for method in ("GET", "POST", "HEAD", "PUT"):
        assert client.request(method, path).status_code in (403, 404)
    assert inside.reached == []


@pytest.mark.parametrize(
    "path", ["/gradio_api/api/ask", "/gradio_api/component_server", "/gradio_api/vibe-edit", "/config"]
)
def test_nothing_else_can_be_posted_to(inside: Inside, path: str) -> None:
    assert visit(inside).post(path, json={}).status_code in (403, 404)
    assert inside.reached == []


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "evil.example"},
        {"host": "evil.example", "origin": "http://evil.example"},  # a name that was made to lead here
        {"x-forwarded-host": "evil.example"},
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://localhost:7861"},
        {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "script"},
        {"sec-fetch-site": "same-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image"},
        {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe"},
    ],
)
def test_pages_of_other_sites_get_nothing(inside: Inside, headers: dict[str, str]) -> None:
    client = visit(inside)
    for method, path in [("GET", "/"), ("GET", "/config"), ("POST", "/gradio_api/queue/join"), ("POST", "/login"),
                         ("POST", "/mcp"), ("POST", "/gradio_api/upload"), ("OPTIONS", "/config"), ("GET", "/mcp"),
                         ("GET", "/gradio_api/queue/data"), ("POST", "/logout")]:  # fmt: skip
        answer = client.request(method, path, headers=headers)
        assert answer.status_code in (403, 421)
        assert not any(name.startswith("access-control") for name in answer.headers)
    assert inside.reached == []


def test_a_link_of_another_site_leads_to_the_page(inside: Inside) -> None:
    headers = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
    client = visit(inside)
    assert client.get("/", headers=headers).text == "inside"
    assert client.get("/config", headers=headers).status_code == 403
    assert client.post("/", headers=headers).status_code == 403


def test_the_page_and_programs_are_let_through(inside: Inside) -> None:
    client = visit(inside)
    for headers in ({}, {"origin": HERE, "sec-fetch-site": "same-origin"}):
        assert client.get("/config", headers=headers).text == "inside"
        assert client.post("/gradio_api/queue/join", json={"data": []}, headers=headers).text == "inside"
        assert client.post("/gradio_api/call/ask", json={"data": []}, headers=headers).text == "inside"
        assert client.post("/mcp", json={}, headers=headers).text == "inside"


def test_no_response_lets_other_sites_in(inside: Inside) -> None:
    answer = visit(inside).get("/config", headers={"origin": HERE})
    assert not any(name.startswith("access-control") for name in answer.headers)
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["set-cookie"] == "access-token=t; HttpOnly; Path=/; SameSite=Lax"


def test_a_cookie_is_for_https_alone_where_there_is_https(inside: Inside) -> None:
    answer = visit(inside, base="https://localhost").get("/config")
    assert answer.headers["set-cookie"] == "access-token=t; HttpOnly; Path=/; SameSite=Lax; Secure"


def test_a_site_that_was_allowed_may_ask_and_read(inside: Inside) -> None:
    client = visit(inside, Access(origins=("https://intranet.example",)))
    headers = {"origin": "https://intranet.example", "sec-fetch-site": "cross-site", "sec-fetch-mode": "cors"}
    asking = {**headers, "access-control-request-method": "POST", "access-control-request-headers": "content-type"}
    before = client.options("/gradio_api/queue/join", headers=asking)
    assert before.is_success and before.headers["access-control-allow-headers"] == "content-type, authorization"
    answer = client.post("/gradio_api/queue/join", headers=headers, json={})
    assert answer.text == "inside"
    assert answer.headers["access-control-allow-origin"] == "https://intranet.example"
    assert answer.headers["vary"] == "Origin"
    assert client.get("/config", headers={**headers, "origin": "https://other.example"}).status_code == 403


# Sizes


@pytest.mark.parametrize("path", ["/gradio_api/queue/join", "/gradio_api/call/ask", "/gradio_api/run/stop", "/mcp"])
def test_a_request_that_is_too_large_is_refused_before_it_is_read(inside: Inside, path: str) -> None:
    client = visit(inside)
    large = b" " * (BODY_BYTES - 1) + b"{}"
    assert client.post(path, content=large).status_code == 413
    assert client.post(path, content=iter([large[:1000], large])).status_code == 413  # in pieces, with no length said
    assert client.post(path, content=b"", headers={"content-length": str(10**12)}).status_code == 413
    assert inside.reached == []
    assert client.post(path, content=large[1:]).text == "inside"
    assert inside.reached[-1][2] == BODY_BYTES


@pytest.mark.parametrize(
    "body",
    [b"[" * 900_000, b'{"a":' * 100_000, b"[" * 40 + b"]" * 40, b'{"fn_index": 1e400}', b"[-Infinity]", b'{"a": NaN}',
     b"{", b'["\xff"]', b"[" + b"9" * 10_000 + b"]"],
)  # fmt: skip
def test_what_gradio_would_stumble_over_is_refused(inside: Inside, body: bytes) -> None:
    answer = visit(inside).post("/gradio_api/queue/join", content=body)
    assert answer.status_code == 400 and len(answer.text) < 300
    assert inside.reached == []


def test_a_folder_of_thousands_of_files_fits_and_a_text_as_large_does_not(inside: Inside) -> None:
    client = visit(inside)
    file = {"path": f"/tmp/gradio/{'0' * 64}/article.txt", "url": "x" * 150, "meta": {"_type": "gradio.FileData"}}
    assert client.post("/gradio_api/queue/join", json={"data": [[file] * 9000]}).text == "inside"
    refused = client.post("/gradio_api/queue/join", json={"data": ["why " * 100_000]})
    assert refused.status_code == 413 and "262,144 characters" in refused.text
    history = [text for _ in range(10) for text in ("why " * 100_000, None)]
    assert client.post("/gradio_api/call/ask", json={"data": ["why?", history]}).status_code == 413
    assert len(inside.reached) == 1


def test_a_login_is_smaller_still(inside: Inside) -> None:
    assert visit(inside).post("/login", content=b"x" * (LOGIN_BYTES + 1)).status_code == 413


def test_an_upload_says_how_large_it_is_and_is_not_larger_than_all_may_be(inside: Inside) -> None:
    client = visit(inside, upload_bytes=1000)
    assert client.post("/gradio_api/upload", content=iter([b"x"])).status_code == 411
    assert client.post("/gradio_api/upload", content=b"x" * 1001).status_code == 413
    assert client.post("/gradio_api/upload", content=b"x" * 1000).text == "inside"


def test_so_many_calls_of_tools_are_dealt_with_at_once_and_so_many_wait() -> None:
    at_work = most = 0

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal at_work, most
        at_work += 1
        most = max(most, at_work)
        await asyncio.sleep(0.05)
        at_work -= 1
        await PlainTextResponse("done")(scope, receive, send)

    async def call_them(count: int) -> list[list[int]]:
        guard = Guard(slow, Access(), waiting=4)

        async def call_from(address: str) -> list[int]:
            transport = httpx.ASGITransport(guard, client=(address, 1))
            async with httpx.AsyncClient(transport=transport, base_url=HERE) as client:
                answers = await asyncio.gather(*(client.post("/mcp", json={}) for _ in range(count)))
                return sorted(answer.status_code for answer in answers)

        both = await asyncio.gather(call_from("192.0.2.1"), call_from("192.0.2.2"))
        return [*both, await call_from("192.0.2.1")]

    first, second, again = complete(call_them(20))
    assert first.count(200) + second.count(200) == CALLS_AT_ONCE + 4
    # One address has half of the places to wait, so that another one's calls have theirs.
    assert first.count(200) == again.count(200) == CALLS_AT_ONCE + 2
    assert {*first, *second, *again} == {200, 503}
    assert most == CALLS_AT_ONCE


def test_one_address_has_half_of_the_places_in_the_queue(inside: Inside) -> None:
    waiting = {"address:192.0.2.1": 3}
    guard = Guard(inside.app, Access(), waiting=6, waiting_from=lambda key: waiting.get(key, 0))
    for path in ("/gradio_api/queue/join", "/gradio_api/call/ask"):
        for address, status in (("192.0.2.1", 503), ("192.0.2.2", 200)):
            client = TestClient(guard, base_url=HERE, client=(address, 1))
            assert client.post(path, json={"data": []}).status_code == status
    refused = TestClient(guard, base_url=HERE, client=("192.0.2.1", 1))
    assert refused.post("/gradio_api/cancel", json={}).status_code == 200


def test_a_request_that_breaks_something_is_told_so_in_a_line(caplog: pytest.LogCaptureFixture) -> None:
    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        raise KeyError(7)

    answer = TestClient(Guard(broken, Access()), base_url=HERE).get("/config")
    assert answer.status_code == 500 and "the log says why" in answer.text
    assert [(one.getMessage(), one.exc_info) for one in caplog.records if one.name == "ui.page.guard"] == [
        ("GET /config failed: KeyError(7)", False)
    ]


# Logging in and out


def log_in(client: TestClient, name: str, password: str, files: bool = False) -> Any:
    fields = {"username": name, "password": password}
    if files:
        return client.post("/login", files={field: (None, value) for field, value in fields.items()})
    return client.post("/login", data=fields)


@pytest.mark.parametrize("files", [False, True], ids=["form", "multipart"])
def test_wrong_passwords_have_to_wait_and_then_the_right_one_too(inside: Inside, files: bool) -> None:
    client = visit(inside, logins=[("ann", "tulip")])
    assert log_in(client, "ann", "tulip", files).text == "inside"
    for _ in range(FREE_TRIES):
        assert log_in(client, "ann", "rose", files).status_code == 400
    refused = log_in(client, "ann", "tulip", files)
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert len(inside.reached) == 1


def test_guessing_under_many_names_from_one_address_has_to_wait(inside: Inside) -> None:
    client = visit(inside, logins=[("ann", "tulip")])
    told = [log_in(client, f"name {number}", "rose").status_code for number in range(FREE_TRIES + 2)]
    assert told == [400] * FREE_TRIES + [429] * 2


def test_a_login_that_is_no_form_is_refused(inside: Inside) -> None:
    client = visit(inside, logins=[("ann", "tulip")])
    assert client.post("/login", json={"username": "ann"}).status_code == 400
    broken = client.post("/login", content=b"--x", headers={"content-type": "multipart/form-data"})
    assert broken.status_code == 400
    assert inside.reached == []


def test_nobody_is_logged_out_by_a_link(inside: Inside) -> None:
    client = visit(inside)
    asked = client.get("/logout")
    assert '<form method="post"' in asked.text
    assert "form-action 'self'" in asked.headers["content-security-policy"]
    assert inside.reached == []
    assert client.post("/logout").text == "inside"
    assert inside.reached == [("GET", "/logout", 0)]


# The page's scripts, and what Gradio would fetch


def test_the_policy_names_the_scripts_of_the_page_and_no_others() -> None:
    told = policy("<script>let a = '<b>&amp;'</script><script src='a.js'>no</script><SCRIPT type=module>b()</SCRIPT>")
    # echo -n "let a = '<b>&amp;'" | openssl sha256 -binary | base64, and the same of b()
    assert told.count("'sha256-") == 2
    assert "'unsafe-inline'" not in told.partition("script-src")[2].partition(";")[0]
    assert "connect-src 'self'" in told and "frame-ancestors 'none'" in told


class Hits(BaseHTTPRequestHandler):
    paths: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.paths.append(self.path)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"secret")

    def log_message(self, *_: object) -> None:
        return


def test_gradio_fetches_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    for module, name in [(processing_utils, "async_transport"), (processing_utils, "sync_client"),
                         (routes, "_proxy_transport"), (safehttpx, "async_validate_url")]:  # fmt: skip
        monkeypatch.setattr(module, name, getattr(module, name))  # put back when the test is over
    Hits.paths.clear()
    with HTTPServer(("127.0.0.1", 0), Hits) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/secret.txt"
        processing_utils.unsafe_download(address, str(tmp_path))
        assert Hits.paths == ["/secret.txt"]  # it can
        forbid_fetching()
        for fetch in (processing_utils.unsafe_download, processing_utils.save_url_to_cache):
            with pytest.raises(gr.Error, match="not fetched"):
                fetch(address.replace("secret", fetch.__name__), str(tmp_path))
        for url in (address, "https://huggingface.co/x"):  # which Gradio trusts, whatever address it has
            with pytest.raises(gr.Error, match="not fetched"):
                complete(processing_utils.async_ssrf_protected_get(url))
        with pytest.raises(gr.Error, match="not fetched"):
            complete(safehttpx.get(address))
        server.shutdown()
    assert Hits.paths == ["/secret.txt"]
