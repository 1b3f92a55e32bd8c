from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from tests.conftest import Store
from vectorstore import Article, ArticleIndex, Chunk, lexical


class ZeroEmbedder:
    """The same vector for every text: these tests are about words."""

    name = "zero"
    dimension = 2

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [[1.0, 0.0] for _ in texts]

    def embed_query(self, text: str) -> list[float]:
        return [1.0, 0.0]


@pytest.fixture
def index(store: Store) -> Iterator[ArticleIndex]:
    """Sixty chunks that say "common", ten of which say "seldom", and one of which says "unique"."""
    made = ArticleIndex.open(store.place(), ZeroEmbedder())
    texts = [f"common{' seldom' * (number % 6 == 0)}{' unique' * (number == 31)} {number}" for number in range(60)]
    text = "\n".join(texts)
    chunks, start = [], 0
    for number, one in enumerate(texts):
        chunks.append(Chunk(f"c{number}", "a", "", "/a.txt", one, start, start + len(one)))
        start += len(one) + 1
    made.add([(Article(id="a", source="/a.txt", title="", text=text, fingerprint="1"), chunks)])
    yield made
    made.close()


def found(index: ArticleIndex, query: str) -> set[str]:
    return {hit.chunk.id for hit in index.search_lexical(query, top_k=100)}


def test_within_the_limit_every_word_counts(index: ArticleIndex) -> None:
    assert len(found(index, "common seldom unique")) == 60


def test_beyond_the_limit_the_commonest_words_are_left_out(
    index: ArticleIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lexical, "MAX_POSTINGS", 20)
    assert found(index, "common unique seldom") == {f"c{number}" for number in [*range(0, 60, 6), 31]}


def test_words_that_are_all_too_common_find_nothing_rather_than_taking_for_ever(
    index: ArticleIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lexical, "MAX_POSTINGS", 20)
    assert found(index, "common") == set()
    assert len(index.search_vector(np.array([1.0, 0.0]).tolist(), top_k=5)) == 5
