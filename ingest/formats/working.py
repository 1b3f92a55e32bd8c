"""How a reader that takes long says that it is still at work, so that it is given more time."""

from __future__ import annotations

from collections.abc import Callable


def _nobody() -> None:
    """Nobody waits for it."""


tell: Callable[[], None] = _nobody
"""What tells whoever waits; the process that reads files puts its own in."""


def still_working() -> None:
    """Says so."""
    tell()
