"""Objects in a store: found, read, and looked for again. S3 and what speaks like it, and Google Cloud Storage.

The only home of pyarrow. Keys come from where each store's own tools take them, the environment, configuration files
or the machine's role; an address never holds any. What no key is found for is asked for without one, as a public bucket
lets everybody.
"""

from __future__ import annotations

import os
import re
import socket
import threading
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from ingest.errors import UnreadableSource
from ingest.formats import may_be_article
from ingest.limits import (
    LISTING_SECONDS,
    MAX_FILE_BYTES,
    OBJECT_SECONDS,
    ROLE_SECONDS,
    STORE_CONNECT_SECONDS,
    STORE_SILENT_SECONDS,
    refuse_size,
)
from ingest.types import ObjectPlace, Skipped

_ADDRESS = re.compile(r"(s3|gs)://", re.IGNORECASE)
_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_WHERE_KEYS_BELONG = {
    "s3": "in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, ~/.aws/credentials or the machine's role",
    "gs": "in the file that GOOGLE_APPLICATION_CREDENTIALS names, gcloud's own, or the machine's role",
}
_AMAZON_KEYS = (
    *("AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_WEB_IDENTITY_TOKEN_FILE"),
    *("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"),
)
_REFUSED = (
    *("ACCESS_DENIED", "INVALID_ACCESS_KEY_ID", "SIGNATURE_DOES_NOT_MATCH", "EXPIRED_TOKEN", "UNRECOGNIZED_CLIENT"),
    *("HTTP status 401", "HTTP status 403", "PERMISSION_DENIED", "UNAUTHENTICATED", "OAuth2 access token"),
)
"""What AWS's and Google's libraries say where nobody is let in."""
_NO_BUCKET = "there is no bucket {}; what was read from there before is kept"
_UNREACHABLE = ("NETWORK_CONNECTION", "UNAVAILABLE")

Found = TypeVar("Found")


@dataclass(frozen=True)
class _Name:
    """What an address says."""

    scheme: str
    bucket: str
    key: str
    """Of an object; or, empty or with "/" at its end, what the keys of several begin with."""

    @property
    def path(self) -> str:
        """As pyarrow wants it."""
        return f"{self.bucket}/{self.key}".rstrip("/")

    @property
    def source(self) -> str:
        return f"{self.scheme}://{self.bucket}/{self.key}"


def is_object_address(name: object) -> bool:
    """Whether a source is named by an address in an object store."""
    return isinstance(name, str) and bool(_ADDRESS.match(name.strip()))


def normalise_object_address(address: str) -> str:
    """The one form of an address: scheme in small letters, the key as it is, never escaped.

    Raises:
        UnreadableSource: it names no bucket, or what no object is called, or holds a key or a query; which it does not
            repeat.
    """
    return _named(address).source


def find_objects(address: str) -> Iterator[ObjectPlace | Skipped]:
    """The object at an address, whatever it is called; or those below it, sorted, that may be articles.

    What is hidden is passed over there, and so is what, by its suffix, is no document. All are listed before the first
    is given: either the whole list is known, or ``address`` is given as skipped.
    """
    try:
        name = _named(address)
    except UnreadableSource as error:
        yield Skipped(error.source, error.reason)
        return
    try:
        yield from _within(LISTING_SECONDS, lambda: _listed(name))
    except Exception as error:  # whatever pyarrow and the libraries beneath it raise
        yield Skipped(name.source, _why(error, name))


def read_object(place: ObjectPlace) -> bytes:
    """The bytes of an object.

    Raises:
        UnreadableSource: it is not there, not allowed, too large, empty, or does not arrive in time.
    """
    name = _split(place.source)

    def read() -> bytes:
        content = bytearray()
        files = _store(name)
        # As a stream: of pyarrow's files with a position, those of Google's stop all threads while they are read.
        with files.open_input_stream(name.path) as stream:
            while len(content) <= MAX_FILE_BYTES and (piece := stream.read(MAX_FILE_BYTES + 1 - len(content))):
                content += piece
        if len(content) > MAX_FILE_BYTES:
            refuse_size(name.source, files.get_file_info(name.path).size or len(content))
            refuse_size(name.source, len(content))  # it may have shrunk meanwhile
        return bytes(content)

    try:
        content = _within(OBJECT_SECONDS, read)
    except UnreadableSource:
        raise
    except Exception as error:
        raise UnreadableSource(place.source, _why(error, name)) from None
    if not content:
        raise UnreadableSource(place.source, "the object is empty; save it again, and add that")
    return content


def gone_objects(prefix: str, sources: Collection[str]) -> list[str]:
    """Those of ``sources``, all below ``prefix`` and not listed there, that are no longer in the store.

    What a listing passes over may have been added by its own name: it is looked for. Raises UnreadableSource where that
    cannot be done.
    """
    passed_over = [source for source in sources if not _is_listed(source.removeprefix(prefix))]
    there: set[str] = set()
    if passed_over:
        name = _split(prefix)
        paths = [_split(source).path for source in passed_over]
        try:
            found = _within(LISTING_SECONDS, lambda: _store(name).get_file_info(paths))
        except Exception as error:
            raise UnreadableSource(prefix, _why(error, name)) from None
        there = {source for source, one in zip(passed_over, found, strict=True) if one.is_file}
    return [source for source in sources if source not in there]


# --- addresses -------------------------------------------------------------------------------------------------------


def _split(source: str) -> _Name:
    scheme, _, rest = source.partition("://")
    bucket, _, key = rest.partition("/")
    return _Name(scheme.lower(), bucket, key)


def _named(address: str) -> _Name:
    name = _split(address.strip())
    if not _BUCKET.fullmatch(name.bucket):
        if not name.bucket:
            raise UnreadableSource(f"{name.scheme}://", "the address names no bucket")
        # Nothing of it is shown: a key may have "/" and "@" in it, so that nobody can tell where it ends.
        raise UnreadableSource(
            f"{name.scheme}://…",
            "a bucket's name has letters, digits, dots, dashes and underscores only; keys and passwords do not belong "
            f"in an address, but {_WHERE_KEYS_BELONG[name.scheme]}",
        )
    if "?" in name.key:
        raise UnreadableSource(
            name.source.partition("?")[0],
            f"an address has no query; keys belong {_WHERE_KEYS_BELONG[name.scheme]}, and an object with ? in its name "
            "is added with all that is beside it",
        )
    if any(part in ("", ".", "..") for part in name.key.removesuffix("/").split("/")) and name.key:
        raise UnreadableSource(_printable(name.source), _ODD)
    return _Name(name.scheme, name.bucket, _printable(name.key))


_ODD = "a name with //, /./ or /../ in it cannot be read; copy the object to another name"


def _printable(name: str) -> str:
    return name.encode(errors="backslashreplace").decode()


def _is_listed(below: str) -> bool:
    """Whether a listing gives an object, by its name below the prefix that was asked for."""
    return not any(part.startswith(".") for part in below.split("/")) and may_be_article(below.rpartition("/")[2])


# --- stores ----------------------------------------------------------------------------------------------------------


class _Unusable(Exception):
    """Says what is missing on this machine; never leaves this module."""


def _listed(name: _Name) -> list[ObjectPlace | Skipped]:
    files = _store(name)
    if name.key and not name.key.endswith("/"):
        found = files.get_file_info(name.path)
        if found.is_file:
            return [ObjectPlace(name.source)]
    # What lists nothing is no error to Amazon's library and one to Google's.
    listed = files.get_file_info(_pyarrow_fs().FileSelector(name.path, recursive=True, allow_not_found=True))
    if not listed and files.get_file_info(name.bucket).type.name == "NotFound":
        raise _Unusable(_NO_BUCKET.format(name.bucket))
    if not listed and name.key:
        raise _Unusable("no such object, and none below it; what was read from there before is kept")
    prefix = f"{name.path}/"
    paths = sorted(one.path for one in listed if one.is_file and _is_listed(one.path.removeprefix(prefix)))
    return [_place(f"{name.scheme}://{path}") for path in paths]


def _place(source: str) -> ObjectPlace | Skipped:
    return Skipped(source, _ODD) if "" in _split(source).key.split("/") else ObjectPlace(source)


def _store(name: _Name) -> Any:
    """A ``pyarrow.fs.FileSystem``."""
    if name.scheme == "s3":
        return _amazon(name.bucket, os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL"))
    return _google(os.environ.get("CLOUD_STORAGE_EMULATOR_ENDPOINT"))


@lru_cache(maxsize=32)
def _amazon(bucket: str, endpoint: str | None) -> Any:
    fs = _pyarrow_fs()
    options: dict[str, Any] = {}
    if endpoint:  # which AWS's library for C++ does not look at
        options["scheme"], options["endpoint_override"] = _endpoint("AWS_ENDPOINT_URL", endpoint)
    elif not (os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")):
        options["region"] = fs.resolve_s3_region(bucket)
    return fs.S3FileSystem(
        anonymous=not _has_amazon_key(),
        connect_timeout=STORE_CONNECT_SECONDS,
        request_timeout=STORE_SILENT_SECONDS,  # without a byte
        retry_strategy=fs.AwsStandardS3RetryStrategy(max_attempts=3),
        **options,
    )


@lru_cache(maxsize=4)
def _google(endpoint: str | None) -> Any:
    fs = _pyarrow_fs()
    options: dict[str, Any] = {}
    if endpoint:
        options["scheme"], options["endpoint_override"] = _endpoint("CLOUD_STORAGE_EMULATOR_ENDPOINT", endpoint)
    limit = timedelta(seconds=STORE_SILENT_SECONDS)
    return fs.GcsFileSystem(anonymous=bool(endpoint) or not _has_google_key(), retry_time_limit=limit, **options)


# Where there is no key, both libraries would ask for a machine's role anew with each request: Amazon's for two seconds,
# Google's for as long as it may try at all, to fail then.


def _has_amazon_key() -> bool:
    """Whether there may be one: in the environment, in a file, or on a machine whose metadata service answers."""
    if any(os.environ.get(name) for name in _AMAZON_KEYS):
        return True
    folder = Path.home() / ".aws"
    files = {"AWS_SHARED_CREDENTIALS_FILE": folder / "credentials", "AWS_CONFIG_FILE": folder / "config"}
    if any(Path(os.environ.get(name) or file).is_file() for name, file in files.items()):
        return True
    if os.environ.get("AWS_EC2_METADATA_DISABLED", "").lower() == "true":
        return False
    service = urlsplit(os.environ.get("AWS_EC2_METADATA_SERVICE_ENDPOINT") or "http://169.254.169.254")
    try:
        socket.create_connection((service.hostname or "", service.port or 80), ROLE_SECONDS).close()
    except (OSError, ValueError):
        return False
    return True


def _has_google_key() -> bool:
    """Whether there may be one: in a file, or on a machine of Google's, which knows this name."""
    if any(os.environ.get(name) for name in ("GOOGLE_APPLICATION_CREDENTIALS", "GCE_METADATA_HOST")):
        return True
    settings = Path(os.environ.get("APPDATA") or Path.home() / ".config")
    if (settings / "gcloud" / "application_default_credentials.json").is_file():
        return True
    try:
        return bool(socket.getaddrinfo("metadata.google.internal", 80))
    except OSError:
        return False


def _endpoint(variable: str, given: str) -> tuple[str, str]:
    """Its scheme, and the rest."""
    try:
        parts = urlsplit(given)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or "@" in given or parts.query:  # a password may have "/" in it, and "@" is then in what follows
        raise _Unusable(f"{variable} is no address of a store, as https://store.example:9000, without keys")
    return parts.scheme, f"{parts.netloc}{parts.path}".rstrip("/")


def _pyarrow_fs() -> Any:
    try:
        from pyarrow import fs
    except ImportError:
        raise _Unusable(
            "object stores can only be read where pyarrow is installed: pip install 'article-qa[objects]' (in the "
            "project's folder: make setup EXTRAS=objects)"
        ) from None
    return fs


def _within(seconds: float, ask: Callable[[], Found]) -> Found:
    """What ``ask`` gives, in a thread that is left behind at the deadline: pyarrow can be neither stopped nor told of
    one. Raises TimeoutError then, and else what ``ask`` raises."""
    answer: Future[Found] = Future()

    def run() -> None:
        try:
            answer.set_result(ask())
        except Exception as error:
            answer.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return answer.result(seconds)


def _why(error: Exception, name: _Name) -> str:
    said = str(error)
    if isinstance(error, _Unusable):
        return said
    if isinstance(error, TimeoutError):
        return "the store gave no complete answer in time"
    if isinstance(error, PermissionError) or any(one in said for one in _REFUSED):
        return f"the store refuses access; the keys for it belong {_WHERE_KEYS_BELONG[name.scheme]}"
    if "NO_SUCH_BUCKET" in said or f"Bucket '{name.bucket}' not found" in said:
        return _NO_BUCKET.format(name.bucket)
    if isinstance(error, FileNotFoundError):
        return "no such object"
    # Of what Google's and Amazon's libraries say, the part that the store or the network said.
    told = said.partition("with a last message of ")[2].partition(" error_info")[0] or said.partition("AWS Error ")[2]
    told = (told or said or type(error).__name__)[:300]
    return f"the store cannot be reached: {told}" if any(one in said for one in _UNREACHABLE) else f"not read: {told}"
