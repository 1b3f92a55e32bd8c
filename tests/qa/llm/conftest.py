from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.qa.llm.writing import make_library
from vectorstore import ArticleIndex


@pytest.fixture(autouse=True)
def no_keys_and_no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_API_BASE", "ANTHROPIC_API_KEY", "OLLAMA_HOST"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture(scope="package")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ArticleIndex]:
    made = make_library(tmp_path_factory.mktemp("library"))
    yield made
    made.close()
