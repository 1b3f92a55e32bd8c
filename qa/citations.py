"""Answers to citations: the words of the article that support them, at their place."""

from __future__ import annotations

from dataclasses import replace

from language.sentences import sentence_spans
from qa.types import Candidate, Citation, Passage
from vectorstore import Article


def cite(candidate: Candidate, passage: Passage, article: Article) -> Citation:
    """The sentence of ``article`` that holds ``candidate``, with the answer's own place inside it."""
    start, end = passage.start + candidate.start, passage.start + candidate.end
    return replace(
        cite_span(article, *enclosing_sentence(article.text, start, end)), answer_start=start, answer_end=end
    )


def enclosing_sentence(text: str, start: int, end: int) -> tuple[int, int]:
    """The sentence, or run of sentences, of ``text`` that covers ``start:end``; it never crosses a blank line
    unless the span itself does."""
    opening = text.rfind("\n\n", 0, start)
    paragraph_start = opening + 2 if opening >= 0 else 0
    closing = text.find("\n\n", end)
    paragraph_end = closing if closing >= 0 else len(text)
    spans = [(paragraph_start + s, paragraph_start + e) for s, e in sentence_spans(text[paragraph_start:paragraph_end])]
    touched = [(s, e) for s, e in spans if s < end and e > start]
    if not touched:
        return start, end
    return min(start, touched[0][0]), max(end, touched[-1][1])


def cite_span(article: Article, start: int, end: int) -> Citation:
    """The words of ``article`` from ``start`` to ``end``, as they stand there."""
    return Citation(
        article_id=article.id,
        title=article.title,
        source=article.source,
        quote=article.text[start:end],
        start=start,
        end=end,
        published=article.published,
        locator=article.section_at(start),
    )
