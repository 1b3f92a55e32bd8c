"""A test set put to the chatbot, or to the reader alone: what became of every question, and the totals."""

from __future__ import annotations

import platform
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from language.cores import usable_cores
from language.errors import ArticleQAError
from qa.citations import enclosing_sentence
from qa.errors import QAError, TestSetError
from qa.evaluation import metrics
from qa.evaluation.dataset import EvalQuestion
from qa.evaluation.result import RANKED, EvalResult, QuestionResult
from qa.ports import Reader, name_of
from qa.selection import UNCALIBRATED, Calibration, select
from qa.types import Answer, Candidate, Citation, Passage

if TYPE_CHECKING:
    from qa.chatbot import Chatbot

LIBRARIES = (
    "article-qa",
    "chromadb",
    "langchain-core",
    "onnxruntime",
    "sentence-transformers",
    "tokenizers",
    "numpy",
)

ProgressCallback = Callable[[int, int], None]
"""Told how many of how many questions are done."""


# End to end -------------------------------------------------------------------------------------


def evaluate(bot: Chatbot, questions: Sequence[EvalQuestion], progress: ProgressCallback | None = None) -> EvalResult:
    """Asks ``bot`` every question, one by one as a person would, so that latencies are those a person sees."""
    bot.warm_up()  # loading the models is no part of the first question's latency
    rows = []
    for question in questions:
        rows.append(_asked(bot, question))
        if progress is not None:
            progress(len(rows), len(questions))
    answered_by = Counter(row.model for row in rows if row.model is not None)
    return EvalResult(tuple(rows), _bot_settings(bot) | {"answered_by": dict(answered_by)} | _circumstances())


def _asked(bot: Chatbot, question: EvalQuestion) -> QuestionResult:
    started = time.perf_counter()
    try:
        answer = bot.ask(question.question, history=question.history)
        latency_ms = 1000.0 * (time.perf_counter() - started)
        ranked = _ranked(bot, answer) if question.is_answerable else ()
    except ArticleQAError as error:  # an hour's work must not be lost to one question
        return QuestionResult(question, prediction=None, failure=str(error))
    return QuestionResult(
        question,
        prediction=answer.text or "",
        best=answer.text or next((other.text for other in answer.alternatives), None),
        score=answer.score,
        citations=answer.citations,
        first_relevant_rank=_first_relevant_rank(ranked, question),
        latency_ms=latency_ms,
        model=answer.model,
        notice=answer.notice,
        kind=answer.kind,
        items=tuple(item.text for item in answer.items),
        verdict=answer.verdict,
    )


def _ranked(bot: Chatbot, answer: Answer) -> Sequence[Passage]:
    """The first 20 passages: those that were read, in their order, and then what retrieval finds besides."""
    read = answer.passages[:RANKED]
    if len(read) == RANKED:
        return read
    found = bot.gatherer.passages(answer.query or answer.question, top_k=RANKED)
    seen = {passage.chunk_id for passage in read}
    return [*read, *(passage for passage in found if passage.chunk_id not in seen)][:RANKED]


def _first_relevant_rank(passages: Sequence[Passage], question: EvalQuestion) -> int | None:
    for rank, passage in enumerate(passages, start=1):
        named = question.article is None or metrics.is_same_article(question.article, passage.title, passage.source)
        if named and metrics.holds_answer(passage.text, question.answers):
            return rank
    return None


# With the paragraph given -----------------------------------------------------------------------


def evaluate_gold_context(
    reader: Reader,
    calibration: Calibration | None,
    questions: Sequence[EvalQuestion],
    progress: ProgressCallback | None = None,
    threshold: float | None = None,
) -> EvalResult:
    """Has ``reader`` answer every question from its gold paragraph alone: no index, no retrieval.

    ``calibration`` is the reader's for a paragraph; None where nobody has measured it, and scores are then None.
    ``threshold`` replaces the calibration's. Raises TestSetError where a question comes without its paragraph, as those
    of JSON Lines do.
    """
    without = next((question for question in questions if question.context is None), None)
    if without is not None:
        raise TestSetError(f"question {without.id} has no gold paragraph: only SQuAD files hold them")
    used = calibration or UNCALIBRATED
    least = used.threshold if threshold is None else threshold

    def read(question: EvalQuestion) -> QuestionResult:
        started = time.perf_counter()
        try:
            found = reader.read(question.question, [(question.title, question.context or "")])
        except QAError as error:
            return QuestionResult(question, prediction=None, failure=str(error))
        return _from_paragraph(question, found, used, least, 1000.0 * (time.perf_counter() - started))

    rows: list[QuestionResult] = []
    with ThreadPoolExecutor(usable_cores()) as pool:  # a paragraph is one forward pass, so each keeps one core busy
        for row in pool.map(read, questions):
            rows.append(row if calibration else replace(row, score=None))
            if progress is not None:
                progress(len(rows), len(questions))
    settings = {"mode": "gold context", "reader": name_of(reader), "threshold": least} | _circumstances()
    return EvalResult(tuple(rows), settings, retrieved=False)


def _from_paragraph(
    question: EvalQuestion,
    found: Sequence[Candidate],
    calibration: Calibration,
    threshold: float,
    latency_ms: float,
) -> QuestionResult:
    text = question.context or ""
    paragraph = Passage("", "", question.title, "", text, 0, len(text), score=0.0, rank=1)
    selection = select(found, [paragraph], calibration)
    if not selection.answers:
        return QuestionResult(question, prediction="", score=0.0, latency_ms=latency_ms)
    best, score = selection.answers[0].best, selection.chances[0]
    given = score >= threshold
    return QuestionResult(
        question,
        prediction=best.text if given else "",
        best=best.text,
        score=score,
        citations=(_cite(best, question),) if given else (),
        latency_ms=latency_ms,
    )


def _cite(candidate: Candidate, question: EvalQuestion) -> Citation:
    """The sentence of the paragraph that holds the answer; offsets count the paragraph's characters."""
    text = question.context or ""
    start, end = enclosing_sentence(text, candidate.start, candidate.end)
    return Citation("", question.title, "", text[start:end], start, end, candidate.start, candidate.end)


# Settings ---------------------------------------------------------------------------------------


def _bot_settings(bot: Chatbot) -> dict[str, Any]:
    threshold = bot.settings.threshold
    calibration = getattr(bot.reader, "calibration", None)
    articles, chunks = bot.index.counts()
    return {
        "mode": "end to end",
        "reader": name_of(bot.reader),
        "llm": bot.settings.llm,
        "embedder": bot.index.embedder_name,
        "index": str(bot.index.place),
        "articles": articles,
        "chunks": chunks,
        "chunking": str(bot.index.chunking),
        "top_k": bot.settings.top_k,
        "threshold": calibration.threshold if threshold is None and calibration else threshold,
    }


def _circumstances() -> dict[str, Any]:
    return {
        "versions": {"python": platform.python_version()} | {name: _version(name) for name in LIBRARIES},
        "commit": _commit(),
        "finished_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _commit() -> str | None:
    """The commit this code is at, with ``-dirty`` where it has been changed since; None outside a checkout."""
    root = Path(__file__).resolve().parents[2]
    if not (root / ".git").exists():
        return None
    command = ["git", "-C", str(root), "describe", "--always", "--dirty", "--exclude=*"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=5, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None
