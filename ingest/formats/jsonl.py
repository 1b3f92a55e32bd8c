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

SUFFIXES = frozenset({".jsonl", ".ndjson", ".json"})
MEDIA_TYPES = frozenset({"application/jsonl", "application/x-ndjson", "application/json", "application/jsonlines"})

_OBJECT_START = re.compile(rb"\s*+(?:\[\s*+)?+\{\s*+\"[^\"\n]{1,200}+\"\s*+:")
_MAX_DEPTH = 4
"""How deep objects inside an object are looked into."""
_WRAPPERS = frozenset(
    """article attributes data doc document fields item meta metadata node post properties record row _source story
    """.split()
)
"""Keys of objects that say nothing: what is in them belongs to the object around them."""
_VALUES = ("name", "rendered", "main", "original", "value", "#text")
"""Keys under which an object holds the value it stands for: ``{"author": {"name": …}}``."""
_LISTS = ("articles", "items", "results", "docs", "documents", "entries", "posts", "stories", "records", "rows", "hits",
          "data", "response")  # fmt: skip
"""Keys under which services wrap the articles they answer with."""


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
        if isinstance(value, dict):
            return _wrapped(value, _MAX_DEPTH) or [value]
        return value if isinstance(value, list) else None
    return None


def _wrapped(value: dict[str, Any], depth: int) -> list[Any] | None:
    """The articles in an object around them, ``{"status": "ok", "articles": […]}``; None for one that is an article."""
    for inside in (value[key] for key in _LISTS if key in value):
        found = _wrapped(inside, depth - 1) if isinstance(inside, dict) and depth else inside
        if isinstance(found, list) and any(isinstance(one, dict) and records.has_text(_fields(one)) for one in found):
            return found
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
        if isinstance(entry, dict) and depth:
            stood_for = next((one for one in _VALUES if isinstance(entry.get(one), str)), None)
            if stood_for:
                fields[name] = entry[stood_for].strip()
            others = {one: inner for one, inner in entry.items() if one != stood_for}
            for one, inner in _fields(others, above if key.lower() in _WRAPPERS else name, depth - 1).items():
                fields.setdefault(one, inner)  # an object's own fields count before those of what is inside it
        elif isinstance(entry, list):
            fields[name] = [text for one in entry[: records.MAX_FIELDS] if (text := _entry_text(one, depth))]
        elif text := _text(entry):
            fields[name] = text
    return fields


def _entry_text(entry: Any, depth: int) -> str:
    """The words of one thing in a list: the name of what has one, all there is of any other object."""
    if isinstance(entry, list) and depth:
        return " ".join(text for one in entry if (text := _entry_text(one, depth - 1)))
    if not isinstance(entry, dict):
        return _text(entry)
    if isinstance(entry.get("name"), str):
        return _text(entry["name"])
    values = _fields(entry, "", depth - 1).values() if depth else ()
    return "\n\n".join(value if isinstance(value, str) else "\n\n".join(value) for value in values if value)


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value.strip()
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""
