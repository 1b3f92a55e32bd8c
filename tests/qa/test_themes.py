"""Articles on the same names that lie near each other make a theme, called by these names."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
from langchain_core.embeddings import Embeddings

from qa.themes import themes_of
from vectorstore import ArticleIndex
from vectorstore.types import Article, Chunk


class Embedder(Embeddings):
    """Near are texts that begin with the same word."""

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [self.embed_query(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        seed = int(hashlib.sha256(text.split()[0].encode()).hexdigest()[:8], 16)
        own = int(hashlib.sha256(text.encode()).hexdigest()[:8], 16)
        vector = np.random.default_rng(seed).normal(size=16) + 0.05 * np.random.default_rng(own).normal(size=16)
        return [float(value) for value in vector / np.linalg.norm(vector)]


def _library(index: ArticleIndex, matters: list[tuple[str, str]]) -> None:
    """One article for each (first word, which says where it lies; name that it is about)."""
    for number, (place, name) in enumerate(matters):
        text = f"{place} was where everyone met {name} in year {number}. They liked {name}, and {name} liked them."
        article = Article(f"a{number}", f"/x/{number}.txt", f"{place} and {name} in year {number}", text, str(number))
        chunk = Chunk(f"c{number}", article.id, article.title, article.source, text, 0, len(text))
        index.add([(article, [chunk])])


def test_themes_are_what_articles_near_each_other_are_about(tmp_path: Path) -> None:
    index = ArticleIndex.open(tmp_path / "index", Embedder())
    scattered = [(f"Place{number}", "Radio Nord") for number in range(8)]
    try:
        _library(index, [("Hives", "Ann Lee")] * 7 + [("Rails", "Bo Dahl")] * 5 + scattered)
        found = themes_of(index, index.articles())
        assert [(theme.names, len(theme.articles)) for theme in found] == [(("Ann Lee",), 7), (("Bo Dahl",), 5)]
        assert themes_of(index, index.articles()[:3]) == ()
    finally:
        index.close()


def test_names_that_share_their_articles_are_one_theme(tmp_path: Path) -> None:
    index = ArticleIndex.open(tmp_path / "index", Embedder())
    others = [(f"Place{number}", f"Person {chr(65 + number)}ax") for number in range(16)]
    try:
        _library(index, [("Hives", "Ann Lee and Bo Dahl")] * 6 + others)
        (theme,) = themes_of(index, index.articles())
        assert set(theme.names) == {"Ann Lee", "Bo Dahl"}
        assert len(theme.articles) == 6
    finally:
        index.close()
