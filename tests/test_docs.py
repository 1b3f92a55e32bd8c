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
