"""The path of a question: rewrite, plan, gather, answer. Everything that asks, asks through ``QuestionPath.events``."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from language.characters import whole_characters
from qa.errors import QuestionError
from qa.further import Further, asked_before, asks_for_more
from qa.ports import Cancel, Planner, Rewriter, Strategy, Writer
from qa.types import Answer, AnswerEvent, AnswerReady, Kind, PassagesFound, Planned, Query, Turn

MAX_QUESTION_CHARS = 1000
"""Longer ones would crowd the passage out of the reader's window; said early and in words."""
TURNS_KEPT = 50
"""Turns of a conversation that are looked at, the latest: what lies further back is no longer spoken of."""
NEVER_WRITTEN: frozenset[Kind] = frozenset({"catalogue", "chat"})
"""Kinds that a language model has no part in: they are looked up."""


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
    ) -> None:
        """``strategies`` answers each kind that ``planner`` names; ``writer`` then puts the answer in its own words.

        ``spell`` puts mistyped words right, once a question can be understood alone. ``further`` answers "tell me
        more" where no ``writer`` does.
        """
        self._rewriter = rewriter
        self._planner = planner
        self._strategies = strategies
        self._writer = writer
        self._spell = spell
        self._further = further

    def events(
        self,
        question: str,
        history: Sequence[Turn] = (),
        articles: Sequence[str] | None = None,
        cancel: Cancel | None = None,
    ) -> Iterator[AnswerEvent]:
        """The answer as it comes about: ``Planned``, ``PassagesFound``, any ``TextWritten``, ``AnswerReady``.

        Ends early, without ``AnswerReady``, once ``cancel`` is set. Raises QuestionError for a question that cannot
        be asked.
        """
        waiting = cancel or _Never()
        if more := self._more(question, history, articles):
            yield Planned(more.query, more.kind)
            if not waiting.is_set():
                yield AnswerReady(more)
            return
        query = self._rewrite(question, history, articles)
        plan = self._planner.plan(query)
        yield Planned(query.text, plan.kind)
        strategy = self._strategies[plan.kind]
        evidence = strategy.gather(plan)
        if evidence.passages:
            yield PassagesFound(query.text, evidence.passages)
        if waiting.is_set():
            return
        if self._writer is None or plan.kind in NEVER_WRITTEN:
            yield AnswerReady(_finished(strategy.answer(plan, evidence), query))
            return
        for event in self._writer.write(plan, evidence, lambda: strategy.answer(plan, evidence), waiting):
            yield AnswerReady(_finished(event.answer, query)) if isinstance(event, AnswerReady) else event

    def _more(self, question: str, history: Sequence[Turn], articles: Sequence[str] | None) -> Answer | None:
        """What else there is on the question before; None where ``question`` asks for something else."""
        if self._further is None or self._writer is not None or not asks_for_more(question):
            return None
        recent = history[-TURNS_KEPT:]
        place = asked_before(recent)
        if place is None:
            return None
        asked_at = time.perf_counter()
        try:
            plan = self._planner.plan(self._rewrite(recent[place][0], recent[:place], articles))
        except QuestionError:
            return None  # nothing that could be asked stands before it
        strategy = self._strategies[plan.kind]
        before = None if plan.kind in NEVER_WRITTEN else strategy.answer(plan, strategy.gather(plan))
        if before is None or not before.citations:
            return None
        query = replace(plan.query, question=" ".join(question.split()), asked_at=asked_at)
        said = [answer for _, answer in recent[place:] if answer is not None]
        return _finished(self._further.answer(replace(plan, query=query, kind="theme"), before, said), query)

    def _rewrite(self, question: str, history: Sequence[Turn], articles: Sequence[str] | None) -> Query:
        asked_at = time.perf_counter()
        asked = " ".join(whole_characters(question[: MAX_QUESTION_CHARS + 1]).split())
        if not any(character.isalnum() for character in asked):
            raise QuestionError("the question is empty; type what you want to know")
        if len(question) > MAX_QUESTION_CHARS:
            raise QuestionError(
                f"the question has {len(question):,} characters, more than the {MAX_QUESTION_CHARS:,} that can be "
                "read with a passage; ask a shorter one"
            )
        rewritten = self._spell(whole_characters(self._rewriter(asked, history[-TURNS_KEPT:])))
        # A rewrite too long to read is worse than the question as it was typed.
        text = rewritten if len(rewritten) <= MAX_QUESTION_CHARS else asked
        return Query(asked, text, asked_at, None if articles is None else tuple(articles))


class _Never:
    def is_set(self) -> bool:
        return False


def _finished(answer: Answer, query: Query) -> Answer:
    return replace(
        answer, question=query.question, query=query.text, latency_ms=1000.0 * (time.perf_counter() - query.asked_at)
    )
