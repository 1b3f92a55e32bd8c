"""What an answer is made from: passages, whole articles, the sentences in them. No reading, no deciding."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from numpy.typing import NDArray

from language.sentences import sentence_spans
from qa.errors import QAError
from qa.ports import Sentence
from qa.retriever import CANDIDATES, HybridRetriever
from qa.types import Passage
from vectorstore import Article, ArticleFilter, ArticleIndex, FoundArticle

FEWEST_LETTERS = 2
"""A run of text with fewer letters is no sentence: a number, a rule, a bullet."""

TALKED_ABOUT = 0.2
"""What it is worth, beside a fused score of about 1, that a passage is of an article that the conversation is about."""


class Gatherer:
    """Finds passages, articles and sentences for the kinds of question. Safe to share between threads."""

    def __init__(self, index: ArticleIndex, retriever: BaseRetriever, top_k: int) -> None:
        """``retriever`` may be any of LangChain's; passages of no stored article then stand alone."""
        self.index = index
        self._retriever = retriever
        self._top_k = top_k
        self._sentences = lru_cache(maxsize=64)(_sentences)

    def passages(
        self,
        words: str,
        articles: Sequence[str] | None = None,
        top_k: int | None = None,
        talked_about: Sequence[str] = (),
    ) -> tuple[Passage, ...]:
        """The passages to read for ``words``, best first; at most ``top_k``, by default as the settings say.

        ``articles`` narrows the search to these ids. A retriever that is not ours is asked as it is, and what it
        finds elsewhere is left out. Passages of the articles ``talked_about`` count for more.
        """
        if top_k is None:
            top_k = self._top_k
        if isinstance(self._retriever, HybridRetriever):
            if not talked_about:
                return tuple(self._retriever.retrieve(words, top_k, articles))
            return _favoured(self._retriever.retrieve(words, CANDIDATES, articles), talked_about)[:top_k]
        found = (self._passage(document) for document in self._retriever.invoke(words))
        wanted = [one for one in found if articles is None or one.article_id in articles][:top_k]
        return tuple(
            replace(one, rank=rank, score=one.scores.get("score", 1.0 / rank)) for rank, one in enumerate(wanted, 1)
        )

    def _passage(self, document: Document) -> Passage:
        """A document of any retriever as a passage: at its place in a stored article if it has one, else alone."""
        metadata, text = document.metadata, document.page_content
        scores = {name: float(value) for name, value in metadata.items() if _is_score(name, value)}
        article = self.index.article(str(metadata["article_id"])) if "article_id" in metadata else None
        start = _place(metadata.get("start"), text, article) if article else None
        if article is not None and start is not None:
            chunk_id = str(document.id or f"{article.id}:{start}")
            return Passage(
                chunk_id, article.id, article.title, article.source, text, start, start + len(text), 0.0, 0, scores
            )
        source = str(metadata.get("source") or document.id or "")
        identity = document.id or hashlib.sha256(f"{source}\n{text}".encode()).hexdigest()[:16]
        return Passage(
            chunk_id=str(identity),
            article_id=str(metadata.get("article_id") or identity),
            title=str(metadata.get("title") or ""),
            source=source,
            text=text,
            start=0,
            end=len(text),
            score=0.0,
            rank=0,
            scores=scores,
            alone=True,
        )

    def article_of(self, passage: Passage) -> Article:
        """The article ``passage`` is from; for one that stands alone, its own text as an article.

        Raises QAError when the article was changed or removed since the passage was found.
        """
        if passage.alone:
            return Article(passage.article_id, passage.source, passage.title, passage.text, fingerprint="")
        article = self.index.article(passage.article_id)
        if article is None or article.text[passage.start : passage.end] != passage.text:
            raise QAError(f"{passage.source} was changed or removed while it was being read; ask again")
        return article

    def articles(self, ids: Sequence[str]) -> tuple[Article, ...]:
        """The articles with these ids, in their order; those that are no longer there are left out."""
        return tuple(article for article in map(self.index.article, ids) if article is not None)

    def catalogue(self, wanted: ArticleFilter, articles: Sequence[str] | None = None) -> tuple[FoundArticle, ...]:
        """The articles that ``wanted`` describes, in its order."""
        return tuple(self.index.find_articles(wanted, articles))

    def sentences(self, article: Article) -> tuple[Sentence, ...]:
        """The sentences of ``article`` in their order."""
        return self._sentences(article)

    def sentences_of(self, passage: Passage) -> tuple[Sentence, ...]:
        """The whole sentences of its article that ``passage`` holds, or, where it holds none, those it touches."""
        sentences = self.sentences(self.article_of(passage))
        inside = tuple(one for one in sentences if passage.start <= one.start and one.end <= passage.end)
        return inside or tuple(one for one in sentences if one.start < passage.end and one.end > passage.start)

    def vectors(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of unit length, ``[texts, dimension]``, comparable with each other and with ``vector``."""
        return self.index.embed_documents(texts)

    def vector(self, words: str) -> NDArray[np.float32]:
        """The vector, ``[dimension]``, of a question."""
        return np.asarray(self.index.embed_query(words), dtype=np.float32)


def _sentences(article: Article) -> tuple[Sentence, ...]:
    """Sentences never cross a blank line: a heading is not part of the sentence below it."""
    found = []
    at = 0
    for paragraph in article.text.split("\n\n"):
        for start, end in sentence_spans(paragraph):
            text = paragraph[start:end]
            if sum(character.isalpha() for character in text) >= FEWEST_LETTERS:
                found.append(Sentence(article, at + start, at + end))
        at += len(paragraph) + 2
    return tuple(found)


def _favoured(passages: Sequence[Passage], talked_about: Sequence[str]) -> tuple[Passage, ...]:
    weighed = [replace(one, score=one.score + TALKED_ABOUT * (one.article_id in talked_about)) for one in passages]
    ranked = sorted(weighed, key=lambda one: -one.score)
    return tuple(replace(one, rank=rank) for rank, one in enumerate(ranked, 1))


def _is_score(name: str, value: Any) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and name not in {"start", "end", "rank"}


def _place(start: Any, text: str, article: Article) -> int | None:
    """Where ``text`` stands in ``article``: where its metadata says, or else where it is found; None if nowhere."""
    if isinstance(start, int) and article.text[start : start + len(text)] == text:
        return start
    place = article.text.find(text) if text else -1
    return place if place >= 0 else None
