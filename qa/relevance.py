"""How much a sentence is about something. Pure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

from language.words import stems_of
from qa.ports import Sentence
from qa.prose import leans

WORDED = 0.3
"""What having all the words of the subject is worth, beside the cosine with it."""
EARLY = 0.05
EARLY_CHARS = 1500
LEANING = 0.1


def relevance(
    sentences: Sequence[Sentence], vectors: NDArray[np.float32], asked: NDArray[np.float32], subject: str
) -> NDArray[np.float32]:
    """How much each sentence is about ``subject``, ``[sentences]``; ``asked`` is its vector, or that of a question.

    The cosine, and the share of the subject's words, where those that fewer of the sentences have count for more. A
    little for standing early in its article, where a subject is introduced; less for what does not stand alone.
    """
    wanted = stems_of(subject)
    found = [wanted & stems_of(one.text) for one in sentences]
    weights = rarities(wanted, found)
    shared = np.array([sum(weights[stem] for stem in stems) for stems in found])
    early = np.array([np.exp(-one.start / EARLY_CHARS) for one in sentences])
    leaning = np.array([leans(one.text) for one in sentences])
    return (vectors @ asked + WORDED * shared + EARLY * early - LEANING * leaning).astype(np.float32)


def rarities(wanted: Collection[str], texts: Sequence[Collection[str]]) -> dict[str, float]:
    """What each of ``wanted`` counts for: all together 1, those that fewer of ``texts``, the stems of each, have for
    more."""
    counts = Counter(stem for stems in texts for stem in set(stems))
    weights = {stem: math.log(1 + len(texts) / max(counts[stem], 1)) for stem in wanted}
    whole = sum(weights.values()) or 1.0
    return {stem: weight / whole for stem, weight in weights.items()}
