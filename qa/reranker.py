"""Passages in the order in which they answer, once the reader has read them. Adds none; costs no reading."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from qa.types import Candidate, Passage

READING_WEIGHT = 0.03
"""What a unit of the reader's log-odds is worth in retrieval score (docs/retrieval.md)."""
MAX_LOG_ODDS = 15.0
"""Beyond this the reader is as sure as it can be."""


def rerank(passages: Sequence[Passage], candidates: Sequence[Candidate]) -> tuple[Passage, ...]:
    """``passages`` by retrieval score and by how well the reader's best candidate in each answers.

    The score of each becomes the sum that it is ranked by. ``candidates`` index into ``passages``; a passage
    without one counts as the least likely to answer.
    """
    best = [-MAX_LOG_ODDS] * len(passages)
    for candidate in candidates:
        log_odds = max(-MAX_LOG_ODDS, min(MAX_LOG_ODDS, candidate.score))
        best[candidate.passage] = max(best[candidate.passage], log_odds)
    read = [
        replace(
            passage,
            score=passage.score + READING_WEIGHT * log_odds,
            scores={**passage.scores, "reading": log_odds},
        )
        for passage, log_odds in zip(passages, best, strict=True)
    ]
    read.sort(key=lambda passage: -passage.score)
    return tuple(replace(passage, rank=rank) for rank, passage in enumerate(read, start=1))
