"""Yes-or-no questions made of others: "When did Kim marry?" and "2014" make "Did Kim marry in 2014?"."""

from __future__ import annotations

import re


def exchangeable_by(question: str, answer: str) -> tuple[str, ...]:
    """What makes two answers exchangeable: asked for alike, both numbers, both names or neither."""
    asked = question.lower().split()[:1]
    number = "number" if any(c.isdigit() for c in answer) else "name" if answer[:1].isupper() else "other"
    return (*asked, number, str(len(re.findall(r"\d", answer))))


_AUXILIARY = r"did|does|do|was|were|is|are|has|have|had|can|could|will|would"
_PLACED = re.compile(
    rf"(?:when|where|(?:in |on |at )?(?:what|which) (?:year|month|day|date|city|country)) ({_AUXILIARY}) (.+)", re.I
)
_BEING = re.compile(r"(?:what|who|which \w+) (is|are|was|were) (.+)", re.I)
_DOING = re.compile(r"(?:what|which|who|whom)(?: \w+)?(?: \w+)? (did|does|do) (.+)", re.I)
_MANY = re.compile(r"how many (\w+) (did|does|do) (.+)", re.I)
_SUBJECT = re.compile(r"(?:who|which \w+|what \w+) (\w+ed) (.+)", re.I)
_NAMING = (" called", " named", " known as", " termed")
_PREPOSITIONS = frozenset("in on at by from to during since until near after before around of under for with".split())


def polar_question(question: str, answer: str, before: str, verbs: frozenset[str]) -> str | None:
    """The question whether ``answer`` is right: "When did Kim marry?" and "2014" make "Did Kim marry in 2014?".

    ``before`` is the word that stands before the answer in its text, ``verbs`` the words that a past form may go back
    to. None where the question is of another build.
    """
    asked = " ".join(question.split()).rstrip("?. ")
    if len(answer.split()) > 6 or asked.endswith(_NAMING):
        return None
    if match := _PLACED.fullmatch(asked):
        auxiliary, rest = match.groups()
        if rest.split()[-1].lower() in _PREPOSITIONS or answer.split()[0].lower() in _PREPOSITIONS:
            made = f"{auxiliary} {rest} {answer}"
        else:
            made = f"{auxiliary} {rest} {before.lower() if before.lower() in _PREPOSITIONS else 'in'} {answer}"
    elif match := _BEING.fullmatch(asked):
        auxiliary, rest = match.groups()
        made = f"{auxiliary} {answer} {rest}"
    elif match := _MANY.fullmatch(asked):
        things, auxiliary, rest = match.groups()
        if set(rest.lower().split()) & _PREPOSITIONS:
            return None
        made = f"{auxiliary} {rest} {answer} {things}"
    elif match := _DOING.fullmatch(asked):
        auxiliary, rest = match.groups()
        if set(rest.lower().split()[:-1]) & _PREPOSITIONS or len(rest.split()) < 2:
            return None
        made = f"{auxiliary} {rest} {answer}"
    elif match := _SUBJECT.fullmatch(asked):
        verb, rest = match.groups()
        if (base := _base(verb, verbs)) is None:
            return None
        made = f"did {answer} {base} {rest}"
    else:
        return None
    return f"{made[0].upper()}{made[1:]}?"


def _base(verb: str, verbs: frozenset[str]) -> str | None:
    """The base of a regular past form, if it is among ``verbs``."""
    stem = verb[:-2]
    candidates = [f"{stem[:-1]}y" if stem.endswith("i") else stem, f"{stem}e", stem[:-1]]
    return next((one for one in candidates if one in verbs), None)
