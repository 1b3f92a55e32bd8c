"""A question and the conversation before it as one row of token ids, for training and for reading alike."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tokenizers import Tokenizer

from language import words as en
from qa.types import Turn

MAX_TOKENS = 192
QUESTION_TOKENS = 64
"""Of the question; a longer one says itself what it is about."""
SAID_CHARS = 300
"""Of each earlier question and answer; what matters is at their beginning."""
LEAST_ROOM = 8
"""Tokens; with less room left, nothing more is read."""

_WORD = re.compile(r"\w+")
_EMPTY = en.STOPWORDS | frozenset("some any other than besides not if may might".split())


@dataclass(frozen=True)
class Word:
    """A word of the conversation that carries content and that the question lacks."""

    low: str
    """In lower case."""
    token: int
    """Index of its first token in the row."""
    said: int
    """Which of ``Row.said`` it stands in, and where: character offsets, end exclusive."""
    start: int
    end: int


@dataclass(frozen=True)
class Row:
    """``[CLS] question [SEP] last question [SEP] last answer [SEP] question before [SEP] ...``."""

    ids: tuple[int, ...]
    types: tuple[int, ...]
    """0 for the question, 1 for what was said before."""
    said: tuple[str, ...]
    """What was read of the conversation: the latest turn first, its question before its answer."""
    words: tuple[Word, ...]


class Rows:
    """Makes rows with one tokenizer."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        tokenizer.no_truncation()
        tokenizer.no_padding()
        self._tokenizer = tokenizer
        cls, sep = tokenizer.token_to_id("[CLS]"), tokenizer.token_to_id("[SEP]")
        if cls is None or sep is None:
            raise ValueError("the tagger's tokenizer must know [CLS] and [SEP]")
        self._cls, self._sep = cls, sep

    def row(self, question: str, history: Sequence[Turn]) -> Row:
        """``question`` with as much of the latest turns as there is room for. An abstention says nothing."""
        asked = self._tokenizer.encode(question[: 10 * QUESTION_TOKENS], add_special_tokens=False).ids
        ids = [self._cls, *asked[:QUESTION_TOKENS], self._sep]
        types = [0] * len(ids)
        known = content(question)
        said: list[str] = []
        words: list[Word] = []
        for text in _latest_first(history):
            room = MAX_TOKENS - 1 - len(ids)
            if room < LEAST_ROOM:
                break
            encoded = self._tokenizer.encode(text, add_special_tokens=False)
            first_token = {start: token for token, (start, _) in reversed(list(enumerate(encoded.offsets)))}
            for start, end, low in content_spans(text):
                token = first_token.get(start)
                if token is not None and token < room and low not in known:
                    words.append(Word(low, len(ids) + token, len(said), start, end))
            said.append(text)
            ids += [*encoded.ids[:room], self._sep]
        types += [1] * (len(ids) - len(types))
        return Row(tuple(ids), tuple(types), tuple(said), tuple(words))


def content(text: str) -> set[str]:
    """The words of ``text`` that carry content, in lower case."""
    return {low for _, _, low in content_spans(text)}


def content_spans(text: str) -> Iterator[tuple[int, int, str]]:
    """Start, end and lower case of the words of ``text`` that carry content; a possessive's "s" is none."""
    for match in _WORD.finditer(text):
        low = match.group().lower()
        possessive = low == "s" and text[: match.start()].endswith(("'", "’"))
        if low not in _EMPTY and not possessive:
            yield match.start(), match.end(), low


def _latest_first(history: Sequence[Turn]) -> Iterator[str]:
    for asked, answer in reversed(history):
        for text in (asked, answer or ""):
            if text.strip():
                yield text[:SAID_CHARS]
