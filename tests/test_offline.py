"""Nothing phones home: every command, and a chat left running, where each packet that would leave is caught."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import samples
from telemetry import OFF

ROOT = Path(__file__).resolve().parent.parent
ISOLATED = ["unshare", "--net", "--mount", sys.executable, str(ROOT / "tests" / "isolated.py")]
if hasattr(os, "geteuid") and os.geteuid() != 0:
    ISOLATED.insert(1, "--map-root-user")

CLI = [sys.executable, "-m", "ui.cli"]
QUESTION = "How much does an Arctic tern weigh?"
MINUTE = 60
"""Seconds. What onnxruntime would send is under way after thirty."""

FOR_OTHERS = {
    "LANGSMITH_TRACING": "true",
    "LANGSMITH_API_KEY": "lsv2_none",
    "FASTAPI_OTEL_AUTO_CONFIGURE": "true",
    "OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector.example:4318",
    "CHROMA_OTEL_COLLECTION_ENDPOINT": "http://collector.example:4317",
    "CHROMA_OTEL_GRANULARITY": "all",
}
"""Variables of somebody who has other programs traced: none of ours are meant."""

IN_PYTHON = """
from qa import Chatbot
bot = Chatbot.open("index")
print(bot.ask("How much does an Arctic tern weigh?").text, len(list(bot.stream("Who founded Nintendo?"))))
bot.index.close()
"""
CHAT = f"""
import time
from pathlib import Path
from tests.browser.conftest import serve
import telemetry  # the client that asks is the test's own, and would tell its makers of it
from gradio_client import Client

for address in serve(Path("index").resolve()):
    print(Client(address, verbose=False).predict({QUESTION!r}, api_name="/ask")["answer"])
    time.sleep({MINUTE})
"""
MCP = f"""
import asyncio, os, sys
from mcp import Client, StdioServerParameters

async def ask():
    command = StdioServerParameters(
        command=sys.executable, args=["-m", "ui.cli", "mcp", "--index", "index"], env=dict(os.environ)
    )
    async with Client(command) as client:
        print((await client.call_tool("ask", {{"question": {QUESTION!r}}})).content[0].text)

asyncio.run(ask())
"""


FORGED = """
import json, sys, threading
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import TCPServer
from tests.browser.conftest import serve
import httpx

class Inside(BaseHTTPRequestHandler):  # a page of the network inside, which no visitor may read
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"secret")

inside = TCPServer(("100.64.0.1", 8099), Inside)
threading.Thread(target=inside.serve_forever, daemon=True).start()
ADDRESSES = ["http://100.64.0.1:8099/x", "http://name.example/x", "https://[2002:7f00:1::1]/x", "http://huggingface.co/x"]
told = ""
for served in serve(Path("index").resolve()):
    with httpx.Client(base_url=served, timeout=100) as visitor:
        config = visitor.get("/config").json()
        for number, address in enumerate(ADDRESSES):
            for route in "file=", "proxy=", "file/", "stream/", "%66ile=":
                told += visitor.get(f"/gradio_api/{route}{address}").text
                told += visitor.get(f"/gradio_api/{route}{address.replace(':', '%3a')}").text
            for one in config["dependencies"]:
                session = f"{number}-{one['id']}"
                value = {"path": address, "url": address, "meta": {"_type": "gradio.FileData"}}
                for given in value, [value]:
                    call = {"data": [given] * len(one["inputs"]), "fn_index": one["id"], "session_hash": session}
                    for way in "run/predict", "api/predict":
                        told += visitor.post(f"/gradio_api/{way}", json=call).text
                    if visitor.post("/gradio_api/queue/join", json=call).is_success:
                        told += visitor.get("/gradio_api/queue/data", params={"session_hash": session}).text
    break  # Gradio tells of some of these calls in its log, where the end of serve looks for trouble
at = told.find("secret")
assert at < 0, told[max(0, at - 600) : at + 200]
print("forged", len(config["dependencies"]))
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of somebody who has just come: no model was exported, nothing was said to anyone."""
    home = tmp_path_factory.mktemp("home")
    tried = subprocess.run([*ISOLATED, str(home / "record"), "true"], capture_output=True, text=True)
    if tried.returncode:
        pytest.skip(f"this machine lets nobody make a network of their own: {tried.stderr.strip()[-200:]}")
    return home


def reached(home: Path, *command: str, says: str, **variables: str) -> list[str]:
    """What ``command`` would have reached beyond this machine. It must come to its end and say ``says``."""
    record = home / "record.json"
    # Little of the environment goes along: onnxruntime keeps quiet where it finds the variables of a known CI.
    given = {"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8", "PYTHONPATH": str(ROOT), **variables}
    done = subprocess.run([*ISOLATED, str(record), *command], cwd=home, env=given, capture_output=True, text=True)
    assert done.returncode == 0 and says in done.stdout, done.stdout + done.stderr
    found: list[str] = json.loads(record.read_text(encoding="utf-8"))
    return found


def test_what_would_be_sent_is_caught(home: Path) -> None:
    code = (
        "import contextlib, socket\n"
        "for address in ('192.0.2.1', 443), ('2001:db8::1', 443), ('phone.example', 80):\n"
        "    with contextlib.suppress(OSError): socket.create_connection(address)\n"
        "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'here', ('192.0.2.2', 123))\n"
        "server = socket.create_server(('127.0.0.1', 0))\n"
        "socket.create_connection(server.getsockname())\n"
        "print('done')"
    )
    assert reached(home, sys.executable, "-c", code, says="done") == [
        "connection to 192.0.2.1 port 443",
        "connection to 2001:db8::1 port 443",
        "lookup of phone.example",
        "datagram to 192.0.2.2 port 123",
    ]


@pytest.fixture(scope="module")
def stocked(home: Path) -> Path:
    """The home with a library in ``index``, added where nothing could be reached."""
    assert reached(home, *CLI, "ingest", str(samples.ARTICLES), "--index", "index", says="12 added") == []
    few = samples.QUESTIONS.read_text(encoding="utf-8").splitlines(keepends=True)[:3]
    (home / "few.jsonl").write_text("".join(few), encoding="utf-8")
    return home


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("ask Nintendo?", ""),
        ("eval few.jsonl", "exact match"),
        ("articles list", "Nintendo"),
        ("index check", "sound"),
        ("index rebuild", "sound"),
        ("feedback", ""),
        (MCP, "100 grams"),
    ],
    ids=["ask", "eval", "articles", "check", "rebuild", "feedback", "mcp"],
)
def test_no_command_reaches_beyond_this_machine(stocked: Path, command: str, says: str) -> None:
    words = [sys.executable, "-c", command] if command == MCP else [*CLI, *command.split(), "--index", "index"]
    assert reached(stocked, *words, says=says, **FOR_OTHERS) == []


@pytest.mark.slow
def test_a_program_that_uses_the_library_reaches_nobody(stocked: Path) -> None:
    assert reached(stocked, sys.executable, "-c", IN_PYTHON, says="100 grams") == []


@pytest.mark.slow
def test_a_chat_that_is_left_running_reaches_nobody(stocked: Path) -> None:
    assert reached(stocked, sys.executable, "-c", CHAT, says="100 grams", **FOR_OTHERS) == []
    kept = [path.name for path in (stocked / ".cache").iterdir()]
    assert kept == ["article-qa"], "something besides the model that is exported once"


@pytest.mark.slow
def test_no_request_makes_the_page_fetch(stocked: Path) -> None:
    assert reached(stocked, sys.executable, "-c", FORGED, says="forged") == []


@pytest.mark.parametrize(
    "module",
    [
        "app",
        "ingest",
        "qa",
        "ui",
        "vectorstore",
        "ingest.formats.worker",
        "ui.cli",
        "vectorstore.embedder",
        "qa.reader",
    ],
)
def test_importing_any_part_switches_telemetry_off(module: str) -> None:
    code = f"import {module}, json, os; print(json.dumps({{name: os.environ.get(name) for name in {list(OFF)}}}))"
    environment = {**os.environ, **dict.fromkeys(OFF, ""), "ORT_DISABLE_TELEMETRY": "0", "DO_NOT_TRACK": "0"}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert json.loads(done.stdout) == OFF, done.stderr


@pytest.mark.parametrize("package", ["ingest", "language", "qa", "ui", "vectorstore"])
def test_it_is_switched_off_before_anything_else_of_a_package_is_loaded(package: str) -> None:
    code = f"import sys, {package}; print(list(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = ast.literal_eval(done.stdout)
    ours = {"ingest", "language", "qa", "telemetry", "ui", "vectorstore"}
    assert next(name for name in loaded if name.partition(".")[0] in ours and name != package) == "telemetry"
    told = {"chromadb", "gradio", "huggingface_hub", "langsmith", "onnxruntime"}
    assert not told & set(loaded[: loaded.index("telemetry")])
