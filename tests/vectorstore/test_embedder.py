from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sentence_transformers import SentenceTransformer

from vectorstore import StoreError, load_embedder
from vectorstore.embedder import MiniLMEmbedder, SentenceTransformerEmbedder, default_model_path

TEXTS = [
    "A short one.",
    "When did the bridge open, and who paid for it?",
    "Üñïçödé täxt, 東京 and ελληνικά, with emoji 🙂.",
    "A long passage. " * 60,
    "",
]


def test_vectors_equal_those_of_the_published_model() -> None:
    reference = SentenceTransformer(str(default_model_path()), device="cpu")
    expected = reference.encode(TEXTS, normalize_embeddings=True)
    made = np.array(MiniLMEmbedder().embed_documents(TEXTS))
    assert made.shape == (len(TEXTS), 384)
    assert np.sum(made * expected, axis=1).min() > 0.9999


def test_a_vector_does_not_depend_on_its_company() -> None:
    embedder = load_embedder()
    together = np.array(embedder.embed_documents(TEXTS))
    alone = np.array([embedder.embed_query(text) for text in TEXTS])
    assert np.allclose(together, alone, atol=1e-4)


def test_any_sentence_transformers_model_can_take_its_place() -> None:
    embedder = SentenceTransformerEmbedder(str(default_model_path()))
    assert embedder.dimension == 384
    assert np.allclose(embedder.embed_query(TEXTS[1]), load_embedder().embed_query(TEXTS[1]), atol=1e-3)


def test_a_model_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="missing-model"):
        load_embedder(str(tmp_path / "missing-model"))
