"""E-book (EPUB 2 and 3) -> draft: the chapters in reading order, named as the table of contents names them."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from ingest.cleaning import clean
from ingest.errors import UnreadableSource
from ingest.formats import html
from ingest.formats.archive import Archive, kind_of
from ingest.formats.byline import split_authors
from ingest.formats.encoding import decode
from ingest.formats.xml import first_text, local_name, parse_xml
from ingest.limits import MAX_TEXT_CHARS
from ingest.types import Draft, Part, RawSource
from language.dates import parse_date

if TYPE_CHECKING:
    Element = Any

SUFFIXES = frozenset({".epub"})
MEDIA_TYPES = frozenset({"application/epub+zip"})

MAX_LABEL = 120
_MAX_DEPTH = 20
"""How deep a table of contents may nest."""
_PAGES = frozenset({"application/xhtml+xml", "text/html", "application/x-dtbook+xml"})
_MARK, _END = "\ue000", "\ue001"
"""Set around the number of a chapter where it begins; from the private use area, and taken out of the text before."""
_MARKED = re.compile(f"{_MARK}(\\d+){_END}")


@dataclass(frozen=True)
class _Item:
    """A file of the book, as its manifest lists it."""

    path: str
    media_type: str
    properties: frozenset[str]


@dataclass(frozen=True)
class _Chapter:
    """An entry of the table of contents."""

    path: str
    fragment: str
    label: str


def recognises(content: bytes) -> bool:
    """Whether bytes are an archive with a book's container in it."""
    return kind_of(content) == "epub"


def read(raw: RawSource) -> Draft:
    """The draft of a book. Its cover, its table of contents, pictures and what it marks as optional are left."""
    archive = Archive(raw)
    package, folder = _package(archive, raw)
    items = _manifest(package, folder)
    order = _spine(package, items)
    _refuse_protected(archive, raw, order)
    chapters = _contents(archive, raw, package, items) or None
    parts: list[Part] = []
    size = 0
    for item in order:
        if item.path in archive.names:
            parts += _parts(archive, raw, item, chapters and [one for one in chapters if one.path == item.path])
            size += len(parts[-1].text) if parts else 0
            if size > MAX_TEXT_CHARS:
                raise UnreadableSource(
                    raw.source, f"its text is longer than {MAX_TEXT_CHARS / 1e6:g} million characters; split it"
                )
    metadata = next(package.iter("{*}metadata"), package)
    creators = [" ".join("".join(element.itertext()).split()) for element in metadata.iter("{*}creator")]
    return Draft(
        title=first_text(metadata, "title") or None,
        authors=tuple(author for creator in creators for author in _people(creator)),
        published=_published(metadata),
        language=first_text(metadata, "language"),
        publisher=first_text(metadata, "publisher"),
        parts=tuple(parts),
    )


def _package(archive: Archive, raw: RawSource) -> tuple[Element, str]:
    """The book's package document, and the folder that its paths start from."""
    path = None
    if "META-INF/container.xml" in archive.names:
        container = parse_xml(archive.read("META-INF/container.xml"), raw.source, "the container of the EPUB book")
        path = next((root.get("full-path") for root in container.iter("{*}rootfile")), None)
    if path is None or path not in archive.names:
        path = next((name for name in sorted(archive.names) if name.endswith(".opf")), None)
    if path is None:
        raise UnreadableSource(
            raw.source,
            "looks like an EPUB book, but its list of contents is missing; get or save it again, and add that",
        )
    return parse_xml(archive.read(path), raw.source, "the package of the EPUB book"), posixpath.dirname(path)


def _manifest(package: Element, folder: str) -> dict[str, _Item]:
    """The book's files by id."""
    return {
        item.get("id", ""): _Item(
            _resolve(folder, item.get("href", ""))[0],
            item.get("media-type", "").lower(),
            frozenset(item.get("properties", "").split()),
        )
        for item in package.iter("{*}item")
    }


def _spine(package: Element, items: dict[str, _Item]) -> list[_Item]:
    """The pages in reading order, each once."""
    references = [ref for ref in package.iter("{*}itemref") if ref.get("linear", "yes").lower() != "no"]
    found = (items.get(ref.get("idref", "")) for ref in references)
    pages = [item for item in found if item and item.media_type in _PAGES and "nav" not in item.properties]
    return list(dict.fromkeys(pages))


def _refuse_protected(archive: Archive, raw: RawSource, order: list[_Item]) -> None:
    """Raises for a book whose pages are encrypted; many encrypt only their fonts."""
    if "META-INF/encryption.xml" not in archive.names:
        return
    listed = parse_xml(archive.read("META-INF/encryption.xml"), raw.source, "the encryption of the EPUB book")
    encrypted = {unquote(reference.get("URI", "")) for reference in listed.iter("{*}CipherReference")}
    if encrypted & {item.path for item in order}:
        raise UnreadableSource(raw.source, "the book is encrypted (DRM) and cannot be read here; add a copy without it")


def _resolve(folder: str, href: str) -> tuple[str, str]:
    """The path in the archive that a reference leads to, and its fragment; a path that leads out finds nothing."""
    try:
        parts = urlsplit(href)
    except ValueError:
        return "", ""
    return posixpath.normpath(posixpath.join(folder, unquote(parts.path))), unquote(parts.fragment)


# --- table of contents -----------------------------------------------------------------------------------------------


def _contents(archive: Archive, raw: RawSource, package: Element, items: dict[str, _Item]) -> list[_Chapter]:
    """The entries of the book's table of contents, in order: EPUB 3's navigation, else EPUB 2's."""
    nav = next((item for item in items.values() if "nav" in item.properties), None)
    if nav and nav.path in archive.names:
        tree = html.parse_page(decode(RawSource(raw.source, nav.path, archive.read(nav.path))), raw.source)
        lists = [] if tree is None else [one for one in tree.iter("nav") if "toc" in (one.get("epub:type") or "toc")]
        if lists:
            return list(_nav_entries(lists[0], posixpath.dirname(nav.path), (), _MAX_DEPTH))
    spine = next(package.iter("{*}spine"), None)
    ncx = items.get(spine.get("toc", "")) if spine is not None else None
    ncx = ncx or next((item for item in items.values() if item.media_type == "application/x-dtbncx+xml"), None)
    if ncx and ncx.path in archive.names:
        tree = parse_xml(archive.read(ncx.path), raw.source, "the table of contents of the EPUB book")
        points = next(tree.iter("{*}navMap"), None)
        if points is not None:
            return list(_ncx_entries(points, posixpath.dirname(ncx.path), (), _MAX_DEPTH))
    return []


def _nav_entries(parent: Element, folder: str, above: tuple[str, ...], depth: int) -> Iterator[_Chapter]:
    """Entries of an HTML list of lists: a link or a span names one, a list below it holds the ones inside it."""
    if depth == 0:
        return
    for entry in parent.xpath("./ol/li") or parent.xpath("./*/ol/li"):
        link = next(iter(entry.xpath("./a | ./span | ./*/a")), None)
        name = " ".join("".join(link.itertext()).split()) if link is not None else ""
        if link is not None and link.get("href") and name:
            yield _Chapter(*_resolve(folder, link.get("href")), _label(above, name))
        yield from _nav_entries(entry, folder, (*above, name) if name else above, depth - 1)


def _ncx_entries(parent: Element, folder: str, above: tuple[str, ...], depth: int) -> Iterator[_Chapter]:
    if depth == 0:
        return
    for point in parent:
        if local_name(point) != "navPoint":
            continue
        label = next((child for child in point if local_name(child) == "navLabel"), None)
        content = next((child for child in point if local_name(child) == "content"), None)
        name = first_text(label, "text") if label is not None else ""
        if content is not None and name:
            yield _Chapter(*_resolve(folder, content.get("src", "")), _label(above, name))
        yield from _ncx_entries(point, folder, (*above, name) if name else above, depth - 1)


def _label(above: tuple[str, ...], name: str) -> str:
    """``Part One, Chapter 2`` for a chapter inside a part."""
    return ", ".join((*above, name))[-MAX_LABEL:]


# --- pages -----------------------------------------------------------------------------------------------------------


def _parts(archive: Archive, raw: RawSource, item: _Item, chapters: list[_Chapter] | None) -> list[Part]:
    """The chapters on one page of the book, split where the table of contents points into it.

    Of a book without one (None), a page is called by its first heading.
    """
    source = decode(RawSource(raw.source, item.path, archive.read(item.path)))
    tree = html.parse_page(source.replace(_MARK, "").replace(_END, ""), raw.source)
    if tree is None:
        return []
    if chapters is None:
        chapters = [_Chapter(item.path, "", name[:MAX_LABEL]) for name in _headings(tree)][:1]
    label = next((chapter.label for chapter in chapters if not chapter.fragment), None)
    inside = [chapter for chapter in chapters if chapter.fragment]
    for number, chapter in enumerate(inside):
        _mark(tree, chapter.fragment, number)
    first, *rest = _MARKED.split(clean(html.render(tree, drop=True)))
    parts = [Part(label, first)]
    parts += [Part(inside[int(number)].label, text) for number, text in zip(rest[::2], rest[1::2], strict=True)]
    return [part for part in parts if part.text.strip()]


def _headings(tree: Element) -> Iterator[str]:
    names = (" ".join("".join(heading.itertext()).split()) for heading in tree.iter("h1", "h2", "h3"))
    return (name for name in names if name)


def _mark(tree: Element, identifier: str, number: int) -> None:
    """Sets the mark of chapter ``number`` before the words of the element with an id."""
    found = next((element for element in tree.iter() if identifier in (element.get("id"), element.get("name"))), None)
    if found is not None:
        found.text = f"{_MARK}{number}{_END}{found.text or ''}"


# --- metadata --------------------------------------------------------------------------------------------------------


def _people(creator: str) -> tuple[str, ...]:
    """One creator each, as a rule; "Roe, Jane" is one person, "Jane Roe and John Doe" are two."""
    last, comma, first = creator.partition(", ")
    if comma and " " not in last and "," not in first and len(first.split()) <= 2 and " and " not in first:
        return (f"{first} {last}",)
    return split_authors(creator)


def _published(metadata: Element) -> str | None:
    """The date of publication; the days it was made or changed are those of the file."""
    dates = [(element, element.text or "") for element in metadata.iter("{*}date")]
    events = {element: _event(element) for element, _ in dates}
    stated = [text for element, text in dates if events[element] == "publication"]
    stated += [text for element, text in dates if not events[element]]
    return next((date for date in map(parse_date, stated) if date), None)


def _event(element: Element) -> str:
    return next((value.lower() for key, value in element.attrib.items() if key.rpartition("}")[2] == "event"), "")
