"""Small things that templates show: dates, names, counts; and the environment that fills the templates in."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path, PurePath
from urllib.parse import unquote, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ui import wording
from ui.page.address import address_of

TEMPLATES = Path(__file__).parent.parent / "templates"

_BETWEEN_PARAGRAPHS = re.compile(r"\n[^\S\n]*\n\s*")


@cache
def environment() -> Environment:
    """The templates, with what they may call. Everything put into one is escaped, and a name it lacks is an error."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    made.filters |= {
        "address": address_of,
        "count": count,
        "date": date_in_words,
        "joined": joined,
        "paragraphs": paragraphs,
        "shortened": shortened,
        "source_name": source_name,
    }
    made.globals |= {"is_address": is_address, "title_of": title_of, "wording": wording}
    return made


def fill(template: str, macro: str, *values: object, **named: object) -> str:
    """What ``macro`` of ``template`` makes of the values."""
    return str(getattr(environment().get_template(template).module, macro)(*values, **named)).strip()


def date_in_words(published: str | None) -> str:
    """``2017-05-05`` as "5 May 2017", as far as it goes; empty for None."""
    if not published:
        return ""
    found = re.fullmatch(r"(\d{4})(?:-(\d\d))?(?:-(\d\d))?", published)
    if not found or (found[2] and not 1 <= int(found[2]) <= 12):
        return published
    year, month, day = found.groups()
    parts = (str(int(day)) if day else "", calendar.month_name[int(month)] if month else "", year)
    return " ".join(filter(None, parts))


def is_address(source: str) -> bool:
    """Whether an article came from the web, so that its source can be a link."""
    return re.match(r"https?://", source, re.IGNORECASE) is not None


def source_name(source: str) -> str:
    """A file's name without its folders, or a page's address without its scheme."""
    if is_address(source):
        address = urlsplit(source)
        return unquote(f"{address.netloc.rpartition('@')[2]}{address.path}").removesuffix("/")
    return PurePath(source).name


def title_of(title: str, source: str) -> str:
    """What an article is called, which some only are by their file."""
    return title or source_name(source) or source


def joined(parts: Iterable[str]) -> str:
    """The parts that there are, with dots between."""
    return " · ".join(part for part in parts if part)


def count(number: int, thing: str) -> str:
    """``2, "chunk"`` as "2 chunks"."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def shortened(text: str, length: int = 200) -> str:
    """The beginning of a text on one line."""
    text = " ".join(text.split())
    return text if len(text) <= length else f"{text[:length].rsplit(' ', 1)[0]} …"


def paragraphs(text: str) -> list[str]:
    """The paragraphs of ``text``."""
    return [text[start:end] for start, end in paragraph_spans(text)]


def paragraph_spans(text: str) -> Iterator[tuple[int, int]]:
    """Where the paragraphs of ``text`` start and end; blank lines part them."""
    start = 0
    for gap in _BETWEEN_PARAGRAPHS.finditer(text):
        if text[start : gap.start()].strip():
            yield start, gap.start()
        start = gap.end()
    if text[start:].strip():
        yield start, len(text)
