"""OpenDocument text -> draft: paragraphs, lists and tables in their order, a section for each heading."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ingest.errors import UnreadableSource
from ingest.formats.archive import Archive, kind_of
from ingest.formats.byline import split_authors
from ingest.formats.office import Block, draft_of, is_person, is_title
from ingest.formats.xml import first_text, local_name, parse_xml
from ingest.types import Draft, RawSource

if TYPE_CHECKING:
    Element = Any

SUFFIXES = frozenset({".odt", ".ott"})
MEDIA_TYPES = frozenset({"application/vnd.oasis.opendocument.text"})

_LEFT_OUT = frozenset(
    """tracked-changes annotation note frame forms sequence-decls table-of-content alphabetical-index bibliography
    """.split()
)
"""Deleted words, comments, notes, what floats beside the text, and lists of what is in it."""
_SPACE = re.compile(r"\s+")
_SPACES = {"tab": "\t", "line-break": "\n"}
_STYLE_NAME = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}style-name"
_SPACE_COUNT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}c"


def recognises(content: bytes) -> bool:
    """Whether bytes are an archive that calls itself an OpenDocument text."""
    return kind_of(content) == "odt"


def read(raw: RawSource) -> Draft:
    """The draft of an OpenDocument text. Headers, footers, notes, comments and deleted words are left."""
    archive = Archive(raw)
    if "META-INF/manifest.xml" in archive.names and b"encryption-data" in archive.read("META-INF/manifest.xml"):
        raise UnreadableSource(raw.source, "an OpenDocument text with a password; remove it and try again")
    root = parse_xml(archive.read("content.xml"), raw.source, "the text of the OpenDocument file")
    body = root.find("{*}body/{*}text")
    if body is None:
        raise UnreadableSource(raw.source, "an OpenDocument file without a text in it; save it as PDF, and add that")
    draft = draft_of(_blocks(body, in_list=False))
    title = author = language = ""
    if "meta.xml" in archive.names:
        properties = parse_xml(archive.read("meta.xml"), raw.source, "the description of the OpenDocument file")
        title, language = first_text(properties, "title"), first_text(properties, "language")
        author = first_text(properties, "initial-creator") or first_text(properties, "creator")
    return Draft(
        title=title if is_title(title) else draft.title,
        authors=draft.authors or (split_authors(author) if is_person(author) else ()),
        published=draft.published,
        language=language,
        parts=draft.parts,
    )


def _blocks(parent: Element, in_list: bool) -> Iterator[Block]:
    for child in parent:
        name = local_name(child)
        if name == "h":
            yield Block(_words(child), "heading")
        elif name == "p":
            text = _words(child)
            if in_list:
                yield Block(f"- {text}" if text.strip() else "", "line")
            else:
                yield Block(text, "title" if child.get(_STYLE_NAME) == "Title" else "text")
        elif name == "table-row":
            cells = (" ".join(_words(cell).split()) for cell in child if local_name(cell) == "table-cell")
            yield Block(" | ".join(cells), "line")
        elif name == "table" or (name == "list" and not in_list):
            yield from _blocks(child, in_list)
            yield Block("", "text")
        elif name and name not in _LEFT_OUT:
            yield from _blocks(child, in_list or name == "list-item")


def _words(element: Element) -> str:
    """The words of a paragraph; white space in the file counts as one space, what is meant is spelled out."""
    parts = [_SPACE.sub(" ", element.text or "")]
    for child in element:
        name = local_name(child)
        if name == "s":
            parts.append(" " * min(_number(child.get(_SPACE_COUNT)), 100))
        elif name in _SPACES:
            parts.append(_SPACES[name])
        elif name == "p":
            parts.append(f"{_words(child)}\n")
        elif name and name not in _LEFT_OUT:
            parts.append(_words(child))
        parts.append(_SPACE.sub(" ", child.tail or ""))
    return "".join(parts).strip("\n")


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 6 else 1
