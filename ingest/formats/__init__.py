"""One module a format, chosen by what the bytes are first and by the name second.

Another format is one module (``SUFFIXES``, ``MEDIA_TYPES``, ``recognises``, and ``read`` or, where one file holds
several articles, ``unpack``) and its name in ``FORMATS``.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Protocol, runtime_checkable
from urllib.parse import unquote, urlsplit

from ingest.cleaning import clean
from ingest.errors import UnreadableSource
from ingest.formats import html, markdown, plain
from ingest.formats.binary import describe_binary
from ingest.formats.byline import metadata_line, without_header
from ingest.formats.language import parse_language
from ingest.limits import MAX_NESTING
from ingest.types import Draft, LinkedPage, RawSource, Skipped
from vectorstore.types import Article, Section

READER_VERSION = 3
"""Part of every fingerprint; raise it whenever the same bytes would be read differently."""
MAX_TITLE = 300
"""Longer titles are cut at a word: a title is embedded with every chunk."""


Found = Article | LinkedPage | Skipped
"""What a source holds: articles, addresses of pages to fetch, and members that cannot be read."""


class Kind(Protocol):
    """What every format's module offers."""

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


@runtime_checkable
class Format(Kind, Protocol):
    """A format whose files hold one article each."""

    def read(self, raw: RawSource) -> Draft:
        """The draft, or UnreadableSource."""
        ...


@runtime_checkable
class Container(Kind, Protocol):
    """A format whose files hold any number of articles, files or addresses."""

    def unpack(self, raw: RawSource) -> Iterator[Draft | RawSource | LinkedPage | Skipped]:
        """One by one what is in it, or UnreadableSource; drafts have different fragments, members different names."""
        ...


FORMATS: tuple[Format | Container, ...] = (html, markdown, plain)
SUFFIXES: frozenset[str] = frozenset().union(*(form.SUFFIXES for form in FORMATS))
"""The suffixes that some reader handles."""


def read_articles(raw: RawSource) -> list[Found]:
    """Everything in a source, in its order: at least one article, or at least one address to fetch.

    Raises:
        UnreadableSource: the bytes are of no format that can be read, or hold no text.
    """
    found = list(_found(raw, raw, depth=0))
    reasons = [one.reason for one in found if isinstance(one, Skipped)]
    if len(reasons) == len(found):
        several = f"none of the {len(reasons):,} things in it can be read; the first: " if len(reasons) > 1 else ""
        raise UnreadableSource(raw.source, several + reasons[0] if reasons else "no text was found in it")
    return found


def read_article(raw: RawSource) -> Article:
    """The only article in a source.

    Raises:
        UnreadableSource: the bytes are of no format that can be read, hold no text, or hold several articles.
    """
    articles = [one for one in read_articles(raw) if isinstance(one, Article)]
    if len(articles) != 1:
        raise UnreadableSource(raw.source, f"it holds {len(articles)} articles, not one")
    return articles[0]


def _found(raw: RawSource, opened: RawSource, depth: int) -> Iterator[Found]:
    """What is in ``raw``, itself ``opened`` or inside of it."""
    form = _choose(raw)
    if isinstance(form, Format):
        yield _complete(form.read(raw), raw, opened)
        return
    if depth > MAX_NESTING:
        raise UnreadableSource(raw.source, f"archives are nested more than {MAX_NESTING} deep")
    for entry in form.unpack(raw):
        try:
            if isinstance(entry, RawSource):
                yield from _found(entry, opened, depth + 1)
            elif isinstance(entry, Draft):
                yield _complete(entry, raw, opened)
            else:
                yield entry
        except UnreadableSource as error:
            yield Skipped(error.source, error.reason)


def _complete(draft: Draft, raw: RawSource, opened: RawSource) -> Article:
    """The article of a draft; ``opened`` is the file or page that was opened to find it."""
    source = f"{raw.source}#{draft.fragment}" if draft.fragment else raw.source
    joined, sections = _joined(draft)
    body = without_header(joined, draft.title)
    if not any(character.isalnum() for character in body):
        raise UnreadableSource(source, "no text was found in it")
    authors = tuple(dict.fromkeys(name for name in map(_one_line, draft.authors) if name))
    header = metadata_line(authors, draft.published)
    moved = len(header) - (len(joined) - len(body))
    return Article(
        id=article_id(source),
        source=source,
        title=_one_line(draft.title or "") or title_from_name(raw),
        text=header + body,
        fingerprint=fingerprint(opened),
        authors=authors,
        published=draft.published,
        origin=opened.source if source != opened.source else "",
        language=parse_language(draft.language),
        sections=tuple(Section(max(start + moved, len(header)), label) for start, label in sections),
        body_start=len(header),
    )


def _joined(draft: Draft) -> tuple[str, list[tuple[int, str]]]:
    """The clean text of a draft, and where in it its pages or chapters begin."""
    if not draft.parts:
        return clean(draft.text), []
    text, sections = "", []
    for part in draft.parts:
        cleaned = clean(part.text)
        if not cleaned:
            continue
        text += "\n\n" if text else ""
        if part.label:
            sections.append((len(text), _one_line(part.label)))
        text += cleaned
    return text, sections


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


def _choose(raw: RawSource) -> Format | Container:
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
