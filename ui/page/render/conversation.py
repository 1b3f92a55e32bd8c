"""A conversation: questions, and answers in the shape of what was asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qa.path import MAX_QUESTION_CHARS
from qa.types import Answer, Citation, Item, Passage
from ui import wording
from ui.history import Conversation, Exchange, Feedback, Pending, answer_as_markdown, answer_as_text
from ui.page.address import Mark
from ui.page.render.values import count, fill

SHORT = 140
"""Characters up to which an answer is set large."""
CANDIDATES = 3
"""Possible answers shown side by side where none is likely enough to be given."""
TEMPLATE = "conversation.html"
SCORES = {
    "similarity": ("meaning", ".2f"),
    "bm25": ("words", ".1f"),
    "phrases": ("wording", ".2f"),
    "reading": ("reading", "+.1f"),
}
"""What the project's own retriever and reader score with, as people are told, and how it is written."""


def render_conversation(exchanges: Sequence[Exchange], pending: Pending | None = None, conversation: str = "") -> str:
    """The whole conversation, as far as it has come; its id tells the page when it is another one."""
    shown = [(exchange, _view(exchange, number)) for number, exchange in enumerate(exchanges)]
    doing = _doing(pending) if pending else ""
    return fill(TEMPLATE, "conversation", shown, pending, doing, conversation, spoken(exchanges, pending))


def render_no_conversation() -> str:
    """What stands in the place of a conversation that is not there, or is somebody else's."""
    return fill(TEMPLATE, "no_conversation")


def render_question_box() -> str:
    """The box that questions are typed into; its script does the rest."""
    return fill(TEMPLATE, "box", MAX_QUESTION_CHARS)


def render_answer(answer: Answer, number: int = 0, feedback: Feedback | None = None) -> str:
    """The answer in its shape, with its places and what it rests on; ``number`` is its place in the conversation."""
    return fill(TEMPLATE, "answer", View.of(answer, number, feedback))


def render_next(conversation: str, number: int, questions: Sequence[str]) -> str:
    """What to ask next after the answer at ``number`` in a conversation."""
    return fill(TEMPLATE, "next", conversation, number, questions)


def render_quote(citation: Citation) -> str:
    """The quote with the answer's words emphasised, white space as it is."""
    return fill(TEMPLATE, "quoted", Quoted.of(citation))


def render_reasons(answer: Answer, number: int = 0) -> str:
    """Other likely answers, and what was read and why; folded."""
    # Next to an abstention, other answers stand in the conversation, as candidates.
    others = answer.alternatives if answer.text is not None else ()
    read = [(passage, _reasons(passage)) for passage in answer.passages]
    return fill(TEMPLATE, "reasons", [(other, Quoted.of(other.citation)) for other in others], read, number, Mark.of)


def steps_of(answer: Answer) -> list[Mark]:
    """The places that one steps through: of an abstention those of what came near."""
    shown = answer.citations or [one.citation for one in answer.alternatives[:CANDIDATES]] or answer.nearest
    return list(dict.fromkeys(map(Mark.of, shown)))


def spoken(exchanges: Sequence[Exchange], pending: Pending | None) -> str:
    """What a screen reader says of the newest state."""
    if pending is not None:
        return "Searching your articles." if pending.passages is None else "Reading."
    if not exchanges:
        return ""
    last = exchanges[-1]
    if last.stopped:
        return "Stopped."
    if last.answer is None:
        return f"This could not be answered. {last.error}"
    if last.answer.text is None:
        return wording.abstention(last.answer)
    return f"Answer: {last.answer.text}. {wording.basis(last.answer)}".strip()


def render_export(conversation: Conversation, exchanges: Sequence[Exchange]) -> str:
    """The conversation as a page of its own: one file that works alone."""
    shown = []
    for exchange in exchanges:
        answer = exchange.answer
        cited = (answer.citations or [one.citation for one in answer.alternatives] or answer.nearest) if answer else ()
        shown.append((exchange, tuple(map(Quoted.of, cited))))
    return fill("export.html", "page", conversation, shown) + "\n"


@dataclass(frozen=True)
class Quoted:
    """A citation with its quote cut at the answer: before it, the answer, after it."""

    citation: Citation
    before: str
    answer: str
    after: str

    @classmethod
    def of(cls, citation: Citation) -> Quoted:
        """The citation's quote; all of it is ``before`` where the answer has no place in it."""
        quote = citation.quote
        if citation.answer_start is None or citation.answer_end is None:
            return cls(citation, quote, "", "")
        start = min(max(citation.answer_start - citation.start, 0), len(quote))
        end = min(max(citation.answer_end - citation.start, start), len(quote))
        return cls(citation, quote[:start], quote[start:end], quote[end:])

    @property
    def mark(self) -> Mark:
        """Where the quote stands."""
        return Mark.of(self.citation)


@dataclass(frozen=True)
class Group:
    """Pieces of an answer that share a label, each with the places it stands at."""

    label: str | None
    items: tuple[tuple[Item, tuple[Quoted, ...]], ...]


@dataclass(frozen=True)
class View:
    """An answer as its template takes it."""

    answer: Answer
    number: int
    feedback: Feedback | None
    quotes: tuple[Quoted, ...]
    groups: tuple[Group, ...]
    near: tuple[tuple[str, float | None, Quoted], ...]
    """For an abstention: candidates, or sentences on the subject, each with its text (of a candidate) and chance."""

    @classmethod
    def of(cls, answer: Answer, number: int, feedback: Feedback | None) -> View:
        """The view of ``answer``, which stands at ``number`` in its conversation."""
        quotes = tuple(map(Quoted.of, answer.citations))
        candidates = [(one.text, one.score, Quoted.of(one.citation)) for one in answer.alternatives[:CANDIDATES]]
        near = candidates or [("", None, Quoted.of(citation)) for citation in answer.nearest]
        return cls(answer, number, feedback, quotes, _groups(answer, quotes), tuple(near))

    @property
    def understood(self) -> str:
        """The question as it was searched, where that is not the one that was asked."""
        answer = self.answer
        return answer.query if answer.query and answer.query != " ".join(answer.question.split()) else ""

    @property
    def copied(self) -> dict[str, str]:
        """The answer with its quotes as people copy it: as text, and as Markdown."""
        exchange = Exchange(self.answer.question, self.answer)
        return {"text": answer_as_text(exchange), "markdown": answer_as_markdown(exchange)}

    @property
    def is_short(self) -> bool:
        """Whether the answer is set large."""
        text = self.answer.text or ""
        return len(text) <= SHORT and "\n" not in text.strip()

    @property
    def level(self) -> int:
        """How sure the answer is, 1 to 3."""
        return {"Very likely": 3, "Likely": 2}.get(wording.confidence_in_words(self.answer.score or 0.0), 1)


def _groups(answer: Answer, quotes: Sequence[Quoted]) -> tuple[Group, ...]:
    groups: dict[str | None, list[tuple[Item, tuple[Quoted, ...]]]] = {}
    for item in answer.items:
        label = None if item.label == item.text else item.label
        groups.setdefault(label, []).append((item, tuple(quotes[place] for place in item.citations)))
    return tuple(Group(label, tuple(items)) for label, items in groups.items())


def _view(exchange: Exchange, number: int) -> View | None:
    return View.of(exchange.answer, number, exchange.feedback) if exchange.answer else None


def _doing(pending: Pending) -> str:
    if pending.passages is None:
        return "Searching your articles"
    articles = len({passage.article_id for passage in pending.passages})
    return f"Reading {count(len(pending.passages), 'passage')} from {count(articles, 'article')}"


def _reasons(passage: Passage) -> list[tuple[str, str]]:
    """Why a passage ranked where it did, as name and value."""
    told = [("rank", str(passage.rank)), ("score", f"{passage.score:.2f}")]
    for name, value in passage.scores.items():
        label, form = SCORES.get(name, (name, ".2f"))
        told.append((label, format(value, form)))
    return told
