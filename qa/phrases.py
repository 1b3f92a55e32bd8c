"""How much of a question's wording a passage repeats: words that stand side by side in both. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

_WORD = re.compile(r"\w+")
_ENDINGS = ("ingly", "edly", "ings", "ing", "ied", "ies", "ed", "es", "s", "ly")
_MIN_STEM = 3


def phrase_overlap(question: str, texts: Sequence[str], function_words: Collection[str]) -> NDArray[np.float64]:
    """For each of ``texts`` the share, 0 to 1, of the question's word pairs that it repeats, by their stems.

    BM25 and embeddings count words wherever they stand; this tells "federal tax rate" from a passage that speaks of
    rates here and of federal taxes there. A pair of neighbours counts once for each of its words that is not one of
    ``function_words``, and not at all where both are.
    """
    words = _WORD.findall(question.lower())
    stems = [_stem(word) for word in words]
    telling = {_stem(word) for word in words if word not in function_words} or set(stems)
    weights = {pair: sum(stem in telling for stem in pair) for pair in pairwise(stems)}
    total = sum(weights.values())
    if not total:
        return np.zeros(len(texts))
    repeated = [_pairs(text) & weights.keys() for text in texts]
    return np.array([sum(weights[pair] for pair in pairs) / total for pairs in repeated])


def _pairs(text: str) -> set[tuple[str, str]]:
    return set(pairwise([_stem(word) for word in _WORD.findall(text.lower())]))


@lru_cache(maxsize=50_000)
def _stem(word: str) -> str:
    """``word`` without its ending; rough, since it is only ever compared with other stems of its making."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _MIN_STEM:
            word = word[: -len(ending)]
            break
    if len(word) > _MIN_STEM and word.endswith("e"):
        word = word[:-1]
    return word[:-1] if len(word) > _MIN_STEM and word[-1] == word[-2] else word
