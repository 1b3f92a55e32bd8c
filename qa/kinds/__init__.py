"""The kinds of question, a module each. Another kind is one more module, and one more line below."""

from __future__ import annotations

from qa.abstaining import Abstainer
from qa.gathering import Gatherer
from qa.kinds.catalogue import CatalogueStrategy
from qa.kinds.chat import ChatStrategy
from qa.kinds.comparison import ComparisonStrategy
from qa.kinds.count import CountStrategy
from qa.kinds.definition import DefinitionStrategy
from qa.kinds.explanation import ExplanationStrategy
from qa.kinds.fact import FactStrategy
from qa.kinds.in_a_sentence import InASentence
from qa.kinds.lists import ListStrategy
from qa.kinds.run_of_words import OrSeveral
from qa.kinds.summary import SummaryStrategy
from qa.kinds.theme import ThemeStrategy
from qa.kinds.timeline import TimelineStrategy
from qa.kinds.two_hops import TwoHops
from qa.kinds.weighing import LazyEvidenceReader
from qa.kinds.yes_no import YesNoStrategy
from qa.ports import Reader, Strategy, is_measured
from qa.shown import ShownSentences
from qa.types import Kind


def strategies(
    gatherer: Gatherer,
    abstainer: Abstainer,
    fact: FactStrategy,
    read_once: FactStrategy,
    reader: Reader,
    threads: int | None = None,
) -> dict[Kind, Strategy]:
    """What answers each kind of question.

    ``read_once`` is ``fact`` without the second reading: for kinds whose answer hangs little on the very span.
    """
    weigher = LazyEvidenceReader(threads)
    listing = ListStrategy(gatherer, fact, weigher)
    shown = ShownSentences(gatherer)
    theme = ThemeStrategy(gatherer, shown, abstainer)

    def or_in_a_sentence(strategy: Strategy) -> Strategy:
        return InASentence(strategy, gatherer, shown, weigher)

    return {
        "fact": or_in_a_sentence(OrSeveral(TwoHops(gatherer, fact))),
        "list": or_in_a_sentence(listing),
        "count": or_in_a_sentence(CountStrategy(abstainer, fact, listing)),
        "yes_no": YesNoStrategy(gatherer, abstainer, weigher, reader if is_measured(reader) else None),
        "comparison": ComparisonStrategy(gatherer, shown, abstainer, fact, weigher),
        "explanation": ExplanationStrategy(gatherer, shown, abstainer, read_once, weigher),
        "definition": DefinitionStrategy(gatherer, shown, fact, theme),
        "summary": SummaryStrategy(gatherer, shown, abstainer),
        "theme": theme,
        "timeline": TimelineStrategy(gatherer, shown, theme),
        "catalogue": CatalogueStrategy(gatherer),
        "chat": ChatStrategy(gatherer),
    }
