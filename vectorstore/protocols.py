"""The parts a library is made of, as ``ArticleIndex`` uses them. Their local sides are SQLite, FTS5 and Chroma.

A server can stand behind each: whatever has the methods fits. What is stored goes to the record first; words and
vectors are derived from it, may lag behind it, and are believed only where the record agrees.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from vectorstore.types import Article, ArticleSummary, Chunk, Mentions, StoredSource

Hits = list[tuple[str, float]]
"""Chunk ids with their scores, best first; higher is better."""
Vectors = tuple[list[str], NDArray[np.float32]]
"""Chunk ids and their vectors of unit length, ``[chunks, dimension]``."""


@runtime_checkable
class Embedder(Protocol):
    """LangChain's ``Embeddings`` with a name, which is stored with the vectors it makes."""

    @property
    def name(self) -> str:
        """Identifies the vectors: libraries made under another name are refused."""
        ...

    @property
    def dimension(self) -> int:
        """Length of every vector."""
        ...

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """One vector per text."""
        ...

    def embed_query(self, text: str) -> list[float]:
        """The vector of a question, comparable with those of documents."""
        ...


class LexicalSearch(Protocol):
    """Finds chunks by their words."""

    def search(self, query: str, top_k: int, articles: Collection[str] | None = None) -> Hits:
        """The ``top_k`` chunks that share the most telling words with ``query``, of ``articles`` where given."""
        ...

    def weight(self, query: str) -> float:
        """The score of a chunk of average length that holds each telling word of ``query`` once."""
        ...

    def mentions(self, phrase: str, articles: Collection[str] | None = None) -> dict[str, Mentions]:
        """The articles, by id, in which the words of ``phrase`` stand one after the other, in any form of them."""
        ...

    def nearest_words(self, words: Sequence[str]) -> dict[str, str]:
        """For those of ``words`` that no chunk holds in any form: the library's word spelled most alike."""
        ...


class VectorIndex(Protocol):
    """Finds chunks by their vectors."""

    def nearest(self, vector: Sequence[float], top_k: int, words: str | None = None) -> Hits | None:
        """The nearest ``top_k`` by cosine similarity; None where it cannot be trusted now, and the record answers.
        ``words`` are what the vector stands for, where that is known."""
        ...

    @property
    def limits(self) -> str | None:
        """What the latest search could not do, for people; None where it could do all."""
        ...

    def writing(self) -> AbstractContextManager[None]:
        """Brought up to date with the record on entry and exit."""
        ...

    def settle(self, at: int = 0) -> None:
        """Makes it agree with the record, unless it lags by fewer than ``at`` chunks. Raises StoreError where it
        cannot."""
        ...

    def renew(self) -> None:
        """Starts again with nothing in it, and all chunks to be told of."""
        ...

    def problems(self) -> list[str]:
        """What of it does not agree with the record, in words."""
        ...

    def close(self) -> None:
        """Lets go of files and connections."""
        ...


class RecordStore(Protocol):
    """Keeps articles, chunks and vectors. What it has stored is on the disk, whole or not at all."""

    @property
    def lexical(self) -> LexicalSearch:
        """The words of its chunks, stored in the same transactions."""
        ...

    @property
    def generation(self) -> int:
        """Changes with every write by any process."""
        ...

    def manifest(self) -> dict[str, str]:
        """How the stored data was made. Raises StoreDamaged where that cannot be told."""
        ...

    def close(self) -> None:
        """Lets go of files and connections."""
        ...

    def write(
        self, articles: Sequence[tuple[Article, Sequence[Chunk]]], vectors: Mapping[str, NDArray[np.float32]]
    ) -> None:
        """Stores articles with their chunks, in place of what was stored under the same ids and sources; ``vectors``
        by ``text_digest``."""
        ...

    def remove(self, article_ids: Sequence[str]) -> int:
        """Forgets the articles; returns how many there were."""
        ...

    def replace_vectors(self, vectors: Mapping[str, NDArray[np.float32]], embedder: str, dimension: int) -> None:
        """Stores other vectors for all chunks, by id, and the model they are from."""
        ...

    def rebuild_derived(self) -> None:
        """Makes the groups of near-duplicates and the lexical index anew."""
        ...

    def problems(self) -> Iterator[str]:
        """What is wrong within the record itself, in words. Raises StoreDamaged where it cannot be read."""
        ...

    def article(self, article_id: str) -> Article | None:
        """The article with its text, or None."""
        ...

    def summaries(self, copies: bool = False) -> list[ArticleSummary]:
        """Every listed article without its text, by title; with ``copies`` the near-duplicates that say nothing of
        their own, too."""
        ...

    def sources(self) -> list[StoredSource]:
        """Where each article came from and what it was made from."""
        ...

    def counts(self) -> tuple[int, int]:
        """How many articles are listed and how many chunks are searched."""
        ...

    def chunks(self, ids: Sequence[str]) -> dict[str, Chunk]:
        """The chunks with these ids, as far as there are any."""
        ...

    def chunks_of(self, article_id: str) -> list[Chunk]:
        """All chunks of an article, in the order of its text."""
        ...

    def chunk_ids(self, searched: bool = True) -> set[str]:
        """The id of every chunk that is searched, or of every one."""
        ...

    def articles_of(self, chunk_ids: Sequence[str]) -> dict[str, str]:
        """The id of the article of each of these chunks, as far as there are any."""
        ...

    def known_vectors(self, digests: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """The vectors of texts that were embedded before, by ``text_digest``."""
        ...

    def vectors(self, ids: Sequence[str] | None = None) -> Vectors:
        """Of the searched chunks: of ``ids`` where given, else of all."""
        ...

    def vectors_of(self, ids: Sequence[str]) -> Vectors:
        """Of those of ``ids`` that there are, searched or not, in order."""
        ...

    def vectors_within(self, articles: Collection[str]) -> Vectors:
        """Of all chunks of ``articles``; of near-duplicates those that say the same once."""
        ...


class WriterPlace(Protocol):
    """Keeps those apart who must not write at the same time."""

    @property
    def held(self) -> bool:
        """Whether this thread holds it."""
        ...

    @property
    def can_write(self) -> bool:
        """Whether anything can be written from here at all."""
        ...

    def hold(self, alone: bool = False) -> AbstractContextManager[None]:
        """Holds it, ``alone`` where several may otherwise write together. Raises StoreLocked when somebody else keeps
        this one out, and StoreReadOnly where nothing can be written."""
        ...
