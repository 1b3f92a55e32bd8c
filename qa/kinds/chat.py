"""``chat``: greetings, thanks, "what can you do?". Mostly a card with things to ask; nothing is searched."""

from __future__ import annotations

from collections.abc import Sequence

from qa.gathering import Gatherer
from qa.ports import Evidence, Plan
from qa.types import Answer
from vectorstore import ArticleSummary

MODEL = "chat"
_EMPTY = (
    "I answer questions about your articles, in their own words. There are none in the library yet: add some first."
)
_SAID = {"thanks": "You're welcome.", "farewell": "Goodbye."}


class ChatStrategy:
    """Says what can be asked here, or returns a word of thanks or of farewell; what it is told to do it does not."""

    def __init__(self, gatherer: Gatherer) -> None:
        self._gatherer = gatherer

    def gather(self, plan: Plan) -> Evidence:
        """See ``Strategy``; nothing is looked for."""
        return Evidence()

    def answer(self, plan: Plan, evidence: Evidence) -> Answer:
        """See ``Strategy``."""
        if plan.wanted in _SAID:
            return Answer(plan.query.question, _SAID[plan.wanted], kind="chat", model=MODEL)
        card = _card(self._gatherer.index.articles())
        if plan.wanted == "request":
            return Answer(plan.query.question, None, kind="chat", reason="not_asked_of_articles", notice=card)
        return Answer(plan.query.question, card, kind="chat", model=MODEL)


def _card(articles: Sequence[ArticleSummary]) -> str:
    if not articles:
        return _EMPTY
    number = f"your {len(articles):,} articles" if len(articles) > 1 else "your article"
    asked = " ".join(f"“{question}”" for question in suggestions(articles))
    return (
        f"I answer questions about {number}, in their own words, and show where those stand. "
        f"You can ask, for example: {asked}"
    )


def suggestions(articles: Sequence[ArticleSummary]) -> list[str]:
    """Up to three questions that these articles answer, from their titles and authors; the newest article first."""
    newest = max(articles, key=lambda article: article.published or "")
    named = [author for article in articles for author in article.authors]
    return [
        f"What does '{newest.title}' say?",
        *(f"Which articles are by {author}?" for author in named[:1]),
        "What is the newest article?",
    ]
