"""The examples in the docs run as they stand there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from scripts.settings_table import README, filled
from vectorstore import ArticleIndex

DOCS = Path(__file__).parent.parent / "docs"
EXAMPLE = re.compile(r"^## (.+?)\n(?:(?!^## ).)*?```python\n(.*?)```", re.DOTALL | re.MULTILINE)
EXAMPLES = EXAMPLE.findall((DOCS / "extend.md").read_text("utf-8"))


@pytest.mark.parametrize(("heading", "code"), EXAMPLES, ids=[heading for heading, _ in EXAMPLES])
def test_the_examples_of_extend_run(heading: str, code: str, library: ArticleIndex, tmp_path: Path) -> None:
    exec(compile(code, f"extend.md: {heading}", "exec"), {"index": library, "folder": tmp_path, "__name__": "example"})


def test_there_is_an_example_of_each_part() -> None:
    assert len(EXAMPLES) >= 5


def test_the_readme_lists_the_settings_as_they_are() -> None:
    readme = README.read_text("utf-8")
    assert "`ARTICLE_QA_TOP_K`" in readme
    assert filled(readme) == readme, "run: python -m scripts.settings_table"


PROMISES = (DOCS / "security.md").read_text("utf-8").split("## What is promised")[1].split("\n## ")[0]


def test_every_promise_of_security_names_tests_that_are_there() -> None:
    promises = re.split(r"^(?=\*\*)", PROMISES, flags=re.MULTILINE)[1:]
    assert len(promises) >= 8
    for promise in promises:
        kept = promise.partition("Kept by ")[2]
        paths = re.findall(r"`(tests/[\w/.]+)`", kept)
        assert paths, promise[:60]
        assert [path for path in paths if not (DOCS.parent / path).exists()] == []
        sources = "".join((DOCS.parent / path).read_text("utf-8") for path in paths if path.endswith(".py"))
        for name in re.findall(r"`(test_\w+)`", kept):
            assert f"def {name}(" in sources
