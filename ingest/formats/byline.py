"""Who wrote an article and when, as its first lines say. Dates in sentences and of files are never taken for it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from language.dates import FULL_DATE, PARTIAL_DATE, TIME, date_in_words, parse_date

MAX_LINES = 10
"""How many lines that are not blank can hold the byline."""
_MAX_LENGTH = 200

_WRITTEN_BY = re.compile(
    r"(?:(?:written|words|story|text|posted|reported|reporting)\s)?by:?\s++(.+)|authors?:\s*+(.+)", re.IGNORECASE
)
_BUTTONS = r"(?:\s*+(?:Tags|Share|Comments|\d{1,2} min(?:ute)?s? read))*+"
_REVISED = ("updated", "modified", "aktualisiert", "stand", "mis à jour", "actualizado", "atualizado", "aggiornato")
_DATE_LABEL = (
    r"(?:(?P<label>(?:first |last |originally |zuletzt )?(?:published|posted|date|veröffentlicht|erschienen|publié"
    rf"|publicado|pubblicato|gepubliceerd|{'|'.join(_REVISED)}))\s?(?:(?:on|at|am|le|el|em|il|op)\b)?:?\s*)"
)
_DATED = re.compile(
    rf"(?:{_DATE_LABEL}(?P<labelled>{FULL_DATE}|{PARTIAL_DATE})|(?P<bare>{FULL_DATE}))"
    rf"(?:(?:,|\s?[|·•–—-])?(?: at| um| à)?\s{TIME}|T\d\d:\d\d\S{{0,20}})?{_BUTTONS}(?:\s?[|·•–—]\s?.{{0,60}})?",
    re.IGNORECASE,
)
_DATE_STARTS = re.compile(rf"{_DATE_LABEL}(?:{FULL_DATE}|{PARTIAL_DATE})|{FULL_DATE}", re.IGNORECASE)
_SEPARATORS = " \t|·•–—-,/"
_BAR = re.compile(r"\s[|·•–—-]\s")
_BETWEEN_NAMES = re.compile(r", and | and | ?[,;&] | with ", re.IGNORECASE)
_PARTICLE = r"(?:de|del|della|da|di|du|van|von|der|den|ter|bin|ibn|al|el|la|le|dos|y|e)"
_NAME = re.compile(rf"[^\W\d_a-zß-ÿ][\w.'’-]*(?:\s(?:{_PARTICLE}|[^\W\d_a-zß-ÿ][\w.'’-]*)){{0,5}}")
_ROLE = re.compile(
    r"\b(?:writer|editor|reporter|correspondent|staff|news|contributor|press|desk|columnist|critic|producer"
    r"|times|herald|courier|gazette|tribune|journal|magazine|observer)s?\b",
    re.IGNORECASE,
)
_NO_NAMES = frozenset(
    """january february march april may june july august september october november december monday tuesday wednesday
    thursday friday saturday sunday the a an any all my your his her their our this that some every popular means
    """.split()
)


@dataclass(frozen=True)
class Byline:
    """What the first lines say; empty where they say nothing."""

    authors: tuple[str, ...] = ()
    published: str | None = None


def find_byline(text: str) -> Byline:
    """The authors and the date that stand in the first lines, each the first one found."""
    lines = first_lines(text)
    found = [_read_line(line) for line in lines]
    if found and not found[0][0].published:
        # Without a date the first line is a headline, whatever it begins with ("By Any Means").
        found[0] = (Byline(), False)
    authors = next((byline.authors for byline, _ in found if byline.authors), ())
    dates = [(byline.published, updated) for byline, updated in found if byline.published]
    # When it was first published counts; a date of revision is better than none.
    published = next((date for date, updated in dates if not updated), dates[0][0] if dates else None)
    return Byline(authors, published)


def first_lines(text: str) -> list[str]:
    """The lines among which a title and a byline are looked for, stripped, without the blank ones."""
    lines: list[str] = []
    start = 0
    while len(lines) < MAX_LINES and start < len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        if line := text[start:end].strip():
            lines.append(line)
        start = end + 1
    return lines


def without_header(text: str, title: str | None) -> str:
    """``text`` without its title and bylines at the top: kept as an article's title, authors and date, they would
    otherwise answer every question of who and when. A text that is nothing else is left as it is."""
    rest = text
    for place, line in enumerate(first_lines(text)):
        if line != title and not (place > 0 and is_byline(line)) and not _is_dated_byline(line):
            continue
        before, _, after = rest.partition(line)
        if not before.strip():
            rest = after.lstrip()
        elif _names_and_dates(line):  # below a standfirst; any less would be part of the text itself
            rest = f"{before.rstrip()}\n\n{after.lstrip()}"
    return rest or text


def metadata_line(authors: Sequence[str], publisher: str, published: str | None) -> str:
    """The line that an article's text begins with, and the blank line after it; empty where nothing is known.

    What was found anywhere in a file or page, in one form that can be cited: "By Jane Roe · From The Gazette ·
    Published 5 May 2017".
    """
    by = (
        f"By {', '.join(authors[:-1])} and {authors[-1]}" if len(authors) > 1 else f"By {authors[0]}" if authors else ""
    )
    on = f"Published {date_in_words(published)}" if published else ""
    line = " · ".join(part for part in (by, f"From {publisher}" if publisher else "", on) if part)
    return f"{line}\n\n" if line else ""


def find_names(line: str) -> tuple[str, ...]:
    """The people a line names and nothing else, "Jane Roe and Ada Finch"; nothing for newspapers and agencies."""
    named = split_authors(line) if len(line) <= _MAX_LENGTH else ()
    people = [name for name in named if not _ROLE.search(name) and not any(map(_is_acronym, name.split()))]
    # The first is one: in "Ten things to see, Jane Roe says" it is not.
    return _authors(", ".join(people), least_words=2) if people[:1] == list(named[:1]) and people else ()


def _is_acronym(word: str) -> bool:
    return word.isupper() and len(word.strip(".")) > 1 and "." not in word


def _is_dated_byline(line: str) -> bool:
    return _read_line(line)[0].published is not None


def _names_and_dates(line: str) -> bool:
    byline, _ = _read_line(line)
    return bool(byline.authors and byline.published)


def is_byline(line: str) -> bool:
    """Whether a line names an author or a date and nothing else."""
    return _read_line(line)[0] != Byline()


def split_authors(names: str) -> tuple[str, ...]:
    """The names in "A, B and C", each once."""
    parts = (part.strip(_SEPARATORS) for part in _BETWEEN_NAMES.split(" ".join(names.split())))
    return tuple(dict.fromkeys(part for part in parts if part))


def _read_line(line: str) -> tuple[Byline, bool]:
    """What one line says, and whether its date is that of a revision."""
    line = line.strip("*_ ")
    if not line or len(line) > _MAX_LENGTH:
        return Byline(), False
    if written := _WRITTEN_BY.fullmatch(line):
        return _read_names(written.group(1) or written.group(2), named=True)
    published, updated = _read_date(line)
    if published:
        return Byline((), published), updated
    first, mark, _ = line.partition(" Updated ")  # "Aug. 1, 2025 Updated Aug. 4, 2025, 11:56 a.m. ET"
    if mark and (published := _read_date(first)[0]):
        return Byline((), published), False
    return _read_names(line, named=False)


def _read_names(line: str, named: bool) -> tuple[Byline, bool]:
    """For the part of a line after "By", or (not ``named``) for "Jane Roe | 5 May 2017"."""
    date = _DATE_STARTS.search(line)
    if not date:
        authors = _authors(_BAR.split(line)[0], least_words=2) if named else ()
        return Byline(authors), False
    names = line[: date.start()]
    published, updated = _read_date(line[date.start() :])
    if not published or not (named or names.rstrip().endswith(("|", "·", "•"))):
        return Byline(), False
    authors = _authors(_BAR.split(names.strip(_SEPARATORS))[0], least_words=1 if named else 2)
    return (Byline(authors, published), updated) if authors else (Byline(), False)


def _read_date(line: str) -> tuple[str | None, bool]:
    """The date of a line that is nothing but a date, with or without "Published", a time and buttons."""
    match = _DATED.fullmatch(line)
    if not match:
        return None, False
    label = (match["label"] or "").lower()
    return parse_date(match["labelled"] or match["bare"]), any(word in label for word in _REVISED)


def _authors(names: str, least_words: int) -> tuple[str, ...]:
    """The names, or nothing if any of them does not look like one."""
    parts = split_authors(names)
    authors = tuple(part for index, part in enumerate(parts) if index == 0 or not _ROLE.search(part))
    if all(_is_name(author, least_words) for author in authors):
        return tuple(author.title() if author.isupper() and " " in author else author for author in authors)
    return ()


def _is_name(name: str, least_words: int) -> bool:
    words = name.split()
    return (
        len(words) >= least_words and bool(_NAME.fullmatch(name)) and not _NO_NAMES.intersection(map(str.lower, words))
    )
