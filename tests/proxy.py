"""HAProxy on the loopback interface, for tests of several replicas, with the rules of deploy/haproxy.cfg."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

CONFIG = Path(__file__).resolve().parent.parent / "deploy" / "haproxy.cfg"
PATIENCE_SECONDS = 60


def program() -> str:
    """HAProxy. Skips the test where there is none and set-up could not install it."""
    found = shutil.which("haproxy") or shutil.which("haproxy", path="/usr/sbin:/usr/local/sbin")
    if found is None:
        pytest.skip("HAProxy is not installed: apt-get install haproxy")
    return found


def config(port: int, replicas: Sequence[int]) -> str:
    """deploy/haproxy.cfg, with the ports of this test in place of the names of containers."""
    text = CONFIG.read_text("utf-8")
    text = re.sub(r"(?m)^(\s+bind) .*$", rf"\1 127.0.0.1:{port}", text)
    for number, replica in enumerate(replicas, start=1):
        text = text.replace(f"replica{number}:7860", f"127.0.0.1:{replica}")
    lines = text.splitlines(keepends=True)
    # Containers of other names there are none here, nor what looks them up.
    dropped = re.compile(r"\s+server \S+ replica\d+:7860|\s+(?:nameserver|parse-resolv-conf|resolvers)\b|resolvers\b")
    return re.sub(r" resolvers \S+( init-addr \S+)?", "", "".join(one for one in lines if not dropped.match(one)))


@contextmanager
def proxy(folder: Path, port: int, replicas: Sequence[int]) -> Iterator[str]:
    """The address of a proxy before the replicas at these ports."""
    file = folder / "haproxy.cfg"
    file.write_text(config(port, replicas), encoding="utf-8")
    with (folder / "haproxy.log").open("ab") as log:
        process = subprocess.Popen([program(), "-db", "-f", file], stdout=log, stderr=log)
    try:
        until = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5).close()
                break
            except OSError as error:
                if process.poll() is not None or time.monotonic() > until:
                    pytest.fail(f"HAProxy does not serve ({error}):\n{(folder / 'haproxy.log').read_text()}")
                time.sleep(0.2)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait(30)
