"""A stand-alone query to ranked passages: dense and lexical search and the question's own wording, fused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever

from language.words import STOPWORDS
from qa.fusion import DENSE_WEIGHT, fuse
from qa.phrases import phrase_overlap
from qa.types import Passage
from vectorstore import ArticleIndex

CANDIDATES = 50
"""Chunks taken from each search before fusion: both rankings' answers beyond it are too rare to matter."""


class HybridRetriever(BaseRetriever):
    """LangChain retriever over an ``ArticleIndex``; ``retrieve`` gives passages, ``invoke`` LangChain documents."""

    index: Any
    """An ``ArticleIndex``; declared loosely because pydantic would copy what it validates."""
    top_k: int = 10
    dense_weight: float = DENSE_WEIGHT

    def retrieve(self, query: str, top_k: int | None = None, articles: Sequence[str] | None = None) -> list[Passage]:
        """The best ``top_k`` passages for ``query``, best first; none for an empty library.

        ``articles`` narrows the search to the articles with these ids.
        """
        index: ArticleIndex = self.index
        if top_k is None:
            top_k = self.top_k
        pool = max(CANDIDATES, top_k)
        vector = index.embed_query(query)
        dense = index.search_vector(vector, pool, articles, words=query)
        lexical = index.search_lexical(query, pool, articles)
        chunks = {hit.chunk.id: hit.chunk for hit in [*dense, *lexical]}
        if not chunks:
            return []
        # A chunk that only the words found has a cosine too, and it counts.
        similarity = index.similarities(vector, list(chunks))
        bm25 = {hit.chunk.id: hit.score for hit in lexical}
        ids = [chunk_id for chunk_id in chunks if chunk_id in similarity]
        cosines = np.array([similarity[chunk_id] for chunk_id in ids])
        words = np.array([bm25.get(chunk_id, 0.0) for chunk_id in ids])
        phrases = phrase_overlap(query, [chunks[chunk_id].text for chunk_id in ids], STOPWORDS)
        fused = fuse(cosines, words, phrases, self.dense_weight)
        best = np.argsort(-fused, kind="stable")[:top_k]
        return [
            Passage(
                chunk_id=chunk.id,
                article_id=chunk.article_id,
                title=chunk.title,
                source=chunk.source,
                text=chunk.text,
                start=chunk.start,
                end=chunk.end,
                score=float(fused[place]),
                rank=rank,
                scores={
                    "similarity": float(cosines[place]),
                    "bm25": float(words[place]),
                    "phrases": float(phrases[place]),
                },
            )
            for rank, place in enumerate(best, start=1)
            for chunk in [chunks[ids[place]]]
        ]

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
        return [
            Document(
                id=passage.chunk_id,
                page_content=passage.text,
                metadata={
                    "article_id": passage.article_id,
                    "title": passage.title,
                    "source": passage.source,
                    "start": passage.start,
                    "end": passage.end,
                    "score": passage.score,
                    "rank": passage.rank,
                    **passage.scores,
                },
            )
            for passage in self.retrieve(query)
        ]
