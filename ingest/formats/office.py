"""What office documents have in common: paragraphs to a draft, and properties that programs fill in by themselves."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from ingest.boilerplate import drop_boilerplate
from ingest.cleaning import clean
from ingest.formats.byline import find_byline
from ingest.formats.plain import find_title
from ingest.types import Draft, Part

MAX_LABEL = 80

_NO_TITLE = re.compile(
    r"(?:(?:word )?document|untitled|no title|title|slide|presentation|about:blank|blank|new|draft)[\s\d_-]*"
    r"|microsoft (?:word|powerpoint)\b.*|.*\.(?:docx?|pdf|rtf|odt|indd|qxd|qxp|tex|dvi|pptx?|html?|txt|tmp)|[\d\W_]*",
    re.IGNORECASE | re.DOTALL,
)
_NO_PERSON = re.compile(
    r"(?:microsoft(?: office)?|office|windows|registered|default|guest|unknown|test)?\s*(?:user|author|admin"
    r"|administrator|owner|root|pc|unknown|anonymous)|python-docx|microsoft.*|adobe.*|acrobat.*|libreoffice.*|[\d\W_]*|.*@.*|.*://.*",
    re.IGNORECASE | re.DOTALL,
)


def is_title(text: str | None) -> bool:
    """Whether a document's title property is a title, and neither a file's name nor a template's."""
    return bool(text and not _NO_TITLE.fullmatch(text.strip()))


def is_person(text: str | None) -> bool:
    """Whether a document's author property names somebody, and not a program or an account."""
    return bool(text and len(text) <= 500 and not _NO_PERSON.fullmatch(text.strip()))


@dataclass(frozen=True)
class Block:
    """A paragraph of a document."""

    text: str
    role: Literal["title", "heading", "text", "line"]
    """``line``: an item of a list or a row of a table, which follows the one before without a blank line."""


def draft_of(blocks: Iterable[Block]) -> Draft:
    """The draft of a document that is its paragraphs: a section for each heading, byline and title from the text.

    A heading stands at the top of its section and is its label, cut at ``MAX_LABEL`` characters.
    """
    parts: list[Part] = []
    label: str | None = None
    lines: list[str] = []
    title: str | None = None
    previous = "text"
    for block in blocks:
        text = block.text.strip()
        if block.role == "heading" and text:
            parts.append(Part(label, "".join(lines)))
            label, lines = " ".join(text.split())[:MAX_LABEL], []
        elif block.role == "title" and text and title is None:
            title = " ".join(text.split())
        lines.append(("\n" if block.role == previous == "line" else "\n\n") + text)
        previous = block.role
    parts.append(Part(label, "".join(lines)))
    top = clean("\n\n".join(part.text for part in parts[:2]))
    byline = find_byline(top)
    return Draft(
        title=title or find_title(top),
        authors=byline.authors,
        published=byline.published,
        parts=tuple(Part(part.label, drop_boilerplate(clean(part.text))) for part in parts),
    )
