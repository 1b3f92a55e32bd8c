"""Words as people mistype them, and the library's own words that are spelled most alike. No I/O."""

from __future__ import annotations

from collections.abc import Mapping

from rapidfuzz import process
from rapidfuzz.distance import OSA

from language.words import fold

SHORTEST = 4
"""Letters; shorter words are near to too many others."""
LONG = 7
"""Letters from which on two mistakes are allowed."""


class Vocabulary:
    """The words of a library, found by how they are spelled."""

    def __init__(self, counts: Mapping[str, int]) -> None:
        """``counts`` says in how many chunks each word stands; lower case, without accents."""
        self._counts = {word: count for word, count in counts.items() if len(word) >= SHORTEST - 1 and word.isalpha()}
        self._by_length: dict[int, list[str]] = {}
        for word in self._counts:
            self._by_length.setdefault(len(word), []).append(word)

    def nearest(self, word: str) -> str | None:
        """The word with the fewest letters other, missing, too many or changed over; of several, the commonest.

        None where none has few enough: one of four to six letters, two of more.
        """
        wanted = fold(word)
        if len(wanted) < SHORTEST or not wanted.isalpha():
            return None
        most = 1 if len(wanted) < LONG else 2
        lengths = range(len(wanted) - most, len(wanted) + most + 1)
        candidates = [one for length in lengths for one in self._by_length.get(length, ())]
        found = process.extract(wanted, candidates, scorer=OSA.distance, score_cutoff=most, limit=None)
        if not found:
            return None
        best, _, _ = min(found, key=lambda one: (one[1], -self._counts[one[0]], one[0]))
        return best
