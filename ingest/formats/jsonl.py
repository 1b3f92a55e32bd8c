"""JSON Lines, and JSON that is a list of objects or one object -> drafts: an object an article, its fields named."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from ingest.errors import UnreadableSource
from ingest.formats import records
from ingest.formats.encoding import decode
from ingest.limits import MAX_ARTICLES
from ingest.types import Draft, RawSource, Skipped

SUFFIXES = frozenset({".jsonl", ".ndjson"})
MEDIA_TYPES = frozenset({"application/jsonl", "application/x-ndjson", "application/json", "application/jsonlines"})

_OBJECT_START = re.compile(rb"\s*\[?\s*\{\s*\"[^\"\n]{1,200}\"\s*:")
_MAX_DEPTH = 4
"""How deep objects inside an object are looked into."""


def recognises(content: bytes) -> bool:
    """Whether bytes are JSON for certain: the first line, or the whole, is an object or a list of objects."""
    if not _OBJECT_START.match(content[:4096].removeprefix(b"\xef\xbb\xbf")):
        return False
    first = content.removeprefix(b"\xef\xbb\xbf").lstrip().partition(b"\n")[0]
    return _is_json(first) or (content.rstrip().endswith((b"}", b"]")) and _is_json(content))


def _is_json(content: bytes) -> bool:
    try:
        json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return False
    return True


def unpack(raw: RawSource) -> Iterator[Draft | Skipped]:
    """A draft for each object that says something, called ``line=12``, or ``item=12`` in a list."""
    text = decode(raw)
    whole = _whole(text)
    if whole is not None:
        yield from _entries(raw, ((f"item={number}", value) for number, value in enumerate(whole, start=1)))
    else:
        # Only line feeds: JSON may hold the other characters that Python takes for line ends.
        lines = ((f"line={number}", line) for number, line in enumerate(text.split("\n"), start=1) if line.strip())
        yield from _entries(raw, lines, parse=True)


def _whole(text: str) -> list[Any] | None:
    """The list that a text is as a whole, or a list of the one object it is; None for lines."""
    if text.lstrip().startswith("[") or "\n" not in text.strip() or text.lstrip().startswith("{\n"):
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            return None
        return value if isinstance(value, list) else [value] if isinstance(value, dict) else None
    return None


def _entries(raw: RawSource, values: Iterator[tuple[str, Any]], parse: bool = False) -> Iterator[Draft | Skipped]:
    for count, (fragment, value) in enumerate(values, start=1):
        if count > MAX_ARTICLES:
            raise UnreadableSource(raw.source, f"it has more than {MAX_ARTICLES:,} lines; split it")
        source = f"{raw.source}#{fragment}"
        if parse:
            try:
                value = json.loads(value)
            except (ValueError, RecursionError) as error:
                yield Skipped(source, f"not JSON: {str(error)[:100]}")
                continue
        if not isinstance(value, dict):
            yield Skipped(source, "not a JSON object, which an article must be")
            continue
        yield records.draft_of(_fields(value), fragment) or Skipped(source, "no text was found in it")


def _fields(value: dict[str, Any], above: str = "", depth: int = _MAX_DEPTH) -> dict[str, str | list[str]]:
    """The fields of an object, those of objects inside it under both names: ``author name``."""
    fields: dict[str, str | list[str]] = {}
    for key, entry in value.items():
        if len(fields) >= records.MAX_FIELDS:
            break
        name = f"{above} {key}".strip()
        if isinstance(entry, dict):
            named = entry.get("name")
            if isinstance(named, str):
                fields[name] = named  # {"author": {"name": …}}
            elif depth:
                fields |= _fields(entry, name, depth - 1)
        elif isinstance(entry, list):
            names = [one.get("name") if isinstance(one, dict) else one for one in entry[: records.MAX_FIELDS]]
            fields[name] = [text for text in map(_text, names) if text]
        elif text := _text(entry):
            fields[name] = text
    return fields


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value.strip()
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""
