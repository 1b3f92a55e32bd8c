"""A library of articles: the record, and the searches derived from it, behind one face."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path

import numpy as np
from langchain_core.embeddings import Embeddings
from numpy.typing import NDArray

from vectorstore import exact
from vectorstore.catalogue import Catalogue
from vectorstore.embedder import as_embedder
from vectorstore.errors import StoreDamaged
from vectorstore.opening import Parts, open_parts
from vectorstore.place import Address, Place, library_place, make_own_folder
from vectorstore.protocols import Embedder
from vectorstore.schema import text_digest
from vectorstore.types import (
    Article,
    ArticleFilter,
    ArticleSummary,
    CheckReport,
    Chunk,
    Chunking,
    FoundArticle,
    ScoredChunk,
    StoredSource,
)

SETTLE_AT = 128
"""Chunks the vector index may lag behind while many are added. Chroma writes hardly faster in larger batches, and what
is left when the last chunk has been embedded is waited for."""
EMBEDDED_TOGETHER = 128
"""Chunks between two reports of progress while a library is embedded again."""


class ArticleIndex:
    """Articles with their chunks, found by meaning and by words.

    In a folder one process writes at a time, held apart by a lock; in a database any number do. Any number read
    meanwhile. All that is stored goes to the record first. The vector index follows, and is used only while it is
    known to agree: otherwise dense search is exact, over the record's own vectors.
    """

    def __init__(self, place: Place, parts: Parts) -> None:
        """For ``open``."""
        self.place = place
        """Where it is: its folder, or its address, which as text has no password."""
        self.folder = make_own_folder(place)
        """For what is kept beside it on this machine, as copies of uploaded files: its own folder, where it has one."""
        self._record = parts.record
        self._dense = parts.dense
        self._writer = parts.writer
        self._models = parts.models
        self._catalogue = Catalogue(parts.record, self.embed_query, self._nearest)
        self._exact: tuple[int, list[str], NDArray[np.float32]] | None = None

    # Opening ----------------------------------------------------------------------------------

    @classmethod
    def open(
        cls,
        place: str | Path | Address,
        embedder: str | Embeddings | Embedder | None = None,
        chunking: Chunking | None = None,
        threads: int | None = None,
    ) -> ArticleIndex:
        """The library in a folder, or at the ``postgresql://`` address of a database, made if there is none.

        ``embedder``, a name or any LangChain ``Embeddings``, and ``chunking`` decide how a new library is made; for an
        existing one they are demands, and None takes it as it is. ``threads`` is how many an embedding model of ours
        may use: all cores by default. Raises StoreMismatch when a demand is not met, StoreDamaged when the record
        cannot be read, StoreReadOnly when a new one cannot be made, StoreError when a server cannot be reached.
        """
        place = library_place(place)
        if isinstance(place, Path):
            place = place.expanduser().absolute()
        return cls(place, open_parts(place, embedder, chunking, threads))

    @property
    def embedder(self) -> Embedder:
        """The model that made this library's vectors, loaded on first use. Raises StoreMismatch if it changed size."""
        return self._models.current()

    @property
    def embedder_name(self) -> str:
        """Name of the model that made this library's vectors; loads nothing."""
        return self._models.name

    @property
    def given_embedder(self) -> Embedder | None:
        """The model, where it was given itself and not by its name: who opens the library elsewhere has to, too."""
        return self._models.given

    @property
    def chunking(self) -> Chunking:
        """How the articles of this library are cut."""
        return Chunking.parse(self._record.manifest()["chunking"])

    def close(self) -> None:
        """Lets go of the files."""
        self._dense.close()
        self._record.close()

    # Articles ---------------------------------------------------------------------------------

    def articles(self, copies: bool = False) -> list[ArticleSummary]:
        """Every article without its text, by title: whatever can be cited is listed.

        Near-duplicates are shown as one, with the sources of all; one with passages of its own stands beside it.
        ``copies`` lists each of them.
        """
        return self._record.summaries(copies=True) if copies else list(self._catalogue.listed())

    def article(self, article_id: str) -> Article | None:
        """The article with its text, or None."""
        return self._record.article(article_id)

    def counts(self) -> tuple[int, int]:
        """How many articles are listed, and how many chunks are searched."""
        return self._record.counts()

    def sources(self) -> list[StoredSource]:
        """Where each article came from and what it was made from."""
        return self._record.sources()

    def find_articles(self, filter: ArticleFilter, articles: Collection[str] | None = None) -> list[FoundArticle]:
        """The listed articles that ``filter`` lets through, of ``articles`` (ids) where given, in its order."""
        return self._catalogue.find(filter, articles)

    def chunks_of(self, article_id: str) -> list[Chunk]:
        """All chunks of an article, in the order of its text; none for an unknown id."""
        return self._record.chunks_of(article_id)

    @property
    def generation(self) -> int:
        """Changes with every write by any process."""
        return self._record.generation

    # Writing ----------------------------------------------------------------------------------

    @contextmanager
    def writing(self, alone: bool = False) -> Iterator[None]:
        """Holds a writer's place; brings the vector index up to date on entry and exit.

        In a folder there is one; in a database there are many, unless somebody writes ``alone``. Raises StoreLocked
        when another process, or another thread, keeps this one out, and StoreReadOnly where nothing can be written.
        May be nested within one thread.
        """
        if self._writer.held:
            with self._writer.hold(alone) if alone else nullcontext():
                yield
            return
        with self._writer.hold(alone), self._dense.writing():
            yield

    def add(
        self,
        articles: Sequence[tuple[Article, Sequence[Chunk]]],
        vectors: Mapping[str, NDArray[np.float32]] | None = None,
    ) -> int:
        """Stores articles with their chunks, each in place of what its id or source held before.

        ``vectors`` are those that ``embed_texts`` made beforehand; whatever they lack and is not stored is embedded
        here. Returns how many chunks were embedded for this: one whose words are stored already, in whatever article,
        is not. All of the articles are stored, or, after an exception, none.
        """
        with self.writing():
            texts = _texts(chunk for _, chunks in articles for chunk in chunks)
            made = dict(vectors or {})
            # Asked once: what is stored now, others may remove before it is written here.
            known = {**self._record.known_vectors(list(texts)), **made}
            made.update(self.embed_texts({digest: text for digest, text in texts.items() if digest not in known}))
            self._record.write(articles, {**known, **made})
            self._dense.settle(SETTLE_AT)
            return len(made)

    def remove(self, article_ids: Sequence[str]) -> int:
        """Forgets the articles; returns how many of them there were."""
        with self.writing():
            return self._record.remove(article_ids)

    def new_texts(self, chunks: Sequence[Chunk]) -> dict[str, str]:
        """What of ``chunks`` would have to be embedded: the texts, by digest, that no stored chunk has."""
        texts = _texts(chunks)
        known = self._record.known_vectors(list(texts))
        return {digest: text for digest, text in texts.items() if digest not in known}

    def embed_texts(self, texts: Mapping[str, str]) -> dict[str, NDArray[np.float32]]:
        """The vectors of ``texts``, of unit length, under the same digests. Stores nothing; safe in any thread."""
        return dict(zip(texts, self._models.vectors(list(texts.values())), strict=True))

    # Searching --------------------------------------------------------------------------------

    def embed_query(self, query: str) -> list[float]:
        """The vector of a question."""
        return self.embedder.embed_query(query)

    def embed_documents(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of unit length, ``[texts, dimension]``, comparable with those of the chunks; the latest are kept."""
        return self._models.remembered_vectors(texts)

    def search_dense(self, query: str, top_k: int, articles: Collection[str] | None = None) -> list[ScoredChunk]:
        """The ``top_k`` chunks nearest to ``query`` in meaning, as ``search_vector`` finds them."""
        return self.search_vector(self.embed_query(query), top_k, articles, words=query)

    def search_vector(
        self,
        vector: Sequence[float],
        top_k: int,
        articles: Collection[str] | None = None,
        words: str | None = None,
    ) -> list[ScoredChunk]:
        """The ``top_k`` chunks nearest to ``vector``, by cosine similarity, best first; only those of ``articles``,
        which are ids, where given: the search is exact then. ``words`` are what the vector stands for: a large library
        without a vector index looks only among the chunks that share some of them."""
        return self._scored(self._nearest(vector, top_k, articles, words))

    def search_lexical(self, query: str, top_k: int, articles: Collection[str] | None = None) -> list[ScoredChunk]:
        """The ``top_k`` chunks that share the most telling words with ``query``, by BM25, best first; only those of
        ``articles``, which are ids, where given. Passages of a near-duplicate that the article it is shown as says
        too are found in that one only."""
        return self._scored(self._record.lexical.search(query, top_k, articles))

    @property
    def limits(self) -> str | None:
        """What the latest search by meaning could not do, in words for people; None where it could do all."""
        return self._dense.limits

    def similarities(self, vector: Sequence[float], chunk_ids: Sequence[str]) -> dict[str, float]:
        """Cosine similarity of ``vector`` with each of the chunks."""
        ids, vectors = self._record.vectors_of(chunk_ids)
        return dict(exact.nearest(ids, vectors, vector, top_k=len(ids)))

    def vectors_of(self, chunk_ids: Sequence[str]) -> tuple[list[str], NDArray[np.float32]]:
        """The ids that there are, in the order given, and their vectors of unit length, ``[chunks, dimension]``."""
        return self._record.vectors_of(chunk_ids)

    def nearest_words(self, words: Sequence[str]) -> dict[str, str]:
        """For those of ``words`` that the library does not hold in any form: its own word that is spelled most alike.

        One letter other, missing, too many or changed over with its neighbour in words of four to six letters, two in
        longer ones; of several the commonest. Words without one, shorter ones and numbers are left out.
        """
        return self._record.lexical.nearest_words(words)

    def _scored(self, hits: Sequence[tuple[str, float]]) -> list[ScoredChunk]:
        chunks = self._record.chunks([chunk_id for chunk_id, _ in hits])
        return [ScoredChunk(chunks[chunk_id], score) for chunk_id, score in hits if chunk_id in chunks]

    def _nearest(
        self,
        vector: Sequence[float],
        top_k: int,
        articles: Collection[str] | None = None,
        words: str | None = None,
    ) -> list[tuple[str, float]]:
        if top_k <= 0:
            return []
        if articles is not None:
            return exact.nearest(*self._record.vectors_within(articles), vector, top_k)
        hits = self._dense.nearest(vector, top_k, words)
        if hits is not None:
            return hits
        generation = self._record.generation
        if self._exact is None or self._exact[0] != generation:
            self._exact = (generation, *self._record.vectors())
        _, ids, vectors = self._exact
        return exact.nearest(ids, vectors, vector, top_k)

    # Care -------------------------------------------------------------------------------------

    def repair(self) -> None:
        """Brings the vector index up to date with the record if it is not; quick where it is.

        Raises StoreLocked and StoreReadOnly as ``writing`` does.
        """
        with self.writing():
            pass

    def rebuild(
        self, embedder: Embeddings | Embedder | None = None, progress: Callable[[int, int], None] | None = None
    ) -> None:
        """Makes everything derived anew from the record: groups of near-duplicates, lexical and vector index.

        With ``embedder``, the chunks are embedded again, by that model, and the library is its from
        then on; ``progress`` is told how many of how many chunks are done.
        """
        with self.writing(alone=True):
            if embedder is not None:
                self._embed_again(as_embedder(embedder), progress or (lambda done, total: None))
            self._record.rebuild_derived()
            self._dense.renew()

    def _embed_again(self, embedder: Embedder, progress: Callable[[int, int], None]) -> None:
        ids = sorted(self._record.chunk_ids(searched=False))
        vectors: dict[str, NDArray[np.float32]] = {}
        for first in range(0, len(ids), EMBEDDED_TOGETHER):
            chunks = self._record.chunks(ids[first : first + EMBEDDED_TOGETHER])
            made = np.asarray(embedder.embed_documents([one.indexed_text for one in chunks.values()]), dtype=np.float32)
            vectors.update(zip(chunks, exact.unit_length(made), strict=True))
            progress(len(vectors), len(ids))
        self._record.replace_vectors(vectors, embedder.name, embedder.dimension)
        self._models.replace(embedder)

    def check(self) -> CheckReport:
        """Compares the record with itself and everything derived with the record; changes nothing.

        Raises StoreLocked while another process writes: what is half told would look like damage.
        """
        with self._writer.hold(alone=True) if self._writer.can_write else nullcontext():
            try:
                problems = [*self._record.problems(), *self._dense.problems()]
                return CheckReport(*self._record.counts(), tuple(problems))
            except StoreDamaged as error:
                return CheckReport(0, 0, (str(error),), damaged=True)


def _texts(chunks: Iterable[Chunk]) -> dict[str, str]:
    """What is embedded of chunks, each text once, by digest."""
    return {text_digest(chunk.title, chunk.text): chunk.indexed_text for chunk in chunks}
