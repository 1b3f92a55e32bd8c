"""The extractive reader, usable on its own: ``load_reader().read(question, passages)``."""

from __future__ import annotations

from qa.ports import Reader
from qa.reader.reader import WEIGHTS, OnnxReader

__all__ = ["WEIGHTS", "OnnxReader", "Reader", "load_reader"]


def load_reader(name: str | None = None, threads: int | None = None) -> Reader:
    """Our own reader, or the Hugging Face extractive question-answering model called ``name`` (or at that path)."""
    if name is None:
        return OnnxReader.load(threads=threads)
    from qa.reader.huggingface import HuggingFaceReader

    return HuggingFaceReader(name)
