"""A conversation: questions, and answers in the shape of what was asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

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
    """A citation with its quote cut at what was asked for: pieces of text, each with whether it is an answer."""

    citation: Citation
    pieces: tuple[tuple[str, bool], ...]

    @classmethod
    def of(cls, citation: Citation, *others: Citation) -> Quoted:
        """The quote of ``citation`` with its answer, and those of ``others`` in the same quote; an answer may have no
        place in it."""
        quote, done, pieces = citation.quote, 0, []
        for start, end in sorted(_answer_in(one) for one in (citation, *others)):
            start = max(start, done)
            if start < end:
                pieces += [(quote[done:start], False), (quote[start:end], True)]
                done = end
        return cls(citation, tuple(piece for piece in (*pieces, (quote[done:], False)) if piece[0]))

    @property
    def mark(self) -> Mark:
        """Where the quote stands."""
        return Mark.of(self.citation)


def _answer_in(citation: Citation) -> tuple[int, int]:
    """Where the answer stands in the citation's quote; nowhere is (0, 0)."""
    if citation.answer_start is None or citation.answer_end is None:
        return 0, 0
    most = len(citation.quote)
    start = min(max(citation.answer_start - citation.start, 0), most)
    return start, min(max(citation.answer_end - citation.start, start), most)


@dataclass(frozen=True)
class Group:
    """Pieces of an answer that share a label; those in a row that stand at the same places share these."""

    label: str | None
    entries: tuple[tuple[tuple[tuple[Item, Mark | None], ...], tuple[Quoted, ...]], ...]
    """Items, each with the place of its own words, and the quotes they share."""

    def is_last_of_article(self, number: int) -> bool:
        """Whether the entry at ``number`` is the last in a row from its article, whose title the label does not say."""
        _, quotes = self.entries[number]
        _, following = self.entries[number + 1] if number + 1 < len(self.entries) else ((), ())
        article, title = quotes[0].citation.article_id, quotes[0].citation.title
        return title != self.label and (not following or following[0].citation.article_id != article)


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
        return cls(answer, number, feedback, quotes, _groups(answer), tuple(near))

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
    def stated(self) -> str:
        """What stands above the pieces and the quotes."""
        return wording.stated(self.answer) if wording.is_stated_first(self.answer) else ""

    @property
    def is_quotes(self) -> bool:
        """Whether the quotes are the answer."""
        return wording.is_quotes(self.answer)

    @property
    def by_article(self) -> list[list[Quoted]]:
        """The quotes, those of one article in a row together."""
        return [list(quotes) for _, quotes in groupby(self.quotes, lambda one: one.citation.article_id)]

    @property
    def is_short(self) -> bool:
        """Whether the answer is set large."""
        text = self.stated
        return len(text) <= SHORT and "\n" not in text.strip()

    @property
    def level(self) -> int:
        """How sure the answer is, 1 to 3."""
        return {"Very likely": 3, "Likely": 2}.get(wording.confidence_in_words(self.answer.score or 0.0), 1)


def _groups(answer: Answer) -> tuple[Group, ...]:
    groups: dict[str | None, list[Item]] = {}
    for item in answer.items:
        label = None if item.label == item.text else item.label
        groups.setdefault(label, []).append(item)
    return tuple(Group(label, tuple(_entries(answer, items))) for label, items in groups.items())


def _entries(
    answer: Answer, items: Sequence[Item]
) -> Iterator[tuple[tuple[tuple[Item, Mark | None], ...], tuple[Quoted, ...]]]:
    """The items with their places; names in a row of a list that stand at the same places together."""
    are_names = answer.kind in ("list", "count")

    def places(numbered: tuple[int, Item]) -> tuple[int, list[tuple[str, int, int]]]:
        cited = [answer.citations[place] for place in numbered[1].citations]
        return -1 if are_names else numbered[0], [(one.article_id, one.start, one.end) for one in cited]

    for _, row in groupby(enumerate(items), places):
        alike = [item for _, item in row]
        cited = [[answer.citations[place] for place in item.citations] for item in alike]
        marks = [Mark.of(own[0]) if own else None for own in cited]
        yield tuple(zip(alike, marks, strict=True)), tuple(Quoted.of(*same) for same in zip(*cited, strict=True))


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
