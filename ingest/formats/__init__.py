"""One module a format, chosen by what the bytes are first and by the name second.

Another format is one module (``SUFFIXES``, ``MEDIA_TYPES``, ``recognises``, ``read``) and its name in ``FORMATS``.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import PurePosixPath
from typing import Protocol
from urllib.parse import unquote, urlsplit

from ingest.cleaning import clean
from ingest.errors import UnreadableSource
from ingest.formats import html, markdown, plain
from ingest.formats.binary import describe_binary
from ingest.formats.byline import without_header
from ingest.types import Draft, RawSource
from vectorstore.types import Article

READER_VERSION = 2
"""Part of every fingerprint; raise it whenever the same bytes would be read differently."""
MAX_TITLE = 300
"""Longer titles are cut at a word: a title is embedded with every chunk."""


class Format(Protocol):
    """What a format's module offers."""

    @property
    def SUFFIXES(self) -> frozenset[str]:  # noqa: N802
        """Lower-case suffixes, with the dot."""
        ...

    @property
    def MEDIA_TYPES(self) -> frozenset[str]:  # noqa: N802
        """Content types of the web, without parameters."""
        ...

    def recognises(self, content: bytes) -> bool:
        """Whether bytes are of this format for certain."""
        ...

    def read(self, raw: RawSource) -> Draft:
        """The draft, or UnreadableSource."""
        ...


FORMATS: tuple[Format, ...] = (html, markdown, plain)
SUFFIXES: frozenset[str] = frozenset().union(*(form.SUFFIXES for form in FORMATS))
"""The suffixes that some reader handles."""


def read_article(raw: RawSource) -> Article:
    """The article in a source.

    Raises:
        UnreadableSource: the bytes are of no format that can be read, or hold no text.
    """
    draft = _choose(raw).read(raw)
    text = without_header(clean(draft.text), draft.title)
    if not any(character.isalnum() for character in text):
        raise UnreadableSource(raw.source, "no text was found in it")
    return Article(
        id=article_id(raw.source),
        source=raw.source,
        title=_one_line(draft.title or "") or title_from_name(raw),
        text=text,
        fingerprint=fingerprint(raw),
        authors=tuple(name for name in map(_one_line, draft.authors) if name),
        published=draft.published,
    )


def article_id(source: str) -> str:
    """The id of the article that a source makes: the same for every reading of it."""
    return hashlib.sha256(source.encode()).hexdigest()[:12]


def fingerprint(raw: RawSource) -> str:
    """What an article is made from: its bytes, how a server labelled them, and the version of the readers."""
    digest = hashlib.sha256(raw.content)
    if raw.media_type:
        digest.update(b"\0" + raw.media_type.encode())
    return f"{READER_VERSION}-{digest.hexdigest()}"


def title_from_name(raw: RawSource) -> str:
    """A readable title made of the file's name, for articles that name none."""
    stem = PurePosixPath(unquote(raw.name)).stem
    words = _one_line(re.sub(r"[\s_]+|(?<=[^\W\d_])-(?=\w)|(?<=\d)-(?=[^\W\d_])", " ", stem))
    title = words or urlsplit(raw.source).hostname or raw.name
    return title[:1].upper() + title[1:]


def _choose(raw: RawSource) -> Format:
    for form in FORMATS:
        if form.recognises(raw.content):
            return form
    description = describe_binary(raw.content)
    if description:
        raise UnreadableSource(raw.source, f"looks like {description}, which cannot be read")
    media_type = (raw.media_type or "").partition(";")[0].strip().lower()
    suffix = PurePosixPath(raw.name).suffix.lower()
    by_type = (form for form in FORMATS if media_type in form.MEDIA_TYPES and media_type != "text/plain")
    by_suffix = (form for form in FORMATS if suffix in form.SUFFIXES)
    # Servers send Markdown as text/plain: there the suffix knows better.
    return next(by_type, None) or next(by_suffix, plain)


def _one_line(text: str) -> str:
    line = " ".join(clean(text).split())
    return line if len(line) <= MAX_TITLE else line[:MAX_TITLE].rpartition(" ")[0] or line[:MAX_TITLE]
