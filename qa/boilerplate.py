"""Words of an article that state nothing: bylines, datelines, speakers' names, headings. Pure."""

from __future__ import annotations

import re

from qa.citations import enclosing_sentence
from qa.page import is_to_the_reader
from qa.ports import Sentence
from qa.prose import without_dateline
from vectorstore import Article

_WORD = re.compile(r"\w+")
_CLOSED = re.compile(r"[.!?…][\"'”’)\]]*\s*\Z")


def stands_alone(article: Article, start: int, end: int) -> bool:
    """Whether a line of ``article`` holds nothing but the words from ``start`` to ``end``, and a "by" at most.

    "― Shad Powers" and "Taylor Wilson:" are nobody's answer; a line that closes as a sentence does is one.
    """
    text = article.text
    line_start = text.rfind("\n", 0, start) + 1
    line_end = text.find("\n", end)
    line_end = len(text) if line_end < 0 else line_end
    rest = _WORD.findall(text[line_start:start]) + _WORD.findall(text[end:line_end])
    return [word.lower() for word in rest] in ([], ["by"]) and not _CLOSED.search(text[line_start:line_end])


def is_boilerplate(article: Article, start: int, end: int) -> bool:
    """Whether the words from ``start`` to ``end`` say where a story was filed ("WASHINGTON –", "London (CNN)"), or
    stand in a line to its reader ("Editor's note: for more on the fires, see …")."""
    sentence = enclosing_sentence(article.text, start, end)
    text = article.text[slice(*sentence)]
    if text.endswith(("—", "–")) or is_to_the_reader(text):
        return True
    return end <= without_dateline(Sentence(article, *sentence)).start
