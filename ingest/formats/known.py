"""The table of formats. Another one is one module and one line in ``_TABLE``.

The module has ``SUFFIXES``, ``MEDIA_TYPES``, ``recognises``, and ``read`` or, where one file holds several articles,
``unpack``: the protocols below.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import PurePosixPath
from typing import Protocol, runtime_checkable

from ingest.types import Draft, LinkedPage, RawSource, Skipped


class Kind(Protocol):
    """What every format's module offers."""

    @property
    def __name__(self) -> str:
        """The module's name."""
        ...

    @property
    def SUFFIXES(self) -> frozenset[str]:  # noqa: N802
        """Lower-case suffixes, with the dot."""
        ...

    @property
    def MEDIA_TYPES(self) -> frozenset[str]:  # noqa: N802
        """Content types of the web, without parameters."""
        ...

    def recognises(self, content: bytes) -> bool:
        """Whether bytes are of this format for certain."""
        ...


@runtime_checkable
class Format(Kind, Protocol):
    """A format whose files hold one article each."""

    def read(self, raw: RawSource) -> Draft:
        """The draft, or UnreadableSource."""
        ...


@runtime_checkable
class Container(Kind, Protocol):
    """A format whose files hold any number of articles, files or addresses."""

    def unpack(self, raw: RawSource) -> Iterator[Draft | RawSource | LinkedPage | Skipped]:
        """One by one what is in it, or UnreadableSource; drafts have different fragments, members different names."""
        ...


BYTES, NAME = "by its bytes alone", "by its bytes or its name"
_TABLE = {
    "pdf": BYTES,
    "docx": BYTES,
    "odt": BYTES,
    "epub": BYTES,
    "archive": BYTES,
    "gz": BYTES,
    "rtf": NAME,
    "mhtml": NAME,
    "feed": NAME,
    "sitemap": NAME,
    "html": NAME,
    "jsonl": NAME,
    "table": NAME,
    "markdown": NAME,
    "plain": NAME,
}
"""How a file is told to be of each format, in the order in which their modules are asked."""


def _module(name: str) -> Format | Container:
    module = import_module(f"ingest.formats.{name}")
    assert isinstance(module, Format | Container), f"ingest.formats.{name} lacks what a format must offer"
    return module


FORMATS = tuple(map(_module, _TABLE))
NAMED = tuple(form for form, told in zip(FORMATS, _TABLE.values(), strict=True) if told is NAME)
"""Those that a suffix, or what a server calls a file, may tell where no format knows its bytes."""
SUFFIXES: frozenset[str] = frozenset().union(*(form.SUFFIXES for form in FORMATS))
"""The suffixes that some reader handles."""
_UNREADABLE = frozenset(
    """.azw .azw3 .djvu .doc .eml .key .mobi .numbers .odp .ods .pages .ppt .pptx .ps .wpd .xls .xlsx .7z .rar .tar
    """.split()
)
"""Suffixes of documents that no reader handles: they are opened all the same, to be named with what they are."""


def may_be_article(name: str) -> bool:
    """Whether a file in a folder or an archive is opened to see what it is: by its suffix, or for want of one.

    What lies beside articles as a matter of course, such as pictures and styles, is passed over.
    """
    suffix = PurePosixPath(name).suffix.lower()
    return not suffix or suffix in SUFFIXES or suffix in _UNREADABLE
