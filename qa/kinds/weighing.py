"""The evidence reader, loaded when the first question needs it: who asks for facts only never waits for it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from qa.ports import Text
from qa.reader.evidence import Evidence, OnnxEvidenceReader, load_evidence_reader


class LazyEvidenceReader:
    """That which comes with the project. Safe to share between threads: at worst it is loaded twice."""

    def __init__(self, threads: int | None = None) -> None:
        self._threads = threads

    @cached_property
    def _reader(self) -> OnnxEvidenceReader:
        return load_evidence_reader(self._threads)

    def weigh(self, question: str, passages: Sequence[Text]) -> list[Evidence]:
        """See ``EvidenceReader``; nothing is loaded to weigh nothing."""
        return self._reader.weigh(question, passages) if passages else []
