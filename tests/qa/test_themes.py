"""Articles near each other make a theme, called by the words of their titles."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
from langchain_core.embeddings import Embeddings

from qa import themes
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


def test_themes_are_groups_called_by_their_own_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(themes, "FEWEST_ARTICLES", 4)
    index = ArticleIndex.open(tmp_path / "index", Embedder())
    try:
        for number, matter in enumerate(["Bees"] * 5 + ["Trains"] * 3):
            text = f"{matter} are the matter of article {number}."
            article = Article(f"a{number}", f"/x/{number}.txt", f"{matter} of the year {number}", text, str(number))
            chunk = Chunk(f"c{number}", article.id, article.title, article.source, text, 0, len(text))
            index.add([(article, [chunk])])
        found = themes_of(index, index.articles())
        assert [(theme.words[0], len(theme.articles)) for theme in found] == [("Bees", 5), ("Trains", 3)]
        assert themes_of(index, index.articles()[:3]) == ()
    finally:
        index.close()
