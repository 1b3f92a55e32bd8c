"""What a language model's reply says and quotes, and where the quoted words stand in the passages. Pure."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from unicodedata import category

NOT_FOUND = "NOT IN THE ARTICLES"
"""What the model is told to write, alone, where the passages do not answer."""
QUOTES_HEADER = "QUOTES:"
"""What the model is told to write between its answer and the lines with its quotes."""
MAX_QUOTES = 20
"""Quotes of one reply that are looked at."""
MAX_QUOTE_CHARS = 2000
"""A longer one is a copy of the passage, not a quote."""


@dataclass(frozen=True)
class Quote:
    """Words that the model says are in a passage."""

    words: str
    passage: int | None
    """Number the model gave the passage, from 1: a hint where to look first, no more."""


@dataclass(frozen=True)
class Reply:
    """A model's reply, taken apart."""

    text: str
    """The answer; empty where the reply holds none."""
    quotes: tuple[Quote, ...]
    not_found: bool
    """Whether the model says that the passages do not answer."""


@dataclass(frozen=True)
class Place:
    """Where quoted words stand: ``passages[passage][start:end]``."""

    passage: int
    start: int
    end: int


# The reply ------------------------------------------------------------------------------------
#
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
_INLINE = re.compile(r"[\"“„«]([^\"“”„«»\n]{8,400})[\"”“»]")
_CLOSERS = {'"': '"”', "“": '”"“', "„": '“”"', "«": "»", "»": "«", "‘": "’'", "'": "'’", "「": "」"}


def parse_reply(reply: str) -> Reply:
    """The answer and the quotes of a whole reply, however loosely it keeps to the form it was asked for."""
    answer, block = _split(_spoken(reply))
    answer = _without_label(answer)
    quotes = tuple(_quotes_of(block) if block is not None else _inline_quotes(answer))[:MAX_QUOTES]
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


def _inline_quotes(answer: str) -> Iterator[Quote]:
    """What an answer with no quotes below it has between quotation marks."""
    for found in _INLINE.finditer(answer):
        yield Quote(found[1].strip(), None)


# The words in the passages --------------------------------------------------------------------

_SAME = (
    dict.fromkeys("\"“”„‟«»‹›'‘’‚‛`´′″「」", "'")
    | dict.fromkeys("-‐‑‒–—―−", "-")
    | {"…": "..."}
    | dict.fromkeys("\u00ad\u200b\u2060\ufeff", "")  # seen by nobody, copied by no model
)
"""Characters that are typed for one another; apart from white space, nothing else may differ."""
_ELLIPSIS = re.compile(r" ?[\[(]? ?\. ?\. ?\.(?: ?\.){0,3}[\])]? ?")
_HYPHENS = "-‐‑−"
_APOSTROPHES = "'’"
_UNSPACED = re.compile(
    r"[\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff\u3005-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)
"""Scripts that are written without spaces: Thai to Burmese, Khmer, Japanese and Chinese."""


class QuoteFinder:
    """Finds quotes in passages word for word."""

    def __init__(self, passages: Sequence[str]) -> None:
        self._passages = passages
        self._folded: dict[int, _Folded] = {}

    def find(self, quote: Quote) -> tuple[Place, ...]:
        """Where the words of ``quote`` stand, in the first passage that has them all; empty if none has.

        White space, kinds of quotation mark and dash, the case of the first letter and punctuation at the end
        may differ; no word may. A quote with an ellipsis has one place for each part, in their order. Words that
        are only part of a word or number ("legal" in "illegal", "5" in "1.5") are not found there, and a few
        letters ("of the") are no quote.
        """
        if len(quote.words) > MAX_QUOTE_CHARS:
            return ()
        words = _fold(quote.words).text.strip(" '*_")
        parts = [part for part in _ELLIPSIS.split(words) if part]
        # The article may have the dots itself, so the whole is looked for first.
        for reading in ([words], parts) if parts != [words] else ([words],):
            if reading and all(_is_quotable(part) for part in reading):
                for passage in self._order(quote.passage):
                    if places := self._find_parts(reading, passage):
                        return places
        return ()

    def _order(self, hint: int | None) -> Iterator[int]:
        """Every passage, the one the model named first."""
        named = hint - 1 if hint is not None and 1 <= hint <= len(self._passages) else None
        if named is not None:
            yield named
        yield from (passage for passage in range(len(self._passages)) if passage != named)

    def _find_parts(self, parts: Sequence[str], passage: int) -> tuple[Place, ...]:
        """One place for each of ``parts``, each after the one before it; empty if one is missing."""
        places: list[Place] = []
        for part in parts:
            place = self._find_words(part, passage, places[-1].end if places else 0)
            if place is None:
                return ()
            places.append(place)
        return tuple(places)

    def _find_words(self, words: str, passage: int, start: int) -> Place | None:
        folded = self._folded.get(passage)
        if folded is None:
            folded = self._folded[passage] = _fold(self._passages[passage])
        for form in _forms(words):
            if found := folded.find(form, start):
                return Place(passage, *found)
        return None


def _forms(words: str) -> Iterator[str]:
    """``words`` as they may stand in mid-sentence or at the start of one, and without the end of the sentence."""
    for form in dict.fromkeys((words, words.rstrip(" .,;:!?'"))):
        for first in dict.fromkeys((form[:1], form[:1].lower(), form[:1].upper())):
            yield first + form[1:]


@dataclass(frozen=True)
class _Folded:
    """A text with everything that may differ made the same; ``at[i]`` is where ``text[i]`` stands in ``original``."""

    original: str
    text: str
    at: tuple[int, ...]

    def find(self, words: str, start: int) -> tuple[int, int] | None:
        """Offsets in the original of the first whole-word occurrence of ``words`` from ``start`` on."""
        place = self.text.find(words, bisect_left(self.at, start)) if words else -1
        while place >= 0:
            first, last = self.at[place], self.at[place + len(words) - 1] + 1
            if not _splits_word(self.original, first) and not _splits_word(self.original, last):
                return first, last
            place = self.text.find(words, place + 1)
        return None


def _fold(text: str) -> _Folded:
    folded: list[str] = []
    at: list[int] = []
    for place, character in enumerate(text):
        for each in " " if character.isspace() else _SAME.get(character, character):
            if each != " " or (folded and folded[-1] != " "):
                folded.append(each)
                at.append(place)
    return _Folded(text, "".join(folded), tuple(at))


def _splits_word(text: str, at: int) -> bool:
    """Whether a cut at ``at`` takes a word or a number apart, and with it perhaps its meaning."""
    if not 0 < at < len(text):
        return False
    before, after = text[at - 1], text[at]
    earlier, later = text[at - 2 : at - 1], text[at + 1 : at + 2]
    if _in_word(before) and _in_word(after):
        return True
    if after in _HYPHENS or after in _APOSTROPHES:  # twenty|-five, can|'t
        return _in_word(before) and _in_word(later)
    if before in _HYPHENS:  # non-|smoker, -|5
        return _in_word(after) and (_in_word(earlier) or after.isdigit())
    if after in ".,":  # 1|.5
        return before.isdigit() and later.isdigit()
    return before in ".," and after.isdigit() and earlier.isdigit()  # 1.|5


def _in_word(character: str) -> bool:
    letter = character.isalnum() or category(character or " ").startswith("M")  # an accent of its own
    return letter and not _UNSPACED.match(character)


def _is_quotable(words: str) -> bool:
    """Whether ``words`` are enough to be evidence: "in 1969" is, "of the" is not."""
    letters = sum(character.isalnum() for character in words)
    unspaced = len(_UNSPACED.findall(words))
    return letters >= 8 or unspaced >= 4 or (letters >= 6 and " " in words.strip())
