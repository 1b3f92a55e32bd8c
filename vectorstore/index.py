"""A library of articles on disk: the record, and the vector index derived from it, behind one face."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import filelock
import numpy as np
from numpy.typing import NDArray

from vectorstore import chroma, exact
from vectorstore import record as record_module
from vectorstore.catalogue import Catalogue
from vectorstore.chroma import ChromaIndex, DenseError
from vectorstore.comparison import compare
from vectorstore.embedder import DEFAULT_EMBEDDER, Embedder, VectorCache, load_embedder, unit_length
from vectorstore.errors import StoreDamaged, StoreError, StoreLocked, StoreMismatch, StoreReadOnly
from vectorstore.record import FORMAT, Record, text_digest
from vectorstore.types import (
    Article,
    ArticleFilter,
    ArticleSummary,
    CheckReport,
    Chunk,
    Chunking,
    Comparison,
    FoundArticle,
    ScoredChunk,
    StoredSource,
)

logger = logging.getLogger(__name__)

SETTLE_AT = 128
"""Chunks the vector index may lag behind while many are added. Chroma writes hardly faster in larger batches, and what
is left when the last chunk has been embedded is waited for."""
EMBEDDED_TOGETHER = 128
"""Chunks between two reports of progress while a library is embedded again."""


class ArticleIndex:
    """Articles with their chunks, found by meaning and by words.

    One process writes at a time, held apart by a lock on the folder; any number read meanwhile. All that is
    stored goes to the record first. The vector index follows, and is used only while it is known to agree:
    otherwise dense search is exact, over the record's own vectors.
    """

    def __init__(self, folder: Path, record: Record, embedder: Embedder | None = None) -> None:
        """For ``open``; the arguments have been checked against each other."""
        self.folder = folder
        self._record = record
        self._manifest = record.manifest()
        self._loaded_embedder = embedder
        self._loading = threading.Lock()
        self._lock = filelock.FileLock(folder / "writer.lock")
        self._dense: ChromaIndex | None = None
        self._dense_generation = -1
        self._dense_failed = -1
        self._dense_lock = threading.RLock()  # held while the client is opened, closed or asked
        self._writing_here = False
        self._exact: tuple[int, list[str], NDArray[np.float32]] | None = None
        self._catalogue = Catalogue(record, self.embed_query, self._nearest)
        self._sentences = VectorCache(lambda texts: self.embedder.embed_documents(texts))

    # Opening ----------------------------------------------------------------------------------

    @classmethod
    def open(
        cls,
        folder: str | Path,
        embedder: str | Embedder | None = None,
        chunking: Chunking | None = None,
    ) -> ArticleIndex:
        """The library in ``folder``, made if there is none.

        ``embedder`` and ``chunking`` decide how a new library is made; for an existing one they are
        demands, and None takes it as it is. Raises StoreMismatch when a demand is not met,
        StoreDamaged when the record cannot be read, StoreReadOnly when a new one cannot be made.
        """
        folder = Path(folder).expanduser().absolute()
        wanted = embedder if isinstance(embedder, str) or embedder is None else embedder.name
        path = folder / record_module.FILE_NAME
        if path.exists():
            record = Record(path, writable=record_module.is_writable(folder))
            record.upgrade()
            _check_manifest(folder, record.manifest(), wanted, chunking)
        else:
            loaded = embedder if isinstance(embedder, Embedder) else load_embedder(wanted or DEFAULT_EMBEDDER)
            record = _create(folder, loaded, chunking or Chunking())
            embedder = loaded
        return cls(folder, record, embedder if isinstance(embedder, Embedder) else None)

    @property
    def embedder(self) -> Embedder:
        """The model that made this library's vectors, loaded on first use. Raises StoreMismatch if it changed size."""
        with self._loading:
            if self._loaded_embedder is None:
                self._loaded_embedder = load_embedder(self._manifest["embedder"])
            dimension = int(self._manifest["dimension"])
            if self._loaded_embedder.dimension != dimension:
                raise StoreMismatch(
                    f"{self.folder} holds vectors of {dimension} numbers, but {self._loaded_embedder.name} now makes "
                    f"{self._loaded_embedder.dimension}; run: article-qa index rebuild --embedder "
                    f"{self._loaded_embedder.name} --index {self.folder}"
                )
            return self._loaded_embedder

    @property
    def embedder_name(self) -> str:
        """Name of the model that made this library's vectors; loads nothing."""
        return self._manifest["embedder"]

    @property
    def chunking(self) -> Chunking:
        """How the articles of this library are cut."""
        return Chunking.parse(self._manifest["chunking"])

    def close(self) -> None:
        """Lets go of the files."""
        self._close_dense()
        self._record.close()

    # Articles ---------------------------------------------------------------------------------

    def articles(self, copies: bool = False) -> list[ArticleSummary]:
        """Every article without its text, by title: whatever can be cited is listed.

        Near-duplicates are shown as one, with the sources of all; one with passages of its own stands beside it.
        ``copies`` lists each of them.
        """
        return self._record.summaries(copies)

    def article(self, article_id: str) -> Article | None:
        """The article with its text, or None."""
        return self._record.article(article_id)

    def counts(self) -> tuple[int, int]:
        """How many articles are listed, and how many chunks are searched."""
        return self._record.counts()

    def sources(self) -> list[StoredSource]:
        """Where each article came from and what it was made from."""
        return self._record.sources()

    @property
    def generation(self) -> int:
        """Changes with every write by any process."""
        return self._record.generation

    # Writing ----------------------------------------------------------------------------------

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Holds this library's one writer's place; brings the vector index up to date on entry and exit.

        Raises StoreLocked when another process, or another thread, holds it, and StoreReadOnly where
        the folder cannot be written. May be nested within one thread.
        """
        if self._lock.is_locked:
            yield
            return
        self._acquire_lock()
        try:
            if self._dense_generation != self._record.generation:
                self._close_dense()  # another process wrote since: this client would write over it
            self._settle()
            self._writing_here = True
            try:
                yield
            except BaseException:
                with suppress(StoreError):  # what is being raised says more
                    self._settle()
                raise
            self._settle()
        finally:
            self._writing_here = False
            self._lock.release()

    def _acquire_lock(self) -> None:
        if not record_module.is_writable(self.folder):
            raise StoreReadOnly(f"{self.folder} cannot be written: change its permissions, or name another --index")
        try:
            self._lock.acquire(timeout=0)
        except filelock.Timeout as error:
            raise StoreLocked(
                f"another process is adding to {self.folder}; wait until it is done, or stop it, and try again"
            ) from error
        except OSError as error:
            raise StoreReadOnly(f"{self.folder} cannot be written: {error}") from error

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
            chunks = [chunk for _, chunks in articles for chunk in chunks]
            made = dict(vectors or {})
            made.update(self.embed_texts({d: t for d, t in self.new_texts(chunks).items() if d not in made}))
            known = self._record.known_vectors([text_digest(one.title, one.text) for one in chunks])
            self._record.write(articles, {**known, **made})
            if self._record.pending_count() >= SETTLE_AT:
                self._settle()
            return len(made)

    def remove(self, article_ids: Sequence[str]) -> int:
        """Forgets the articles; returns how many of them there were."""
        with self.writing():
            return self._record.remove(article_ids)

    def new_texts(self, chunks: Sequence[Chunk]) -> dict[str, str]:
        """What of ``chunks`` would have to be embedded: the texts, by digest, that no stored chunk has."""
        texts = {text_digest(chunk.title, chunk.text): chunk.indexed_text for chunk in chunks}
        known = self._record.known_vectors(list(texts))
        return {digest: text for digest, text in texts.items() if digest not in known}

    def embed_texts(self, texts: Mapping[str, str]) -> dict[str, NDArray[np.float32]]:
        """The vectors of ``texts``, of unit length, under the same digests. Stores nothing; safe in any thread."""
        if not texts:
            return {}
        vectors = np.asarray(self.embedder.embed_documents(list(texts.values())), dtype=np.float32)
        return dict(zip(texts, unit_length(vectors), strict=True))

    # Searching --------------------------------------------------------------------------------

    def embed_query(self, query: str) -> list[float]:
        """The vector of a question."""
        return self.embedder.embed_query(query)

    def embed_documents(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of unit length, ``[texts, dimension]``, comparable with those of the chunks; the latest are kept."""
        return self._sentences.vectors(texts)

    def search_dense(self, query: str, top_k: int, articles: Collection[str] | None = None) -> list[ScoredChunk]:
        """The ``top_k`` chunks nearest to ``query`` in meaning, as ``search_vector`` finds them."""
        return self.search_vector(self.embed_query(query), top_k, articles)

    def search_vector(
        self, vector: Sequence[float], top_k: int, articles: Collection[str] | None = None
    ) -> list[ScoredChunk]:
        """The ``top_k`` chunks nearest to ``vector``, by cosine similarity, best first; only those of ``articles``,
        which are ids, where given: the search is exact then."""
        return self._scored(self._nearest(vector, top_k, articles))

    def search_lexical(self, query: str, top_k: int, articles: Collection[str] | None = None) -> list[ScoredChunk]:
        """The ``top_k`` chunks that share the most telling words with ``query``, by BM25, best first; only those of
        ``articles``, which are ids, where given. Passages of a near-duplicate that the article it is shown as says
        too are found in that one only."""
        return self._scored(self._record.lexical.search(query, top_k, articles))

    def similarities(self, vector: Sequence[float], chunk_ids: Sequence[str]) -> dict[str, float]:
        """Cosine similarity of ``vector`` with each of the chunks."""
        ids, vectors = self._record.vectors_of(chunk_ids)
        return dict(exact.nearest(ids, vectors, vector, top_k=len(ids)))

    def find_articles(self, filter: ArticleFilter, articles: Collection[str] | None = None) -> list[FoundArticle]:
        """The listed articles that ``filter`` lets through, of ``articles`` (ids) where given, in its order."""
        return self._catalogue.find(filter, articles)

    def chunks_of(self, article_id: str) -> list[Chunk]:
        """All chunks of an article, in the order of its text; none for an unknown id."""
        return self._record.chunks_of(article_id)

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
        self, vector: Sequence[float], top_k: int, articles: Collection[str] | None = None
    ) -> list[tuple[str, float]]:
        if top_k <= 0:
            return []
        if articles is not None:
            return exact.nearest(*self._record.vectors_within(articles), vector, top_k)
        with self._dense_lock:
            dense = self._usable_dense()
            if dense is not None:
                try:
                    return self._with_pending(dense.query(vector, top_k), vector, top_k)
                except DenseError as error:
                    self._distrust(error)
        generation = self._record.generation
        if self._exact is None or self._exact[0] != generation:
            self._exact = (generation, *self._record.vectors())
        _, ids, vectors = self._exact
        return exact.nearest(ids, vectors, vector, top_k)

    def _with_pending(
        self, hits: list[tuple[str, float]], vector: Sequence[float], top_k: int
    ) -> list[tuple[str, float]]:
        """``hits`` brought up to date by the few chunks that the vector index has not been told of."""
        pending = self._record.pending()
        if not pending:
            return hits
        changed = set(pending)
        fresh = exact.nearest(*self._record.vectors(pending), vector, top_k)
        return sorted([*(hit for hit in hits if hit[0] not in changed), *fresh], key=lambda hit: -hit[1])[:top_k]

    # The vector index -------------------------------------------------------------------------

    def _usable_dense(self) -> ChromaIndex | None:
        """The vector index, if it is known to agree with the record, pending chunks aside; else None."""
        generation = self._record.generation
        if self._dense is not None and (self._writing_here or self._dense_generation == generation):
            return self._dense
        try:
            # Nobody may be writing while the files are opened: half-written ones crash Chroma.
            self._lock.acquire(timeout=0)
        except (filelock.Timeout, OSError):
            return None
        try:
            if not self._dense_sealed() or self._record.pending():
                return None
            if self._dense_failed == generation:
                return None
            self._close_dense()  # what another process wrote is seen only by a client opened after it
            try:
                self._dense = self._open_sealed()
            except DenseError as error:
                self._distrust(error)
                return None
            self._dense_generation = generation
            return self._dense
        finally:
            self._lock.release()

    def _open_sealed(self) -> ChromaIndex:
        """Opens the vector index for reading, while nobody writes. Raises DenseError."""
        index = ChromaIndex(self._dense_folder, self._manifest)
        # Loads it, and a small one that is still in Chroma's log alone has its files made anew by that: sealed anew.
        index.query([1.0] + [0.0] * (int(self._manifest["dimension"]) - 1), top_k=1)
        if not self._dense_sealed() and record_module.is_writable(self.folder):
            with suppress(StoreError):
                self._record.set_manifest("seal", chroma.seal(self._dense_folder))
        return index

    def _distrust(self, error: DenseError) -> None:
        """Leaves the vector index alone until somebody writes."""
        logger.warning("the vector index failed (%s); searching the record instead", error)
        self._dense_failed = self._record.generation
        self._close_dense()

    def _dense_sealed(self) -> bool:
        """Whether the files are as the last write left them: nothing was cut short, nobody touched them."""
        noted = self._record.manifest().get("seal")
        return noted is not None and noted == chroma.seal(self._dense_folder)

    def _settle(self) -> None:
        """Makes the vector index agree with the record. The writer's place must be held."""
        pending = self._record.pending_count()
        # What is pending before this writer has written was left by one that was cut short.
        cut_short = bool(pending) and not self._writing_here
        sealed = not cut_short and self._dense_sealed() and self._dense_failed != self._record.generation
        if sealed and not pending:
            return
        if not pending and self._needs_no_dense():
            return
        try:
            with self._dense_lock:
                if not sealed:
                    self._close_dense()
                if self._dense is None:
                    self._open_dense(sealed)
            self._tell(self._record.pending())
        except (DenseError, OSError) as error:
            raise StoreError(
                f"{self.folder}: the articles are stored, but the vector index could not follow ({error}); searches go "
                "on without it, and the next ingest, or article-qa index rebuild, makes it anew"
            ) from error
        self._record.set_manifest("seal", chroma.seal(self._dense_folder))
        self._dense_generation = self._record.generation

    def _needs_no_dense(self) -> bool:
        """Whether there is no vector index and nothing yet to find in one."""
        return not chroma.exists(self._dense_folder) and not self._record.chunk_ids()

    def _open_dense(self, sealed: bool) -> None:
        if sealed:
            with suppress(DenseError):
                self._dense = ChromaIndex(self._dense_folder, self._manifest)
                return
        # Cut short in mid-write, an index may hold the right vectors and no longer find some of them: not to be mended.
        if not self._record.pending_count():
            self._dense = chroma.open_safely(self._dense_folder, self._record.path, self._manifest)
        if self._dense is not None:
            # It is sound, but what it was told last may be lost, or be more than the record knows of.
            self._record.mark_pending(self._dense.ids() ^ self._record.chunk_ids())
            return
        if chroma.exists(self._dense_folder):
            logger.warning("the vector index in %s is not sound; making it anew from the record", self.folder)
        self._renew_dense()

    def _renew_dense(self) -> None:
        """An empty vector index, with every chunk pending."""
        with self._dense_lock:
            self._close_dense()
            # Marked first: stopped after the next line, the following writer starts here again.
            self._record.mark_all_pending()
            chroma.discard(self._dense_folder)
            self._dense = ChromaIndex(self._dense_folder, self._manifest)

    def _tell(self, pending: Sequence[str]) -> None:
        """Hands the pending chunks to the vector index, and forgets that they were pending."""
        dense = self._dense
        assert dense is not None
        for first in range(0, len(pending), dense.max_batch):
            batch = pending[first : first + dense.max_batch]
            ids, vectors = self._record.vectors(batch)
            chunks = self._record.chunks(ids)
            if removed := sorted(set(batch) - set(ids)):
                dense.delete(removed)
            if ids:
                dense.upsert([chunks[chunk_id] for chunk_id in ids], vectors)
            self._record.settle(batch)

    def _close_dense(self) -> None:
        with self._dense_lock:
            if self._dense is not None:
                self._dense.close()
                self._dense = None

    @property
    def _dense_folder(self) -> Path:
        return self.folder / chroma.FOLDER_NAME

    # Care -------------------------------------------------------------------------------------

    def repair(self) -> None:
        """Brings the vector index up to date with the record if it is not; quick where it is.

        Raises StoreLocked and StoreReadOnly as ``writing`` does.
        """
        with self.writing():
            pass

    def rebuild(self, embedder: Embedder | None = None, progress: Callable[[int, int], None] | None = None) -> None:
        """Makes everything derived anew from the record: groups of near-duplicates, lexical and vector index.

        With ``embedder``, the chunks are embedded again, by that model, and the library is its from
        then on; ``progress`` is told how many of how many chunks are done.
        """
        with self.writing():
            if embedder is not None:
                self._embed_again(embedder, progress or (lambda done, total: None))
            self._record.rebuild_derived()
            self._renew_dense()
            self._settle()

    def _embed_again(self, embedder: Embedder, progress: Callable[[int, int], None]) -> None:
        ids = sorted(self._record.chunk_ids(searched=False))
        vectors: dict[str, NDArray[np.float32]] = {}
        for first in range(0, len(ids), EMBEDDED_TOGETHER):
            chunks = self._record.chunks(ids[first : first + EMBEDDED_TOGETHER])
            texts = [chunk.indexed_text for chunk in chunks.values()]
            made = unit_length(np.asarray(embedder.embed_documents(texts), dtype=np.float32))
            vectors.update(zip(chunks, made, strict=True))
            progress(len(vectors), len(ids))
        self._record.replace_vectors(vectors, embedder.name, embedder.dimension)
        self._manifest = self._record.manifest()
        self._loaded_embedder = embedder
        self._sentences.clear()

    def check(self) -> CheckReport:
        """Compares the record with itself and everything derived with the record; changes nothing.

        Raises StoreLocked while another process writes: what is half told would look like damage.
        """
        with self._nobody_writing():
            articles, chunks = self._record.counts()
            problems = self._record.problems()
            problems += self._dense_problems()
        return CheckReport(articles, chunks, tuple(problems))

    @contextmanager
    def _nobody_writing(self) -> Iterator[None]:
        if not record_module.is_writable(self.folder):  # then nobody can
            yield
            return
        self._acquire_lock()
        try:
            yield
        finally:
            self._lock.release()

    def _dense_problems(self) -> list[str]:
        pending = self._record.pending()
        if pending:
            return [f"the vector index has not been told of {len(pending)} chunks: an earlier run was cut short"]
        if self._needs_no_dense():
            return []
        if not record_module.is_writable(self.folder):  # Chroma cannot open it there, and it is not used
            return []
        compared = self._compared()
        if compared is None:
            return [f"the vector index in {self._dense_folder} is missing or cannot be opened"]
        problems = []
        if compared.missing:
            problems.append(f"the vector index lacks {compared.missing} chunks")
        if compared.extra:
            problems.append(f"the vector index holds {compared.extra} chunks that the record does not")
        if compared.wrong:
            problems.append(f"the vector index holds {compared.wrong} vectors that are not the record's")
        return problems

    def _compared(self) -> Comparison | None:
        if not self._dense_sealed():
            return chroma.try_out(self._dense_folder, self._record.path, self._manifest)
        try:
            with closing(self._open_sealed()) as index:
                return compare(index, self._record)
        except DenseError:
            return None


def _create(folder: Path, embedder: Embedder, chunking: Chunking) -> Record:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreReadOnly(f"{folder} cannot be created: {error}") from error
    manifest = {
        "format": FORMAT,
        "generation": "0",
        "embedder": embedder.name,
        "dimension": str(embedder.dimension),
        "chunking": str(chunking),
    }
    return Record.create(folder / record_module.FILE_NAME, manifest)


def _check_manifest(folder: Path, manifest: dict[str, str], embedder: str | None, chunking: Chunking | None) -> None:
    if not {"format", "generation", "embedder", "dimension", "chunking"} <= manifest.keys():
        raise StoreDamaged(f"{folder / record_module.FILE_NAME} does not say how it was made: it is not a library")
    if manifest["format"] != FORMAT:
        raise StoreMismatch(
            f"{folder} has format {manifest['format']}, this version reads {FORMAT}: ingest the articles into a new "
            "--index, or use the version that made it"
        )
    if embedder is not None and embedder != manifest["embedder"]:
        raise StoreMismatch(
            f"{folder} was made with the embedding model {manifest['embedder']!r}, not {embedder!r}; leave the setting "
            f"out, or move the library: article-qa index rebuild --embedder {embedder} --index {folder}"
        )
    if chunking is not None and str(chunking) != manifest["chunking"]:
        raise StoreMismatch(
            f"{folder} is cut with {manifest['chunking']}, not {chunking}; leave the setting out, or ingest into a "
            "new --index"
        )
