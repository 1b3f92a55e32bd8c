"""What a user would otherwise pick: the plain LangChain way, with the same embedding model.

The recursive splitter with its usual 1,000 characters and 200 of overlap, sentence-transformers as
``HuggingFaceEmbeddings`` calls it, ``Chroma.add_texts`` in a loop over files, the nearest four chunks.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from langchain_chroma import Chroma
from langchain_core.embeddings import Embeddings
from langchain_text_splitters import RecursiveCharacterTextSplitter
from sentence_transformers import SentenceTransformer

from language.published import default_model_path

TOP_K = 4


class PlainEmbeddings(Embeddings):
    """What ``langchain_huggingface.HuggingFaceEmbeddings`` does, whose package wants an older huggingface-hub than we.

    ``benchmarks.libraries`` has an environment of its own for that package, and uses it.
    """

    def __init__(self) -> None:
        self._model = SentenceTransformer(str(default_model_path()))

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """The model's vectors, in its own batches."""
        return self._model.encode(texts, show_progress_bar=False).tolist()  # type: ignore[no-any-return]

    def embed_query(self, text: str) -> list[float]:
        """The same for one text."""
        return self.embed_documents([text])[0]


def ingest(files: Sequence[Path], folder: Path, embeddings: Embeddings | None = None) -> Chroma:
    """A store in ``folder`` with the chunks of ``files``, each with its file's stem as title."""
    store = Chroma(
        "plain", embeddings or PlainEmbeddings(), str(folder), collection_configuration={"hnsw": {"space": "cosine"}}
    )
    fill(store, files)
    return store


def fill(store: Chroma, files: Sequence[Path]) -> None:
    """Adds the chunks of ``files`` to ``store``, one file at a time."""
    splitter = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200)
    for file in files:
        texts = splitter.split_text(file.read_text(encoding="utf-8"))
        store.add_texts(texts, [{"title": file.stem} for _ in texts])


def retrieve(store: Chroma, question: str, top_k: int = TOP_K) -> list[tuple[str, str]]:
    """(title, text) of the nearest chunks."""
    return [(found.metadata["title"], found.page_content) for found in store.similarity_search(question, k=top_k)]
