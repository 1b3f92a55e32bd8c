"""The path of a question: rewrite, plan, gather, answer. Everything that asks, asks through ``QuestionPath.events``."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from language.characters import whole_characters
from qa.carried import Carried, carried
from qa.errors import QuestionError
from qa.further import Further, entry, ordinal_in, words_of
from qa.ports import Cancel, Plan, Planner, Rewriter, Strategy, Writer
from qa.several import questions_in, together
from qa.types import Answer, AnswerEvent, AnswerReady, Earlier, Kind, PassagesFound, Planned, Query

MAX_QUESTION_CHARS = 1000
"""Longer ones would crowd the passage out of the reader's window; said early and in words."""
TURNS_KEPT = 50
"""Turns of a conversation that are looked at, the latest: what lies further back is no longer spoken of."""
NEVER_WRITTEN: frozenset[Kind] = frozenset({"catalogue", "chat"})
"""Kinds that a language model has no part in: they are looked up."""


NEAR_WHERE_IT_LEANS: frozenset[Kind] = frozenset({"fact", "count", "theme"})
"""Kinds whose follow-ups are asked of the articles that the conversation is about before they are asked of all: they
have no answer where none is likely, or, "what did she say about it?", mean what these articles say."""
NEAR_WHERE_IT_IS_TOLD: frozenset[Kind] = frozenset({"fact", "count", "list", "yes_no", "explanation", "definition"})
"""Kinds that are so where one of these articles has all words of the question."""


class QuestionPath:
    """A question's way to its answer. Safe to share between threads."""

    def __init__(
        self,
        rewriter: Rewriter,
        planner: Planner,
        strategies: Mapping[Kind, Strategy],
        writer: Writer | None = None,
        spell: Callable[[str], str] = str,
        further: Further | None = None,
        tells: Callable[[Sequence[str], str], bool] | None = None,
        limits: Callable[[], str | None] = lambda: None,
    ) -> None:
        """``strategies`` answers each kind that ``planner`` names; ``writer`` then puts the answer in its own words.

        ``spell`` puts mistyped words right, once a question can be understood alone. ``further`` answers "tell me
        more" where no ``writer`` does. ``tells`` says whether one of the articles with these ids has the words of a
        question; without it, none is asked of what the conversation is about before all the rest. ``limits`` says
        what the latest search could not do, which the answer's notice tells.
        """
        self._rewriter = rewriter
        self._planner = planner
        self._strategies = strategies
        self._writer = writer
        self._spell = spell
        self._further = further
        self._tells = tells
        self._limits = limits

    def events(
        self,
        question: str,
        history: Sequence[Earlier] = (),
        articles: Sequence[str] | None = None,
        cancel: Cancel | None = None,
    ) -> Iterator[AnswerEvent]:
        """The answer as it comes about: ``Planned``, ``PassagesFound``, any ``TextWritten``, ``AnswerReady``.

        Ends early, without ``AnswerReady``, once ``cancel`` is set. Raises QuestionError for a question that cannot
        be asked.
        """
        for event in self._events(question, history, articles, cancel):
            if isinstance(event, AnswerReady) and articles is None and event.answer.passages:
                notice = " ".join(filter(None, (event.answer.notice, self._limits()))) or None
                yield AnswerReady(replace(event.answer, notice=notice))
            else:
                yield event

    def _events(
        self, question: str, history: Sequence[Earlier], articles: Sequence[str] | None, cancel: Cancel | None
    ) -> Iterator[AnswerEvent]:
        stop = cancel or _Never()
        if further := self._going_on(question, history, articles):
            yield Planned(further.query, further.kind)
            if not stop.is_set():
                yield AnswerReady(further)
            return
        query = self._rewrite(question, history, articles)
        if self._writer is None and len(parts := questions_in(query.text)) > 1:
            yield from self._several(query, parts, articles, stop)
            return
        plan = self._planner.plan(query)
        query = plan.query
        yield Planned(query.text, plan.kind)
        strategy = self._strategies[plan.kind]
        if near := self._near(plan):  # what the conversation is about is asked first, and all the rest only after it
            evidence = strategy.gather(near)
            if (answer := strategy.answer(near, evidence)).text is not None:
                yield PassagesFound(query.text, evidence.passages)
                yield AnswerReady(_finished(answer, query))
                return
        evidence = strategy.gather(plan)
        if evidence.passages:
            yield PassagesFound(query.text, evidence.passages)
        if stop.is_set():
            return
        if self._writer is None or plan.kind in NEVER_WRITTEN:
            yield AnswerReady(_finished(strategy.answer(plan, evidence), query))
            return
        for event in self._writer.write(plan, evidence, lambda: strategy.answer(plan, evidence), stop):
            yield AnswerReady(_finished(event.answer, query)) if isinstance(event, AnswerReady) else event

    def _near(self, plan: Plan) -> Plan | None:
        """``plan`` over the articles that the conversation is about; None where they may not be what it asks of."""
        query = plan.query
        if self._tells is None or self._writer is not None or plan.articles is not None or not query.talked_about:
            return None
        leans = query.text != query.question
        if leans and plan.kind in NEAR_WHERE_IT_LEANS:
            return replace(plan, articles=query.talked_about)
        if plan.kind in NEAR_WHERE_IT_IS_TOLD and self._tells(query.talked_about, query.question):
            return replace(plan, articles=query.talked_about)
        return None

    def _several(
        self, query: Query, parts: Sequence[str], articles: Sequence[str] | None, stop: Cancel
    ) -> Iterator[AnswerEvent]:
        """The answers to ``parts``, each read with those before it as its conversation."""
        yield Planned(query.text, "list")
        answers: list[tuple[str, Answer]] = []
        for part in parts:
            plan = self._planner.plan(self._rewrite(part, [answer for _, answer in answers], articles))
            strategy = self._strategies[plan.kind]
            answers.append((part, replace(strategy.answer(plan, strategy.gather(plan)), query=plan.query.text)))
            if stop.is_set():
                return
        yield AnswerReady(_finished(together(query.question, answers), query))

    def _going_on(self, question: str, history: Sequence[Earlier], articles: Sequence[str] | None) -> Answer | None:
        """What goes on with the answer before; None where ``question`` asks for something else."""
        if self._further is None or self._writer is not None or not history:
            return None
        place, wish = ordinal_in(question), self._further.wish(question)
        if place is None and wish is None:
            return None
        asked_at = time.perf_counter()
        recent = history[-TURNS_KEPT:]
        # "The second one" is of the answer just given, be it one that went on with another.
        at = len(recent) - 1 if place is not None else self._further.before(recent)
        before = None if at is None else self._answered(recent, at, articles)
        if before is None or not before.citations:
            return None
        query = Query(" ".join(question.split()), before.query or before.question, asked_at, _scope(articles))
        if place is not None:
            return _finished(entry(before, query.question, place), query)
        if wish != "more" and wish is not None:
            return _finished(words_of(before, query.question, wish), query)
        said = [text for one in recent[at:] if (text := one.text if isinstance(one, Answer) else one[1]) is not None]
        subject = self._planner.plan(query).subject
        return _finished(self._further.more(Plan(query, "theme", subject), before, said), query)

    def _answered(self, history: Sequence[Earlier], at: int, articles: Sequence[str] | None) -> Answer | None:
        """The answer of turn ``at``, found anew where the turn has only its text; None where there is none."""
        one = history[at]
        if isinstance(one, Answer):
            return one
        try:
            query = self._rewrite(one[0], history[:at], articles)
        except QuestionError:
            return None  # nothing that could be asked stands before it
        plan = self._planner.plan(query)
        strategy = self._strategies[plan.kind]
        if plan.kind in NEVER_WRITTEN:
            return None
        return replace(strategy.answer(plan, strategy.gather(plan)), query=query.text)

    def _rewrite(self, question: str, history: Sequence[Earlier], articles: Sequence[str] | None) -> Query:
        asked_at = time.perf_counter()
        asked = " ".join(whole_characters(question[: MAX_QUESTION_CHARS + 1]).split())
        if not any(character.isalnum() for character in asked):
            raise QuestionError("the question is empty; type what you want to know")
        if len(question) > MAX_QUESTION_CHARS:
            raise QuestionError(
                f"the question has {len(question):,} characters, more than the {MAX_QUESTION_CHARS:,} that can be "
                "read with a passage; ask a shorter one"
            )
        known = carried(history[-TURNS_KEPT:])
        rewritten = self._spell(whole_characters(self._rewriter(asked, known.turns)))
        # A rewrite too long to read is worse than the question as it was typed.
        text = rewritten if len(rewritten) <= MAX_QUESTION_CHARS else asked
        return Query(asked, text, asked_at, _scope(articles), _talked_about(asked, text, known))


def _talked_about(asked: str, text: str, known: Carried) -> tuple[str, ...]:
    """The articles that ``asked`` goes on about; none where it names a subject of its own."""
    names = any(word[0].isupper() for word in asked.split()[1:])
    return known.articles if text != asked or not names else ()


def _scope(articles: Sequence[str] | None) -> tuple[str, ...] | None:
    return None if articles is None else tuple(articles)


class _Never:
    def is_set(self) -> bool:
        return False


def _finished(answer: Answer, query: Query) -> Answer:
    return replace(
        answer, question=query.question, query=query.text, latency_ms=1000.0 * (time.perf_counter() - query.asked_at)
    )
