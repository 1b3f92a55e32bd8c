"""Which sentences of an article can be shown alone: no headings, no questions, none that lean on others. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from language.words import PRONOUNS, SPEAKERS, WORD, words_of
from qa.page import is_to_the_reader, without_page
from qa.ports import Sentence

FEWEST_WORDS = 5
MOST_WORDS = 90
"""What is longer is a table, or prose without full stops: it is cut."""
CUT_AT = 40
"""Words of a piece of what is cut."""
MOST_CAPITALS = 0.6
"""Share of words with a capital from which on it is a heading, a list of names or a credit."""
CAPTIONS = 3
"""Sentences with the same first words but for a number in them, from which on they are captions."""
HEAD = 2000
"""Characters of an article in which a dateline may stand."""

_TOKEN = re.compile(r"\S+")
_CLOSED = re.compile(r"(?<!\.\.)[.!。！｡؟۔।][\"'”’»)\]]*\Z")
_REST = re.compile(r"[\"“‘'(]?[a-z][^\W\dA-Z]*\b|[,;:.)]")
"""How what is left of a sentence begins, where a link or a name in it was lost."""
_SAID = re.compile(r"“[^“”]*”|\"[^\"]*\"")
_QUOTED = re.compile(r"[\"“‘«']")
_DATELINE = re.compile(
    r"(?:[A-Z][\w.,’' /]{1,40})?\([A-Z]{2}[\w &]*+\)\s*(?:[—–-]+\s*)?"  # London (CNN) …, (CNN) …, OSLO (AP) — …
    r"|[A-Z]{3,}[\w.,’' /]{0,40}\s[—–-]{1,2}\s+"  # CONCORD, N.H. – …
)
_GOES_ON = re.compile(r"[a-z,;:.)]")
"""What follows where that was a part of the sentence: "Alphabet (GOOGL) split its shares"."""
_BACK = frozenset("this that these those".split()) | PRONOUNS.keys()
_LEANING = frozenset("such both neither another also but and so".split()) | _BACK


def is_prose(text: str) -> bool:
    """Whether ``text`` is a sentence that states something: no heading, no question, no list of names."""
    words = WORD.findall(text)
    if not FEWEST_WORDS <= len(words) <= MOST_WORDS or not _CLOSED.search(text) or is_to_the_reader(text):
        return False
    capitals = sum(word[0].isupper() for word in words) / len(words)
    is_heading = capitals > MOST_CAPITALS and text.upper() != text
    is_rest = capitals > 0 and bool(_REST.match(text))
    return not is_heading and not is_rest


def leans(text: str) -> bool:
    """Whether ``text`` begins with a word that points at what went before, or is somebody's words."""
    words = words_of(_SAID.sub(" ", text))
    is_part_of_quote = text.count("”") > text.count("“") or text.count('"') % 2 == 1
    speaks = not SPEAKERS.isdisjoint(words)
    return bool(_QUOTED.match(text)) or is_part_of_quote or speaks or bool(words and words[0] in _LEANING)


def points_back(text: str) -> bool:
    """Whether ``text`` begins with a word that stands for what went before: "He …", "This …"."""
    words = words_of(_SAID.sub(" ", text))
    return bool(words) and not _QUOTED.match(text) and words[0] in _BACK


def showable(sentences: Sequence[Sentence]) -> list[Sentence]:
    """Those of ``sentences`` that are prose, without a dateline; where hardly any are, all of them, the long ones cut.

    An article in capitals, without punctuation, or a table, has no prose and still something to show.
    """
    boilerplate = _boilerplate(sentences)
    shown = [one for one in without_page(sentences) if _opening(one.text) not in boilerplate]
    prose = [without_dateline(one) for one in shown if is_prose(one.text)]
    letters = sum(one.end - one.start for one in prose)
    if prose and 4 * letters >= sum(one.end - one.start for one in shown):
        return prose
    return [piece for one in shown or sentences for piece in _pieces(one)]


def _boilerplate(sentences: Sequence[Sentence]) -> frozenset[str]:
    """How the captions of a gallery begin: alike, but for their number."""
    counts = Counter(_opening(one.text) for one in sentences)
    return frozenset(opening for opening, count in counts.items() if count >= CAPTIONS and "#" in opening)


def _opening(text: str) -> str:
    return " ".join("#" if token.isdigit() else token for token in text[:80].split()[:5])


def without_dateline(sentence: Sentence) -> Sentence:
    """``sentence`` from where it begins to say something."""
    match = _DATELINE.match(sentence.text) if sentence.start < HEAD else None
    if match is None or match.end() == len(sentence.text) or _GOES_ON.match(sentence.text, match.end()):
        return sentence
    return Sentence(sentence.article, sentence.start + match.end(), sentence.end)


def _pieces(sentence: Sentence) -> list[Sentence]:
    tokens = list(_TOKEN.finditer(sentence.text))
    if len(tokens) <= MOST_WORDS:
        return [sentence]
    at = sentence.start
    groups = [tokens[first : first + CUT_AT] for first in range(0, len(tokens), CUT_AT)]
    return [Sentence(sentence.article, at + group[0].start(), at + group[-1].end()) for group in groups]
