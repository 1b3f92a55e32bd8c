"""Other libraries for finding passages, each as its documentation begins, in an environment of its own.

All embed with the same model, from the same folder, and keep their own defaults for the rest: how texts are cut, where
vectors are stored, how many texts are embedded at once. ``python -m benchmarks.peers NAME JOB`` runs one of them on a
job that ``benchmarks.libraries`` wrote, and writes what came of it beside the job.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import sysconfig
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENTS = ROOT / ".venv-bench"
OURS = "article-qa"
OURS_READ = "article-qa, once read"
"""Ours in the order that the reader gives what it read: what a person sees beside an answer."""
REQUIREMENTS: dict[str, tuple[str, ...]] = {
    OURS: (),
    OURS_READ: (),
    "LangChain + Chroma": ("langchain-huggingface==1.2.3", "langchain-text-splitters==1.1.3"),
    "LlamaIndex": ("llama-index-core==0.14.25", "llama-index-embeddings-huggingface==0.8.0"),
    "Haystack": ("haystack-ai==3.4.1", "sentence-transformers-haystack==2.0.0"),
    "txtai": ("txtai==9.14.0",),
}
OFFLINE = {
    "HF_HUB_OFFLINE": "1",
    "ANONYMIZED_TELEMETRY": "False",
    "HAYSTACK_TELEMETRY_ENABLED": "False",
    "TOKENIZERS_PARALLELISM": "false",
}
TOP_K = 10

Passage = tuple[str, str]
"""The title of its article, and its text."""


class Library(Protocol):
    """A place for articles, empty and with its model loaded."""

    def ingest(self, files: Sequence[Path]) -> int:
        """Stores the articles in ``files``, text files named by their titles; returns how many pieces they made."""
        ...

    def search(self, question: str) -> list[Passage]:
        """The best ``TOP_K`` passages, best first."""
        ...


class Ours:
    """article-qa."""

    def __init__(self, folder: Path, model: str) -> None:
        from qa.retriever import HybridRetriever
        from vectorstore import ArticleIndex

        self._index = ArticleIndex.open(folder / "index")
        self._retriever = HybridRetriever(index=self._index, top_k=TOP_K)
        self._index.embed_query("ready")

    def ingest(self, files: Sequence[Path]) -> int:
        """See ``Library``."""
        from ingest import add_articles

        add_articles(files, self._index)
        return self._index.counts()[1]

    def search(self, question: str) -> list[Passage]:
        """See ``Library``."""
        return [(passage.title, passage.text) for passage in self._retriever.retrieve(question)]


class OursRead(Ours):
    """article-qa, its passages as they stand beside an answer."""

    def __init__(self, folder: Path, model: str) -> None:
        from qa import Chatbot, Settings

        super().__init__(folder, model)
        self._bot = Chatbot(self._index, Settings(index=self._index.folder, top_k=TOP_K))
        self._bot.warm_up()

    def search(self, question: str) -> list[Passage]:
        """See ``Library``."""
        return [(passage.title, passage.text) for passage in self._bot.ask(question).passages]


class LangChain:
    """``benchmarks.plain`` with LangChain's own ``HuggingFaceEmbeddings``."""

    def __init__(self, folder: Path, model: str) -> None:
        from langchain_huggingface import HuggingFaceEmbeddings

        from benchmarks import plain

        self._store = plain.ingest([], folder, HuggingFaceEmbeddings(model_name=model))
        self._store.similarity_search("ready")

    def ingest(self, files: Sequence[Path]) -> int:
        """See ``Library``."""
        from benchmarks import plain

        plain.fill(self._store, files)
        return len(self._store.get(include=[])["ids"])

    def search(self, question: str) -> list[Passage]:
        """See ``Library``."""
        from benchmarks import plain

        return plain.retrieve(self._store, question, TOP_K)


class LlamaIndex:
    """``VectorStoreIndex.from_documents``, the first thing that its documentation shows."""

    def __init__(self, folder: Path, model: str) -> None:
        from llama_index.embeddings.huggingface import HuggingFaceEmbedding

        self._model = HuggingFaceEmbedding(model_name=model)
        self._model.get_query_embedding("ready")

    def ingest(self, files: Sequence[Path]) -> int:
        """See ``Library``."""
        from llama_index.core import Document, VectorStoreIndex

        documents = [Document(text=file.read_text(encoding="utf-8"), metadata={"title": file.stem}) for file in files]
        index = VectorStoreIndex.from_documents(documents, embed_model=self._model)
        self._retriever = index.as_retriever(similarity_top_k=TOP_K)
        return len(index.docstore.docs)

    def search(self, question: str) -> list[Passage]:
        """See ``Library``."""
        found = self._retriever.retrieve(question)
        return [(one.node.metadata["title"], one.node.get_content()) for one in found]


class Haystack:
    """Splitter, embedder, store in memory and retriever, as in its tutorials."""

    def __init__(self, folder: Path, model: str) -> None:
        from haystack.components.preprocessors import DocumentSplitter
        from haystack.components.retrievers.in_memory import InMemoryEmbeddingRetriever
        from haystack.document_stores.in_memory import InMemoryDocumentStore
        from haystack_integrations.components.embedders.sentence_transformers import (
            SentenceTransformersDocumentEmbedder,
            SentenceTransformersTextEmbedder,
        )

        self._store = InMemoryDocumentStore()
        self._splitter = DocumentSplitter()
        self._embedder = SentenceTransformersDocumentEmbedder(model=model, progress_bar=False)
        self._question = SentenceTransformersTextEmbedder(model=model, progress_bar=False)
        self._retriever = InMemoryEmbeddingRetriever(self._store, top_k=TOP_K)
        for part in (self._splitter, self._embedder, self._question):
            part.warm_up()

    def ingest(self, files: Sequence[Path]) -> int:
        """See ``Library``."""
        from haystack import Document

        whole = [Document(content=file.read_text(encoding="utf-8"), meta={"title": file.stem}) for file in files]
        pieces = self._splitter.run(whole)["documents"]
        self._store.write_documents(self._embedder.run(pieces)["documents"])
        return len(pieces)

    def search(self, question: str) -> list[Passage]:
        """See ``Library``."""
        vector = self._question.run(question)["embedding"]
        return [(one.meta["title"], one.content) for one in self._retriever.run(vector)["documents"]]


class Txtai:
    """``Embeddings`` with content, over the paragraphs that its own segmentation makes."""

    def __init__(self, folder: Path, model: str) -> None:
        from txtai import Embeddings

        self._embeddings = Embeddings(path=model, content=True)

    def ingest(self, files: Sequence[Path]) -> int:
        """See ``Library``."""
        from txtai.pipeline import Segmentation

        cut = Segmentation(paragraphs=True)
        rows = [{"title": file.stem, "text": text} for file in files for text in cut(file.read_text(encoding="utf-8"))]
        self._embeddings.index(rows)
        return len(rows)

    def search(self, question: str) -> list[Passage]:
        """See ``Library``."""
        query = f"select title, text from txtai where similar(:question) limit {TOP_K}"
        return [
            (one["title"], one["text"]) for one in self._embeddings.search(query, parameters={"question": question})
        ]


LIBRARIES = {
    OURS: Ours,
    OURS_READ: OursRead,
    "LangChain + Chroma": LangChain,
    "LlamaIndex": LlamaIndex,
    "Haystack": Haystack,
    "txtai": Txtai,
}


def python_of(name: str) -> Path:
    """The Python that has the library ``name``, in an environment made on first use. Raises CalledProcessError.

    It sees this environment's packages too, so that PyTorch is there once; what it installs comes before them.
    """
    requirements = REQUIREMENTS[name]
    if not requirements:
        return Path(sys.executable)
    folder = ENVIRONMENTS / name.partition(" ")[0].lower()
    python = folder / "bin" / "python"
    done = folder / "requirements.txt"
    wanted = "\n".join(requirements)
    if done.is_file() and done.read_text(encoding="utf-8") == wanted:
        return python
    run = {"check": True, "capture_output": True, "text": True}
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], **run)  # type: ignore[call-overload]
    [packages] = folder.glob("lib/python*/site-packages")
    (packages / "shared.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    subprocess.run([python, "-m", "pip", "install", "--quiet", *requirements], **run)  # type: ignore[call-overload]
    done.write_text(wanted, encoding="utf-8")
    return python


def run_job(name: str, job: Path) -> dict[str, Any]:
    """What ``name`` made of ``job``, in a process of its own; ``error`` says why there is nothing else."""
    try:
        python = python_of(name)
        environment = os.environ | OFFLINE | {"PYTHONPATH": str(ROOT)}
        command = [python, "-m", "benchmarks.peers", name, job]
        subprocess.run(command, check=True, capture_output=True, text=True, env=environment, cwd=ROOT)
    except subprocess.CalledProcessError as error:
        told = (error.stderr or error.stdout or str(error)).strip().splitlines()
        return {"error": told[-1] if told else str(error)}
    found: dict[str, Any] = json.loads(result_of(job, name).read_text(encoding="utf-8"))
    return found


def result_of(job: Path, name: str) -> Path:
    """Where the result of ``name`` lies."""
    return job.with_name(f"{list(LIBRARIES).index(name)}.json")


def main() -> None:
    """Runs one library on one job."""
    name, job = sys.argv[1], Path(sys.argv[2])
    task = json.loads(job.read_text(encoding="utf-8"))
    folder = job.parent / f"library-{list(LIBRARIES).index(name)}"
    folder.mkdir()
    library: Library = LIBRARIES[name](folder, task["model"])
    started = time.perf_counter()
    pieces = library.ingest([Path(file) for file in task["files"]])
    ingest_seconds = time.perf_counter() - started
    library.search(task["questions"][0])
    passages, milliseconds = [], []
    for question in task["questions"]:
        started = time.perf_counter()
        passages.append(library.search(question))
        milliseconds.append(1000 * (time.perf_counter() - started))
    result = {
        "pieces": pieces,
        "ingest_seconds": ingest_seconds,
        "query_ms": statistics.median(milliseconds),
        "passages": passages,
    }
    result_of(job, name).write_text(json.dumps(result), encoding="utf-8")


if __name__ == "__main__":
    main()
