"""The parts of a question's path that can be exchanged, each a protocol with one method."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from qa.types import Answer, AnswerEvent, Candidate, Kind, Passage, Query, Turn

if TYPE_CHECKING:
    from vectorstore import Article, ArticleFilter, FoundArticle

Text = tuple[str, str]
"""A passage as a reader sees it: its article's title (may be empty) and its text."""


class Cancel(Protocol):
    """Says whether anybody still waits for an answer; a ``threading.Event`` is one."""

    def is_set(self) -> bool:
        """Whether to stop."""
        ...


class Rewriter(Protocol):
    """Makes a question understandable alone."""

    def __call__(self, question: str, history: Sequence[Turn]) -> str:
        """``question`` with what it leans on in ``history``, oldest turn first; as it is where it leans on nothing."""
        ...


class Reader(Protocol):
    """Finds spans in passages that answer a question.

    A reader may have a ``name``, and a ``calibration`` (``qa.selection.Calibration``) that was fitted for it;
    without one its answers have no score.
    """

    def read(self, question: str, passages: Sequence[Text]) -> list[Candidate]:
        """The best candidates of every passage, best first."""
        ...


def name_of(reader: Reader) -> str:
    """What a reader is called for people: its name, or that of its class."""
    return str(getattr(reader, "name", type(reader).__name__))


def is_measured(reader: Reader) -> bool:
    """Whether somebody has fitted what its scores mean."""
    return getattr(reader, "calibration", None) is not None


@dataclass(frozen=True)
class Plan:
    """What kind of answer a question asks for, about what, and over which articles."""

    query: Query
    kind: Kind
    subject: str = ""
    """What it is about, in its own words, where that is less than the question ("climate change" of "what do my
    articles say about climate change?"); empty where it is the question itself."""
    articles: tuple[str, ...] | None = None
    """Ids of the articles to look at; None: all. The person's choice, or what the question names."""
    sides: tuple[str, ...] = ()
    """For ``comparison``: what is compared."""
    filter: ArticleFilter | None = None
    """For ``catalogue``: which articles are asked for. For ``timeline``: of what time, where a question says."""
    wanted: Literal["", "articles", "authors", "published", "number", "thanks", "farewell", "request"] = ""
    """For ``catalogue``: what of the articles is asked for. For ``chat``: thanks, a farewell, or what is to be
    done that nobody can answer from articles ("write me a poem")."""
    several: float = 0.0
    """The chance, 0 to 1, that several things are asked for, whatever the kind."""

    @property
    def searched(self) -> str:
        """The words to search with."""
        return f"{self.subject} {self.query.beside}".strip() if self.subject else self.query.text


@dataclass(frozen=True)
class Extract:
    """A run of an article: ``article.text[start:end] == text``."""

    article: Article
    start: int
    """Character offsets into the article's text, end exclusive."""
    end: int

    @property
    def text(self) -> str:
        """Its words as the article has them."""
        return self.article.text[self.start : self.end]


class Sentence(Extract):
    """One sentence of an article."""


@dataclass(frozen=True)
class Evidence:
    """What an answer is made from. Which of the three is filled depends on the kind of question."""

    passages: tuple[Passage, ...] = ()
    articles: tuple[Article, ...] = ()
    catalogue: tuple[FoundArticle, ...] = ()


class Planner(Protocol):
    """Says what a question asks for, before anything is searched."""

    def plan(self, query: Query) -> Plan:
        """The kind of answer, its subject and scope."""
        ...


class Strategy(Protocol):
    """Answers one kind of question."""

    def gather(self, plan: Plan) -> Evidence:
        """What ``answer`` needs to see."""
        ...

    def answer(self, plan: Plan, evidence: Evidence) -> Answer:
        """The answer with its citations, or an abstention with what comes nearest."""
        ...


class Writer(Protocol):
    """Writes an answer in its own words from evidence, as a language model does."""

    def write(
        self, plan: Plan, evidence: Evidence, otherwise: Callable[[], Answer], cancel: Cancel
    ) -> Iterator[AnswerEvent]:
        """``TextWritten`` as it goes, ``AnswerReady`` last; ``otherwise`` makes the answer without it.

        Ends early, without ``AnswerReady``, once ``cancel`` is set.
        """
        ...
