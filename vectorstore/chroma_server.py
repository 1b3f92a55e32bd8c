"""Collections on a Chroma server, reached over HTTP."""

from __future__ import annotations

import http.client
import itertools
import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any
from urllib.parse import urlsplit

import chromadb
from chromadb.config import Settings
from chromadb.errors import NotFoundError

from vectorstore.collection import ChromaCollection, DenseError, configured, failing
from vectorstore.place import ChromaAddress

TIMEOUT = 20.0
"""Seconds in which an answer has to begin; the client itself would wait for ever."""
CONNECT_TIMEOUT = 5.0
PAGE = 5_000
"""Ids that are asked for at a time where all of them are."""


class ChromaServer:
    """A server's collections, by name. Connects when it is first asked. Safe from several threads."""

    def __init__(self, address: ChromaAddress) -> None:
        """``address`` is not looked at before it is needed."""
        self.address = address
        self._client: Any = None
        self._opening = threading.Lock()
        self._failed: tuple[float, str] | None = None

    def collection(self, name: str, manifest: Mapping[str, str]) -> ServerCollection:
        """The collection of this name. Raises DenseError where the server cannot be reached or has none, and where it
        holds vectors of another embedding model or length than ``manifest`` says."""
        try:
            with self._asking():
                found = self._connected().get_collection(name, embedding_function=None)
        except DenseError as error:
            if isinstance(error.__cause__, NotFoundError):
                raise DenseError(
                    f"the Chroma server at {self.address} has no collection {name}: it was emptied, or is another one; "
                    "article-qa index rebuild makes it anew"
                ) from error
            raise
        known = found.metadata or {}
        held, wanted = (
            f"{one.get('embedder')!r} of {one.get('dimension')} numbers"
            for one in (known, {**manifest, "dimension": int(manifest["dimension"])})
        )
        if held != wanted:
            raise DenseError(
                f"the collection {name} at {self.address} holds vectors of {held}, and the library is of {wanted}; "
                "article-qa index rebuild makes it anew"
            )
        return ServerCollection(found, self._asking)

    def make(self, name: str, manifest: Mapping[str, str]) -> None:
        """Makes a collection with nothing in it for a library with this manifest. Raises DenseError."""
        with self._asking():
            self._connected().create_collection(name, **configured(manifest))

    def drop(self, beginning: str, keep: str | None = None) -> None:
        """Deletes all collections whose names begin like this, but one. Raises DenseError."""
        with self._asking():
            client = self._connected()
            names = [one.name for one in client.list_collections()]
            for name in names:
                if name.startswith(beginning) and name != keep:
                    client.delete_collection(name)

    def close(self) -> None:
        """Lets go of its connections."""
        with self._opening:
            client, self._client = self._client, None
        if client is not None:
            with failing():
                for one in (client, client._admin_client):  # connections of their own, which they leave open
                    one._server._session.close()
                client.close()

    def _connected(self) -> Any:
        asked = time.monotonic()
        with self._opening:
            if self._client is None:
                if self._failed is not None and self._failed[0] >= asked:
                    raise DenseError(self._failed[1])  # found out while this one waited for its turn
                try:
                    self._look()
                except DenseError as error:
                    self._failed = time.monotonic(), str(error)
                    raise
                client: Any = chromadb.HttpClient(
                    host=self.address.url,
                    headers=dict(self.address.headers),
                    settings=Settings(anonymized_telemetry=False),
                )
                client._server._session.timeout = TIMEOUT  # there is no setting for it
                self._client = client
            return self._client

    def _look(self) -> None:
        """Raises DenseError where there is no Chroma server, which its client says less well, or never."""
        url = self.address.url
        if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).netloc:
            raise DenseError(f"{url!r} is no address of a Chroma server; it looks like http://host:8000")
        asked = urllib.request.Request(f"{url}/api/v2/heartbeat", headers=dict(self.address.headers))
        try:
            with urllib.request.urlopen(asked, timeout=CONNECT_TIMEOUT) as answer:
                if "nanosecond heartbeat" in json.load(answer):
                    return
            said = "something else answers there"
        except urllib.error.HTTPError as error:
            error.close()
            said = f"it answers {error.code} {error.reason}"
            if error.code in (401, 403):
                raise DenseError(
                    f"the Chroma server at {url} wants to know who asks ({said}): http://user:password@…, or "
                    "http://token@…, in the address"
                ) from None
        except (OSError, http.client.HTTPException) as error:
            reason = getattr(error, "reason", error)
            raise DenseError(f"the Chroma server at {url} cannot be reached: {reason}") from None
        except ValueError:  # no JSON
            said = "something else answers there"
        raise DenseError(f"there is no Chroma server at {url}: {said}")

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """Names the server in whatever goes wrong."""
        try:
            with failing():
                yield
        except DenseError as error:
            if isinstance(error.__cause__, DenseError):  # has said so
                raise error.__cause__ from error.__cause__.__cause__
            raise DenseError(f"the Chroma server at {self.address} failed: {error}") from error.__cause__


class ServerCollection(ChromaCollection):
    """One collection on a server."""

    def __init__(self, collection: Any, asking: Callable[[], AbstractContextManager[None]]) -> None:
        """For ``ChromaServer.collection``."""
        self._collection = collection
        self._asking = asking  # type: ignore[method-assign]

    def ids(self) -> set[str]:
        """The id of every chunk stored, asked for as many at a time as are answered quickly."""
        found: set[str] = set()
        with self._asking():
            for offset in itertools.count(0, PAGE):
                page = self._collection.get(include=[], limit=PAGE, offset=offset)["ids"]
                found.update(page)
                if len(page) < PAGE:
                    break
        return found
