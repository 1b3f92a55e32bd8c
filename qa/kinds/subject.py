"""A yes-or-no question asked of the reader as one of who or what: does it name the same subject?

"Did Macron win?" becomes "Who or what did win?". A reader that answers "Macron" says yes to the first question; where
one was asked of Truss, "Johnson" says that the sentence is about somebody else. Which words belong to which verb the
reader has learned from a hundred thousand questions; that a sentence has all of them does not tell it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from language.words import AUXILIARIES, PRONOUNS, SPEAKERS, stems_of
from qa.ports import Reader, Text
from qa.types import Candidate

LONGEST_SUBJECT = 5
"""Words: where the subject ends is not known, so that each place is tried."""
CONFIRMED = 0.0
"""Log-odds of a span that names the subject, from which on it confirms the question if nothing else comes before it."""
NEAR = 2.0
"""Log-odds by which something else may be ahead of the subject without speaking against it."""
NO_SUBJECT = PRONOUNS.keys() | SPEAKERS | {"there"}

Said = Literal["confirmed", "open", "another"]


@dataclass(frozen=True)
class Named:
    """What the reader made of a question for the subject."""

    said: Said
    """``another``: something else answers it better, or nothing does. ``open``: that decides nothing."""
    span: Candidate | None = None
    """Where the subject is named, if it is."""


OPEN = Named("open")


def named(question: str, meant: str, passage: Text, reader: Reader) -> Named:
    """Whether ``reader`` names the subject of ``question`` in ``passage``; ``OPEN`` where there is none to ask for, as
    in "is there …" or "can you …".

    A pronoun stands for ``meant``, one name; for nothing where that is empty, or several."""
    questions = _questions(question, meant)
    if not questions:
        return OPEN
    said = stems_of(" ".join(passage))
    answers = [
        _answered(reader.read(asked, [passage]), subject) for subject, asked in questions if said.issuperset(subject)
    ]
    # "Who or what did Williams win?" gives half of the name away: where a span has all of it, that question counts.
    whole = [one for one in answers if one.is_whole]
    return whole[-1].named if whole else max(answers, key=lambda one: one.reached, default=NOWHERE).named


@dataclass(frozen=True)
class _Answered:
    reached: float
    """Log-odds of the best span that names the subject."""
    top: float
    """Of the best span."""
    span: Candidate | None
    is_whole: bool = False
    """Whether the span has every word of the subject."""

    @property
    def named(self) -> Named:
        if self.reached >= max(self.top, CONFIRMED):
            return Named("confirmed", self.span)
        return Named("open" if self.top - NEAR <= self.reached < self.top else "another", self.span)


NOWHERE = _Answered(float("-inf"), 0.0, None)


def _answered(found: Sequence[Candidate], subject: Sequence[str]) -> _Answered:
    ours = max((one for one in found if subject[-1] in stems_of(one.text)), key=lambda one: one.score, default=None)
    top = max((one.score for one in found), default=0.0)
    if ours is None:
        return _Answered(float("-inf"), top, None)
    return _Answered(ours.score, top, ours, stems_of(ours.text).issuperset(subject))


def _questions(question: str, meant: str) -> list[tuple[list[str], str]]:
    """The telling words of each likely subject, as stems, and the question for it: ["liz"] and "who or what did truss
    resign", then ["liz", "truss"] and "who or what did resign", of "did Liz Truss resign"."""
    auxiliary, *rest = question.rstrip("?!. ").split() or [""]
    if auxiliary.lower() not in AUXILIARIES or len(rest) < 2:
        return []
    if rest[0].lower() in PRONOUNS and stems_of(meant) and "," not in meant:
        return [([*stems_of(meant.split()[-1])], f"who or what {auxiliary.lower()} {' '.join(rest[1:])}")]
    if rest[0].lower() in NO_SUBJECT:
        return []
    found = []
    subject: list[str] = []
    for count, word in enumerate(rest[:-1][:LONGEST_SUBJECT], start=1):
        if stems := stems_of(word):
            subject = [*subject, *stems]
            found.append((subject, f"who or what {auxiliary.lower()} {' '.join(rest[count:])}"))
    return found
