"""Fixtures that several folders of tests share: a library of the sample articles, and a chatbot over it."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import settings

import samples
from ingest import add_articles
from qa import Chatbot, Settings
from tests.servers import NAMES, ChromaServer, Server, programs
from vectorstore import ArticleIndex

# Nothing a developer has set in their own shell may change what is tested.
for name in [name for name in os.environ if name.startswith("ARTICLE_QA_")]:
    del os.environ[name]

# No test fails because a machine is slow, or loads something the first time.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")

# A shell starts what runs in the background with Ctrl-C ignored, and so would be what is interrupted in tests.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def closed_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of the sample articles that nobody opens: to be copied.

    A process that copies a file which it has open in SQLite gives up SQLite's locks on it. Another process then takes
    the file for one that nobody uses, and what the first one reads is damaged.
    """
    folder = tmp_path_factory.mktemp("closed") / "index"
    with closing(ArticleIndex.open(folder)) as index:
        add_articles([samples.ARTICLES], index)
    return folder


@pytest.fixture(scope="session")
def library(closed_library: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ArticleIndex]:
    """A library of the sample articles. Shared by the whole run: to be read, neither written nor copied."""
    index = ArticleIndex.open(shutil.copytree(closed_library, tmp_path_factory.mktemp("library") / "index"))
    yield index
    index.close()


@pytest.fixture(scope="session")
def bot(library: ArticleIndex) -> Chatbot:
    """A chatbot over the sample articles, with the reader that is shipped."""
    return Chatbot(library, Settings(index=library.folder))


@pytest.fixture(scope="session")
def servers() -> Iterator[Callable[[str], Server]]:
    """PostgreSQL servers by name, each started when it is first asked for."""
    started: dict[str, Server] = {}

    def server(name: str) -> Server:
        programs(name)  # skips the test where there are none
        if name not in started:
            started[name] = Server(name)
        return started[name]

    yield server
    for one in started.values():
        one.remove()


@pytest.fixture(scope="session")
def chroma_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChromaServer]:
    """A Chroma server that tests share: none of them stops it."""
    server = ChromaServer(tmp_path_factory.mktemp("chroma"))
    yield server
    server.stop()


@dataclass(frozen=True)
class Store:
    """Where the libraries of one test are: folders, or schemas of a database."""

    folder: Path
    server: Server | None = None
    chroma: ChromaServer | None = None
    """Where the vectors are, if not in the database."""

    def place(self, name: str = "index") -> str:
        """Where a library of this name is, or will be."""
        if self.server is None:
            return str(self.folder / name)
        # A schema's name has 63 letters at most; the test's own may be longer.
        test = hashlib.sha256(str(self.folder).encode()).hexdigest()[:12]
        address = self.server.address(f"{test}_{name}")
        return address if self.chroma is None else f"{address}&chroma={self.chroma.url}"


@pytest.fixture(params=["folder", *NAMES, "chroma server"])
def store(request: pytest.FixtureRequest, tmp_path: Path, servers: Callable[[str], Server]) -> Store:
    """For the tests of what every library does, wherever it is."""
    if request.param == "chroma server":
        return Store(tmp_path, servers(NAMES[0]), request.getfixturevalue("chroma_server"))
    return Store(tmp_path, None if request.param == "folder" else servers(request.param))


@pytest.fixture
def empty_index(tmp_path: Path) -> Iterator[ArticleIndex]:
    """A library of its own for one test."""
    index = ArticleIndex.open(tmp_path / "index")
    yield index
    index.close()
