"""One module a format, chosen by what the bytes are first and by the name second.

Another format is one module (``SUFFIXES``, ``MEDIA_TYPES``, ``recognises``, and ``read`` or, where one file holds
several articles, ``unpack``) and its name in ``FORMATS``.
"""

from __future__ import annotations

import hashlib
import logging
import re
import time
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Protocol, runtime_checkable
from urllib.parse import unquote, urlsplit

from ingest.cleaning import clean
from ingest.errors import UnreadableSource
from ingest.formats import (
    archive,
    docx,
    epub,
    feed,
    gz,
    html,
    jsonl,
    markdown,
    mhtml,
    odt,
    pdf,
    plain,
    rtf,
    sandbox,
    sitemap,
    table,
)
from ingest.formats.binary import describe_binary
from ingest.formats.byline import metadata_line, without_header
from ingest.formats.language import language_of, parse_language
from ingest.limits import MAX_ARTICLES, MAX_NESTING, MAX_TEXT_CHARS, MAX_UNPACKED_BYTES, SOURCE_SECONDS
from ingest.types import Draft, LinkedPage, RawSource, Skipped
from vectorstore.types import Article, Section

logger = logging.getLogger(__name__)

READER_VERSION = 4
"""Part of every fingerprint; raise it whenever the same bytes would be read differently."""
MAX_PUBLISHER = 80
MAX_TITLE = 300
"""Longer titles are cut at a word: a title is embedded with every chunk."""


Found = Article | LinkedPage | Skipped
"""What a source holds: articles, addresses of pages to fetch, and members that cannot be read."""


class Kind(Protocol):
    """What every format's module offers."""

    @property
    def __name__(self) -> str:
        """The module's name."""
        ...

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


FORMATS: tuple[Format | Container, ...] = (
    *(pdf, docx, odt, epub, archive, gz, rtf, mhtml, feed, sitemap, html),  # known by their bytes
    *(jsonl, table, markdown, plain),
)
MARKED = (pdf, docx, odt, epub, archive, gz)
"""What is none of these by its bytes is none of them, whatever it is called."""
RISKY = (pdf, docx, odt, epub, rtf, mhtml, feed, sitemap)
"""Read in a child process, under bounds: what reads them is partly written in C, or can be made to take for ever."""
LARGE_PAGE = 500_000
"""Bytes from which on an HTML page is read in the child process too."""
SUFFIXES: frozenset[str] = frozenset().union(*(form.SUFFIXES for form in FORMATS))
"""The suffixes that some reader handles."""
_UNREADABLE = frozenset(
    """.azw .azw3 .djvu .doc .eml .key .mobi .numbers .odp .ods .pages .ppt .pptx .ps .wpd .xls .xlsx .7z .rar .tar
    """.split()
)
"""Suffixes of documents that no reader handles: they are opened all the same, to be named with what they are."""


def read_articles(raw: RawSource) -> list[Found]:
    """Everything in a source, in its order: at least one article, or at least one address to fetch.

    Raises:
        UnreadableSource: the bytes are of no format that can be read, or hold no text.
    """
    found: list[Found] = []
    for one in _found(raw, raw, _Budget(raw.source), depth=0):
        found.append(one)
        if len(found) > MAX_ARTICLES:
            raise UnreadableSource(raw.source, f"it holds more than {MAX_ARTICLES:,} articles; split it")
    reasons = [one.reason for one in found if isinstance(one, Skipped)]
    if len(reasons) == len(found):
        several = f"none of the {len(reasons):,} things in it can be read; the first: " if len(reasons) > 1 else ""
        raise UnreadableSource(raw.source, several + reasons[0] if reasons else "no text was found in it")
    return found


def may_be_article(name: str) -> bool:
    """Whether a file in a folder or an archive is opened to see what it is: by its suffix, or for want of one.

    What lies beside articles as a matter of course, such as pictures and styles, is passed over.
    """
    suffix = PurePosixPath(name).suffix.lower()
    return not suffix or suffix in SUFFIXES or suffix in _UNREADABLE


def read_article(raw: RawSource) -> Article:
    """The only article in a source.

    Raises:
        UnreadableSource: the bytes are of no format that can be read, hold no text, or hold several articles.
    """
    articles = [one for one in read_articles(raw) if isinstance(one, Article)]
    if len(articles) != 1:
        raise UnreadableSource(raw.source, f"it holds {len(articles)} articles, not one")
    return articles[0]


class _TooMuch(UnreadableSource):
    """The source as a whole is beyond its bounds: there is no use in going on with its next member."""


class _Budget:
    """What all the archives inside a source may take together, however they are nested."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._bytes = MAX_UNPACKED_BYTES
        self._deadline = time.monotonic() + SOURCE_SECONDS

    def spend(self, size: int) -> None:
        """Counts a member. Raises _TooMuch when the source has had its share."""
        self._bytes -= size
        if self._bytes < 0:
            raise _TooMuch(self._source, f"what is in it is more than {MAX_UNPACKED_BYTES / 1e6:g} MB, unpacked")
        if time.monotonic() > self._deadline:
            raise _TooMuch(self._source, f"what is in it takes more than {SOURCE_SECONDS / 60:g} minutes to read")


def _found(raw: RawSource, opened: RawSource, budget: _Budget, depth: int) -> Iterator[Found]:
    """What is in ``raw``, itself ``opened`` or inside of it."""
    form = _choose(raw)
    for entry in _entries(form, raw):
        try:
            if isinstance(entry, RawSource):
                if depth == MAX_NESTING:
                    raise UnreadableSource(entry.source, f"archives are nested more than {MAX_NESTING} deep")
                budget.spend(len(entry.content))
                yield from _found(entry, opened, budget, depth + 1)
            elif isinstance(entry, Draft):
                yield _complete(entry, raw, opened)
                yield from (Skipped(f"{raw.source}#{fragment}", reason) for fragment, reason in entry.notes)
            else:
                yield entry
        except _TooMuch:
            raise
        except UnreadableSource as error:
            yield Skipped(error.source, error.reason)


def _entries(form: Format | Container, raw: RawSource) -> Iterator[Draft | RawSource | LinkedPage | Skipped]:
    """What a format's reader gives, in the child process where that is called for."""
    if form in RISKY or (form is html and len(raw.content) > LARGE_PAGE):
        return iter(sandbox.read(form.__name__.rpartition(".")[2], raw))
    return guarded_entries(form, raw)


def guarded_entries(form: Format | Container, raw: RawSource) -> Iterator[Draft | RawSource | LinkedPage | Skipped]:
    """What a format's reader gives. Whatever goes wrong in it is told as UnreadableSource.

    This is the edge where input that nobody foresaw meets libraries that promise nothing about it, so every exception
    is caught here and in no reader.
    """
    try:
        if isinstance(form, Container):
            yield from form.unpack(raw)
        else:
            yield form.read(raw)
    except UnreadableSource:
        raise
    except MemoryError:
        raise UnreadableSource(raw.source, "it takes more memory to read than a file may") from None
    except Exception as error:
        logger.info("%s: %s", raw.source, error, exc_info=True)
        kind = form.__name__.rpartition(".")[2]
        raise UnreadableSource(
            raw.source, f"it is damaged: reading it as {kind} failed ({type(error).__name__}: {str(error)[:100]})"
        ) from None


def _complete(draft: Draft, raw: RawSource, opened: RawSource) -> Article:
    """The article of a draft; ``opened`` is the file or page that was opened to find it."""
    source = f"{raw.source}#{draft.fragment}" if draft.fragment else raw.source
    joined, sections = _joined(draft)
    body = without_header(joined, draft.title)
    if not any(character.isalnum() for character in body):
        raise UnreadableSource(source, "no text was found in it")
    if len(body) > MAX_TEXT_CHARS:
        raise UnreadableSource(source, f"its text is longer than {MAX_TEXT_CHARS / 1e6:g} million characters")
    authors = tuple(dict.fromkeys(name for name in map(_one_line, draft.authors) if name))
    header = metadata_line(authors, _publisher(draft.publisher), draft.published)
    moved = len(header) - (len(joined) - len(body))
    return Article(
        id=article_id(source),
        source=source,
        title=_one_line(draft.title or "") or _numbered(title_from_name(raw), draft.fragment),
        text=header + body,
        fingerprint=fingerprint(opened),
        authors=authors,
        published=draft.published,
        origin=opened.source if source != opened.source else "",
        language=parse_language(draft.language) or language_of(body),
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
        text += "" if not text else " " if part.continues else "\n\n"
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
    possible = [form for form in FORMATS if form not in MARKED]
    by_type = (form for form in possible if media_type in form.MEDIA_TYPES and media_type != "text/plain")
    by_suffix = (form for form in possible if suffix in form.SUFFIXES)
    # Servers send Markdown as text/plain: there the suffix knows better.
    return next(by_type, None) or next(by_suffix, plain)


def _publisher(stated: str | None) -> str:
    """A publisher's name in one line; empty for none, and for an address in its place."""
    name = _one_line(stated or "")
    return "" if "://" in name or len(name) > MAX_PUBLISHER else name


def _numbered(title: str, fragment: str) -> str:
    """The title of a file, told apart from the others in it where it stands for a row, a line or a piece of it."""
    kind, _, number = fragment.partition("=")
    return f"{title}, {kind} {number}" if number.isdigit() else title


def _one_line(text: str) -> str:
    line = " ".join(clean(text).split())
    return line if len(line) <= MAX_TITLE else line[:MAX_TITLE].rpartition(" ")[0] or line[:MAX_TITLE]
