"""The kinds of question, a module each. Another kind is one more module, and one more line below."""

from __future__ import annotations

from qa.abstaining import Abstainer
from qa.gathering import Gatherer
from qa.kinds.both import OfBoth
from qa.kinds.catalogue import CatalogueStrategy
from qa.kinds.chat import ChatStrategy
from qa.kinds.comparison import ComparisonStrategy
from qa.kinds.count import CountStrategy
from qa.kinds.definition import DefinitionStrategy
from qa.kinds.explanation import ExplanationStrategy
from qa.kinds.fact import FactStrategy
from qa.kinds.in_a_sentence import InASentence
from qa.kinds.lists import ListStrategy
from qa.kinds.or_several import OrSeveral
from qa.kinds.own_articles import OwnArticles
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
    reader: Reader,
    threads: int | None = None,
) -> dict[Kind, Strategy]:
    """What answers each kind of question."""
    weigher = LazyEvidenceReader(threads)
    listing = ListStrategy(gatherer, fact, weigher)
    own = OwnArticles(gatherer, fact)
    shown = ShownSentences(gatherer)
    theme = ThemeStrategy(gatherer, shown, abstainer)

    def or_in_a_sentence(strategy: Strategy) -> Strategy:
        return InASentence(strategy, gatherer, shown, weigher)

    def of_both(strategy: Strategy) -> Strategy:
        # What its scores mean has to be known where the reader says that something is not so.
        return OfBoth(strategy, fact, own) if is_measured(reader) else strategy

    return {
        "fact": or_in_a_sentence(OrSeveral(TwoHops(gatherer, fact), listing, weigher)),
        "list": or_in_a_sentence(listing),
        "count": or_in_a_sentence(CountStrategy(abstainer, fact, listing)),
        "yes_no": of_both(YesNoStrategy(gatherer, abstainer, weigher, reader if is_measured(reader) else None)),
        "comparison": of_both(ComparisonStrategy(gatherer, shown, abstainer, fact, weigher, own)),
        "explanation": ExplanationStrategy(gatherer, shown, abstainer, fact, weigher),
        "definition": DefinitionStrategy(gatherer, shown, fact, theme),
        "summary": SummaryStrategy(gatherer, shown, abstainer),
        "theme": theme,
        "timeline": TimelineStrategy(gatherer, shown, theme),
        "catalogue": CatalogueStrategy(gatherer),
        "chat": ChatStrategy(gatherer),
    }
