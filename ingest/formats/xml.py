"""XML from strangers, parsed without entities, external files or the network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ingest.errors import UnreadableSource

if TYPE_CHECKING:
    Element = Any  # lxml has no type hints of its own


def parse_xml(content: bytes, source: str, what: str) -> Element:
    """The root element. Raises UnreadableSource, naming ``what`` of ``source`` it is, for XML that is not well formed.

    Entities a document declares itself are left out, so that none can grow without end or bring in another file; deep
    nesting and huge texts are refused by the library's own limits.
    """
    from lxml import etree

    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise UnreadableSource(
            source, f"{what} is damaged: {str(error)[:150]}; get or save it again, and add that"
        ) from None
    if root is None:
        raise UnreadableSource(source, f"{what} is empty")
    return root


def local_name(element: Element) -> str:
    """An element's name without its namespace; empty for what is no element."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def first_text(root: Element, name: str) -> str:
    """The text of the first element of a local name, anywhere below ``root``; empty where there is none."""
    for element in root.iter(f"{{*}}{name}"):
        text = " ".join("".join(element.itertext()).split())
        if text:
            return text
    return ""
