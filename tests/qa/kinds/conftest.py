"""A chatbot over the sample articles that takes every question for one of a kind, and a scripted evidence reader."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from ingest import add_articles
from qa import Chatbot, Settings
from qa.abstaining import Abstainer
from qa.kinds.fact import FactStrategy
from qa.kinds.lists import Weights
from qa.ports import Plan
from qa.reader.evidence import Evidence, ScoredSpan
from qa.types import Answer, Candidate, Kind, Query
from vectorstore import ArticleIndex

AS_TAGGED = Weights(0.0, 0.0, 1.0, -9.0, 0.0, 0.0, beside=0.0, least=0.5, least_share=0.3, least_asked=0.2)
"""Weights by which an item's chance is that which the evidence reader gives it."""
Asking = Callable[[Kind, str], Answer]


class Saying:
    """A planner that takes every question for one of ``kind``."""

    kind: Kind = "fact"

    def plan(self, query: Query) -> Plan:
        """See ``Planner``."""
        return Plan(query, self.kind, articles=query.scope)


class NothingRead:
    """A reader that finds nothing."""

    def read(self, question: str, passages: Sequence[tuple[str, str]]) -> list[Candidate]:
        """See ``Reader``."""
        return []


class ScriptedEvidence:
    """Finds the given words wherever they stand, with the given chances; a passage with one of ``verdicts`` in it has
    that verdict. Every sentence with an item, or with words of ``telling``, is evidence, with log-odds of ``logit``.
    ``several`` is the chance that several things are asked for."""

    def __init__(
        self,
        items: Mapping[str, float] | None = None,
        verdicts: Mapping[str, tuple[float, float, float]] | None = None,
        telling: Sequence[str] = (),
        logit: float = 4.0,
        several: float = 0.9,
    ) -> None:
        self._items, self._verdicts, self._telling = items or {}, verdicts or {}, telling
        self._logit = logit
        self._several = several

    def weigh(self, question: str, passages: Sequence[tuple[str, str]]) -> list[Evidence]:
        """See ``EvidenceReader``."""
        return [self._weighed(place, text) for place, (_, text) in enumerate(passages)]

    def _weighed(self, place: int, text: str) -> Evidence:
        spans = [
            ScoredSpan(words, text.index(words), text.index(words) + len(words), chance)
            for words, chance in self._items.items()
            if words in text
        ]
        verdict = next((given for words, given in self._verdicts.items() if words in text), (0.02, 0.02, 0.96))
        told = [(span.start, span.end) for span in spans]
        told += [(text.index(words), text.index(words) + len(words)) for words in self._telling if words in text]
        return Evidence(place, tuple(spans), self._several, verdict, tuple(told), (self._logit,) * len(told))


@pytest.fixture(scope="session")
def asking(library: ArticleIndex) -> Asking:
    """Asks the sample articles, with all the real parts, as if the planner had said the kind."""
    planner = Saying()
    bot = Chatbot(library, Settings(index=library.folder), planner=planner)

    def ask(kind: Kind, question: str) -> Answer:
        planner.kind = kind
        answer = bot.ask(question)
        holds_its_quotes(answer, library)
        return answer

    return ask


@pytest.fixture
def parts(bot: Chatbot) -> tuple[Any, Abstainer, FactStrategy]:
    """What strategies over the sample articles are made of: a gatherer, an abstainer and the fact."""
    abstainer = Abstainer(bot.gatherer)
    return bot.gatherer, abstainer, FactStrategy(bot.gatherer, bot.reader, abstainer, None)


@pytest.fixture
def asking_of(tmp_path: Any) -> Callable[[Mapping[str, str], Kind, str], Answer]:
    """Asks a library of the given texts, by file name."""

    def ask(texts: Mapping[str, str], kind: Kind, question: str) -> Answer:
        folder = tmp_path / "texts"
        folder.mkdir()
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8")
        index = ArticleIndex.open(tmp_path / "own")
        try:
            if texts:
                add_articles([folder], index)
            planner = Saying()
            planner.kind = kind
            answer = Chatbot(index, Settings(index=index.folder), planner=planner).ask(question)
            holds_its_quotes(answer, index)
            return answer
        finally:
            index.close()

    return ask


def planned(kind: Kind, question: str) -> Plan:
    """A plan for a question understood alone."""
    return Plan(Query(question, question, 0.0), kind)


def holds_its_quotes(answer: Answer, index: ArticleIndex) -> None:
    """Every citation stands in its article, and every item points to one that holds its words."""
    for citation in (*answer.citations, *answer.nearest):
        article = index.article(citation.article_id)
        assert article is not None
        assert article.text[citation.start : citation.end] == citation.quote
        if citation.answer_start is not None and citation.answer_end is not None:
            assert citation.start <= citation.answer_start < citation.answer_end <= citation.end
    for item in answer.items:
        assert item.citations
        for place in item.citations:
            words = " ".join(answer.citations[place].quote.split())
            assert item.text.split()[-1] in words
