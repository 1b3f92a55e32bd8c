"""The kinds of question, a module each. Another kind is one more module, and one more line below."""

from __future__ import annotations

from qa.abstaining import Abstainer
from qa.gathering import Gatherer
from qa.kinds.comparison import ComparisonStrategy
from qa.kinds.count import CountStrategy
from qa.kinds.fact import FactStrategy
from qa.kinds.lists import ListStrategy
from qa.kinds.two_hops import TwoHops
from qa.kinds.weighing import LazyEvidenceReader
from qa.kinds.yes_no import YesNoStrategy
from qa.ports import Strategy
from qa.types import Kind


def strategies(
    gatherer: Gatherer, abstainer: Abstainer, fact: FactStrategy, threads: int | None = None
) -> dict[Kind, Strategy]:
    """What answers each kind of question; a kind without a strategy of its own is read as a fact."""
    weigher = LazyEvidenceReader(threads)
    listing = ListStrategy(gatherer, abstainer, fact, weigher)
    return {
        "fact": TwoHops(gatherer, fact),
        "list": listing,
        "count": CountStrategy(abstainer, fact, listing),
        "yes_no": YesNoStrategy(gatherer, abstainer, weigher),
        "comparison": ComparisonStrategy(gatherer, abstainer, fact, weigher),
    }
