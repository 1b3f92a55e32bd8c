"""The planner: the kind of answer a question asks for, its subject and its scope, before anything is searched."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from itertools import pairwise

from qa.about import really_about
from qa.kinds.sides import compared
from qa.planner.features import tokens
from qa.planner.filters import (
    ARTICLE_WORDS,
    Period,
    core,
    is_plural,
    make_filter,
    order,
    period,
    speaks_of_articles,
    speaks_of_library,
    without_dates,
)
from qa.planner.model import QuestionModel, Reading, load_model
from qa.planner.names import THIS_ARTICLE, LibraryNames, Named
from qa.ports import Plan
from qa.types import Kind, Query
from vectorstore import DEFAULT_EMBEDDER, ArticleFilter, ArticleIndex, Embedder, FoundArticle, load_embedder

SURE = 0.4
"""Chance from which on a question is read as the kind it seems to be; below, as ``fact``."""
SURE_OF_SEVERAL = 0.6
"""The same for ``list``: a question for one thing that is read so gets others beside it."""
SURE_OF_CHAT = 0.6
"""The same for ``chat``, which searches nothing: a question taken for it wrongly is lost."""
SURE_OF_CHAT_WITHIN = 0.9
"""The same for a question that leans on the conversation: "can you still order it" goes on about what was said."""
SURE_OF_ARTICLES = 0.6
"""The same for ``catalogue`` where the question speaks of articles, or names one or its author."""
SURE_OF_ONE = 0.5
"""The same where it says what the article is about: "who wrote the article about the trial"."""
SURE_UNSAID = 0.75
"""The same where it does not: "whats new"."""
NEVER = 1.1
ON_A_SUBJECT = frozenset({"definition", "theme", "timeline"})
"""Kinds that are searched by what the question is about, rather than by the question."""

Scope = tuple[str, ...] | None


class LearnedPlanner:
    """Plans questions to one library with the model that is shipped. Safe to share between threads."""

    def __init__(self, index: ArticleIndex, model: QuestionModel | None = None, threads: int | None = None) -> None:
        self._index = index
        self._threads = threads
        self._names = LibraryNames(index)
        self._model = model or load_model()

    @cached_property
    def _embedder(self) -> Embedder:
        """The model that the planner was trained with, which need not be the library's."""
        own = self._index.embedder
        return own if own.name == DEFAULT_EMBEDDER else load_embedder(threads=self._threads)

    def plan(self, query: Query) -> Plan:
        """See ``Planner``."""
        # Small talk is taken as it was typed: its words are not the library's, and would be put right by them.
        is_respelt = query.question != query.text and not query.beside
        if is_respelt and (typed := self._read(self._names.find(query.question))).kind == "chat":
            return Plan(_alone(query), "chat", articles=query.scope, wanted=typed.wanted)  # type: ignore[arg-type]
        named = self._names.find(query.worded)
        reading = self._read(named, SURE_OF_CHAT_WITHIN if query.beside else SURE_OF_CHAT)
        scope = _within(named.articles, query.scope)
        if reading.kind == "catalogue":
            return self._of_the_catalogue(query, reading, named, scope)
        if reading.kind == "comparison":
            return Plan(query, "comparison", articles=scope, sides=_sides(reading))
        kind: Kind = reading.kind  # type: ignore[assignment]
        subject = reading.marks.get("subject", "") if kind in ON_A_SUBJECT else ""
        if kind == "chat":
            return Plan(_alone(query), kind, articles=scope, wanted=reading.wanted)  # type: ignore[arg-type]
        plan = Plan(query, kind, subject, scope, several=reading.several)
        if kind == "timeline":
            plan = self._of_a_time(plan)
        return plan if named.articles else self._narrowed(plan, reading.marks.get("article"))

    def _read(self, named: Named, sure_of_chat: float = SURE_OF_CHAT) -> Reading:
        """How the question is read where that is sure enough; else as one for a fact."""
        question = named.question
        reading = self._read_text(question)
        if reading.kind == "catalogue" and named.articles and not self._asks_who_wrote(question):
            # "Who built the bridge at Alder Point?" asks of the bridge, whatever an article is called.
            question = named.asked
            reading = self._read_text(question)
        if reading.kind == "theme" and self._is_of_one_article(question):
            reading = replace(reading, kind="summary", marks=self._model.marks(question, "summary"))
        lacking = reading.kind == "comparison" and compared(question, _sides(reading)) is None
        least = sure_of_chat if reading.kind == "chat" else self._least(reading, named)
        if reading.chance < least or lacking:
            return replace(reading, kind="fact", marks=self._model.marks(question, "fact"))
        return reading

    def _read_text(self, question: str) -> Reading:
        return self._model.read(question, self._embedder.embed_query(question))

    def _asks_who_wrote(self, question: str) -> bool:
        """Whether a question about ``THIS_ARTICLE`` would be one to the catalogue if it did not say "article"."""
        return self._read_text(question.replace(THIS_ARTICLE, "it")).kind == "catalogue"

    def _least(self, reading: Reading, named: Named) -> float:
        """The chance from which on ``reading``, which is not of small talk, is believed."""
        if reading.kind != "catalogue":
            return SURE_OF_SEVERAL if reading.kind == "list" else SURE
        words = _words(named.question)
        author = reading.marks.get("author", "")
        if author and not self._names.is_author(author) and not speaks_of_library(words) and "by" not in words:
            return NEVER  # what somebody wrote who wrote none of these articles stands in them, if anywhere
        if speaks_of_articles(_words(reading.marks.get("article", ""))):
            return SURE_OF_ONE
        if named.articles or named.authors or speaks_of_articles(words) or speaks_of_library(words):
            return SURE_OF_ARTICLES
        if reading.wanted in ("authors", "published", "number"):
            # "Who wrote about …", but not "who wrote …"; "how big is it" is seldom asked of the library.
            return SURE_OF_ARTICLES if "about" in words else NEVER
        return SURE_UNSAID

    def _is_of_one_article(self, question: str) -> bool:
        """Whether it is "tell me what the article on X says": of one article everything is a summary."""
        words = _words(self._model.marks(question, "summary").get("article", ""))
        return speaks_of_articles(words) and not is_plural(words)

    # The scope of a question that is answered from text -----------------------------------------

    def _narrowed(self, plan: Plan, reference: str | None) -> Plan:
        """``plan`` over the article that ``reference`` names, where it names one that is there."""
        asked = plan.query.worded
        if reference is None and plan.kind == "summary":
            # "What is the newest article about?" names one without a subject, "summarise hertz" without saying so.
            reference = asked if order(_words(asked)) else self._model.unusual(asked)
        if not reference or (plan.kind != "summary" and not speaks_of_articles(_words(reference))):
            return plan
        references = [reference, *([_told_of_article(asked)] if plan.kind == "summary" else [])]
        # What is marked may be a part only: "states" of "the article about how states got their names".
        found = max(
            (self._referred(one, asked, plan.articles) for one in references if one),
            key=lambda articles: max(((one.score or 0.0) for one in articles), default=-1.0),
        )
        if plan.kind == "summary":
            # What is not there is told by its subject, as is that several could be meant.
            plan = replace(plan, subject=core(reference))
        return replace(plan, articles=tuple(one.summary.id for one in found)) if found else plan

    def _of_a_time(self, plan: Plan) -> Plan:
        """``plan``, for a timeline, with the time it asks for apart from its subject."""
        asked = plan.query.worded
        told = period(asked, datetime.date.today())
        if told == Period():
            return plan
        subject = core(without_dates(plan.subject or self._model.unusual(asked), asked))
        return replace(plan, subject=subject, filter=ArticleFilter(since=told.since, until=told.until))

    def _referred(self, reference: str, asked: str, scope: Scope) -> Sequence[FoundArticle]:
        """The articles that ``reference``, of the question ``asked``, means: the best, all if it is plural."""
        words, subject = _words(reference), core(reference)
        # Not of "the article about New York", or "about how states got their names": what follows is its subject.
        # "Newest article" may stand before the part.
        before = _before_article(_words(asked))
        has_article = len(before) < len(_words(asked))
        ordered = order(_before_article(words)) or (order(before) if has_article else None)
        if not subject and ordered is None:
            return []
        limit = None if is_plural(_words(asked)[: len(before) + 1] if has_article else words) else 1
        if self._names.is_author(subject):
            wanted = ArticleFilter(author=subject, order=ordered, limit=limit)
        else:
            site, about = self._site_apart(subject)
            wanted = ArticleFilter(about=about or None, source=site, order=ordered, limit=limit)
        found = self._index.find_articles(wanted, scope)
        if wanted.about and limit == 1:
            return [one for _, one in really_about(self._index, found, wanted.about)]
        return found

    def _site_apart(self, subject: str) -> tuple[str | None, str]:
        """The site that ``subject`` names, if any, and the rest of it."""
        site = self._names.site(subject.lower().split())
        return site, core(" ".join(word for word in subject.split() if word.lower() != site)) if site else subject

    # Which articles are asked for -------------------------------------------------------------------

    def _of_the_catalogue(self, query: Query, reading: Reading, named: Named, scope: Scope) -> Plan:
        question = named.question
        author, about = self._author_apart(reading, named)
        site = self._names.site(_words(question))
        about = self._site_apart(about)[1] if site else about
        if not (author or about or site or named.articles):
            about = self._model.unusual(question)
        wanted = make_filter(question, about, author, site, datetime.date.today())
        if reading.wanted in ("authors", "published") and wanted.limit is None and not is_plural(_words(question)):
            wanted = replace(wanted, limit=1)
        return Plan(
            _alone(query),
            "catalogue",
            subject=wanted.about or wanted.mentions or "",
            articles=scope,
            filter=wanted,
            wanted=reading.wanted,  # type: ignore[arg-type]
        )

    def _author_apart(self, reading: Reading, named: Named) -> tuple[str | None, str]:
        """Whose articles are asked for, and what they are about. The library's own authors are known as such."""
        author, about = reading.marks.get("author"), reading.marks.get("article", "")
        if named.authors:
            author = named.authors[0]
            return author, about.replace(author, " ")
        if author is None and self._names.is_author(core(about)):
            return core(about), ""
        return author, about


def _sides(reading: Reading) -> tuple[str, ...]:
    """The two that are compared, where both are marked."""
    marked = tuple(reading.marks[side] for side in ("side_a", "side_b") if side in reading.marks)
    return marked if len(marked) == 2 else ()


def _alone(query: Query) -> Query:
    """``query`` without the words beside it, which neither small talk nor the catalogue looks at."""
    return replace(query, text=query.worded)


def _before_article(words: Sequence[str]) -> Sequence[str]:
    """``words`` up to the one that says "article"; all of them where none does."""
    place = next((place for place, word in enumerate(words) if word in ARTICLE_WORDS), len(words))
    return words[:place]


def _told_of_article(asked: str) -> str:
    """All that stands after "the article about"; empty where nothing says so."""
    found = tokens(asked)
    for one, after in pairwise(found):
        if one.word in ARTICLE_WORDS and after.word in ("about", "on"):
            return asked[after.end :].strip(" ?.!")
    return ""


def _words(text: str) -> Sequence[str]:
    return [token.word for token in tokens(text)]


def _within(named: tuple[str, ...], scope: Scope) -> Scope:
    """The articles that a question names, of those it is asked of; a person's choice is never widened."""
    if not named:
        return scope
    return named if scope is None else tuple(one for one in named if one in scope) or scope
