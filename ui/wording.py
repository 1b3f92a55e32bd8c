"""What every front end says of an answer, in the same words."""

from __future__ import annotations

from qa.types import Answer

VERY_LIKELY, LIKELY = 0.85, 0.6


def confidence_in_words(score: float) -> str:
    """How sure an answer is, as one would say it."""
    if score >= VERY_LIKELY:
        return "Very likely"
    if score >= LIKELY:
        return "Likely"
    return "Possible, unsure"


def is_stated_first(answer: Answer) -> bool:
    """Whether an answer's text stands above its pieces: where it says more than they do, as an author's name."""
    says_more = any(item.text not in (answer.text or "") for item in answer.items)
    return not answer.items or answer.kind in {"count", "yes_no"} or (answer.kind == "catalogue" and says_more)


def stated(answer: Answer) -> str:
    """What is said above an answer's quotes: its text, less the quotes that it is made of."""
    if is_quotes(answer):
        return f"{answer.verdict.capitalize()}." if answer.verdict else ""
    return answer.text or ""


def is_quotes(answer: Answer) -> bool:
    """Whether an answer's text is its quotes one after the other, its verdict aside, and nothing else."""
    text = " ".join((answer.text or "").split())
    if answer.verdict:
        text = text.removeprefix(f"{answer.verdict.capitalize()}. ")
    quotes = " ".join(" ".join(citation.quote.split()) for citation in answer.citations)
    return bool(text) and not answer.items and text == quotes


def basis(answer: Answer) -> str:
    """What an answer rests on; a percentage only where one was measured. Empty where there is nothing to say."""
    if answer.text is None or answer.kind == "chat":
        return ""
    if answer.kind == "catalogue":
        return "Looked up in the library"
    if answer.score is not None:
        return f"{confidence_in_words(answer.score)} ({100 * answer.score:.0f} %)"
    if is_quotes(answer):
        return "Concluded from these words" if answer.verdict else "The articles’ own sentences"
    if any(citation.answer_start is None for citation in answer.citations) and not answer.items:
        return f"Written by {answer.model}; the quotes are the articles’ own words"
    if answer.kind in {"fact", "count", "yes_no"}:
        return f"Found by {answer.model}, whose answers nobody has measured here"
    return "The articles’ own sentences"


def abstention(answer: Answer) -> str:
    """Why there is no answer, and what the sentences below it are."""
    if answer.reason == "not_asked_of_articles":
        return "This is not a question to the articles."
    if answer.alternatives:
        return f"I’m not sure. It may be {'one of these' if len(answer.alternatives) > 1 else 'this'}:"
    if answer.nearest:
        return "I found no answer. These sentences are about it:"
    return "Nothing in the articles is about this."
