"""Markdown -> draft: the words as a reader of the rendered page sees them, front matter as metadata."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ingest.cleaning import clean
from ingest.formats.byline import find_byline, split_authors
from ingest.formats.encoding import decode
from ingest.types import Draft, RawSource
from language.dates import parse_date

if TYPE_CHECKING:
    from markdown_it.rules_core import StateCore
    from markdown_it.token import Token

SUFFIXES = frozenset({".md", ".markdown"})
MEDIA_TYPES = frozenset({"text/markdown", "text/x-markdown"})

MAX_PARAGRAPH = 5_000
"""A paragraph longer than this, in characters, is taken as it stands: the parser may go over each from every mark in it
to its end."""
_AS_IT_STANDS = "long"
"""Type of their tokens."""

_FRONT_MATTER = re.compile(r"\A---[ ]*\n(.{0,65536}?)\n(?:---|\.\.\.)[ ]*(?:\n|\Z)", re.DOTALL)
_FOOTNOTE_MARK = re.compile(r"\[\^[\w-]{1,40}\]:?[ ]?")
_LINE_BREAK_TAG = re.compile(r"<br\s*/?>", re.IGNORECASE)
_TITLE_KEYS = ("title",)
_AUTHOR_KEYS = ("author", "authors", "by", "byline")
_PUBLISHER_KEYS = ("publisher", "publication", "source", "site", "newspaper")
_LANGUAGE_KEYS = ("lang", "language")
_DATE_KEYS = ("date", "published", "publishdate", "pubdate", "created")


def recognises(content: bytes) -> bool:
    """Never: Markdown cannot be told from plain text with certainty."""
    return False


def read(raw: RawSource) -> Draft:
    """The draft of a Markdown file or page."""
    # Not cleaned yet: two spaces at a line's end are Markdown for a break.
    metadata, source = _split_front_matter(decode(raw).replace("\r\n", "\n").replace("\r", "\n"))
    text, heading = _render(source)
    text = clean(text)
    byline = find_byline(text)
    return Draft(
        text,
        _first_text(metadata, _TITLE_KEYS) or heading,
        _authors(metadata) or byline.authors,
        _date(metadata) or byline.published,
        _first_text(metadata, _LANGUAGE_KEYS),
        _first_text(metadata, _PUBLISHER_KEYS),
    )


def _split_front_matter(text: str) -> tuple[dict[str, Any], str]:
    """The YAML mapping at the top, keys in lower case, and the rest; a mere rule at the top is left alone."""
    match = _FRONT_MATTER.match(text)
    if not match:
        return {}, text
    import yaml

    try:
        # The base loader leaves every scalar a string: a title 1984 stays a title, a date stays as written.
        metadata = yaml.load(match.group(1), Loader=yaml.BaseLoader)
    except (yaml.YAMLError, ValueError, RecursionError):
        return {}, text
    if not isinstance(metadata, dict):
        return {}, text
    return {str(key).lower(): value for key, value in metadata.items()}, text[match.end() :]


def _first_text(metadata: dict[str, Any], keys: tuple[str, ...]) -> str | None:
    values = (metadata.get(key) for key in keys)
    return next((" ".join(value.split()) for value in values if isinstance(value, str) and value.strip()), None)


def _authors(metadata: dict[str, Any]) -> tuple[str, ...]:
    for key in _AUTHOR_KEYS:
        value = metadata.get(key)
        entries = value if isinstance(value, list) else [value]
        names = [entry.get("name") if isinstance(entry, dict) else entry for entry in entries]
        authors = [author for name in names if isinstance(name, str) for author in split_authors(name)]
        if authors:
            return tuple(dict.fromkeys(authors))
    return ()


def _date(metadata: dict[str, Any]) -> str | None:
    values = (metadata.get(key) for key in _DATE_KEYS)
    dates = (parse_date(value) for value in values if isinstance(value, str))
    return next((date for date in dates if date), None)


def _render(source: str) -> tuple[str, str | None]:
    """The text as plain paragraphs, and the first heading of the first level."""
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    parser.core.ruler.before("inline", "long", _leave_long_ones)
    tokens = parser.parse(source)
    heading = next(
        (
            _inline_text(tokens[index + 1])
            for index, token in enumerate(tokens)
            if token.tag == "h1" and token.nesting > 0
        ),
        None,
    )
    return "".join(_blocks(tokens)), heading or None


def _leave_long_ones(state: StateCore) -> None:
    """Marks paragraphs that are not to be looked into."""
    for token in state.tokens:
        if token.type == "inline" and len(token.content) > MAX_PARAGRAPH:
            token.type = _AS_IT_STANDS


def _blocks(tokens: list[Token]) -> Iterator[str]:
    """Paragraphs, list items and table rows, each with the line breaks that set it off from the one before."""
    lists: list[int | None] = []  # of every list we are in, the next number; None for bullets
    marker = ""
    row: list[str] | None = None
    for token in tokens:
        if token.type in ("bullet_list_open", "ordered_list_open"):
            yield "" if lists else "\n"
            lists.append(int(token.attrGet("start") or 1) if token.tag == "ol" else None)
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            lists.pop()
            yield "" if lists else "\n"
        elif token.type == "list_item_open":
            number = lists[-1]
            marker = "  " * (len(lists) - 1) + ("- " if number is None else f"{number}. ")
            lists[-1] = None if number is None else number + 1
        elif token.type == "tr_open":
            row = []
        elif token.type == "tr_close":
            yield "\n" + " | ".join(row or ())
            row = None
        elif token.type in ("table_open", "table_close"):
            yield "\n"
        elif token.type in ("inline", _AS_IT_STANDS) and row is not None:
            row.append(_leaf_text(token).replace("\n", " "))
        elif text := _leaf_text(token):
            indent = "  " * len(lists)
            yield "\n" + (marker or indent) + text if lists else f"\n\n{text}"
            marker = ""


def _leaf_text(token: Token) -> str:
    if token.type == "inline":
        return _inline_text(token)
    if token.type in ("fence", "code_block", _AS_IT_STANDS):
        return token.content.strip("\n")
    if token.type == "html_block":
        return _html_text(token.content)
    return ""


def _inline_text(token: Token) -> str:
    """Words of a paragraph without marks: links as their text, images and tags dropped."""
    return _FOOTNOTE_MARK.sub("", "".join(_inline_part(child) for child in token.children or ())).strip()


def _inline_part(token: Token) -> str:
    if token.type in ("text", "code_inline"):
        return token.content
    if token.type == "softbreak":
        return " "
    if token.type == "hardbreak" or (token.type == "html_inline" and _LINE_BREAK_TAG.fullmatch(token.content)):
        return "\n"
    return ""


def _html_text(source: str) -> str:
    from ingest.formats.html import fragment_text

    return fragment_text(source)
