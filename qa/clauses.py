"""A sentence to its first clause: subject, verb, the rest. By word order and the small words of English; pure."""

from __future__ import annotations

import re
from collections.abc import Container, Sequence
from dataclasses import dataclass

from language import words as en
from language.verbs import base_of_past, is_past

MOST_SUBJECT_WORDS = 7
MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
DAYS = "Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday"
CALENDAR = frozenset(f"{MONTHS}|{DAYS}".lower().split("|"))
SAYING = frozenset(
    "said says told added according asked wrote tweeted noted explained announced called added comment also".split()
)
"""What somebody said is a poor thing to ask about without the words, and whom a paper asked for a comment as poor."""
VAGUE = (
    en.PRONOUNS.keys() | en.SPEAKERS | frozenset("this that these those there here such other another".split())
) - {"us"}
"""Words that say who or what is meant only to whoever has read the sentences before."""

_TOKEN = re.compile(r"\w+(?:[-.'’]\w+)*|[^\w\s]")
_ENDS = frozenset("which who whom whose while where when as after before although though saying adding because".split())
_SIGNS = "$%£€"
"""Signs that belong to a number."""


@dataclass(frozen=True)
class Token:
    """A word, or a sign, of a sentence: ``sentence[start:end] == text``."""

    text: str
    start: int
    end: int

    @property
    def low(self) -> str:
        """In lower case."""
        return self.text.lower()

    @property
    def is_name(self) -> bool:
        """Whether it is written as a name is, and is no day or month."""
        return self.text[0].isupper() and self.low not in en.STOPWORDS and self.low not in CALENDAR


@dataclass(frozen=True)
class Clause:
    """A sentence's first clause: subject, verb, the rest; places are of tokens, end exclusive."""

    subject: range
    verb: int
    rest: range


@dataclass(frozen=True)
class Reading:
    """A sentence of ``article`` with its first clause, and what of it goes into a question."""

    sentence: str
    tokens: Sequence[Token]
    clause: Clause
    known: Container[str]
    """The base forms of verbs."""
    article: str

    def words(self, span: range) -> str:
        """What stands there."""
        return self.sentence[self.tokens[span[0]].start : self.tokens[span[-1]].end] if span else ""

    @property
    def subject(self) -> str:
        """The subject as it stands inside of a question."""
        first = self.tokens[self.clause.subject[0]]
        text = self.words(self.clause.subject)
        others = any(self.tokens[place].is_name for place in self.clause.subject[1:])
        low = re.escape(first.low)
        is_common = not others and re.search(rf"(?<!\w){low}(?!\w)", self.article)
        is_name = first.is_name and not is_common
        return text if is_name else text[0].lower() + text[1:]

    @property
    def verb(self) -> Token:
        """The verb."""
        return self.tokens[self.clause.verb]

    def turned(self, rest: str) -> str | None:
        """ "did Ann Lee open the museum": as it follows on "when" and the like; None where the verb is not plain."""
        if self.verb.low in en.AUXILIARIES and not (
            self.verb.low in ("had", "has", "have") and not self._has_participle()
        ):
            return f"{self.verb.low} {self.subject} {rest}"
        base = base_of_past(self.verb.low, self.known)
        return f"did {self.subject} {base} {rest}" if base else None

    def _has_participle(self) -> bool:
        return any(is_participle(self.tokens[place].low) for place in self.clause.rest[:2])


def tokens_of(text: str) -> list[Token]:
    """The words and signs of ``text``."""
    return [Token(match.group(), *match.span()) for match in _TOKEN.finditer(text)]


def is_participle(low: str) -> bool:
    """Whether a word in lower case is, or may be, a past participle."""
    return is_past(low) or low in en.VERBS or low == "been"


def first_clause(tokens: Sequence[Token]) -> Clause | None:
    """The first clause where it is plain: a subject with a name in it, or a number, then a verb."""
    start = _after_opening(tokens)
    verb = next(
        (
            place
            for place in range(start + 1, min(start + MOST_SUBJECT_WORDS + 20, len(tokens)))
            if _is_verb(tokens, place)
        ),
        -1,
    )
    if verb < 0:
        return None
    subject = range(start, verb)
    comma = next((place for place in subject if tokens[place].text == ","), -1)
    if comma > 0:  # "Ann Lee, a pilot, opened": what stands between commas is left out
        if tokens[verb - 1].text != "," or verb - 1 == comma:
            return None
        subject = range(start, comma)
    lows = {tokens[place].low for place in subject}
    if not 0 < len(subject) <= MOST_SUBJECT_WORDS or lows & (_ENDS | VAGUE | SAYING | en.AUXILIARIES | {"that", "by"}):
        return None
    if any(not token[0].isalnum() and token not in "$%" for token in (tokens[place].text for place in subject)):
        return None
    if tokens[subject[0]].low in en.DETERMINERS and not any(tokens[place].is_name for place in subject[1:]):
        return None  # "the company": which?
    end = verb + 1
    while end < len(tokens) and not _ends_clause(tokens, end):
        end += 1
    return Clause(subject, verb, range(verb + 1, end))


def _after_opening(tokens: Sequence[Token]) -> int:
    """The token after "In 1921," or the like."""
    if tokens[0].low not in ("in", "on", "at", "since"):
        return 0
    comma = next((place for place, token in enumerate(tokens[:7]) if token.text == ","), -1)
    return comma + 1


def _is_verb(tokens: Sequence[Token], place: int) -> bool:
    token = tokens[place]
    if token.low in en.BE | {"has", "have", "had", "will"}:
        return True
    return token.text.islower() and is_past(token.low) and tokens[place - 1].low not in en.DETERMINERS | en.PREPOSITIONS


def _ends_clause(tokens: Sequence[Token], place: int) -> bool:
    token = tokens[place]
    if token.text == "," and place + 1 < len(tokens):
        return (
            not (tokens[place - 1].low in CALENDAR or tokens[place - 1].text.isdigit())
            or not tokens[place + 1].text.isdigit()
        )
    if token.low in ("and", "but", "or"):
        after = tokens[place + 1 : place + 3]
        return token.low != "and" or any(
            is_past(one.low) or one.low in en.AUXILIARIES | en.PRONOUNS.keys() for one in after
        )
    if token.text == "." and place + 1 < len(tokens):
        return False  # "St. Helena"
    return (not token.text[0].isalnum() and token.text not in _SIGNS) or token.low in _ENDS
