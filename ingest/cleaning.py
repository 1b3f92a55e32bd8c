"""Pure text -> text. All character offsets in the project refer to text that has been through ``clean``."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

MAX_COMBINING_MARKS = 30
"""Longest run of combining marks kept, as in Unicode's Stream-Safe Text Format; ordering a run takes quadratic time."""

_LINE_BREAKS = "\r\v\f\x1c\x1d\x1e\x85\u2028"
_PARAGRAPH_SEPARATOR = "\u2029"
_INNER_SPACES = re.compile(r"(?<=\S) {2,}")
_TRAILING_SPACES = re.compile(r"(?<! ) +$", re.MULTILINE)
_BLANK_LINES = re.compile(r"\n{3,}")

# Joiners (U+200C, U+200D) stay: Persian, Indic scripts and emoji are spelled with them.
_INVISIBLE = "\u00ad\u180e\u200b\u200e\u200f\u2060\ufeff\ufffc\ufffe\uffff" + "".join(
    map(chr, [*range(0x202A, 0x202F), *range(0x2066, 0x206A)])
)


def clean(text: str) -> str:
    """The canonical form of a text: composed characters, plain spaces, ``\\n`` line ends, single blank lines.

    Cleaning twice changes nothing more. No word is added, dropped or reordered.
    """
    text = text.replace("\r\n", "\n")
    if not _character_table().keys().isdisjoint(map(ord, set(text))):
        text = text.translate(_character_table())
    if not text.isascii():
        # Bounded again afterwards, because composing can make two marks of one.
        text = _bound_combining_runs(unicodedata.normalize("NFC", _bound_combining_runs(text)))
    text = text.expandtabs(4)
    # Looked for first: most texts have neither, and an expression tries every place.
    if "  " in text:
        text = _INNER_SPACES.sub(" ", text)
    if " \n" in text:
        text = _TRAILING_SPACES.sub("", text)
    return _BLANK_LINES.sub("\n\n", text).strip("\n ")


@cache
def _character_table() -> dict[int, str | None]:
    """What each odd character becomes: spaces of any width a plain one, breaks of any kind those of a plain text,
    invisible and control characters nothing."""
    table: dict[int, str | None] = {ord(character): None for character in _INVISIBLE}
    for code in range(0x10000):
        category = unicodedata.category(chr(code))
        if category == "Zs" and chr(code) != " ":
            table[code] = " "
        elif category == "Cs" or (category == "Cc" and chr(code) not in "\t\n"):
            table[code] = None
    table.update(dict.fromkeys(map(ord, _LINE_BREAKS), "\n"))
    table[ord(_PARAGRAPH_SEPARATOR)] = "\n\n"
    return table


def _bound_combining_runs(text: str) -> str:
    marks = "".join(filter(unicodedata.combining, set(text)))
    if not marks:
        return text
    return re.sub(rf"([{marks}]{{{MAX_COMBINING_MARKS}}})[{marks}]+", r"\1", text)
