"""What programs see of a served page, and what becomes of one that cannot be served."""

from __future__ import annotations

import re
import socket
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import pytest
from gradio_client import Client

from benchmarks.load import put_under_load
from tests.browser.conftest import PATIENCE_SECONDS, ROOT, command, serve
from tests.browser.test_asking import SURE
from tests.servers import free_port
from vectorstore import ArticleIndex

pytestmark = pytest.mark.slow


def test_programs_ask_search_and_list(samples_server: str) -> None:
    client = Client(samples_server, verbose=False)
    answer = client.predict("How much does an Arctic tern weigh?", api_name="/ask")
    assert "100 grams" in answer["answer"]
    (citation, *_) = answer["citations"]
    assert citation["end"] - citation["start"] == len(citation["quote"])
    followed = client.predict("When was it founded?", ["Who founded Nintendo?", None], api_name="/ask")
    assert "Nintendo" in followed["query"]
    passages = client.predict("Arctic tern", 3, api_name="/search")
    assert [passage["rank"] for passage in passages] == [1, 2, 3]
    assert len(client.predict(api_name="/list_articles")) == 12
    [found] = client.predict(about="cheese", api_name="/list_articles")
    assert found["title"] == "Listening to Cheese"


def test_only_the_named_endpoints_are_offered(samples_server: str) -> None:
    client = Client(samples_server, verbose=False)
    offered = client.view_api(return_format="dict", print_info=False)
    assert set(offered["named_endpoints"]) == {"/ask", "/search", "/list_articles"}
    assert offered["unnamed_endpoints"] == {}


def test_a_visitor_cannot_have_a_file_of_the_machine_added_as_an_upload(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("The secret\n\nThe password of the wombat is hunter2.", encoding="utf-8")
    port = free_port()
    with (tmp_path / "log").open("wb") as log:
        # A server of its own: Gradio tells of the attempt in its log, where other tests look for trouble.
        server = subprocess.Popen(command(tmp_path / "index", port), cwd=ROOT, stdout=log, stderr=log)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE_SECONDS) as visitor:
            wait_for(visitor)
            config = visitor.get("/config").json()
            files = {one["id"] for one in config["components"] if one["type"] == "file"}
            adding = [one for one in config["dependencies"] if files & set(one["inputs"])]
            assert adding
            for one in adding:
                upload = {"path": str(secret), "orig_name": "secret.txt", "meta": {"_type": "gradio.FileData"}}
                data = [[upload] if number in files else None for number in one["inputs"]]
                call = {"data": data, "fn_index": one["id"], "session_hash": "visitor"}
                if visitor.post("/gradio_api/queue/join", json=call).is_success:
                    told = visitor.get("/gradio_api/queue/data", params={"session_hash": "visitor"}).text
                    assert '"success":false' in told
            assert visitor.get(f"/gradio_api/file={secret}").status_code == 403
    finally:
        server.terminate()
        server.wait(PATIENCE_SECONDS)
    with closing(ArticleIndex.open(tmp_path / "index")) as index:
        assert index.articles() == []


def wait_for(client: httpx.Client) -> None:
    """Until the server answers."""
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            client.get("/")
            return
        except httpx.TransportError:
            assert time.monotonic() < until
            time.sleep(0.2)


def test_errors_reach_programs_in_words(samples_server: str) -> None:
    client = Client(samples_server, verbose=False)
    with pytest.raises(Exception, match="the question is empty"):
        client.predict(" ", api_name="/ask")


def test_taken_port_is_said_plainly(samples_server: str, tmp_path: Path) -> None:
    port = samples_server.rpartition(":")[2]
    run = subprocess.run(
        command(tmp_path / "index", port), cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE_SECONDS
    )
    assert run.returncode == 1
    assert f"port {port} is taken" in run.stderr
    assert "Traceback" not in run.stderr


def test_twenty_people_at_once_are_all_answered_and_the_page_still_opens(samples_server: str) -> None:
    load = put_under_load(samples_server, people=20, seconds=3, asked=["Who founded Nintendo?", "???? why", SURE])
    assert load.failures == []
    assert len(load.answered) >= 20
    assert load.opened and max(load.opened) < PATIENCE_SECONDS


def test_more_than_may_wait_are_told_to_come_back(sample_folder: Path) -> None:
    with contextmanager(serve)(sample_folder, "--max-waiting", "2") as address:
        load = put_under_load(address, people=12, seconds=1, asked=[SURE])
        assert load.failures and all("Queue is full" in failure for failure in load.failures)
        assert "100 grams" in Client(address, verbose=False).predict(SURE, api_name="/ask")["answer"]


def test_calls_beside_the_queue_are_refused(samples_server: str) -> None:
    with httpx.Client(base_url=samples_server, timeout=PATIENCE_SECONDS) as visitor:
        working = [one for one in visitor.get("/config").json()["dependencies"] if one["backend_fn"]]
        assert len(working) > 20
        served = []
        for one in working:
            call = {"data": [None] * len(one["inputs"]), "fn_index": one["id"], "session_hash": "visitor"}
            assert visitor.post("/gradio_api/api/predict", json=call).status_code == 403
            statuses = {visitor.post(f"/gradio_api/run/{name}", json=call).status_code for name in ("predict", "ask")}
            served += [one] if statuses != {404} else []
        # Stop alone, which must not wait behind what it is to stop.
        (stop,) = served
        assert [target[1] for target in stop["targets"]] == ["stop"]


def test_many_calls_of_tools_leave_the_page_its_turn(samples_server: str) -> None:
    asking = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/call",
        "params": {"name": "ask", "arguments": {"question": SURE}},
    }
    accepts = {"accept": "application/json, text/event-stream"}

    def call(_: int) -> int:
        with httpx.Client(timeout=PATIENCE_SECONDS) as program:
            return program.post(f"{samples_server}/mcp", json=asking, headers=accepts).status_code

    with ThreadPoolExecutor(80) as programs:
        called = programs.map(call, range(80))
        answer = Client(samples_server, verbose=False).predict(SURE, api_name="/ask")
        statuses = set(called)
    assert "100 grams" in answer["answer"]
    assert statuses == {200, 503}


def test_a_question_that_nobody_could_type_is_refused_and_not_kept(sample_folder: Path) -> None:
    with contextmanager(serve)(sample_folder) as address, httpx.Client(base_url=address, timeout=60) as visitor:
        config = visitor.get("/config").json()
        (box,) = (one["id"] for one in config["components"] if one["props"].get("elem_id") == "question")
        (ask,) = (one for one in config["dependencies"] if [box, "ask"] in one["targets"])
        call = {
            "data": [],
            "fn_index": ask["id"],
            "session_hash": "visitor",
            "event_data": {"question": "why " * 50_000},
        }
        assert visitor.post("/gradio_api/queue/join", json=call).is_success
        told = visitor.get("/gradio_api/queue/data", params={"session_hash": "visitor"}).text
        assert "more than the 1,000" in told and len(told) < 100_000
        longer = {**call, "event_data": {"question": "why " * 5_000_000}}
        assert visitor.post("/gradio_api/queue/join", json=longer).status_code == 413
    assert (sample_folder / "conversations.sqlite3").stat().st_size < 100_000


@pytest.mark.skipif(not socket.has_ipv6, reason="this machine has no IPv6")
def test_a_served_page_answers_to_its_address_and_the_names_that_were_allowed(sample_folder: Path) -> None:
    port = free_port()
    options = ["--host", "::1", "--allowed-host", "articles.example"]
    with (sample_folder.parent / "log").open("w+", encoding="utf-8") as log:
        server = subprocess.Popen(command(sample_folder, port, *options), cwd=ROOT, stdout=log, stderr=log)
        try:
            with httpx.Client(base_url=f"http://[::1]:{port}", timeout=PATIENCE_SECONDS) as visitor:
                wait_for(visitor)
                assert visitor.get("/config").status_code == 200
                assert visitor.get("/config", headers={"host": "articles.example"}).status_code == 200
                assert visitor.get("/config", headers={"host": "evil.example"}).status_code == 421
        finally:
            server.terminate()
            server.wait(PATIENCE_SECONDS)
        log.seek(0)
        assert "Traceback" not in log.read()


def test_the_page_comes_packed_and_its_parts_are_kept_by_browsers(samples_server: str) -> None:
    plain = httpx.get(samples_server, headers={"Accept-Encoding": "identity"}, timeout=PATIENCE_SECONDS)
    packed = httpx.get(samples_server, headers={"Accept-Encoding": "gzip"}, timeout=PATIENCE_SECONDS)
    assert packed.headers["content-encoding"] == "gzip" and "content-encoding" not in plain.headers
    assert int(packed.headers["content-length"]) < len(plain.content) / 3
    assert packed.headers["content-security-policy"] == plain.headers["content-security-policy"]
    assert "no-store" in packed.headers.get("cache-control", "no-store")  # the page itself is never an old one
    parts = re.findall(r'(?:src|href)="\./(assets/[^"]+)"', packed.text)
    assert parts
    for part in parts:
        kept = httpx.get(f"{samples_server}/{part}", timeout=PATIENCE_SECONDS)
        assert "immutable" in kept.headers["cache-control"]
    gone = httpx.get(f"{samples_server}/assets/index-gone.js", timeout=PATIENCE_SECONDS)
    assert gone.status_code == 404 and "cache-control" not in gone.headers
