"""The kinds of question, a module each. Another kind is one more module, and one more line below."""

from __future__ import annotations

from qa.abstaining import Abstainer
from qa.gathering import Gatherer
from qa.kinds.fact import FactStrategy
from qa.ports import Strategy
from qa.types import Kind


def strategies(gatherer: Gatherer, abstainer: Abstainer, fact: FactStrategy) -> dict[Kind, Strategy]:
    """What answers each kind of question; a kind without a strategy of its own is read as a fact."""
    return {
        "fact": fact,
    }
