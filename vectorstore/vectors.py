"""The vectors of one library: its embedding model, loaded when it is needed, and vectors of texts lately asked for."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from vectorstore.embedder import load_embedder
from vectorstore.errors import StoreMismatch
from vectorstore.exact import unit_length
from vectorstore.place import Place
from vectorstore.protocols import Embedder

CACHED_TEXTS = 4_096
"""Sentences whose vectors are kept: 6 MB of 384 numbers each."""


class LibraryEmbedder:
    """The model that made a library's vectors, whichever that is at the moment. Safe from several threads."""

    def __init__(
        self,
        place: Place,
        manifest: Callable[[], dict[str, str]],
        given: Embedder | None = None,
        threads: int | None = None,
    ) -> None:
        """``manifest`` says how the library is made now: it may be moved to another model by another process."""
        self._place = place
        self._manifest = manifest
        self._given = given
        self._threads = threads
        self._loaded = given
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, NDArray[np.float32]] = OrderedDict()

    @property
    def name(self) -> str:
        """Name of the model; loads nothing."""
        return self._manifest()["embedder"]

    @property
    def given(self) -> Embedder | None:
        """The model, where it was given and not named."""
        return self._given

    def current(self) -> Embedder:
        """The model, loaded on first use. Raises StoreMismatch where its vectors are not the library's."""
        manifest = self._manifest()
        name, dimension = manifest["embedder"], int(manifest["dimension"])
        with self._lock:
            if self._loaded is None or self._loaded.name != name:
                if self._given is not None:
                    raise StoreMismatch(
                        f"{self._place} was moved to the embedding model {name!r}, and {self._given.name!r} was "
                        "given; open it again"
                    )
                self._loaded = load_embedder(name, self._threads)
                self._kept.clear()
            if self._loaded.dimension != dimension:
                raise StoreMismatch(
                    f"{self._place} holds vectors of {dimension} numbers, but {name} now makes "
                    f"{self._loaded.dimension}; run: article-qa index rebuild --embedder {name} --index {self._place}"
                )
            return self._loaded

    def replace(self, embedder: Embedder) -> None:
        """Takes another model: the library has just been moved to it."""
        with self._lock:
            self._loaded = embedder
            self._given = None if self._given is None else embedder
            self._kept.clear()

    def vectors(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of unit length, ``[texts, dimension]``; ``[0, 0]`` for no texts."""
        if not texts:
            return np.empty((0, 0), dtype=np.float32)
        made = np.asarray(self.current().embed_documents(list(texts)), dtype=np.float32)
        return unit_length(made)

    def remembered_vectors(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Likewise; the latest ``CACHED_TEXTS`` are not made again."""
        if not texts:
            return np.empty((0, 0), dtype=np.float32)
        self.current()  # forgets them where the model has changed
        with self._lock:
            known = {text: self._kept[text] for text in texts if text in self._kept}
        missing = [text for text in dict.fromkeys(texts) if text not in known]
        known.update(zip(missing, self.vectors(missing), strict=True))
        with self._lock:
            for text in texts:
                self._kept[text] = known[text]
                self._kept.move_to_end(text)
            while len(self._kept) > CACHED_TEXTS:
                self._kept.popitem(last=False)
        return np.stack([known[text] for text in texts])
