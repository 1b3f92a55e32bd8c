"""Answers written by a language model, and the reader's where the model has none to stand on."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import closing
from dataclasses import replace

from qa.gathering import Gatherer
from qa.llm.background import beside
from qa.llm.checking import checked, joined
from qa.llm.failures import NoReply
from qa.llm.material import Material, material
from qa.llm.model import LOOK_UP, LanguageModel
from qa.llm.prompt import grounded_prompt
from qa.llm.reply import Reply, answer_so_far, parse_reply
from qa.ports import Cancel, Evidence, Plan
from qa.types import Alternative, Answer, AnswerEvent, AnswerReady, TextWritten

logger = logging.getLogger(__name__)

MAX_NEAREST = 3

Without = Callable[[], Answer | None]
"""The answer without the model, once it is there; None once nobody waits any more."""


class GroundedWriter:
    """Gives the language model's answer where its quotes are in the articles, and the one without it where not."""

    def __init__(self, model: LanguageModel, gatherer: Gatherer) -> None:
        self._model = model
        self._gatherer = gatherer

    def write(
        self, plan: Plan, evidence: Evidence, otherwise: Callable[[], Answer], cancel: Cancel
    ) -> Iterator[AnswerEvent]:
        """See ``Writer``. What is written on the way is not checked yet, and the last event may replace it."""
        shown = material(evidence, self._gatherer, self._model.room)
        if not shown.extracts:
            yield AnswerReady(otherwise())
            return
        extractive = beside(otherwise)  # the reader reads while the model thinks
        without: Without = lambda: _result(extractive, cancel)  # noqa: E731
        reply = written = ""
        try:
            with closing(self._model.write(grounded_prompt(plan, shown.extracts), cancel=cancel)) as pieces:
                for piece in pieces:
                    reply += piece
                    if (so_far := answer_so_far(reply)) != written and so_far.startswith(written):
                        yield TextWritten(so_far[len(written) :])
                        written = so_far
            answer = None if cancel.is_set() else self._answer(_parsed(reply), plan, evidence, shown, without)
        except NoReply as failure:
            logger.warning("the language model %s did not answer: %s", self._model.name, failure)
            answer = _instead(f"The language model {self._model.name} did not answer ({failure})", without)
        if answer is None:
            return
        if answer.text is not None and answer.text.startswith(written) and answer.text != written:
            yield TextWritten(answer.text[len(written) :])
        yield AnswerReady(answer)

    def _answer(self, reply: Reply, plan: Plan, evidence: Evidence, shown: Material, without: Without) -> Answer | None:
        """What ``reply`` comes to; None once nobody waits any more."""
        if reply.not_found:
            return _abstention(without(), plan, self._model.name, shown.notice)
        answer = checked(reply, plan, shown.extracts, evidence.passages, self._model.name)
        if answer is None:
            logger.warning("no quote of the language model %s is in the passages", self._model.name)
            return _instead("The language model's answer could not be supported with words from the articles", without)
        return replace(answer, notice=joined(answer.notice, shown.notice))


def _parsed(reply: str) -> Reply:
    parsed = parse_reply(reply)
    if not parsed.text and not parsed.not_found:
        raise NoReply("its reply held no answer")
    return parsed


def _result(extractive: Future[Answer], cancel: Cancel) -> Answer | None:
    while not cancel.is_set():
        try:
            return extractive.result(timeout=LOOK_UP)
        except TimeoutError:
            if extractive.done():  # it failed with one itself
                raise
    return None


def _instead(why: str, without: Without) -> Answer | None:
    """The answer without the model, with ``why`` it is given."""
    extracted = without()
    if extracted is None:
        return None
    what = "this is the reader's own answer" if extracted.text is not None else "the reader alone found no answer"
    return replace(extracted, notice=joined(f"{why}; {what}.", extracted.notice))


def _abstention(extracted: Answer | None, plan: Plan, model: str, notice: str | None) -> Answer | None:
    """The model's word that the articles do not say; what was found without it stays as an alternative."""
    if extracted is None:
        return None
    others = extracted.alternatives
    if extracted.text is not None and extracted.citations:
        others = (Alternative(extracted.text, extracted.score, extracted.citations[0]), *others)
    return replace(
        extracted,
        text=None,
        kind=plan.kind,
        score=None,
        citations=(),
        items=(),
        verdict=None,
        nearest=extracted.nearest or extracted.citations[:MAX_NEAREST],
        alternatives=others,
        reason=extracted.reason or "no_answer",
        model=model,
        notice=joined(notice, extracted.notice),
    )
