"""MHTML, a web page saved with everything on it in one file -> draft: the page itself, read as HTML."""

from __future__ import annotations

import email
import email.policy
import re

from ingest.errors import UnreadableSource
from ingest.formats import html
from ingest.types import Draft, RawSource

SUFFIXES = frozenset({".mhtml", ".mht"})
MEDIA_TYPES = frozenset({"multipart/related", "application/x-mimearchive", "message/rfc822"})

_HEADER = re.compile(rb"(?:[A-Za-z][A-Za-z-]{0,60}:[^\r\n]{0,2000}\r?\n(?:[ \t][^\r\n]{0,2000}\r?\n)*){1,60}\r?\n")
_RELATED = re.compile(rb"^content-type:\s*multipart/related\b", re.IGNORECASE | re.MULTILINE)


def recognises(content: bytes) -> bool:
    """Whether bytes begin with the headers of a page and its parts."""
    head = _HEADER.match(content[:16384].lstrip())
    return bool(head and _RELATED.search(head.group()))


def read(raw: RawSource) -> Draft:
    """The draft of the page. Pictures, styles and frames beside it are left; the date it was saved is not its own."""
    message = email.message_from_bytes(raw.content.lstrip(), policy=email.policy.default)
    page = next((part for part in message.walk() if part.get_content_type() in html.MEDIA_TYPES), None)
    if page is None:
        raise UnreadableSource(raw.source, "a saved web page (MHTML) without a page in it: save the page again")
    content = page.get_payload(decode=True)
    assert isinstance(content, bytes)
    charset = page.get_content_charset()
    media_type = f"text/html; charset={charset}" if charset else "text/html"
    return html.read(RawSource(raw.source, raw.name, content, media_type))
