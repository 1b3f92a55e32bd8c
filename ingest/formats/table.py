"""CSV and TSV -> drafts: a row an article, its fields named by the first row."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from itertools import islice

from ingest.errors import UnreadableSource
from ingest.formats import records
from ingest.formats.encoding import decode
from ingest.limits import MAX_ARTICLES, MAX_FILE_BYTES
from ingest.types import Draft, RawSource, Skipped
from language.dates import parse_date

SUFFIXES = frozenset({".csv", ".tsv", ".tab"})
MEDIA_TYPES = frozenset({"text/csv", "text/tab-separated-values", "application/csv"})

_DELIMITERS = ",;\t|"
_SAMPLE_LINES = 20
_MAX_HEADING = 60


def recognises(content: bytes) -> bool:
    """Never: a table of text cannot be told from a text with commas with certainty."""
    return False


def unpack(raw: RawSource) -> Iterator[Draft | Skipped]:
    """A draft for each row that says something, called ``row=12`` as a spreadsheet numbers it."""
    text = decode(raw).replace("\0", "")
    # Set for the whole process, since the module knows no other way: a field as long as any file may be.
    csv.field_size_limit(MAX_FILE_BYTES)
    delimiter = _delimiter(list(islice(_lines(text), _SAMPLE_LINES)), raw.name)
    try:
        rows = csv.reader(_lines(text), delimiter=delimiter, skipinitialspace=True)
        names: list[str] | None = None
        for number, row in enumerate(rows, start=1):
            if number > MAX_ARTICLES:
                raise UnreadableSource(raw.source, f"it has more than {MAX_ARTICLES:,} rows; split it")
            if not any(map(str.strip, row)):
                continue
            if names is None:
                names = _names(row)
                if names is not None:
                    continue
                names = [f"Column {place}" for place in range(1, len(row) + 1)]
            draft = records.draft_of(_fields(names, row), f"row={number}")
            yield draft or Skipped(f"{raw.source}#row={number}", "no text was found in it")
    except csv.Error as error:
        raise UnreadableSource(raw.source, f"a table that is damaged: {error}; save it again as CSV") from None


def _lines(text: str) -> Iterator[str]:
    """The lines, ended by line feeds and carriage returns alone: fields may hold what else Python calls a line end."""
    return iter(io.StringIO(text, newline=""))


def _delimiter(lines: list[str], name: str) -> str:
    """What separates the fields: the sign of which the first lines have the same number, quoted ones aside."""
    if name.lower().endswith((".tsv", ".tab")):
        return "\t"
    counts = {}
    for delimiter in _DELIMITERS:
        widths = Counter(len(row) for row in csv.reader(lines, delimiter=delimiter) if row)
        width, times = widths.most_common(1)[0] if widths else (1, 0)
        counts[delimiter] = (width > 1, times / max(1, widths.total()), width)
    return max(counts, key=lambda delimiter: counts[delimiter])


def _names(row: list[str]) -> list[str] | None:
    """The first row as names of fields, or None where it holds values: numbers, dates, long texts, the same twice."""
    names = [name.strip() for name in row]
    if len(set(names)) < len(names) or not all(0 < len(name) <= _MAX_HEADING for name in names if name):
        return None
    if any(_is_value(name) for name in names) or not any(names):
        return None
    return [name or f"Column {place}" for place, name in enumerate(names, start=1)]


def _is_value(text: str) -> bool:
    is_number = bool(text) and not any(map(str.isalpha, text))
    return is_number or parse_date(text) is not None or text.endswith((".", "!", "?"))


def _fields(names: list[str], row: list[str]) -> dict[str, str]:
    """The fields of a row by name; those beyond the last name are numbered."""
    names = names + [f"Column {place}" for place in range(len(names) + 1, len(row) + 1)]
    return {name: value.strip() for name, value in zip(names[: records.MAX_FIELDS], row, strict=False) if value.strip()}
