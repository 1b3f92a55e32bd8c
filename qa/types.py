"""The values that pass between the steps of a question. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from language.dated import dates_in
from language.relative_dates import relative_dates
from language.words import stems_of

Kind = Literal[
    "fact",
    "list",
    "count",
    "yes_no",
    "explanation",
    "definition",
    "summary",
    "theme",
    "comparison",
    "timeline",
    "catalogue",
    "chat",
]
"""What kind of answer is asked for; what each looks like stands in ``docs/architecture.md``."""

Verdict = Literal["yes", "no"]

TOLD = 0.5
"""Share of a title's words that a text must have to be understood without it."""

Turn = tuple[str, str | None]
"""One exchange of a conversation: the question, and the answer's text (None: it was an abstention)."""


@dataclass(frozen=True)
class Query:
    """A question that can be understood alone."""

    question: str
    """As it was asked."""
    text: str
    """As it is searched and read; the same as ``question`` unless that leans on the conversation."""
    asked_at: float
    """``time.perf_counter()`` when the question came in."""
    scope: tuple[str, ...] | None = None
    """Ids of the articles it is asked of; None: of all."""
    talked_about: tuple[str, ...] = ()
    """Ids of the articles that the conversation is about, which count for more; none once the subject has changed."""

    @property
    def worded(self) -> str:
        """``text`` without the words of the conversation that stand in brackets at its end: "did he win" of "did he win
        (Nadal)". What is asked for is told by these alone."""
        return self._apart[0]

    @property
    def beside(self) -> str:
        """Those words; empty where there are none."""
        return self._apart[1]

    @property
    def _apart(self) -> tuple[str, str]:
        told = self.text.rstrip("?!. ")
        if not told.endswith(")") or self.question.rstrip("?!. ").endswith(")"):
            return self.text, ""
        before, opening, beside = told[:-1].rpartition(" (")
        return (before + self.text[len(told) :], beside) if opening else (self.text, "")


@dataclass(frozen=True)
class Passage:
    """A piece of an article retrieved for a question: ``article.text[start:end] == text``."""

    chunk_id: str
    article_id: str
    title: str
    source: str
    text: str
    start: int
    """Character offsets of ``text`` in the article's text, end exclusive."""
    end: int
    score: float
    """What it is ranked by, higher is better; comparable within one question only."""
    rank: int
    """Place in the ranking, from 1: by the retriever, and, once it was read, by the reader's view too."""
    scores: Mapping[str, float] = field(default_factory=dict)
    """Whatever else it was ranked by, under the retriever's own names. The project's retriever gives ``similarity``
    (cosine, -1 to 1), ``bm25`` and ``phrases`` (share of the question's word pairs it repeats); ``reading`` is the
    log-odds of the reader's best candidate in it, once it was read."""
    alone: bool = False
    """Whether it is of no stored article: then it is cited by its own text, from which its offsets count."""

    @property
    def as_read(self) -> tuple[str, str]:
        """Its title and text as a reader is shown them.

        A text that begins with its title, as one does whose first sentence is all the title it has, comes without: said
        twice, the words there are passed over (LOG.md).
        """
        title = self.title.rstrip(" …")
        return ("" if title and self.text.startswith(title) else self.title, self.text)

    @property
    def as_read_for_spans(self) -> tuple[str, str]:
        """The same for a reader that points at an answer: a text that has half of its title's words comes without.

        A headline often holds the answer, and a reader that was trained on the titles of an encyclopaedia passes over
        what its title says (LOG.md).
        """
        told = stems_of(self.title)
        return ("" if len(told & stems_of(self.text)) >= TOLD * len(told) else self.title, self.text)


@dataclass(frozen=True)
class Candidate:
    """A span the reader proposes as the answer: ``passages[passage].text[start:end] == text``."""

    text: str
    passage: int
    """Index of the passage among those read."""
    start: int
    end: int
    score: float
    """Log-odds of the span against "this passage does not answer"; comparable across passages."""


@dataclass(frozen=True)
class Citation:
    """Words of an article that support an answer: ``article.text[start:end] == quote``."""

    article_id: str
    title: str
    source: str
    quote: str
    start: int
    end: int
    answer_start: int | None = None
    """Where the short answer itself stands in the article, inside the quote; None where the quote is the answer."""
    answer_end: int | None = None
    published: str | None = None
    locator: str | None = None
    """The page or chapter that the quote begins in: ``page 4``, ``Chapter 2``."""

    @property
    def dates(self) -> dict[str, str]:
        """What "yesterday", "Tuesday" or "21 June" mean in the answer, or in a quote without one, by the date of the
        article.

        A weekday, and a day without a year, only where the quote tells whether it lies behind or ahead.
        """
        first, last = 0, len(self.quote)
        if self.answer_start is not None and self.answer_end is not None:
            first, last = self.answer_start - self.start, self.answer_end - self.start
        said = {
            self.quote[mention.start : mention.end]: mention.date
            for mention in dates_in(self.quote, self.published)
            if first < mention.end and mention.start < last
        }
        # What says its own year needs no telling.
        unclear = {words: date for words, date in said.items() if date[:4] not in words}
        return unclear | relative_dates(self.quote[first:last], self.published)

    def to_dict(self) -> dict[str, Any]:
        """As ``article-qa ask --json`` prints it."""
        return {
            "article_id": self.article_id,
            "title": self.title,
            "source": self.source,
            "quote": self.quote,
            "start": self.start,
            "end": self.end,
            "published": self.published,
            "locator": self.locator,
            "dates": self.dates,
        }


@dataclass(frozen=True)
class Item:
    """One piece of an answer that has several: an entry of a list, a sentence of a summary, an article."""

    text: str
    citations: tuple[int, ...]
    """Where it stands: indices into the answer's citations."""
    label: str | None = None
    """What it belongs to: a side of a comparison, an article's title."""
    date: str | None = None
    """ISO 8601, as far as it is known: ``2017-05-05``, ``2017-05`` or ``2017``."""

    def to_dict(self) -> dict[str, Any]:
        """As ``article-qa ask --json`` prints it; ``label`` and ``date`` only where there is one."""
        told: dict[str, Any] = {"text": self.text, "citations": list(self.citations)}
        if self.label is not None:
            told["label"] = self.label
        if self.date is not None:
            told["date"] = self.date
        return told


@dataclass(frozen=True)
class Alternative:
    """Another likely answer, with its chance of being right (None: not measured) and the words it stands in."""

    text: str
    score: float | None
    citation: Citation


Reason = Literal["nothing", "no_answer", "not_asked_of_articles"]
"""Why there is no answer: the library holds nothing about it; it holds something, but no answer was found in it; it is
no question to the articles."""


@dataclass(frozen=True)
class Answer:
    """What a question gets. ``text`` is None where no answer was found: an abstention, never an error."""

    question: str
    text: str | None
    kind: Kind = "fact"
    score: float | None = None
    """Calibrated chance, 0 to 1, that the answer (for an abstention: the best candidate) is right; None where nobody
    has measured what a score would mean."""
    citations: tuple[Citation, ...] = ()
    """The support of ``text``, best first; empty for an abstention."""
    items: tuple[Item, ...] = ()
    """The pieces of ``text``, for the kinds whose answers have several."""
    verdict: Verdict | None = None
    """For ``yes_no``, where it is sure."""
    nearest: tuple[Citation, ...] = ()
    """For an abstention, up to three sentences on the subject."""
    passages: tuple[Passage, ...] = ()
    """What was read, best first."""
    alternatives: tuple[Alternative, ...] = ()
    """Other answers, likeliest first. Where ``text`` is None they are what came close, and are shown as no more."""
    reason: Reason | None = None
    """Why ``text`` is None."""
    query: str = ""
    """The stand-alone question that was searched; differs from ``question`` in a follow-up."""
    latency_ms: float = 0.0
    model: str = "reader"
    """Who wrote ``text``: the reader's name, the name of a language model, or ``catalogue`` and the like."""
    notice: str | None = None
    """Something the person should know, such as that the language model did not answer."""

    def to_dict(self) -> dict[str, Any]:
        """The object ``article-qa ask --json`` prints."""
        return {
            "question": self.question,
            "query": self.query,
            "kind": self.kind,
            "answer": self.text,
            "items": [item.to_dict() for item in self.items],
            "verdict": self.verdict,
            "score": self.score,
            "citations": [citation.to_dict() for citation in self.citations],
            "nearest": [citation.to_dict() for citation in self.nearest],
            "passages": [
                {
                    "article_id": passage.article_id,
                    "text": passage.text,
                    "start": passage.start,
                    "end": passage.end,
                    "score": passage.score,
                }
                for passage in self.passages
            ],
            "reason": self.reason,
            "model": self.model,
            "notice": self.notice,
            "latency_ms": self.latency_ms,
        }


Earlier = Turn | Answer
"""A turn of a conversation as it is handed in: question and answer's text, or, better, the whole answer, which also
says how its question was understood, how sure it was, and which articles it came from."""


# Events ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Planned:
    """First event: the question as it was understood, and what kind of answer it asks for."""

    query: str
    kind: Kind


@dataclass(frozen=True)
class PassagesFound:
    """What will be read; comes only where something was searched."""

    query: str
    passages: tuple[Passage, ...]


@dataclass(frozen=True)
class TextWritten:
    """More of the answer's text, while a language model writes it."""

    text: str


@dataclass(frozen=True)
class AnswerReady:
    """Last event: the whole answer, checked."""

    answer: Answer


AnswerEvent = Planned | PassagesFound | TextWritten | AnswerReady
