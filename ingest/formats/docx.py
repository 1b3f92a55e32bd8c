"""Word document -> draft: paragraphs, lists and tables in their order, a section for each heading."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ingest.errors import UnreadableSource
from ingest.formats.archive import Archive, kind_of
from ingest.formats.byline import split_authors
from ingest.formats.office import Block, draft_of, is_person, is_title
from ingest.types import Draft, RawSource

if TYPE_CHECKING:
    from docx.document import Document

    Element = Any

SUFFIXES = frozenset({".docx"})
MEDIA_TYPES = frozenset({"application/vnd.openxmlformats-officedocument.wordprocessingml.document"})

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_LEFT_OUT = frozenset(
    {f"{_W}{name}" for name in ("del", "moveFrom", "pict", "object", "instrText", "delText", "txbxContent")}
    | {"{http://schemas.openxmlformats.org/drawingml/2006/main}graphic"}
    | {"{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"}
)
"""Deleted words, field codes, and what floats beside the text: pictures and text boxes."""


def recognises(content: bytes) -> bool:
    """Whether bytes are an archive with a Word document's main part in it."""
    return kind_of(content) == "docx"


def read(raw: RawSource) -> Draft:
    """The draft of a Word document. Headers, footers, notes, comments and deleted words are left."""
    import docx

    _check_sizes(raw)
    try:
        document = docx.Document(io.BytesIO(raw.content))
    except Exception as error:  # python-docx raises whatever a missing or broken part leads to
        raise UnreadableSource(
            raw.source, f"looks like a Word document, but is damaged ({error}); save it again, and add that"[:300]
        ) from None
    properties = document.core_properties
    draft = draft_of(_blocks(document))
    author = properties.author or ""
    return Draft(
        title=properties.title if is_title(properties.title) else draft.title,
        authors=draft.authors or (split_authors(author) if is_person(author) else ()),
        published=draft.published,
        language=properties.language,
        parts=draft.parts,
    )


def _check_sizes(raw: RawSource) -> None:
    """Unpacks every part once within the limits: python-docx unpacks them all without any."""
    archive = Archive(raw)
    for member in archive.members:
        archive.read(member)


def _blocks(document: Document) -> Iterator[Block]:
    names = {style.style_id: (style.name or "").lower() for style in document.styles}
    yield from _in(document.element.body, names)


def _in(parent: Element, styles: dict[str, str]) -> Iterator[Block]:
    for child in parent:
        if child.tag == f"{_W}p":
            yield _paragraph(child, styles)
        elif child.tag == f"{_W}tbl":
            # A table inside a cell is part of that cell's words; rows and cells may be wrapped in content controls.
            for row in _own(child, "tr"):
                yield Block(" | ".join(" ".join(_words(cell).split()) for cell in _own(row, "tc")), "line")
            yield Block("", "text")
        elif child.tag not in _LEFT_OUT:
            yield from _in(child, styles)  # content controls, insertions, custom XML


def _own(parent: Element, name: str) -> Iterator[Element]:
    """The rows of a table or the cells of a row, but not those of a table inside it."""
    for child in parent:
        if child.tag == f"{_W}{name}":
            yield child
        elif child.tag not in _LEFT_OUT:
            yield from _own(child, name)


def _paragraph(element: Element, styles: dict[str, str]) -> Block:
    text = " ".join(_words(element).split(" "))
    style = element.find(f"{_W}pPr/{_W}pStyle")
    name = styles.get(style.get(f"{_W}val"), "") if style is not None else ""
    if name.startswith("heading"):
        return Block(text, "heading")
    if name == "title":
        return Block(text, "title")
    if name == "caption" or name.startswith("toc "):
        return Block("", "text")
    is_item = element.find(f"{_W}pPr/{_W}numPr") is not None or name.startswith("list")
    return Block(f"- {text}", "line") if is_item and text.strip() else Block(text, "text")


def _words(element: Element) -> str:
    """The words below an element that a reader of the document sees."""
    parts = []
    for child in element.iter(f"{_W}p", f"{_W}t", f"{_W}tab", f"{_W}br", f"{_W}cr", f"{_W}noBreakHyphen"):
        if any(above.tag in _LEFT_OUT for above in child.iterancestors()):
            continue
        name = child.tag.removeprefix(_W)
        if name == "t":
            parts.append(child.text or "")
        elif name == "noBreakHyphen":
            parts.append("-")
        else:
            parts.append("\t" if name == "tab" else "\n")
    return "".join(parts).removeprefix("\n")
