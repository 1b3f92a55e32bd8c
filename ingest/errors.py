"""What can go wrong with a source. Front ends and the pipeline catch these; every message is for people."""

from __future__ import annotations

from language.errors import ArticleQAError


class IngestError(ArticleQAError):
    """Base of the errors of reading articles."""


class UnreadableSource(IngestError):
    """One source cannot become an article: ``reason`` says why, and what to do where something can be done."""

    def __init__(self, source: str, reason: str) -> None:
        # One line that can be printed: parts of it may come from a library, or from the source itself.
        reason = "".join(character if character.isprintable() else " " for character in reason)
        self.source = source
        self.reason = " ".join(reason.split())
        super().__init__(f"{source}: {self.reason}")
