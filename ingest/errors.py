"""What can go wrong with a source. Front ends and the pipeline catch these; every message is for people."""

from __future__ import annotations


class IngestError(Exception):
    """Base of the errors of reading articles."""


class UnreadableSource(IngestError):
    """One source cannot become an article: ``reason`` says why, and what to do where something can be done."""

    def __init__(self, source: str, reason: str) -> None:
        super().__init__(f"{source}: {reason}")
        self.source = source
        self.reason = reason
