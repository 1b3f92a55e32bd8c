"""A row of a table or a line of JSON -> draft. What its fields are is read from their names."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from ingest.boilerplate import drop_boilerplate
from ingest.cleaning import clean
from ingest.formats.byline import find_byline, split_authors
from ingest.types import Draft
from language.dates import parse_date

MAX_FIELDS = 500
MAX_NAME = 80
_TITLE = (
    "title", "headline", "heading", "article_title", "web_title", "name", "subject",
    "titel", "überschrift", "schlagzeile", "titre", "título", "titulo", "titolo",
)  # fmt: skip
_TEXT = (
    "text", "body", "content", "article_body", "body_text", "article", "full_text", "maintext", "story", "article_text",
    "page_content", "content_text", "content_html", "html", "markdown", "paragraphs", "sections",
    "inhalt", "artikel", "texte", "contenu", "texto", "contenido", "conteúdo", "testo", "contenuto", "tekst",
    "abstract", "description", "summary",
)  # fmt: skip
_AUTHORS = (
    "authors", "author", "byline", "by", "creator", "writer", "article_author",
    "autor", "autoren", "verfasser", "auteur", "auteurs", "autore", "autori", "autores",
)  # fmt: skip
_DATE = (
    "published", "date_published", "published_at", "publish_date", "publication_date", "web_publication_date",
    "pub_date", "pubdate", "date", "created", "created_at", "publication_day", "published_date",
    "datum", "veröffentlicht", "erschienen", "publié", "fecha", "publicado", "pubblicato",
)  # fmt: skip
_LANGUAGE = ("language", "lang", "language_code", "sprache", "langue", "idioma", "lingua", "taal")
_PUBLISHER = (
    "publisher", "publication", "newspaper", "outlet", "source", "source_name", "site", "site_name",
    "zeitung", "quelle", "verlag",
)  # fmt: skip
"""What fields are called, the likeliest first: in English, then in German, French, Spanish, Portuguese and others."""
_HTML = re.compile(r"<(?:p|div|br|h[1-6]|ul|ol|li|a|em|strong|span|blockquote|table|img|article)\b[^>]{0,500}>", re.I)
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://\S+", re.IGNORECASE)
_SEPARATORS = re.compile(r"[\s.-]+")
_LONG = 200
"""Characters that a field without a telling name must have, on its own, to be the text of an article."""


def draft_of(fields: Mapping[str, str | Sequence[str]], fragment: str) -> Draft | None:
    """The draft of a record, or None where nothing in it is text.

    A field called ``text``, ``body`` and the like is the article; the others follow it as lines, ``Name: value``.
    Without one, the lines are the article, so that every value can be asked for and cited.
    """
    named = {_plain(name): name for name in reversed(list(fields))}
    taken: set[str] = set()

    def take(names: Sequence[str]) -> str | Sequence[str]:
        name = next((named[one] for one in names if one in named and fields[named[one]]), None)
        if name is None:
            return ""
        taken.add(name)
        return fields[name]

    body_name = _body(fields, named)
    if body_name is not None:
        taken.add(body_name)
    title = _joined(take([name for name in _TITLE if named.get(name) != body_name]))
    authors, date, language = take(_AUTHORS), _joined(take(_DATE)), _joined(take(_LANGUAGE))
    publisher = _joined(take(_PUBLISHER)) if body_name is not None else ""
    published = parse_date(date)
    body = _words(fields[body_name]) if body_name is not None else ""
    byline = find_byline(body)
    rest = [(name, _without_markup(_joined(value))) for name, value in fields.items() if name not in taken]
    if date and not published:
        rest.append((next(name for name in fields if fields[name] == date), date))
    lines = [f"{_label(name)}: {' '.join(value.split())}" for name, value in rest if _is_said(name, value, body_name)]
    if body_name is None and not title:
        title = next((value for _, value in rest if len(value) <= MAX_NAME and any(map(str.isalpha, value))), "")
    elif body_name is None:
        lines.insert(0, f"{_label(next(name for name in fields if _joined(fields[name]) == title))}: {title}")
    text = "\n\n".join(part for part in (body, "\n".join(lines)) if part)
    if not any(character.isalnum() for character in text):
        return None
    people = [authors] if isinstance(authors, str) else authors
    return Draft(
        text,
        title or None,
        _names(people) or byline.authors,
        published or byline.published,
        language,
        publisher,
        fragment=fragment,
    )


def has_text(fields: Mapping[str, str | Sequence[str]]) -> bool:
    """Whether a field of a record is the text of an article, by its name."""
    return not {_plain(name) for name in fields}.isdisjoint(_TEXT)


def _body(fields: Mapping[str, str | Sequence[str]], named: Mapping[str, str]) -> str | None:
    """The name of the field that is the article: by its name, else the only one that is long."""
    for name in _TEXT:
        if name in named and _joined(fields[named[name]]).strip():
            return named[name]
    long = [name for name, value in fields.items() if isinstance(value, str) and len(value) >= _LONG and " " in value]
    return long[0] if len(long) == 1 and not _ADDRESS.fullmatch(_joined(fields[long[0]])) else None


def _is_said(name: str, value: str, body_name: str | None) -> bool:
    """Whether a field says something to a reader: no addresses; beside an article's text, no bare numbers either."""
    if not any(map(str.isalnum, value)) or _ADDRESS.fullmatch(value.strip()):
        return False
    return body_name is None or (
        any(map(str.isalpha, value)) and _plain(name) not in ("id", "guid", "uuid", "slug", "hash")
    )


def _words(value: str | Sequence[str]) -> str:
    """An article's text; a list is its paragraphs."""
    return drop_boilerplate(clean(_without_markup(value if isinstance(value, str) else "\n\n".join(value))))


def _without_markup(value: str) -> str:
    """A field's text; the words of it where it is HTML."""
    if not _HTML.search(value):
        return value
    from ingest.formats.html import fragment_text

    return fragment_text(value)


def _names(people: Sequence[str]) -> tuple[str, ...]:
    """The names in a field of authors; some give numbers in their place."""
    names = (name for one in people for name in split_authors(one.removeprefix("By ").removeprefix("by ")))
    return tuple(name for name in names if any(map(str.isalpha, name)))


def _plain(name: str) -> str:
    """``Date Published``, ``date-published`` and ``datePublished`` as ``date_published``."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name[:MAX_NAME].strip())
    return _SEPARATORS.sub("_", spaced).lower()


def _label(name: str) -> str:
    words = " ".join(clean(name).replace("_", " ").split())[:MAX_NAME]
    return words[:1].upper() + words[1:]


def _joined(value: str | Sequence[str]) -> str:
    return value if isinstance(value, str) else ", ".join(value)
