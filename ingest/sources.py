"""From what a person names to named bytes. Finding reads no contents; reading enforces every limit."""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote, urlsplit

from ingest.errors import UnreadableSource
from ingest.formats import may_be_article
from ingest.limits import MAX_FILE_BYTES, MAX_LIST_DEPTH, refuse_size
from ingest.objects import find_objects, is_object_address, normalise_object_address, read_object
from ingest.types import FilePlace, LinkedPage, ObjectPlace, Place, RawSource, Skipped, WebPlace
from vectorstore.files import is_library

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")


def find_sources(names: Sequence[str | Path | FilePlace]) -> Iterator[Place | Skipped]:
    """The files and addresses behind names of files, folders and addresses, each once, in a fixed order.

    Folders, and prefixes in object stores, are searched to any depth. What is hidden and what, by its suffix, is no
    document is passed over there in silence; a link that leads out of the folder is reported. A file that is to be
    known under another name than its own is given as a ``FilePlace``. Lazy: nothing is opened, and nothing fetched but
    lists of objects.
    """
    seen: set[str] = set()
    for name in names:
        for found in _find(name):
            if isinstance(found, Skipped) or found.source not in seen:
                seen.add(found.source)
                yield found


def named_folders(names: Sequence[str | Path | FilePlace]) -> tuple[Path, ...]:
    """The folders among the names, resolved: an article kept from one of them, but not found now, was removed."""
    return tuple(path for path in named_paths(names) if _is_folder(path))


def named_prefixes(names: Sequence[str | Path | FilePlace]) -> tuple[str, ...]:
    """The addresses in object stores among the names, in their one form: of an object, or of what is below a prefix."""
    found: dict[str, None] = {}
    for name in names:
        if isinstance(name, str) and is_object_address(name):
            with suppress(UnreadableSource):  # which is told where objects are looked for
                found[normalise_object_address(name)] = None
    return tuple(found)


def named_paths(names: Sequence[str | Path | FilePlace]) -> tuple[Path, ...]:
    """The files and folders among the names, resolved, whether they are there or not."""
    named = (name for name in names if not isinstance(name, FilePlace) and not _is_address(name) and str(name).strip())
    paths = (_resolved(_path(name)) for name in named)
    return tuple(dict.fromkeys(path for path in paths if path is not None))


def follow(link: LinkedPage, listed_at: Place) -> Place | Skipped:
    """The page that a feed or sitemap lists.

    Only lists that came from the web are followed: no file, on disk or in an object store, makes the program reach out.
    Raises nothing; an address that is not to be fetched is skipped.
    """
    if not isinstance(listed_at, WebPlace):
        name = listed_at.path.name if isinstance(listed_at, FilePlace) else _object_name(listed_at)
        return Skipped(link.address, f"listed in {name}; name the address itself to fetch it")
    found = _find_page(link.address)
    if isinstance(found, Skipped):
        return found
    if listed_at.depth >= MAX_LIST_DEPTH:
        return Skipped(found.source, f"listed by lists that are nested more than {MAX_LIST_DEPTH} deep")
    return WebPlace(found.source, listed_at.depth + 1)


def read_source(place: Place, allow_private: bool = False) -> RawSource:
    """The bytes of a source.

    Args:
        place: Where it is, as ``find_sources`` gives it.
        allow_private: Whether web pages on this machine and in private networks may be fetched.

    Raises:
        UnreadableSource: it is not there, not allowed, too large or empty.
    """
    if isinstance(place, FilePlace):
        return RawSource(place.source, place.path.name, _read_file(place))
    if isinstance(place, ObjectPlace):
        return RawSource(place.source, _object_name(place), read_object(place))
    from ingest.web import fetch  # brings httpx, which most runs do not need

    page = fetch(place.source, allow_private=allow_private)
    if not page.content:
        raise UnreadableSource(place.source, "the page is empty")
    return RawSource(place.source, _address_name(place.source), page.content, page.media_type)


# --- finding ---------------------------------------------------------------------------------------------------------


def _find(name: str | Path | FilePlace) -> Iterator[Place | Skipped]:
    if isinstance(name, FilePlace):
        yield name
    elif not str(name).strip():
        yield Skipped(str(name), "an empty name")
    elif is_object_address(name):
        yield from find_objects(str(name))
    elif _is_address(name):
        yield _find_page(str(name).strip())
    else:
        yield from _find_path(_path(name))


def _is_address(name: str | Path) -> bool:
    return isinstance(name, str) and bool(_SCHEME.match(name.strip()))


def _find_page(address: str) -> WebPlace | Skipped:
    from ingest.web import normalise_address

    try:
        return WebPlace(normalise_address(address))
    except UnreadableSource as error:
        return Skipped(error.source, error.reason)


def _path(name: str | Path) -> Path:
    path = Path(name)
    try:
        return path.expanduser()
    except RuntimeError:  # "~name" of nobody: a file may be called so
        return path


def _resolved(path: Path) -> Path | None:
    try:
        return path.resolve()
    except (OSError, RuntimeError, ValueError):  # a circle of links, or a name no file can have
        return None


def _find_path(path: Path) -> Iterator[Place | Skipped]:
    resolved = _resolved(path)
    if resolved is None:
        yield Skipped(_printable(str(path)), "no file can have this name, or its links lead in a circle")
        return
    try:
        is_folder = stat.S_ISDIR(resolved.stat().st_mode)
    except OSError as error:
        yield Skipped(_printable(str(resolved)), _why(error))
        return
    if is_folder:
        yield from _find_in_folder(resolved)
    else:
        yield _file_place(resolved)  # whatever it is called: the bytes tell what it is


def _find_in_folder(root: Path) -> Iterator[Place | Skipped]:
    """Everything readable in a folder, sorted by path; an own stack, because folders nest deeper than Python calls."""
    stack: list[Path] = [root]
    while stack:
        path = stack.pop()
        try:
            if path is not root and path.is_symlink():
                yield from _follow(path, root)
            elif path.is_dir():
                stack += _entries(path, root)
            elif may_be_article(path.name):
                yield _file_place(path)
        except OSError as error:  # a folder nobody may look into, or names that together are too long for the system
            yield Skipped(_printable(str(path)), _why(error))


def _entries(folder: Path, root: Path) -> list[Path]:
    """What is in a folder below ``root`` and not hidden, the last first; nothing of a library, whose uploads are its
    own affair. Raises OSError where it cannot be looked into."""
    if folder is not root and is_library(folder):
        return []
    return sorted((entry for entry in folder.iterdir() if not entry.name.startswith(".")), reverse=True)


def _follow(link: Path, root: Path) -> Iterator[Place | Skipped]:
    """A link's file, if it stays inside the folder. Folders linked inside are found by their own names."""
    target = _resolved(link)
    if target is None or not target.is_relative_to(root):
        if target is None or _is_folder(target) or may_be_article(target.name):
            yield Skipped(_printable(str(link)), "a link that leads out of the folder")
    elif may_be_article(target.name) and not _is_folder(target):
        yield _file_place(target)


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        return False


def _file_place(path: Path) -> FilePlace | Skipped:
    source = str(path)
    try:
        source.encode()
    except UnicodeEncodeError:
        return Skipped(_printable(source), "its name is not valid UTF-8; rename it")
    return FilePlace(source, path)


def _printable(name: str) -> str:
    """A name that can be printed and stored, whatever bytes it is made of."""
    return name.encode(errors="backslashreplace").decode()


# --- reading ---------------------------------------------------------------------------------------------------------


# Without waiting: opening a pipe would otherwise block until somebody writes to it. And without following a link: the
# path was resolved when it was found, so a link was put in its place since, and may lead anywhere.
_OPEN_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)


def _read_file(place: FilePlace) -> bytes:
    try:
        descriptor = os.open(place.path, _OPEN_FLAGS)
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise UnreadableSource(place.source, "not a regular file")
            refuse_size(place.source, status.st_size)
            content = file.read(MAX_FILE_BYTES + 1)
    except (OSError, ValueError) as error:
        raise UnreadableSource(place.source, _why(error)) from None
    refuse_size(place.source, len(content))  # it may have grown meanwhile
    if not content:
        raise UnreadableSource(place.source, "the file is empty; save it again, and add that")
    return content


def _why(error: Exception) -> str:
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return "no such file or folder"
    if isinstance(error, PermissionError):
        return "no permission to read it"
    if isinstance(error, IsADirectoryError):
        return "not a regular file"
    if isinstance(error, OSError) and error.errno == errno.ENAMETOOLONG:
        return "its path is longer than the system takes"
    if isinstance(error, OSError) and error.errno == errno.ELOOP:
        return "a link took its place while the folder was read"
    return error.strerror if isinstance(error, OSError) and error.strerror else str(error)


def _object_name(place: ObjectPlace) -> str:
    return place.source.rpartition("/")[2]


def _address_name(address: str) -> str:
    """Last part of an address's path, which may tell the format and, at worst, the title."""
    return unquote(urlsplit(address).path).rstrip("/").rpartition("/")[2]
