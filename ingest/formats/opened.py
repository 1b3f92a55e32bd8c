"""One file or page, opened -> the articles, members and addresses in it. Runs in the child process of ``sandbox``."""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from urllib.parse import unquote

from ingest.cleaning import clean
from ingest.errors import UnreadableSource
from ingest.formats import plain
from ingest.formats.binary import describe_binary, remedy
from ingest.formats.byline import metadata_line, without_header
from ingest.formats.known import FORMATS, NAMED, Container, Format
from ingest.formats.language import language_of, parse_language
from ingest.limits import MAX_TEXT_CHARS
from ingest.types import Draft, LinkedPage, Origin, RawSource, Skipped
from language.sentences import sentence_spans
from vectorstore.types import Article, Section

logger = logging.getLogger(__name__)

MAX_PUBLISHER = 80
MAX_TITLE = 300
"""Longer titles are cut at a word: a title is embedded with every chunk."""

TELLING_WORDS = 2
"""A file's name with fewer words says nothing of its article: "rtqa-000403", "article", "scan_12"."""
MAX_FIRST_WORDS = 80
"""Longest title, in characters, that is made of an article's first words."""
_WORD = re.compile(r"[^\W\d_]{2,}")
_JOINERS = re.compile(r"[\s_]+|(?<=[^\W\d_])-(?=\w)|(?<=\d)-(?=[^\W\d_])")

Entry = Article | RawSource | LinkedPage | Skipped
"""What is in a file or page: articles, files to be opened in turn, addresses, and what cannot be read."""


def entries(raw: RawSource, origin: Origin) -> Iterator[Entry]:
    """What is in ``raw``, itself ``origin`` or a member of it, in order.

    Whatever goes wrong is told as UnreadableSource. This is the edge where input that nobody foresaw meets libraries
    that promise nothing about it, so every exception is caught here and in no reader.
    """
    form: Format | Container | None = None
    try:
        form = _choose(raw)
        for entry in form.unpack(raw) if isinstance(form, Container) else [form.read(raw)]:
            if not isinstance(entry, Draft):
                yield entry
                continue
            try:
                yield _complete(entry, raw, origin)
            except UnreadableSource as error:
                yield Skipped(error.source, error.reason)
            yield from (Skipped(f"{raw.source}#{fragment}", reason) for fragment, reason in entry.notes)
    except UnreadableSource:
        raise
    except MemoryError:
        raise UnreadableSource(
            raw.source, "it takes more memory to read than a file may; split it, or save it as text"
        ) from None
    except Exception as error:
        logger.info("%s: %s", raw.source, error, exc_info=True)
        kind = form.__name__.rpartition(".")[2] if form else "any kind of file"
        raise UnreadableSource(
            raw.source,
            f"it is damaged: reading it as {kind} failed ({type(error).__name__}: {str(error)[:100]}); "
            "save it again, or as text, and add that",
        ) from None


def article_id(source: str) -> str:
    """The id of the article that a source makes: the same for every reading of it."""
    return hashlib.sha256(source.encode()).hexdigest()[:12]


def _named(raw: RawSource, fragment: str, body: str) -> str:
    """The title of an article that names none: its file's name where that says something, else its first words."""
    stem = PurePosixPath(unquote(raw.name)).stem
    words = _one_line(_JOINERS.sub(" ", stem))
    if len(_WORD.findall(words)) >= TELLING_WORDS:
        return _numbered(words[:1].upper() + words[1:], fragment)
    lines = (line.strip() for line in body.split("\n"))
    line = next(line for line in lines if any(map(str.isalnum, line)))[:MAX_TITLE]
    start, end = sentence_spans(line)[0]
    first = line[start:end].rstrip(".")
    if len(first) <= MAX_FIRST_WORDS:
        return first
    return f"{first[:MAX_FIRST_WORDS].rpartition(' ')[0] or first[:MAX_FIRST_WORDS]} …"


def _choose(raw: RawSource) -> Format | Container:
    for form in FORMATS:
        if form.recognises(raw.content):
            return form
    description = describe_binary(raw.content)
    if description:
        raise UnreadableSource(raw.source, f"looks like {description}, which cannot be read; {remedy(description)}")
    media_type = (raw.media_type or "").partition(";")[0].strip().lower()
    suffix = PurePosixPath(raw.name).suffix.lower()
    by_type = (form for form in NAMED if media_type in form.MEDIA_TYPES and media_type != "text/plain")
    by_suffix = (form for form in NAMED if suffix in form.SUFFIXES)
    # Servers send Markdown as text/plain: there the suffix knows better.
    return next(by_type, None) or next(by_suffix, plain)


def _complete(draft: Draft, raw: RawSource, origin: Origin) -> Article:
    """The article of a draft."""
    source = f"{raw.source}#{draft.fragment}" if draft.fragment else raw.source
    joined, sections = _joined(draft)
    body = without_header(joined, draft.title)
    if not any(character.isalnum() for character in body):
        raise UnreadableSource(
            source, "no text was found in it; if it shows some, save it as text or PDF, and add that"
        )
    if len(body) > MAX_TEXT_CHARS:
        raise UnreadableSource(source, f"its text is longer than {MAX_TEXT_CHARS / 1e6:g} million characters; split it")
    authors = tuple(dict.fromkeys(name for name in map(_one_line, draft.authors) if name))
    header = metadata_line(authors, _publisher(draft.publisher), draft.published)
    moved = len(header) - (len(joined) - len(body))
    return Article(
        id=article_id(source),
        source=source,
        title=_one_line(draft.title or "") or _named(raw, draft.fragment, body),
        text=header + body,
        fingerprint=origin.fingerprint,
        authors=authors,
        published=draft.published,
        origin=origin.source if source != origin.source else "",
        language=parse_language(draft.language) or language_of(body),
        sections=tuple(Section(max(start + moved, len(header)), label) for start, label in sections),
        body_start=len(header),
    )


def _joined(draft: Draft) -> tuple[str, list[tuple[int, str]]]:
    """The clean text of a draft, and where in it its pages or chapters begin."""
    if not draft.parts:
        return clean(draft.text), []
    pieces: list[str] = []
    sections: list[tuple[int, str]] = []
    length = 0
    for part in draft.parts:
        cleaned = clean(part.text)
        if not cleaned:
            continue
        between = "" if not pieces else " " if part.continues else "\n\n"
        length += len(between)
        if part.label:
            sections.append((length, _one_line(part.label)))
        pieces += (between, cleaned)
        length += len(cleaned)
    return "".join(pieces), sections


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
