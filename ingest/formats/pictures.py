"""Pages of PDF documents as pictures: for people to look at, and for text recognition."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, cast

from ingest.errors import UnreadableSource
from ingest.types import RawSource

if TYPE_CHECKING:
    from PIL.Image import Image
    from pypdfium2 import PdfDocument

MAX_WIDTH = 3000
"""Pixels."""
TALLEST = 3
"""Times its width: a page that is taller is drawn narrower."""
JPEG_QUALITY = 80
POINTS_PER_INCH = 72


def drawn(raw: RawSource, page: int, width: int) -> RawSource:
    """A page of a PDF document, counted from 1, as a JPEG picture ``width`` pixels wide. Raises UnreadableSource."""
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(raw.content)
    except pypdfium2.PdfiumError as error:
        raise UnreadableSource(raw.source, f"not a PDF document that can be drawn: {error}") from None
    try:
        if not 1 <= page <= len(document):
            raise UnreadableSource(raw.source, f"it has no page {page}")
        written = io.BytesIO()
        picture_of(document, page - 1, width).convert("RGB").save(written, "JPEG", quality=JPEG_QUALITY)
    except (pypdfium2.PdfiumError, OSError, ValueError) as error:
        raise UnreadableSource(raw.source, f"its page {page} cannot be drawn: {error}") from None
    finally:
        document.close()
    return RawSource(f"{raw.source}#page={page}", f"page-{page}.jpg", written.getvalue(), "image/jpeg")


def picture_of(document: PdfDocument, number: int, width: int = MAX_WIDTH, dots_per_inch: int | None = None) -> Image:
    """A page, counted from 0, about ``width`` pixels wide, or of so many ``dots_per_inch`` and no wider.

    Raises PdfiumError.
    """
    page = document[number]
    try:
        across, down = page.get_size()  # points
        scale = min(width, MAX_WIDTH) / max(across, down / TALLEST, 1.0)
        if dots_per_inch is not None:
            scale = min(scale, dots_per_inch / POINTS_PER_INCH)
        bitmap = page.render(scale=scale)
        try:
            return cast("Image", bitmap.to_pil().copy())
        finally:
            bitmap.close()
    finally:
        page.close()
