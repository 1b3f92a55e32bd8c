"""When two answers count as the same words: SQuAD's normalisation (Rajpurkar et al. 2016, arXiv 1606.05250). Pure."""

from __future__ import annotations

import re
import string

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)


def normalize_answer(text: str) -> str:
    """``text`` in lower case, without punctuation, English articles and extra white space."""
    return " ".join(_ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)).split())


def same_answer(one: str, other: str) -> bool:
    """Whether two answers are the same but for case, articles, marks and spaces."""
    return normalize_answer(one) == normalize_answer(other)
