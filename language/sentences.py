"""Where the sentences of a text begin and end. Pure; used for chunking, for citations and for showing them."""

from __future__ import annotations

import re

_TERMINALS = ".!?…。！？｡؟۔।"
_WIDE_TERMINALS = "。！？｡"
"""After these a sentence ends even where no space follows."""
_CLOSERS = "\"'”’»)\\]}」』）】〉》"

# The look-behind lets a match begin only at the start of a run of terminals: a megabyte of dots stays linear.
_ENDING = re.compile(rf"(?<![{_TERMINALS}])[{_TERMINALS}]+(?:[{_CLOSERS}]|\[\d{{1,3}}\])*")
_PARAGRAPH_BREAK = re.compile(r"\n[^\S\n]*\n\s*")
_LIST_MARKER = re.compile(r"[^\S\n]*(?:[-*•‣◦–]\s|\(?(?:\d{1,3}|[a-z])[.)]\s|\|)")
_LAST_TOKEN = re.compile(r"(?<![^\s(\[{\"'“‘«])[^\s(\[{\"'“‘«]*+\Z")
_NEXT_WORD = re.compile(r"[\s\"'“‘«(\[{¿¡—–-]*([^\W_]+)")
_INITIALS = re.compile(r"(?:[^\W\d_]\.)*[^\W\d_]")
_ENUMERATION = re.compile(r"\(?(?:\d{1,3}|[A-Za-z]|[ivxIVX]{1,5})")

SHORT_LINE = 45
"""A line shorter than this was ended on purpose (heading, list, verse); a longer one may be hard-wrapped prose."""
_TOKEN_REACH = 24
"""How far back, in characters, the word before a full stop is looked for; abbreviations are shorter."""

TITLES_OF_PEOPLE = frozenset(
    """mr mrs ms mx dr prof gen col sgt capt cpt lt cmdr maj adm rev fr hon pres gov sen rep amb insp supt sr sra mme
    mlle msgr messrs herr frau
    """.split()
)
"""What stands before a person's name, without its full stop."""
_TITLES = TITLES_OF_PEOPLE | {"st", "ste", "mt", "ft", "nos", "op"}
"""With a capital, a name follows these. ("One more rep." without one ends a sentence.)"""
_NEVER_LAST = frozenset("vs viz cf eg ie approx ca dept fig figs vol vols pp ed eds bzw".split())
"""A word nearly always follows these."""
_BEFORE_NUMBERS = frozenset(
    "jan feb mar apr jun jul aug sep sept oct nov dec no nr p ch sec sect art par ver pt ex ref eq tel".split()
)
"""A number that follows belongs to these."""
_NAME_ENDINGS = frozenset(
    """inc ltd co corp llc bros jr esq phd ave blvd rd mon tue tues wed thu thur thurs fri sat sun
    calif fla mass mich minn okla penn tenn tex wash wis ariz colo conn
    """.split()
)
"""With a capital, only a word that typically opens a sentence tells that one ended here. ("He sat." ends one.)"""
_OFTEN_LAST = frozenset("etc al a.m p.m e.g i.e ph.d".split())
"""Likewise, with or without a capital."""
_STARTERS = frozenset(
    """the a an he she it they we you this that these those there here his her their its our my in on at by for from
    with as but and or so yet if when while after before since although though because however meanwhile then now
    what who where why how not no yes once during despite instead later still also both some many most all each
    """.split()
)


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """Start and end of every sentence, in order, without overlap, end exclusive.

    Every character that is not white space lies in exactly one span; a span neither begins nor ends with white space.
    """
    spans: list[tuple[int, int]] = []
    for start, end in _paragraphs(text):
        spans.extend(_paragraph_sentences(text, start, end))
    return spans


def _paragraphs(text: str) -> list[tuple[int, int]]:
    """Spans between blank lines, stripped."""
    bounds = [0]
    for blank in _PARAGRAPH_BREAK.finditer(text):
        bounds += [blank.start(), blank.end()]
    bounds.append(len(text))
    spans = (strip_span(text, start, end) for start, end in zip(bounds[::2], bounds[1::2], strict=True))
    return [(start, end) for start, end in spans if start < end]


def strip_span(text: str, start: int, end: int) -> tuple[int, int]:
    """The span without white space at its ends; ``start == end`` where there is nothing else."""
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    return start, end


def _paragraph_sentences(text: str, start: int, end: int) -> list[tuple[int, int]]:
    spans = []
    for boundary in [*_boundaries(text, start, end), end]:
        span = strip_span(text, start, boundary)
        if span[0] < span[1]:
            spans.append(span)
        start = boundary
    return spans


def _boundaries(text: str, start: int, end: int) -> list[int]:
    """Where a sentence ends inside a paragraph, ascending."""
    ends = {match.end() for match in _ENDING.finditer(text, start, end) if _ends_sentence(text, match, start, end)}
    line_start = start
    while (newline := text.find("\n", line_start, end)) >= 0:
        if newline - line_start < SHORT_LINE or _LIST_MARKER.match(text, newline + 1, end):
            ends.add(newline)
        line_start = newline + 1
    return sorted(ends)


def _ends_sentence(text: str, ending: re.Match[str], start: int, end: int) -> bool:
    """Whether the punctuation matched by ``ending`` closes a sentence of the paragraph ``start:end``."""
    after = ending.end()
    if after >= end or text[ending.start()] in _WIDE_TERMINALS:
        return True
    if not text[after].isspace():
        return False
    following = _NEXT_WORD.match(text, after, min(end, after + 60))
    word = following.group(1) if following else ""
    if word and word[0].islower():
        return False
    return not _belongs_together(text, ending, start, word)


def _belongs_together(text: str, ending: re.Match[str], start: int, word: str) -> bool:
    """Whether the punctuation is part of a name or an abbreviation, given the word that follows it."""
    mark = ending.group()
    stop = ending.start()
    token = _LAST_TOKEN.search(text[max(start, stop - _TOKEN_REACH) : stop])
    before = token.group() if token else ""
    if mark == "!":
        # "E! News": one capital before the mark is a name, not a shout.
        return len(before) == 1 and before.isupper()
    if mark != ".":
        return False
    if word and _ENUMERATION.fullmatch(_line_before(text, start, stop)):
        return True
    return _is_abbreviation(before, word)


def _line_before(text: str, start: int, stop: int) -> str:
    """What stands on the line before ``stop``, or its last few characters: enough to tell a list's number."""
    reach = max(start, stop - _TOKEN_REACH)
    return text[max(reach, text.rfind("\n", reach, stop) + 1) : stop].strip()


def _is_abbreviation(before: str, word: str) -> bool:
    """Whether a full stop after ``before`` belongs to it, given the word that follows."""
    lower = before.lower().rpartition("-")[2]
    capital = before[:1].isupper()
    if lower in _NEVER_LAST or before == "v" or (capital and lower in _TITLES):  # "Roe v. Wade", but "George V."
        return True
    if lower in _BEFORE_NUMBERS and not (capital and len(before) == 1):  # "p. 7", but "P. T. Barnum"
        return word[:1].isdigit()
    if lower in _OFTEN_LAST or (capital and (lower in _NAME_ENDINGS or _INITIALS.fullmatch(before))):
        return word.lower() not in _STARTERS
    return False
