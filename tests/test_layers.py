"""Imports go one way, and each third-party package has its home."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ALLOWED = {
    "language": {"language"},
    "vectorstore": {"vectorstore", "language"},
    "ingest": {"ingest", "vectorstore", "language"},
    "qa": {"qa", "vectorstore", "language"},
    "ui": {"ui", "qa", "ingest", "vectorstore", "language", "samples"},
}
HOMES = {
    "chromadb": {"vectorstore/chroma.py", "vectorstore/chroma_server.py"},
    "sentence_transformers": {"vectorstore/embedder.py"},
    "gradio": {"ui/page"},
    "trafilatura": {"ingest/formats"},
    "typer": {"ui"},
    "mcp": {"ui/mcp_server.py"},
    "ray": {"ingest/on_ray"},
    "pyarrow": {"ingest/objects.py"},
    "watchfiles": {"ingest/watch.py"},
    "httpx": {"ingest/web.py", "ui/page/no_fetching.py"},
    "psycopg": {"vectorstore/postgres"},
    "psycopg_pool": {"vectorstore/postgres"},
    "langchain": {"qa/llm/providers.py", "vectorstore/embedder.py"},
}


def modules() -> Iterator[Path]:
    for package in ALLOWED:
        yield from (ROOT / package).rglob("*.py")


def imported(path: Path) -> set[str]:
    """The top-level names ``path`` imports, anywhere in it."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} uses a relative import"
            names.add((node.module or "").partition(".")[0])
    return names


@pytest.mark.parametrize("path", list(modules()), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_imports_only_what_lies_below_it(path: Path) -> None:
    package = path.relative_to(ROOT).parts[0]
    assert imported(path) & ALLOWED.keys() <= ALLOWED[package]


@pytest.mark.parametrize("name", list(HOMES))
def test_a_third_party_package_stays_in_its_home(name: str) -> None:
    users = {path.relative_to(ROOT).as_posix() for path in modules() if name in imported(path)}
    assert users
    assert all(any(user == home or user.startswith(f"{home}/") for home in HOMES[name]) for user in users), users
