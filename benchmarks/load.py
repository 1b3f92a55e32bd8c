"""Twenty people who ask at once: ``python -m benchmarks.load [--people 20] [--seconds 60]``.

Serves the sample articles from a temporary library, lets each person ask one question after the other through
``gradio_client``, and opens the page all the while. Prints Markdown; exit status 1 if any request failed.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import random
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from gradio_client import Client

import samples
from ingest import add_articles
from vectorstore import ArticleIndex

ROOT = Path(__file__).resolve().parent.parent
STARTING_SECONDS = 120


@dataclass
class Load:
    """What came of it; times in seconds."""

    answered: list[float] = field(default_factory=list)
    opened: list[float] = field(default_factory=list)
    """How long the page took to come, while all were asking."""
    failures: list[str] = field(default_factory=list)
    seconds: float = 0.0


def questions() -> list[str]:
    """Those of the sample test set."""
    lines = (ROOT / "samples" / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line)["question"] for line in lines if line.strip()]


def put_under_load(address: str, people: int, seconds: float, asked: Sequence[str]) -> Load:
    """Everyone asks from the same moment on, until the time is over; a question begun is waited for."""
    load = Load()
    ready = threading.Barrier(people + 2)
    over = threading.Event()

    def person(number: int) -> None:
        mine = random.Random(number).sample(list(asked), len(asked))
        try:
            client = Client(address, verbose=False)
        except Exception as error:
            load.failures.append(f"connecting: {error}")
            ready.wait()
            return
        ready.wait()
        for question in itertools.cycle(mine):
            if over.is_set():
                return
            began = time.monotonic()
            try:
                answer = client.predict(question, api_name="/ask")
                if answer["question"] != question:
                    load.failures.append(f"the answer to another question: {question}")
            except Exception as error:
                load.failures.append(f"asking: {error!r}")
            load.answered.append(time.monotonic() - began)

    def visitor() -> None:
        ready.wait()
        while not over.wait(0.5):
            began = time.monotonic()
            try:
                urllib.request.urlopen(address, timeout=30).close()
            except OSError as error:
                load.failures.append(f"opening the page: {error}")
            load.opened.append(time.monotonic() - began)

    threads = [threading.Thread(target=person, args=(number,)) for number in range(people)]
    threads.append(threading.Thread(target=visitor))
    for thread in threads:
        thread.start()
    ready.wait()
    began = time.monotonic()
    over.wait(seconds)
    over.set()
    for thread in threads:
        thread.join()
    load.seconds = time.monotonic() - began
    return load


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address of a page over the library in ``folder``."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "app.py", "--index", str(folder), "--port", str(port)]
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        until = time.monotonic() + STARTING_SECONDS
        while True:
            try:
                urllib.request.urlopen(address, timeout=5).close()
                break
            except OSError:
                if server.poll() is not None or time.monotonic() > until:
                    sys.exit("the page did not come up")
                time.sleep(0.2)
        Client(address, verbose=False).predict("ready?", api_name="/ask")  # the models are loaded once
        yield address
    finally:
        server.terminate()
        server.wait(20)


def percentile(times: Sequence[float], share: float) -> float:
    """The time that ``share`` of ``times`` stay below."""
    return sorted(times)[min(int(share * len(times)), len(times) - 1)] if times else 0.0


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=60.0)
    options = parser.parse_args()
    busy = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    with tempfile.TemporaryDirectory() as name:
        index = ArticleIndex.open(Path(name) / "index")
        add_articles([samples.ARTICLES], index)
        index.close()
        with served(Path(name) / "index") as address:
            load = put_under_load(address, options.people, options.seconds, questions())
    print("| people | seconds | answers | a second | failed | median | 95 % below | page opens: median | slowest |")
    print("|---|---|---|---|---|---|---|---|---|")
    print(
        f"| {options.people} | {load.seconds:.0f} | {len(load.answered)} | {len(load.answered) / load.seconds:.1f} "
        f"| {len(load.failures)} | {percentile(load.answered, 0.5):.2f} s | {percentile(load.answered, 0.95):.2f} s "
        f"| {percentile(load.opened, 0.5):.2f} s | {max(load.opened, default=0.0):.2f} s |"
    )
    print(f"\nLoad of the machine before: {busy:.1f} on {os.cpu_count()} cores.")
    for failure in load.failures[:20]:
        print(f"- {failure}")
    if load.failures:
        sys.exit(1)


if __name__ == "__main__":
    main()
