"""How much of a question's wording a passage repeats: words that stand side by side in both. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from language.words import stem

_WORD = re.compile(r"\w+")


def phrase_overlap(question: str, texts: Sequence[str], function_words: Collection[str]) -> NDArray[np.float64]:
    """For each of ``texts`` the share, 0 to 1, of the question's word pairs that it repeats, by their stems.

    BM25 and embeddings count words wherever they stand; this tells "federal tax rate" from a passage that speaks of
    rates here and of federal taxes there. A pair of neighbours counts once for each of its words that is not one of
    ``function_words``, and not at all where both are.
    """
    words = _WORD.findall(question.lower())
    stems = [stem(word) for word in words]
    telling = {stem(word) for word in words if word not in function_words} or set(stems)
    weights = {pair: sum(one in telling for one in pair) for pair in pairwise(stems)}
    total = sum(weights.values())
    if not total:
        return np.zeros(len(texts))
    repeated = [_pairs(text) & weights.keys() for text in texts]
    return np.array([sum(weights[pair] for pair in pairs) / total for pairs in repeated])


def _pairs(text: str) -> set[tuple[str, str]]:
    return set(pairwise([stem(word) for word in _WORD.findall(text.lower())]))
