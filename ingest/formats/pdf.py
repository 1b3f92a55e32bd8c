"""PDF -> draft: the text of each page, lines joined to paragraphs, running heads and page numbers out.

Pages that are pictures are read by text recognition where ``tesseract`` is installed, and are labelled so.
"""

from __future__ import annotations

import ctypes
import re
import statistics
import time
from collections import Counter
from collections.abc import Container, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from ingest.boilerplate import drop_boilerplate
from ingest.cleaning import clean
from ingest.errors import UnreadableSource
from ingest.formats import recognition
from ingest.formats.byline import find_byline, split_authors
from ingest.formats.office import is_person, is_title
from ingest.formats.pictures import POINTS_PER_INCH, picture_of
from ingest.formats.plain import find_title
from ingest.formats.working import still_working
from ingest.limits import MAX_PDF_PAGES, MAX_TEXT_CHARS, RECOGNITION_SECONDS
from ingest.types import Draft, Part, RawSource

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument, PdfPage, PdfTextPage

SUFFIXES = frozenset({".pdf"})
MEDIA_TYPES = frozenset({"application/pdf", "application/x-pdf"})

_SIGNATURE = b"%PDF-"
_SIGNATURE_REACH = 1024
"""Where in a file the signature may begin, as readers of PDF accept it."""
_PAGE_NUMBER = re.compile(
    r"(?i)(?:page|p\.|seite|p[aá]gina)?+\s*+[-–—]?+\s*+(?:\d{1,4}+|[ivxlc]{1,7}+)\s*+[-–—]?+"
    r"(?:\s*+(?:of|/|von|de|sur)\s*+\d{1,4})?"
)
_DIGITS = re.compile(r"\d+")
_LINE = re.compile(r"[^\s\ufffe][^\r\n]*")
_HYPHEN_BREAK = re.compile(r"(?<=[^\W\d_])(?:[\ufffe\x02\u00ad]\n?|(?<=[a-zß-ÿ])-\n)(?=[a-zß-ÿ])")
_SENTENCE_END = re.compile(r"[.!?:;…][\"'”’)\]»]*\Z")
_ITEM = re.compile(r"(?:[•◦▪‣·–*-]|\(?\d{1,3}[.)])\s")
_EDGE_LINES = 2
"""How many lines at the top and at the foot of a page can be running heads."""
_FULL_LINE = 0.75
"""A line shorter than this share of the page's long lines may be the last of its paragraph."""
_GAP = 1.35
"""A step to the next line of more than so many usual ones sets a paragraph off."""
_MAX_STEP = 1.5
"""Lines of one paragraph are set at most so many heights of the font apart."""
_LOOSER = 1.3
"""Height of a font by the height of a line's letters."""
_LINE_BREAK = re.compile(r"(?<!\n)\n(?!\n|[•◦▪‣·–*-]\s|\(?\d{1,3}[.)]\s)")


def recognises(content: bytes) -> bool:
    """Whether bytes carry the signature of PDF near their beginning."""
    place = content[:_SIGNATURE_REACH].find(_SIGNATURE)
    # An article may speak of "%PDF-": what stands before the signature in a PDF is no text.
    return place == 0 or (place > 0 and b"\0" in content[:4096])


def read(raw: RawSource) -> Draft:
    """The draft of a PDF document, a part for each page with text; pages that are pictures are noted."""
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(raw.content)
    except pypdfium2.PdfiumError as error:
        why = str(error).lower()
        if "password" in why:
            raise UnreadableSource(raw.source, "a PDF document with a password; remove it and try again") from None
        if "security" in why:
            raise UnreadableSource(
                raw.source,
                "a PDF document protected in a way that cannot be read here; print it to a new PDF, and add that",
            ) from None
        raise UnreadableSource(
            raw.source, "looks like a PDF document, but is damaged or cut short; get or save it again, and add that"
        ) from None
    try:
        return _read(document, raw)
    except pypdfium2.PdfiumError as error:
        raise UnreadableSource(
            raw.source, f"a PDF document that is damaged: {error}; get or save it again, and add that"
        ) from None
    finally:
        document.close()


def _read(document: PdfDocument, raw: RawSource) -> Draft:
    if len(document) > MAX_PDF_PAGES:
        raise UnreadableSource(
            raw.source, f"a PDF document of {len(document):,} pages; {MAX_PDF_PAGES:,} may be read; split it"
        )
    pages: list[list[_Line]] = []
    pictures: list[int] = []
    size = 0
    for number in range(len(document)):
        lines, is_picture = _page_lines(document, number)
        pages.append(lines)
        if is_picture:
            pictures.append(number + 1)
        size += sum(len(line.text) for line in lines)
        if size > MAX_TEXT_CHARS:
            raise UnreadableSource(
                raw.source, f"its text is longer than {MAX_TEXT_CHARS / 1e6:g} million characters; split it"
            )
    recognised = _recognise(document, pages, pictures)
    left = [number for number in pictures if number not in recognised]
    if not any(pages):
        raise UnreadableSource(raw.source, _no_text(pictures))
    parts = _parts(_without_running_heads(pages), recognised)
    top = clean(parts[0].text if parts else "")
    byline = find_byline(top)
    properties = document.get_metadata_dict(skip_empty=True)
    title, author = properties.get("Title", ""), properties.get("Author", "")
    return Draft(
        title=title if is_title(title) else find_title(top),
        authors=byline.authors or (split_authors(author) if is_person(author) else ()),
        published=byline.published,
        language=_language(document),
        parts=tuple(Part(part.label, drop_boilerplate(clean(part.text)), part.continues) for part in parts),
        notes=((f"page={left[0]}", _picture_note(left)),) if left else (),
    )


@dataclass(frozen=True)
class _Line:
    """A line of a page, with where it begins: points from the left and from the foot of the page."""

    text: str
    left: float
    bottom: float
    height: float
    """Of its font, from the lowest to the highest letter."""


def _page_lines(document: PdfDocument, number: int) -> tuple[list[_Line], bool]:
    """The lines of a page, and whether it is a picture without any text."""
    page = document[number]
    try:
        text_page = page.get_textpage()
        try:
            text = text_page.get_text_range() if text_page.count_chars() else ""
            lines = [_line(text_page, match) for match in _LINE.finditer(text)]
        finally:
            text_page.close()
        return lines, not lines and _has_picture(page)
    finally:
        page.close()


def _line(page: PdfTextPage, match: re.Match[str]) -> _Line:
    # Characters are counted as in the text, but for the rare ones that take two units: a wrong box only costs a
    # paragraph break.
    left, bottom, _, top = page.get_charbox(min(match.start(), page.count_chars() - 1), loose=True)
    return _Line(match.group().rstrip(), left, bottom, top - bottom)


def _has_picture(page: PdfPage) -> bool:
    import pypdfium2.raw

    return next(iter(page.get_objects([pypdfium2.raw.FPDF_PAGEOBJ_IMAGE], max_depth=3)), None) is not None


def _recognise(document: PdfDocument, pages: list[list[_Line]], pictures: Sequence[int]) -> set[int]:
    """Fills in the lines of pages that are pictures, as far as they are recognised in time; the numbers of those."""
    until = time.monotonic() + RECOGNITION_SECONDS
    recognised = set()
    for number in pictures:
        if recognition.program() is None or time.monotonic() > until:
            break
        still_working()
        picture = picture_of(document, number - 1, dots_per_inch=recognition.DOTS_PER_INCH)
        scale = POINTS_PER_INCH / recognition.DOTS_PER_INCH
        lines = [
            # Its boxes are drawn tightly around the letters, those of fonts are not.
            _Line(one.text, one.left * scale, -(one.top + one.height) * scale, one.height * scale * _LOOSER)
            for one in recognition.recognise(picture)
        ]
        if lines:
            pages[number - 1] = lines
            recognised.add(number)
    return recognised


def _no_text(pictures: Sequence[int]) -> str:
    if not pictures:
        return "a PDF document without any text; if it shows some, print it to a new PDF, and add that"
    if recognition.program() is None:
        return (
            f"a PDF document whose pages are pictures without text; to have them read, {recognition.HOW}, or run "
            "ocrmypdf on it and add the result"
        )
    return "a PDF document whose pages are pictures, on which no text was recognised; scan it again, more sharply"


def _picture_note(pages: Sequence[int]) -> str:
    listed = ", ".join(map(str, pages[:10])) + (f" and {len(pages) - 10} more" if len(pages) > 10 else "")
    which = f"page {listed} is a picture" if len(pages) == 1 else f"pages {listed} are pictures"
    if recognition.program() is None:
        return f"{which} without text; the rest was read (to have it all, {recognition.HOW})"
    return f"{which} on which no text was recognised; the rest was read"


def _without_running_heads(pages: Sequence[list[_Line]]) -> list[list[_Line]]:
    """The pages without lines at their edges that come again on others, numbers aside, and without page numbers."""
    edges = Counter(shape for lines in pages for shape in {_shape(line.text) for line in _edges(lines)})
    often = max(3, 0.3 * sum(map(bool, pages)))

    def is_head(line: str) -> bool:
        return bool(_PAGE_NUMBER.fullmatch(line)) or (edges[_shape(line)] >= often and len(line) < 150)

    kept = []
    for lines in pages:
        first, after = 0, len(lines)
        while first < min(_EDGE_LINES, after) and is_head(lines[first].text):
            first += 1
        while after > max(first, len(lines) - _EDGE_LINES) and is_head(lines[after - 1].text):
            after -= 1
        kept.append(lines[first:after])
    return kept


def _edges(lines: list[_Line]) -> list[_Line]:
    return lines[:_EDGE_LINES] + lines[max(_EDGE_LINES, len(lines) - _EDGE_LINES) :]


def _shape(line: str) -> str:
    return _DIGITS.sub("0", line).casefold()


def _parts(pages: Sequence[list[_Line]], recognised: Container[int]) -> list[Part]:
    parts: list[Part] = []
    for number, lines in enumerate(pages, start=1):
        text = _paragraphs(lines)
        if text:
            before = parts[-1].text if parts else ""
            breaks_off = bool(before) and not _SENTENCE_END.search(before) and text[0].islower()
            label = f"page {number}{', read by recognition' if number in recognised else ''}"
            parts.append(Part(label, text, breaks_off))
    return parts


def _paragraphs(lines: Sequence[_Line]) -> str:
    """Lines joined to paragraphs. One ends where a gap or an indent follows, where a line ends a sentence well before
    the margin, or after a heading."""
    if not lines:
        return ""
    lengths = sorted(len(line.text) for line in lines)
    full = _FULL_LINE * lengths[int(0.9 * (len(lengths) - 1))]
    steps = [line.bottom - following.bottom for line, following in pairwise(lines)]
    usual = statistics.median([step for step in steps if step > 0] or [0.0])
    # Where nearly every line is a paragraph, the usual step is the gap.
    step = min(usual, _MAX_STEP * statistics.median(line.height for line in lines))
    text = lines[0].text
    for line, following in pairwise(lines):
        is_short = len(line.text) < full
        is_end = is_short and bool(_SENTENCE_END.search(line.text))
        is_heading = is_short and line.text[-1].isalnum() and following.text[0].isupper()
        is_gap = step > 0 and line.bottom - following.bottom > _GAP * step
        is_indented = 0.5 * step < following.left - line.left < 3 * step and bool(_SENTENCE_END.search(line.text))
        if _ITEM.match(following.text):
            text += f"\n{following.text}"
        elif is_end or is_heading or is_gap or is_indented:
            text += f"\n\n{following.text}"
        else:
            text += f"\n{following.text}"
    # Broken words first, while the line ends still show them.
    text = _HYPHEN_BREAK.sub("", text)
    return _LINE_BREAK.sub(" ", text)


def _language(document: PdfDocument) -> str | None:
    """What the document's catalog says it is written in."""
    import pypdfium2.raw

    get: Any = getattr(pypdfium2.raw, "FPDFCatalog_GetLanguage", None)
    if get is None:
        return None
    buffer = (ctypes.c_ushort * 64)()
    size = get(document.raw, buffer, ctypes.sizeof(buffer))
    if not 2 < size <= ctypes.sizeof(buffer):
        return None
    return bytes(buffer)[: size - 2].decode("utf-16-le", "ignore") or None
