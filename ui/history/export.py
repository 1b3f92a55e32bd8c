"""Conversations as files: Markdown to read, JSON to work with, a test set that ``article-qa eval`` reads."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import PurePath
from typing import Any
from urllib.parse import urlsplit

from qa.types import Answer, Citation
from ui import wording
from ui.history.exchange import Exchange, Feedback, turns
from ui.history.store import Conversation

SHORT = 140
"""Characters up to which an answer is set in bold."""


def as_markdown(conversation: Conversation, exchanges: Sequence[Exchange]) -> str:
    """The conversation to read or to paste: questions, answers, quotes with their articles."""
    parts = [f"# {conversation.title}", f"{conversation.started_at[:10]}, from article-qa"]
    for exchange in exchanges:
        parts.append(f"## {' '.join(exchange.question.split())}")
        parts.extend(_answered(exchange))
    return "\n\n".join(parts) + "\n"


def answer_as_markdown(exchange: Exchange) -> str:
    """One question with its answer and quotes, to be pasted where Markdown is read."""
    question = f"**{' '.join(exchange.question.split())}**"
    return "\n\n".join([question, *_answered(exchange)]) + "\n"


def answer_as_text(exchange: Exchange) -> str:
    """The same to be pasted anywhere: no signs of Markdown."""
    answer = exchange.answer
    parts = [" ".join(exchange.question.split())]
    if answer is None:
        return "\n\n".join([*parts, exchange.error or "Stopped before there was an answer."]) + "\n"
    if answer.text is None:
        quotes = [one.citation for one in answer.alternatives] or list(answer.nearest)
        parts.append(wording.abstention(answer))
    else:
        quotes = list(answer.citations)
        parts += filter(None, [wording.stated(answer)])
    return "\n\n".join([*parts, *(f"“{one.quote.strip()}”\n{_about(one)}" for one in quotes)]) + "\n"


def _answered(exchange: Exchange) -> Iterable[str]:
    answer = exchange.answer
    if answer is None:
        yield "*Stopped before there was an answer.*" if exchange.stopped else f"*Not answered: {exchange.error}*"
        return
    if answer.query and answer.query != " ".join(answer.question.split()):
        yield f"*Understood as: {answer.query}*"
    if answer.text is None:
        yield f"**{wording.abstention(answer)}**"
        for other in answer.alternatives:
            yield f"- {other.text}\n\n{_quoted(other.citation)}"
        for citation in () if answer.alternatives else answer.nearest:
            yield _quoted(citation)
    else:
        if stated := wording.stated(answer):
            yield f"**{stated}**" if len(stated) <= SHORT and "\n" not in stated.strip() else stated
        for citation in answer.citations:
            yield _quoted(citation)
        if basis := wording.basis(answer):
            yield basis
    if answer.notice:
        yield f"*{answer.notice}*"
    if exchange.feedback:
        yield _judged(exchange.feedback)


def _quoted(citation: Citation) -> str:
    lines = [f"> {line}".rstrip() for line in citation.quote.splitlines()]
    return "\n".join([*lines, ">", f"> {_about(citation)}"])


def _about(citation: Citation) -> str:
    return f"— {', '.join(part for part in (citation.title, citation.published, _place(citation.source)) if part)}"


def _place(source: str) -> str:
    """An address as it is, of a file its name alone: where it lies on the server is nobody's business."""
    return source if urlsplit(source).scheme in {"http", "https"} else PurePath(source).name


def _judged(feedback: Feedback) -> str:
    if feedback.right:
        return "Marked as right."
    if feedback.answers is None:
        return "Marked as wrong."
    right = "; ".join(feedback.answers) if feedback.answers else "the articles do not say"
    return f"Marked as wrong. The right answer: {right}"


def as_json(conversation: Conversation, exchanges: Sequence[Exchange]) -> str:
    """The conversation with all that is known of it; each answer is the object of ``article-qa ask --json``."""
    told = {
        **asdict(conversation),
        "questions": [
            {
                "question": exchange.question,
                "asked_at": exchange.asked_at,
                "answer": exchange.answer.to_dict() if exchange.answer else None,
                "error": exchange.error,
                "stopped": exchange.stopped,
                "feedback": asdict(exchange.feedback) if exchange.feedback else None,
            }
            for exchange in exchanges
        ],
    }
    return json.dumps(told, ensure_ascii=False, indent=2) + "\n"


def as_test_set(judged: Iterable[tuple[str, Sequence[Exchange]]]) -> tuple[str, int]:
    """JSON Lines of the questions whose right answer is known, and how many others were marked.

    A question that was marked as wrong, and nothing more, is no test: what would be right is not known.
    """
    rows: list[str] = []
    unknown = 0
    for conversation_id, exchanges in judged:
        for number, exchange in enumerate(exchanges):
            if exchange.feedback is None or exchange.answer is None:
                continue
            if (gold := exchange.gold) is None:
                unknown += 1
                continue
            row = _test_question(f"{conversation_id}-{number}", exchange.answer, gold, exchange.feedback)
            if earlier := turns(exchanges[:number]):
                row["history"] = [said for turn in earlier for said in turn]
            rows.append(json.dumps(row, ensure_ascii=False))
    return "".join(f"{row}\n" for row in rows), unknown


def _test_question(test_id: str, answer: Answer, gold: Sequence[str], feedback: Feedback) -> dict[str, Any]:
    row: dict[str, Any] = {"id": test_id, "question": answer.question, "answers": list(gold)}
    if feedback.right and answer.citations:
        row["article"] = answer.citations[0].source
    return row


def file_name(title: str, suffix: str) -> str:
    """A name for a downloaded file that every system takes."""
    kept = re.sub(r"[^\w -]+", "", title).strip()
    return f"{kept[:60].strip() or 'conversation'}.{suffix}"
