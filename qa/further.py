""" "Tell me more" after an answer: further sentences of the articles that it came from, on what was asked."""

from __future__ import annotations

import re
from collections.abc import Sequence

from qa.choosing import choose
from qa.gathering import Gatherer
from qa.kinds.told import by_article, plain, told
from qa.ports import Plan
from qa.relevance import relevance
from qa.shown import ShownSentences
from qa.types import Answer, Turn

MOST_SENTENCES = 3
MOST_ARTICLES = 3
PASSAGES = 10
"""Of these articles, those the sentences are found in."""
REPETITION = 0.2
NOTHING_FURTHER = "The articles of that answer say nothing further about it."

_ASKED = frozenset(
    ("more", "tell me more", "say more", "go on", "continue", "keep going", "what else", "anything else")
)
_BESIDES = frozenset("please and ok okay can could you then now so about it this that him her them there is".split())
"""Words that change nothing about that: "and what else is there?", "can you tell me more about it, please"."""


def asks_for_more(question: str) -> bool:
    """Whether ``question`` is nothing but "tell me more" in one wording or another."""
    if len(question) > 80:
        return False
    return " ".join(word for word in re.findall(r"\w+", question.lower()) if word not in _BESIDES) in _ASKED


def asked_before(history: Sequence[Turn]) -> int | None:
    """The index of the turn that more is wanted of; None where the last that asked something was not answered."""
    for place in reversed(range(len(history))):
        if not asks_for_more(history[place][0]):
            return None if history[place][1] is None else place
    return None


class Further:
    """Goes on with an answer. Safe to share between threads."""

    def __init__(self, gatherer: Gatherer) -> None:
        self._gatherer = gatherer
        self._shown = ShownSentences(gatherer)

    def answer(self, plan: Plan, before: Answer, said: Sequence[str]) -> Answer:
        """What the articles cited by ``before`` also say; none of it stands in ``said`` or is cited there.

        ``plan`` is of kind ``theme``, with the subject of the question that ``before`` answers.
        """
        ids = tuple(dict.fromkeys(one.article_id for one in before.citations))[:MOST_ARTICLES]
        known = [(one.article_id, one.start, one.end) for one in before.citations]
        heard = "\n".join(" ".join(text.split()) for text in said)
        passages = self._gatherer.passages(plan.searched, ids, PASSAGES)
        left = [
            one
            for one in self._shown.of_passages(passages)
            if plain(one) not in heard
            and not any(
                one.article.id == article and one.start < end and start < one.end for article, start, end in known
            )
        ]
        if not left:
            question = plan.query.question
            return Answer(question, None, plan.kind, reason="no_answer", passages=passages, notice=NOTHING_FURTHER)
        vectors = self._gatherer.vectors([one.text for one in left])
        scores = relevance(left, vectors, self._gatherer.vector(plan.searched), plan.searched)
        best = choose(scores, vectors, REPETITION, lambda chosen: len(chosen) >= MOST_SENTENCES)
        chosen = sorted((left[place] for place in best), key=lambda one: (ids.index(one.article.id), one.start))
        labels = [one.article.title for one in chosen]
        return told(plan, chosen, text=by_article(chosen), labels=labels, passages=passages)
