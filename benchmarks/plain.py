"""What a user would otherwise pick: the plain LangChain way, with the same embedding model.

The recursive splitter with its usual 1,000 characters and 200 of overlap, ``HuggingFaceEmbeddings``,
``Chroma.add_texts`` in a loop over files, the nearest four chunks.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from langchain_chroma import Chroma
from langchain_huggingface import HuggingFaceEmbeddings
from langchain_text_splitters import RecursiveCharacterTextSplitter

from vectorstore.embedder import default_model_path

TOP_K = 4


def ingest(files: Sequence[Path], folder: Path) -> Chroma:
    """A store in ``folder`` with the chunks of ``files``, each with its file's stem as title."""
    embeddings = HuggingFaceEmbeddings(model_name=str(default_model_path()))
    store = Chroma("plain", embeddings, str(folder), collection_configuration={"hnsw": {"space": "cosine"}})
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
