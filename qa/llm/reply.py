"""A language model's reply, taken apart: what it answers, and what it says is in the passages. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from qa.llm.quotes import Quote

NOT_FOUND = "NOT IN THE ARTICLES"
"""What the model is told to write, alone, where the passages do not answer."""
QUOTES_HEADER = "QUOTES:"
"""What the model is told to write between its answer and the lines with its quotes."""
MAX_QUOTES = 40
"""Quotes of one reply that are looked at."""


@dataclass(frozen=True)
class Reply:
    """A model's reply, taken apart."""

    text: str
    """The answer; empty where the reply holds none."""
    quotes: tuple[Quote, ...]
    not_found: bool
    """Whether the model says that the passages do not answer."""


# Every repetition below is bounded or over one class of characters, so that no reply takes long to take apart.

_HEADER = re.compile(r"^[ \t*#_>-]{0,8}(?i:quotes?)[*_ ]{0,4}(?::|$)|QUOTES:", re.M)
_BARE_QUOTE = re.compile(r"^[ \t*•>-]{0,8}\[\d{1,3}\][ :.]{0,3}[\"“„«‘'「]", re.M)
"""A quote's line below no header: small models forget it."""
_MAYBE_HEADER = re.compile(r"[ \t*#_>•-]{0,8}(?:(?i:q|qu|quo|quot|quotes?)[*_ ]{0,4}|\[\d{0,3}|\[\d{1,3}\][ :.]{0,3})?")
"""A last line that can still become one of the two above."""
_LABEL = re.compile(r"[*_]{0,3}answer[*_]{0,3}:[*_ ]{0,4}", re.I)
_PASSAGE_MARK = re.compile(r"[ \t]?\[(?i:passages? )?\d{1,3}(?:[,;] ?\d{1,3}){0,9}\]")
_OPEN_MARK = re.compile(r"[ \t]?\[[^\]\n]{0,24}\Z")
_THOUGHT_ENDS = re.compile(r"^[ \t]*</think>", re.M)

_ENTRY = re.compile(r"[ \t*•>-]{0,8}(?:\[(\d{1,3})\]|\(?(\d{1,3})[.):])?[ :.*]{0,4}")
_NEXT_ENTRY = re.compile(r"(?<=[\"”»])[ ,;]{0,3}(?=\[\d{1,3}\][ :]{0,2}[\"“„«])")
_TRAILING_NUMBER = re.compile(r"(?<=[\"”“»’'」])[ .,;]{0,3}[\[(](?:passage )?(\d{1,3})[\])][ .]{0,3}\Z", re.I)
_CLOSERS = {'"': '"”', "“": '”"“', "„": '“”"', "«": "»", "»": "«", "‘": "’'", "'": "'’", "「": "」"}


def parse_reply(reply: str) -> Reply:
    """The answer and the quotes of a whole reply, however loosely it keeps to the form it was asked for."""
    answer, block = _split(_spoken(reply))
    answer = _without_label(answer)
    # Only what is given as a quote is one: what else stands between quotation marks may be a name.
    quotes = tuple(islice(_quotes_of(block), MAX_QUOTES)) if block is not None else ()
    not_found = _says_not_found(answer) or (NOT_FOUND in answer and not quotes)
    return Reply("" if not_found else _tidy(answer), quotes, not_found)


def answer_so_far(reply: str) -> str:
    """As much of the answer as the beginning ``reply`` of a reply already settles.

    Never any of what is not the answer: words that could still turn out to open the quotes, or to say that
    nothing was found, are held back. As the reply grows so does this, up to ``parse_reply``'s text.
    """
    answer, block = _split(_spoken(reply))
    start = answer.lstrip("*_ \t\n").casefold()
    if block is None and ("answer:".startswith(start) or NOT_FOUND.startswith(_bare(answer))):
        return ""
    answer = _without_label(answer)
    if _says_not_found(answer) or (block is None and NOT_FOUND.startswith(_bare(answer))):
        return ""
    return _tidy(answer if block is not None else answer[: _settled(answer)])


def _spoken(reply: str) -> str:
    """``reply`` without the reasoning that some local models write in front of it."""
    opened = reply.lstrip()
    if opened.startswith("<think>"):
        return opened.partition("</think>")[2]
    if opened and "<think>".startswith(opened):
        return ""
    ends = _THOUGHT_ENDS.search(reply)
    return reply[ends.end() :] if ends else reply


def _split(spoken: str) -> tuple[str, str | None]:
    """The answer, and what follows it: the lines with quotes, or None where there are none (yet)."""
    header, bare = _HEADER.search(spoken), _BARE_QUOTE.search(spoken)
    if header and not (bare and bare.start() < header.start()):
        return spoken[: header.start()], spoken[header.end() :]
    if bare:
        return spoken[: bare.start()], spoken[bare.start() :]
    return spoken, None


def _without_label(answer: str) -> str:
    answer = answer.lstrip()
    label = _LABEL.match(answer)
    return answer[label.end() :] if label else answer


def _bare(answer: str) -> str:
    """The beginning of ``answer`` as ``NOT_FOUND`` would be written."""
    return answer.lstrip("*_#>\"'`- \t\n")[: len(NOT_FOUND)].upper()


def _says_not_found(answer: str) -> bool:
    follows = answer.lstrip("*_#>\"'`- \t\n")[len(NOT_FOUND) :]
    return _bare(answer) == NOT_FOUND and not follows[:1].isalnum()


def _tidy(answer: str) -> str:
    """The answer as it is shown: the numbers of passages mean nothing to the person who reads it."""
    return _PASSAGE_MARK.sub("", answer).replace(NOT_FOUND, NOT_FOUND.lower()).strip()


def _settled(answer: str) -> int:
    """Length of the part of an unfinished ``answer`` that nothing to come can change."""
    ends = [len(answer)]
    line = answer.rfind("\n") + 1
    if _MAYBE_HEADER.fullmatch(answer, line):
        ends.append(line)
    if mark := _OPEN_MARK.search(answer, max(0, len(answer) - 32)):
        ends.append(mark.start())
    for marker in (NOT_FOUND, QUOTES_HEADER):
        ends += [len(answer) - size for size in range(1, len(marker) + 1) if answer.endswith(marker[:size])]
    return min(ends)


def _quotes_of(block: str) -> Iterator[Quote]:
    """The quotes in the lines below the header."""
    for entry in _entries(block):
        words, number = entry, None
        if trailing := _TRAILING_NUMBER.search(entry):
            words, number = entry[: trailing.start()], trailing[1]
        start = _ENTRY.match(words)
        if start:
            number = start[1] or number or start[2]
            words = words[start.end() :]
        if words := _unwrapped(words):
            yield Quote(words, int(number) if number else None)


def _entries(block: str) -> Iterator[str]:
    """The lines of ``block``, one a quote: lines of one quote are joined, quotes in one line parted."""
    entry = ""
    lines = [part for line in block.splitlines() for part in _NEXT_ENTRY.split(line)]
    for line in lines:
        if entry and _is_open(entry) and line.strip() and not re.match(r"\s*\[\d{1,3}\]", line):
            entry = f"{entry} {line.strip()}"
            continue
        if entry:
            yield entry
        entry = line.strip()
    if entry:
        yield entry


def _is_open(entry: str) -> bool:
    """Whether ``entry`` begins with a quotation mark that it does not close."""
    start = _ENTRY.match(entry)
    words = entry[start.end() :] if start else entry
    closers = _CLOSERS.get(words[:1])
    return closers is not None and not any(closer in words[1:] for closer in closers)


def _unwrapped(words: str) -> str:
    """``words`` without the quotation marks around them, and without what follows those."""
    words = words.strip().replace('\\"', '"')
    closers = _CLOSERS.get(words[:1])
    if closers is None:
        return words
    end = max(words.rfind(closer, 1) for closer in closers)
    if "'" in closers and end < len(words.rstrip(" .,;")) - 1:
        end = -1  # an apostrophe
    return words[1 : end if end > 0 else None].strip()
