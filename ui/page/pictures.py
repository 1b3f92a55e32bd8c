"""The pages of PDF documents as they look, drawn when somebody wants to see one."""

from __future__ import annotations

import threading
from collections import OrderedDict

from ingest import UnreadableSource, draw_page
from ui.page.uploads import Uploads, is_of
from vectorstore import Article

WIDTH = 1100
"""Pixels: as wide as half of a large window."""
REMEMBERED = 50
"""Pictures that are kept in memory, of some 200 KB each."""


class Pictures:
    """Draws pages, and keeps the last. Safe to share between threads."""

    def __init__(self, uploads: Uploads) -> None:
        self._uploads = uploads
        self._kept: OrderedDict[tuple[str, str, int], bytes] = OrderedDict()
        self._drawing = threading.Lock()

    def of(self, article: Article, page: int) -> bytes | None:
        """A page as a JPEG picture; None where there is none, or where the file is no longer what was read."""
        key = article.id, article.fingerprint, page
        with self._drawing:
            if key in self._kept:
                return self._kept[key]
            drawn = _drawn(article, page, self._uploads)
            if drawn is not None:  # a file that is not there now may be there again
                self._kept[key] = drawn
                while len(self._kept) > REMEMBERED:
                    self._kept.popitem(last=False)
            return drawn


def has_pictures(article: Article, uploads: Uploads) -> bool:
    """Whether its pages can be shown as they look: where it is a PDF document that can be opened here."""
    return bool(article.pages) and article.source.lower().endswith(".pdf") and uploads.has(article.source)


def _drawn(article: Article, page: int, uploads: Uploads) -> bytes | None:
    if not has_pictures(article, uploads):
        return None
    try:
        with uploads.opened(article.source) as file:
            return draw_page(file, page, WIDTH) if file and is_of(file, article.fingerprint) else None
    except (UnreadableSource, OSError):
        return None
