"""Chances and log-odds. Pure."""

from __future__ import annotations

import math


def log_odds(chance: float) -> float:
    """Of a chance of 0 to 1; as if it were never quite 0 or 1."""
    chance = min(max(chance, 1e-4), 1.0 - 1e-4)
    return math.log(chance / (1.0 - chance))


def chance(log_odds: float) -> float:
    """The reverse of ``log_odds``."""
    return 1.0 / (1.0 + math.exp(-log_odds))
