"""Archives in the ZIP form, opened with care: a ZIP of articles, and what e-books and office documents are read from.

Nothing is ever unpacked to disk. Names only tell members apart; sizes are counted while unpacking, since what an
archive says about itself is its author's claim.
"""

from __future__ import annotations

import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import Literal

from ingest.errors import UnreadableSource
from ingest.formats.binary import remedy
from ingest.limits import MAX_FILE_BYTES, MAX_MEMBERS, MAX_RATIO, MAX_UNPACKED_BYTES
from ingest.types import RawSource, Skipped

SUFFIXES = frozenset({".zip"})
MEDIA_TYPES = frozenset({"application/zip", "application/x-zip-compressed"})

Kind = Literal["docx", "odt", "epub", "zip"]

_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, KeyError, OverflowError, struct.error)
"""What zipfile raises for archives that are cut short, lie about themselves or use a method it does not know."""
_OTHERS = (
    ("xl/workbook.xml", "an Excel workbook"),
    ("ppt/presentation.xml", "a PowerPoint file"),
    ("META-INF/MANIFEST.MF", "a Java archive"),
    ("AndroidManifest.xml", "an Android app"),
)
_OPEN_DOCUMENT = "application/vnd.oasis.opendocument."
_PIECE = 65536
_RATIO_FROM = 1_000_000
"""Bytes unpacked from which on the ratio counts: a short text of one repeated line is no bomb."""
_ENCRYPTED = 0x1


class Archive:
    """The members of a ZIP archive, by name. Everything read from it counts against one total."""

    def __init__(self, raw: RawSource) -> None:
        """Raises UnreadableSource for what is damaged, or has too many members."""
        self._source = raw.source
        self._left = MAX_UNPACKED_BYTES
        _refuse_crowd(raw)
        with self._named_failures():
            self._file = zipfile.ZipFile(io.BytesIO(raw.content))
        self.members = self._file.infolist()
        self.names = frozenset(member.filename for member in self.members)
        if len(self.members) > MAX_MEMBERS:
            raise UnreadableSource(raw.source, _too_many(len(self.members)))

    @property
    def kind(self) -> Kind:
        """What the archive is by what is in it. Raises UnreadableSource for documents nobody reads here."""
        mimetype = self.read("mimetype", 200).decode("ascii", "replace").strip() if "mimetype" in self.names else ""
        if mimetype == "application/epub+zip" or "META-INF/container.xml" in self.names:
            return "epub"
        if mimetype.startswith(f"{_OPEN_DOCUMENT}text"):
            return "odt"
        if "word/document.xml" in self.names:
            return "docx"
        for name, description in _OTHERS:
            if name in self.names:
                told = f"looks like {description}, which cannot be read; {remedy(description)}"
                raise UnreadableSource(self._source, told)
        if mimetype.startswith(_OPEN_DOCUMENT):
            told = "looks like an OpenDocument file without text, which cannot be read; save it as PDF, and add that"
            raise UnreadableSource(self._source, told)
        return "zip"

    @property
    def is_spent(self) -> bool:
        """Whether more than ``MAX_UNPACKED_BYTES`` were asked of it: nothing else can be read."""
        return self._left < 0

    def read(self, name: str | zipfile.ZipInfo, limit: int = MAX_FILE_BYTES) -> bytes:
        """The bytes of a member.

        Raises:
            UnreadableSource: it is not there, encrypted or damaged, unpacks to more than ``limit`` bytes, more than
                ``MAX_RATIO`` times its size, or the archive as a whole to more than ``MAX_UNPACKED_BYTES``.
        """
        with self._named_failures():
            member = name if isinstance(name, zipfile.ZipInfo) else self._file.getinfo(name)
            if member.flag_bits & _ENCRYPTED:
                raise UnreadableSource(self._source, "it is encrypted; remove the password and try again")
            content = bytearray()
            with self._file.open(member) as stream:
                # In pieces, because reading all at once unpacks all at once, whatever the size claimed.
                while piece := stream.read(_PIECE):
                    content += piece
                    self._count(member, len(content), len(piece), limit)
        return bytes(content)

    def _count(self, member: zipfile.ZipInfo, size: int, added: int, limit: int) -> None:
        self._left -= added
        if self._left < 0:
            raise UnreadableSource(
                self._source,
                f"it unpacks to more than {MAX_UNPACKED_BYTES / 1e6:g} MB; unpack it, and add what matters",
            )
        refuse_bomb(self._source, member.filename, size, member.compress_size, limit)

    @contextmanager
    def _named_failures(self) -> Iterator[None]:
        try:
            yield
        except RuntimeError as error:  # zipfile's way of asking for a password
            if isinstance(error, NotImplementedError):
                raise UnreadableSource(
                    self._source,
                    f"a ZIP archive of a kind that cannot be read: {error}; unpack it, and add what is in it",
                ) from None
            raise UnreadableSource(self._source, "it is encrypted; remove the password and try again") from None
        except _BROKEN as error:
            raise UnreadableSource(
                self._source,
                f"looks like a ZIP archive, but is damaged or cut short ({_printable(str(error))[:100]}); get it again",
            ) from None


def refuse_bomb(source: str, name: str, size: int, packed: int, limit: int = MAX_FILE_BYTES) -> None:
    """Raises where what is called ``name`` in a source unpacks to too much, or to too many times its packed size."""
    if size > limit:
        raise UnreadableSource(source, f"{_printable(name)} in it is over {limit / 1e6:g} MB; split that")
    if size > _RATIO_FROM and size > MAX_RATIO * max(packed, 1):
        raise UnreadableSource(
            source, f"{_printable(name)} in it unpacks to more than {MAX_RATIO} times its size: a decompression bomb"
        )


def is_archive(content: bytes) -> bool:
    """Whether bytes begin like a ZIP archive."""
    return content.startswith((b"PK\x03\x04", b"PK\x05\x06"))


def kind_of(content: bytes) -> Kind | None:
    """Which of the readable kinds of archive bytes are; None for none of them, or where they are damaged."""
    if not is_archive(content):
        return None
    try:
        return Archive(RawSource("", "", content)).kind
    except UnreadableSource:
        return None


def recognises(content: bytes) -> bool:
    """Whether bytes are a ZIP archive; those that are documents are recognised by their own modules before."""
    return is_archive(content)


def unpack(raw: RawSource) -> Iterator[RawSource | Skipped]:
    """The members that may be articles, in the order of their names; hidden and other ones are passed over."""
    from ingest.formats import may_be_article

    archive = Archive(raw)
    _ = archive.kind  # names the documents that look like archives and cannot be read
    seen: set[str] = set()
    for member in sorted(archive.members, key=lambda member: member.filename):
        name = _printable(member.filename)
        path = PurePosixPath(name)
        if member.is_dir() or any(part.startswith((".", "__MACOSX")) and part != ".." for part in path.parts):
            continue
        if not may_be_article(path.name):
            continue
        source = f"{raw.source}!/{name}"
        if problem := _problem(member, name, seen):
            yield Skipped(source, problem)
            continue
        seen.add(name)
        try:
            content = archive.read(member)
        except UnreadableSource as error:
            yield Skipped(source, error.reason)
            if archive.is_spent:
                return
            continue
        yield (
            RawSource(source, path.name, content)
            if content
            else Skipped(source, "the file is empty; save it again, and add that")
        )


def _problem(member: zipfile.ZipInfo, name: str, seen: set[str]) -> str | None:
    """Why a member is not read, by its name and kind alone."""
    parts = name.replace("\\", "/").split("/")
    if ".." in parts or name.startswith(("/", "\\")) or ":" in parts[0]:
        return "its name leads out of the archive"
    if stat.S_ISLNK(member.external_attr >> 16):
        return "a link"
    if name in seen:
        return "a second member of this name"
    return None


def _refuse_crowd(raw: RawSource) -> None:
    """Raises before a directory of very many members is read into memory: ZIP's own count of them comes last."""
    place = raw.content.rfind(b"PK\x05\x06")
    count = int.from_bytes(raw.content[place + 10 : place + 12], "little") if place >= 0 else 0
    size = int.from_bytes(raw.content[place + 12 : place + 16], "little") if place >= 0 else 0
    if count > MAX_MEMBERS:
        raise UnreadableSource(raw.source, _too_many(count))
    if size != 0xFFFFFFFF and size > MAX_MEMBERS * 500:
        raise UnreadableSource(raw.source, "its list of members is larger than any that can be right")


def _too_many(count: int) -> str:
    return f"it holds {count:,} files, more than the {MAX_MEMBERS:,} an archive may have"


def _printable(name: str) -> str:
    return "".join(character if character.isprintable() else "\ufffd" for character in name)
