"""A library that several wrote, beside one that was made from the same sources at once."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from benchmarks.crash import HashEmbedder, contents
from ingest import add_articles
from vectorstore import ArticleIndex


def assert_is_as_made_at_once(place: str, sources: Sequence[Path], folder: Path) -> None:
    """Fails unless the library at ``place``, once it has all of ``sources``, holds what one made in ``folder`` does."""
    with (
        closing(ArticleIndex.open(place, HashEmbedder())) as shared,
        closing(ArticleIndex.open(folder, HashEmbedder())) as fresh,
    ):
        add_articles(sources, shared)
        add_articles(sources, fresh)
        ours, theirs = contents(shared), contents(fresh)
        for name, stored in theirs.items():
            assert ours[name] == stored, f"{name}: {ours[name]}, and not {stored}"
        assert shared.check().problems == ()
