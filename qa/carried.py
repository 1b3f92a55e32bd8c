"""What a conversation carries on to the next question: what was said, and which articles it is about. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qa.types import Answer, Citation, Earlier, Turn

DOUBTFUL = 0.3
"""An answer less likely to be right than this is not taken as what is talked about next. Of those that are shown, few
are: who goes on from an answer has seen it and mostly found it right."""
MOST_ARTICLES = 3
NO_SUBJECT = ("chat",)
"""Kinds whose questions are about nothing in the articles."""

IN_SENTENCES = ("explanation", "definition", "summary", "theme", "timeline")
"""Kinds whose answers are sentences."""


@dataclass(frozen=True)
class Carried:
    """A conversation as the next question sees it."""

    turns: tuple[Turn, ...] = ()
    """Questions, as they were understood, and the answers that may be referred to."""
    articles: tuple[str, ...] = ()
    """Ids of those that the last good answer came from; where there was none, of what came nearest to one."""


def carried(history: Sequence[Earlier]) -> Carried:
    """What ``history`` carries, oldest turn first.

    Only whole answers say how sure they were and where they came from; a plain turn is taken at its word. What was not
    answered, or doubtfully, leaves its question, and no answer; the catalogue's answers are names of articles and of
    who wrote them, which is not what articles are about.
    """
    turns: list[Turn] = []
    answered: tuple[str, ...] = ()
    nearest: tuple[str, ...] = ()
    for one in history:
        if not isinstance(one, Answer):
            turns.append(one)
            continue
        if one.kind in NO_SUBJECT:
            continue
        good = is_good(one)
        turns.append((one.query or one.question, _said(one) if good and one.kind != "catalogue" else None))
        if one.kind == "catalogue":
            continue
        if good:
            answered = _articles(one.citations) or answered
        else:
            nearest = _articles(one.nearest) or nearest
    return Carried(tuple(turns), answered or nearest)


def _articles(cited: Sequence[Citation]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(citation.article_id for citation in cited))[:MOST_ARTICLES]


def _said(answer: Answer) -> str | None:
    """The answer's text; of one made of sentences the first, since the later ones lead away from what was asked."""
    return answer.items[0].text if answer.items and answer.kind in IN_SENTENCES else answer.text


def is_good(answer: Answer) -> bool:
    """Whether ``answer`` is one to go on from: given, not doubtful, and no byline."""
    if answer.text is None or (answer.score is not None and answer.score < DOUBTFUL):
        return False
    first = answer.citations[0] if answer.citations else None
    return first is None or not first.quote.startswith(("By ", "BY "))
