"""The values that pass between the stages of a question. No I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from language.relative_dates import relative_dates


@dataclass(frozen=True)
class Passage:
    """A chunk retrieved for a question, with everything that says why it ranked where it did."""

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
    similarity: float
    """Cosine of query and passage embeddings, -1 to 1."""
    bm25: float
    """BM25 of the query's words in the passage; 0 where none occurs."""
    rank: int
    """Place in the ranking, from 1: by fused score, and, once it was read, by the reader's view too."""
    phrases: float = 0.0
    """Share, 0 to 1, of the question's word pairs that the passage repeats."""
    reading: float | None = None
    """Log-odds of the reader's best candidate in the passage; None where it was not read."""


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
    """Where the short answer itself stands in the article, inside the quote; None for a model's quotes."""
    answer_end: int | None = None
    published: str | None = None
    locator: str | None = None
    """The page or chapter that the quote begins in: ``page 4``, ``Chapter 2``."""

    @property
    def dates(self) -> dict[str, str]:
        """What "yesterday" and the like mean in the answer, or in a quote without one, by the article's date."""
        words = self.quote
        if self.answer_start is not None and self.answer_end is not None:
            words = self.quote[self.answer_start - self.start : self.answer_end - self.start]
        return relative_dates(words, self.published)


@dataclass(frozen=True)
class Alternative:
    """Another likely answer, with its chance of being right and the words it stands in."""

    text: str
    score: float
    citation: Citation


@dataclass(frozen=True)
class Answer:
    """What a question gets. ``text`` is None where the articles do not say: an abstention, never an error."""

    question: str
    text: str | None
    score: float
    """Calibrated chance, 0 to 1, that the reader's best candidate is right; where the reader answers, low for an
    abstention. A language model's answer has the chance that the reader gives to its own."""
    citations: tuple[Citation, ...]
    """The support of ``text``, best first; empty for an abstention."""
    passages: tuple[Passage, ...]
    """What was read, best first."""
    alternatives: tuple[Alternative, ...] = ()
    query: str = ""
    """The stand-alone question that was searched; differs from ``question`` in a follow-up."""
    latency_ms: float = 0.0
    model: str = "reader"
    """Who wrote ``text``: ``reader``, or the name of the language model."""
    notice: str | None = None
    """Something the person should know, such as that the language model did not answer."""

    def to_dict(self) -> dict[str, Any]:
        """The object ``article-qa ask --json`` prints."""
        return {
            "question": self.question,
            "answer": self.text,
            "score": self.score,
            "citations": [
                {
                    "article_id": citation.article_id,
                    "title": citation.title,
                    "source": citation.source,
                    "quote": citation.quote,
                    "start": citation.start,
                    "end": citation.end,
                    "published": citation.published,
                    "locator": citation.locator,
                    "dates": citation.dates,
                }
                for citation in self.citations
            ],
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
            "latency_ms": self.latency_ms,
            "query": self.query,
            "model": self.model,
            "notice": self.notice,
        }


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


@dataclass(frozen=True)
class Retrieved:
    """A query with the passages to read for it, best first."""

    query: Query
    passages: tuple[Passage, ...]


@dataclass(frozen=True)
class PassagesFound:
    """First event of a stream: the question as searched, and what will be read."""

    query: str
    passages: tuple[Passage, ...]


@dataclass(frozen=True)
class TextWritten:
    """More of the answer's text, while a language model writes it."""

    text: str


@dataclass(frozen=True)
class AnswerReady:
    """Last event of a stream: the whole answer, checked."""

    answer: Answer


AnswerEvent = PassagesFound | TextWritten | AnswerReady
