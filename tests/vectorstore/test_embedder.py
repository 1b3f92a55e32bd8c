from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from langchain_core.embeddings import DeterministicFakeEmbedding, Embeddings
from numpy.typing import NDArray
from onnx import TensorProto, numpy_helper
from sentence_transformers import SentenceTransformer

from language import minilm
from qa import Chatbot
from vectorstore import DEFAULT_EMBEDDER, Article, ArticleIndex, Chunk, StoreError, StoreMismatch, load_embedder
from vectorstore.embedder import (
    MINILM,
    MiniLMEmbedder,
    SentenceTransformerEmbedder,
    as_embedder,
    default_model_path,
)

TEXTS = [
    "A short one.",
    "When did the bridge open, and who paid for it?",
    "Üñïçödé täxt, 東京 and ελληνικά, with emoji 🙂.",
    "A long passage. " * 60,
    "",
]


@pytest.fixture(scope="module")
def published() -> NDArray[np.float32]:
    """What sentence-transformers makes of ``TEXTS`` with the published model."""
    reference = SentenceTransformer(str(default_model_path()), device="cpu")
    return np.asarray(reference.encode(TEXTS, normalize_embeddings=True))


def test_vectors_equal_those_of_the_published_model(published: NDArray[np.float32]) -> None:
    made = np.array(load_embedder(MINILM).embed_documents(TEXTS))
    assert made.shape == (len(TEXTS), 384)
    assert np.sum(made * published, axis=1).min() > 0.9999


def test_eight_bits_change_the_vectors_little(published: NDArray[np.float32]) -> None:
    made = np.array(load_embedder().embed_documents(TEXTS))
    assert np.allclose(np.linalg.norm(made, axis=1), 1.0, atol=1e-5)
    cosines = np.sum(made * published, axis=1)
    assert cosines[:-1].min() > 0.99
    assert cosines[-1] > 0.97  # the empty text: two tokens, and no others to even out their rounding


def test_eight_bits_change_the_vectors_of_articles_little(library: ArticleIndex) -> None:
    texts = [library.article(one.id).text[:900] for one in library.articles()]  # type: ignore[union-attr]
    exact, fast = (np.array(load_embedder(name).embed_documents(texts)) for name in (MINILM, DEFAULT_EMBEDDER))
    cosines = np.sum(exact * fast, axis=1)
    assert cosines.mean() > 0.995
    assert cosines.min() > 0.99


@pytest.mark.parametrize("name", [MINILM, DEFAULT_EMBEDDER])
def test_a_vector_does_not_depend_on_its_company(name: str) -> None:
    embedder = load_embedder(name)
    together = np.array(embedder.embed_documents(TEXTS))
    alone = np.array([embedder.embed_query(text) for text in TEXTS])
    assert np.allclose(together, alone, atol=1e-5)


@pytest.mark.parametrize("count", [0, 1, 3, 200])
def test_vectors_come_in_the_order_of_their_texts(count: int) -> None:
    # Of all lengths, so that they are shared out over passes, and 200 over more passes than the cores take at a time.
    texts = [f"Number {number}." + " A long story follows." * (number * 7 % 40) for number in range(count)]
    embedder = MiniLMEmbedder()
    alone = [embedder.embed_query(text) for text in texts]
    assert np.allclose(np.array(embedder.embed_documents(texts)), np.array(alone), atol=1e-5)


def test_weights_keep_to_seven_bits() -> None:
    # Eight would overflow without an error on processors without VNNI, which the test's own may not be.
    graph = minilm.build(default_model_path() / "model.safetensors", "int8").graph
    [loop] = [node for node in graph.node if node.op_type == "Loop"]
    constants = loop.attribute[0].g.initializer
    weights = [numpy_helper.to_array(one) for one in constants if one.data_type == TensorProto.INT8]
    assert len(weights) == 4 * minilm.LAYERS
    assert all(np.abs(one.astype(int)).max() <= 63 for one in weights)


def test_several_threads_share_an_embedder() -> None:
    embedder = MiniLMEmbedder()
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(embedder.embed, [TEXTS] * 8))
    assert all(np.array_equal(one, found[0]) for one in found)


def test_the_exported_model_is_cached_by_precision_and_not_taken_from_a_half_written_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = [tmp_path / "first", tmp_path / "second"]
    monkeypatch.setattr("language.built._folders", lambda: folders)
    made = MiniLMEmbedder(DEFAULT_EMBEDDER), MiniLMEmbedder(MINILM)
    assert len({one.embed_query("bridge")[0] for one in made}) == 2
    cached = sorted(folders[0].iterdir())
    assert [("float32" in one.name, "int8" in one.name) for one in cached] == [(True, False), (False, True)]
    times = [one.stat().st_mtime_ns for one in cached]
    MiniLMEmbedder(DEFAULT_EMBEDDER)
    assert [one.stat().st_mtime_ns for one in cached] == times


@pytest.mark.parametrize("share", [0, 0.5])
def test_an_exported_model_that_was_cut_off_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, share: float
) -> None:
    monkeypatch.setattr("language.built._folders", lambda: [tmp_path])
    vector = MiniLMEmbedder(DEFAULT_EMBEDDER).embed_query("bridge")
    [cached] = tmp_path.iterdir()
    content = cached.read_bytes()
    cached.write_bytes(content[: int(len(content) * share)])
    assert MiniLMEmbedder(DEFAULT_EMBEDDER).embed_query("bridge") == vector
    assert len(cached.read_bytes()) == len(content)


def test_a_model_that_somebody_else_may_have_put_there_is_not_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs, ours = tmp_path / "theirs", tmp_path / "ours"
    monkeypatch.setattr("language.built._folders", lambda: [theirs, ours])
    MiniLMEmbedder(DEFAULT_EMBEDDER)
    assert not ours.exists()
    owned = Path.stat

    def stat(path: Path, **options: bool) -> Any:
        found = owned(path, **options)
        if path != theirs:
            return found
        return os.stat_result((*found[:4], found.st_uid + 1, *found[5:10]))

    monkeypatch.setattr(Path, "stat", stat)
    MiniLMEmbedder(DEFAULT_EMBEDDER)
    assert ours.exists()


def test_a_model_that_is_not_the_published_one_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"something else")
    monkeypatch.setattr("language.built._folders", lambda: [tmp_path / "cache"])
    monkeypatch.setattr("vectorstore.embedder.default_model_path", lambda: tmp_path)
    with pytest.raises(StoreError, match="reinstall"):
        load_embedder()


def test_any_sentence_transformers_model_can_take_its_place() -> None:
    embedder = SentenceTransformerEmbedder(str(default_model_path()))
    assert embedder.dimension == 384
    assert np.allclose(embedder.embed_query(TEXTS[1]), load_embedder(MINILM).embed_query(TEXTS[1]), atol=1e-3)


def test_a_model_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="missing-model"):
        load_embedder(str(tmp_path / "missing-model"))


CHUNK = Chunk("c", "a", "", "/a.txt", "Otters.", 0, 7)


class Lengths(Embeddings):
    """Somebody's own LangChain embeddings, which know nothing of this project."""

    def __init__(self, model: str, scale: float = 3.0) -> None:
        self.model = model
        self.scale = scale

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [[self.scale * (1 + len(text) % 7), self.scale, 0.0] for text in texts]

    def embed_query(self, text: str) -> list[float]:
        return self.embed_documents([text])[0]


def test_any_langchain_embeddings_are_an_embedder(tmp_path: Path) -> None:
    index = ArticleIndex.open(tmp_path / "index", Lengths("tiny"))
    assert (index.embedder_name, index.embedder.dimension) == ("Lengths:tiny", 3)
    index.add([(Article("a", "/a.txt", "", "Otters.", fingerprint="1"), [CHUNK])])
    [hit] = index.search_dense("Otters.", 1)
    assert hit.score == pytest.approx(1.0, abs=1e-5)  # a cosine, whatever the length of its vectors
    assert index.check().sound
    index.close()
    again = ArticleIndex.open(tmp_path / "index", Lengths("tiny"))
    assert again.search_dense("Otters.", 1)[0].chunk == CHUNK
    again.close()
    with pytest.raises(StoreMismatch, match="Lengths:other"):
        ArticleIndex.open(tmp_path / "index", Lengths("other"))


def test_embeddings_without_a_model_are_called_by_their_class(tmp_path: Path) -> None:
    assert as_embedder(DeterministicFakeEmbedding(size=5)).name == "DeterministicFakeEmbedding"
    assert as_embedder(DeterministicFakeEmbedding(size=5)).dimension == 5
    with pytest.raises(TypeError, match="int"):
        as_embedder(5)  # type: ignore[arg-type]


def test_a_providers_model_is_named_where_it_cannot_be_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(StoreError, match="openai:text-embedding-3-small"):
        load_embedder("openai:text-embedding-3-small")
    with pytest.raises(StoreError, match="cohere"):
        load_embedder("cohere:embed-english-v3.0")  # its package is not installed


def test_a_librarys_model_runs_in_as_many_threads_as_it_is_told(tmp_path: Path) -> None:
    index = ArticleIndex.open(tmp_path / "index", threads=1)
    assert ArticleIndex.open(tmp_path / "index", threads=3).embedder._passes.threads == 3  # type: ignore[attr-defined]
    assert index.embedder._passes.threads == 1  # type: ignore[attr-defined]
    bot = Chatbot.open(tmp_path / "index", threads=2)
    assert bot.index.embedder._passes.threads == 2  # type: ignore[attr-defined]
    bot.index.close()
    index.close()
