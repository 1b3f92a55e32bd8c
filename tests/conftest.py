"""Fixtures that several folders of tests share: a library of the sample articles, and a chatbot over it."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

import samples
from ingest import add_articles
from qa import Chatbot, Settings
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
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ArticleIndex]:
    """A library of the sample articles. Shared by the whole run: to be read, not written."""
    index = ArticleIndex.open(tmp_path_factory.mktemp("library"))
    add_articles([samples.ARTICLES], index)
    yield index
    index.close()


@pytest.fixture(scope="session")
def bot(library: ArticleIndex) -> Chatbot:
    """A chatbot over the sample articles, with the reader that is shipped."""
    return Chatbot(library, Settings(index=library.folder))


@pytest.fixture
def empty_index(tmp_path: Path) -> Iterator[ArticleIndex]:
    """A library of its own for one test."""
    index = ArticleIndex.open(tmp_path / "index")
    yield index
    index.close()
