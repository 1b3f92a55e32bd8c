"""Where words stand in a text."""

from __future__ import annotations

import re

MOST = 1000
"""Places that are looked for: nobody steps through more."""


def occurrences(text: str, wanted: str, most: int = MOST) -> list[tuple[int, int]]:
    """Where ``wanted`` stands in ``text``, in any case and over any white space: start and end, ``most`` of them.

    None for a ``wanted`` without a letter, digit or sign.
    """
    words = wanted.split()
    if not words:
        return []
    pattern = re.compile(r"\s+".join(map(re.escape, words)), re.IGNORECASE)
    found: list[tuple[int, int]] = []
    for match in pattern.finditer(text):
        if len(found) >= most:
            break
        found.append(match.span())
    return found
