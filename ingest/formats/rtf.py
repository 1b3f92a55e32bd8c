"""RTF -> draft: the words by striprtf, the title and author that the document gives in its own information."""

from __future__ import annotations

import re

from striprtf.striprtf import rtf_to_text

from ingest.boilerplate import drop_boilerplate
from ingest.cleaning import clean
from ingest.errors import UnreadableSource
from ingest.formats.byline import find_byline, split_authors
from ingest.formats.office import is_person, is_title
from ingest.formats.plain import find_title
from ingest.types import Draft, RawSource

SUFFIXES = frozenset({".rtf"})
MEDIA_TYPES = frozenset({"application/rtf", "text/rtf"})

_MARK = b"{\\rtf"
_GROUP = r"\{{\\{}\s((?:[^{{}}\\]|\\[^{{}}]|\\[{{}}]){{0,2000}})\}}"
_TITLE, _AUTHOR = (re.compile(_GROUP.format(name)) for name in ("title", "author"))
_INFO_REACH = 50_000
"""How far into a document its information is looked for, in characters: it stands before the text."""


def recognises(content: bytes) -> bool:
    """Whether bytes begin like RTF."""
    return content[:1024].lstrip().startswith(_MARK)


def read(raw: RawSource) -> Draft:
    """The draft of an RTF document. Every paragraph stands alone; rows of tables are lines."""
    # RTF is ASCII by its own rules; whatever else is there is one byte a character.
    source = raw.content.lstrip().decode("cp1252", "replace")
    text = clean(re.sub(r"\n+", "\n\n", _text(source)))
    if not text:
        raise UnreadableSource(
            raw.source, "an RTF document without text, or cut short before any; get or save it again, and add that"
        )
    byline = find_byline(text)
    title = _information(source, _TITLE)
    author = _information(source, _AUTHOR)
    return Draft(
        drop_boilerplate(text),
        title if is_title(title) else find_title(text),
        byline.authors or (split_authors(author) if is_person(author) else ()),
        byline.published,
    )


def _information(source: str, pattern: re.Pattern[str]) -> str:
    match = pattern.search(source[:_INFO_REACH])
    return " ".join(_text(f"{{\\rtf1 {match[1]}}}").split()) if match else ""


def _text(source: str) -> str:
    text: str = rtf_to_text(source, errors="replace")  # type: ignore[no-untyped-call]
    # Characters beyond the first 65,536 are written as two halves, which only UTF-16 puts together.
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("|\n", "\n").replace("|", " | ")
