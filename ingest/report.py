"""What an ingest did, source by source, and how far it is. Values only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Status = Literal["added", "changed", "moved", "unchanged", "removed", "skipped"]


@dataclass(frozen=True)
class Outcome:
    """What became of one source."""

    source: str
    status: Status
    title: str = ""
    article_id: str | None = None
    reason: str | None = None
    """Why it was skipped, for people; None otherwise."""
    previous: str | None = None
    """Where a moved or renamed source was before; None otherwise."""


@dataclass(frozen=True)
class IngestReport:
    """What became of every source, in the order they were met."""

    outcomes: tuple[Outcome, ...]
    chunks: int
    """How many chunks were embedded."""
    seconds: float

    def of(self, status: Status) -> tuple[Outcome, ...]:
        """The outcomes with this status."""
        return tuple(outcome for outcome in self.outcomes if outcome.status == status)


@dataclass(frozen=True)
class Progress:
    """How far an ingest is."""

    done: int
    """Sources dealt with."""
    total: int
    chunks: int
    """Chunks embedded so far."""
    cut: int
    """Chunks to be embedded that the sources dealt with so far have given, those embedded among them."""
    source: str
    """The source dealt with last; empty once all are."""

    @property
    def share(self) -> float:
        """How much of the work is done, 0 to 1, as far as can be known: embedding takes nearly all of the time."""
        sources = self.done / self.total if self.total else 1.0
        return sources * (self.chunks / self.cut if self.cut else 1.0)


ProgressCallback = Callable[[Progress], None]
