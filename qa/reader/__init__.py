"""The extractive reader, usable on its own: ``load_reader().read(question, passages)``."""

from __future__ import annotations

from qa.ports import Reader
from qa.reader.reader import WEIGHTS, OnnxReader
from qa.reader.rereading import RereadingReader

__all__ = ["WEIGHTS", "OnnxReader", "Reader", "RereadingReader", "load_reader"]


def load_reader(name: str | None = None, threads: int | None = None, second: bool = True) -> Reader:
    """Our own reader, or the Hugging Face extractive question-answering model called ``name`` (or at that path).

    ``second``: whether our larger reader reads again what the small one likes best.
    """
    if name is None:
        return RereadingReader.load(threads=threads) if second else OnnxReader.load(threads=threads)
    from qa.reader.huggingface import HuggingFaceReader

    return HuggingFaceReader(name, threads)
