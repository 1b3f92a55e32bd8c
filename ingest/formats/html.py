"""HTML -> draft: the article on a page, without the page around it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ingest.boilerplate import drop_boilerplate
from ingest.cleaning import clean
from ingest.errors import UnreadableSource
from ingest.formats.encoding import decode
from ingest.formats.page_metadata import read_metadata
from ingest.types import Draft, RawSource

if TYPE_CHECKING:
    Element = Any  # lxml has no type hints of its own

SUFFIXES = frozenset({".html", ".htm", ".xhtml"})
MEDIA_TYPES = frozenset({"text/html", "application/xhtml+xml"})

TOO_LITTLE = 250
"""Below this many characters the extractor has missed the article, or has taken a short page as one lump of words."""

_START = re.compile(
    rb"(?>\s|<!--.{0,2000}?-->|<\?xml.{0,200}?\?>)*+<(?:!doctype\s+html|html[\s>]|head[\s>]|body[\s>])",
    re.IGNORECASE | re.DOTALL,
)
_TAG = re.compile(r"<[a-zA-Z!/?]")

_ANY_TAG = re.compile(r"<[^<>]*>")

_DROPPED = frozenset(
    """script style noscript template nav header footer aside form button select textarea iframe object embed svg canvas
    audio video picture figure figcaption dialog menu head title link meta map math input option
    """.split()
)
_BOILERPLATE_NAME = re.compile(
    r"(?:^|[\s_-])(?:cookies?|consent|gdpr|comments?|disqus|related|recommended|share|sharing|social|newsletter|subscribe"
    r"|sidebar|breadcrumbs?|nav|navbar|menu|footer|promo|advert(?:isement)?|ads?|banner|popup|modal|paywall|trending)(?:$|[\s_-])",
    re.IGNORECASE,
)
_NO_TEXT = frozenset(
    """caption image-caption photo-caption wp-caption-text figcaption img-caption credit photo-credit image-credit
    copyright rights toc mw-editsection reference infobox navbox hatnote noprint printfooter catlinks
    screen-reader-text sr-only visually-hidden visuallyhidden assistive-text skip-link
    kommentare kommentarbereich commentaires comentarios comentários commenti reacties
    """.split()
)
"""Classes and ids of captions and credits, of an encyclopedia's apparatus, of words for screen readers only, and of
comments where the extractor, which knows them in English, does not."""
_PRUNED = ("p", "div", "span", "sup", "ul", "ol", "li", "table", "td", "small", "section", "aside", "figure", "a")
_BLOCKS = frozenset(
    """address article blockquote body dd details div dl dt fieldset footer h1 h2 h3 h4 h5 h6 head header hr main ol p
    pre quote section summary table tbody thead tfoot ul list caption center
    """.split()
)
_LINES = frozenset({"tr", "row"})
_ITEMS = frozenset({"li", "item"})
_CELLS = frozenset({"td", "th", "cell"})
_BREAKS = frozenset({"br", "lb"})
_SPACE = re.compile(r"\s+")
_ITEM_MARK = "- "


def recognises(content: bytes) -> bool:
    """Whether bytes begin like an HTML page, whatever the file is called."""
    head = content[:4096]
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        head = head.replace(b"\0", b"")[2:]
    return bool(_START.match(head.removeprefix(b"\xef\xbb\xbf")))


class _TooDeep(Exception):
    """The parser gave up in mid-page; what follows would be lost without a word."""


def read(raw: RawSource) -> Draft:
    """The draft of an HTML file or page."""
    source = decode(raw)
    if not _TAG.search(source):
        from ingest.formats import plain

        return plain.read(raw)
    tree = parse_page(source, raw.source)
    if tree is None:
        raise UnreadableSource(raw.source, "the page is empty")
    metadata = read_metadata(tree)
    return Draft(
        drop_boilerplate(main_text(tree)),
        metadata.title,
        metadata.authors,
        metadata.published,
        metadata.language,
        metadata.publisher,
    )


def main_text(tree: Element) -> str:
    """The article's own text: paragraphs and headings set off by blank lines, list items and table rows as lines."""
    _prune(tree)
    extracted = _extract(tree)
    if len(extracted) >= TOO_LITTLE:
        return extracted
    return clean(render(_densest(tree), drop=True)) or extracted


def _prune(tree: Element) -> None:
    """Takes out of a page what its class or id says is no running text of an article, unless it is half of the page."""
    named = [
        element
        for element in tree.iter(*_PRUNED)
        if _NO_TEXT.intersection(f"{element.get('class', '')} {element.get('id', '')}".lower().split())
    ]
    half = len(tree.text_content()) / 2 if named else 0
    for element in named:
        if element.getparent() is not None and len(element.text_content()) < half:
            element.drop_tree()


def fragment_text(source: str) -> str:
    """The text of a piece of HTML inside another document."""
    try:
        tree = _parse(source)
    except _TooDeep:
        return clean(_ANY_TAG.sub(" ", source))
    return "" if tree is None else clean(render(tree, drop=False))


def parse_page(source: str, name: str) -> Element | None:
    """A page as a tree, or None where nothing is in it. Raises UnreadableSource, for ``name``, if it nests too deep."""
    try:
        return _parse(source)
    except _TooDeep as error:
        raise UnreadableSource(name, str(error)) from None


def _parse(source: str) -> Element | None:
    """The page as a tree; None where nothing but white space, comments or declarations is in it."""
    from lxml import etree, html

    # Given as bytes of a known encoding, so that no charset declared in the page is applied a second time; "huge" or
    # else what is nested deeper than 256 elements would be lost without a word.
    parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, collect_ids=False, huge_tree=True)
    try:
        tree = html.document_fromstring(source.encode("utf-8", "ignore"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError):
        return None
    if any(entry.type_name == "ERR_RESOURCE_LIMIT" for entry in parser.error_log):
        raise _TooDeep("its elements are nested too deeply")
    return tree


def _extract(tree: Element) -> str:
    """What trafilatura finds; nothing where it finds nothing or gives up."""
    from copy import deepcopy

    import trafilatura

    try:
        document = trafilatura.bare_extraction(deepcopy(tree), include_comments=False, include_tables=True)
    except (RecursionError, AttributeError, TypeError, ValueError):  # odd pages; the plain rendering takes over
        return ""
    body = getattr(document, "body", None)
    return "" if body is None else clean(render(body, drop=False))


def _densest(tree: Element) -> Element:
    """The page's only article or main part, if it marks one; else the whole page."""
    for path in (".//article", ".//main", ".//*[@role='main']"):
        found = tree.findall(path)
        if len(found) == 1:
            return found[0]
    return tree


def render(root: Element, *, drop: bool) -> str:
    """The words of a tree, of HTML or of the extractor's own kind; with ``drop``, without what surrounds an article."""
    from lxml import etree

    parts: list[str] = []
    rows = 0
    walker = etree.iterwalk(root, events=("start", "end"))
    for event, element in walker:
        tag = element.tag if isinstance(element.tag, str) else ""
        if event == "start":
            if not tag or _is_dropped(element, tag, root, drop):
                walker.skip_subtree()
                continue
            rows += _is_data_row(element, tag)
            _open(parts, element, tag, rows > 0)
            _append(parts, element.text)
        else:
            if not (not tag or _is_dropped(element, tag, root, drop)):
                _close(parts, tag, rows > 0)
                rows -= _is_data_row(element, tag)
            if element is not root:
                _append(parts, element.tail)
    return "".join(parts)


def _is_dropped(element: Element, tag: str, root: Element, drop: bool) -> bool:
    if tag in ("script", "style", "template", "noscript"):
        return True
    if not drop or element is root or tag == "body":
        return False
    if tag in _DROPPED and not (tag == "header" and element.find(".//h1") is not None):
        return True
    names = f"{element.get('class', '')} {element.get('id', '')}"
    hidden = element.get("hidden") is not None or element.get("aria-hidden") == "true"
    return hidden or element.get("role") == "navigation" or bool(_BOILERPLATE_NAME.search(names[:300]))


def _is_data_row(element: Element, tag: str) -> bool:
    """Whether a row holds values rather than, as on old pages, the layout with the article in it."""
    return tag in _LINES and next(element.iter("p", "table", "ul", "ol", "div", "h1", "h2", "h3"), None) is None


def _open(parts: list[str], element: Element, tag: str, in_row: bool) -> None:
    if in_row and tag in _CELLS:
        if element.getprevious() is not None:
            parts.append(" | ")
    elif tag in _LINES or tag in _ITEMS:
        _break(parts, "\n")
    elif tag in _BREAKS:
        parts.append(" " if in_row else "\n")
    elif (tag in _BLOCKS or tag in _CELLS) and not in_row:
        _break(parts, "\n\n")
    if tag in _ITEMS:
        parts.append(_ITEM_MARK)


def _close(parts: list[str], tag: str, in_row: bool) -> None:
    if tag in _LINES or tag in _ITEMS:
        _break(parts, "\n")
    elif (tag in _BLOCKS or tag in _CELLS) and not in_row:
        _break(parts, "\n\n")


def _break(parts: list[str], mark: str) -> None:
    """Adds a line or paragraph break, or makes the one that is there as wide."""
    # "- " waits for the item's words, however many boxes they are wrapped in.
    if not parts or parts[-1] == _ITEM_MARK:
        return
    if parts[-1].isspace() and "\n" in parts[-1]:
        parts[-1] = max(parts[-1], mark, key=len)
    else:
        parts.append(mark)


def _append(parts: list[str], text: str | None) -> None:
    """Adds text with its white space collapsed, none at the start of a line."""
    if not text:
        return
    words = _SPACE.sub(" ", text)
    if not parts or parts[-1].endswith(("\n", " ")):
        words = words.lstrip(" ")
    if words:
        parts.append(words)
