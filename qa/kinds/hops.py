"""Questions with another question inside: what to ask first, and where its answer goes. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from language.words import AUXILIARIES, PREPOSITIONS, QUESTION_WORDS, VERBS


@dataclass(frozen=True)
class Hop:
    """A question in two steps."""

    inner: str
    """What to ask first."""
    outer: str
    """What to ask then; ``{}`` stands for the answer to ``inner``."""
    is_time: bool = False
    """Whether a date is wanted of ``inner``; else a name."""


_TIME = r"(?:when|while|at the time(?: that)?|(?:in )?the year(?: that)?)"
_WHEN_LAST = re.compile(rf"(?P<main>(?:who|what|which|where|how)\b.+?),? {_TIME} (?P<clause>.+)", re.I)
_WHEN_FIRST = re.compile(rf"{_TIME} (?P<clause>[^,]+), (?P<main>.+)", re.I)
_POSSESSIVE = re.compile(r"(?P<owner>(?:[A-Z][\w.-]{0,40}\s++){0,8}[A-Z][\w.-]{0,40}|\b[a-z]+)['’]s\s+(?P<owned>.+)")
_DAY = re.compile(r"(?<!\d)\d{1,2}(?!\d)")
_PARTICLES = frozenset("up out off down away over".split())
_SHORTENED = QUESTION_WORDS | {"it", "that", "there", "here", "let"}
"""Words whose 's is short for "is"."""
_DO = ("do", "does", "did")
_RELATIVES = frozenset("who that which whose where".split())
_SHORTEST, _LONGEST_NOUN = 3, 5
"""Words of a phrase that asks something itself, at least; and of the noun before what tells it from others."""
MAX_HOPS = 3


def hops(question: str) -> list[Hop]:
    """The ways to answer ``question`` in two steps, the likeliest first; empty for a plain question."""
    asked = " ".join(question.split()).rstrip("?!. ")
    found = [*_times(asked), *_phrases(asked), *_possessives(asked)]
    return found[:MAX_HOPS]


def with_answer(hop: Hop, answer: str) -> str:
    """The outer question with ``answer`` in its place."""
    if hop.is_time and answer.split()[0].lower() not in PREPOSITIONS:
        # A day has its number beside the year's four figures.
        answer = f"{'on' if _DAY.search(answer) else 'in'} {answer}"
    return hop.outer.replace("{}", answer)


def _times(asked: str) -> Iterator[Hop]:
    for frame in (_WHEN_LAST, _WHEN_FIRST):
        match = frame.fullmatch(asked)
        if match and len(match["clause"].split()) > 1 and len(match["main"].split()) > 2:
            yield Hop(f"When {_asking(match['clause'])}?", f"{match['main']} {{}}?", is_time=True)
            return


def _asking(clause: str) -> str:
    """ "he was born" -> "was he born"; a clause without an auxiliary stays: "Kanye proposed"."""
    words = clause.split()
    place = next((n for n, word in enumerate(words) if word.lower() in AUXILIARIES), None)
    return clause if place is None else " ".join([words[place], *words[:place], *words[place + 1 :]])


def _phrases(asked: str) -> Iterator[Hop]:
    """ "the film that X starred in", "the coach of the Lionesses", "a team owned by Y": the innermost first."""
    words = asked.split()
    lowered = [word.lower().strip(',;:"“”') for word in words]
    for start in range(len(words) - _SHORTEST, -1, -1):
        if lowered[start] not in ("the", "a", "an") or lowered[start + 1] == "name":
            continue
        told = next((n for n in range(start + 2, min(len(words), start + 2 + _LONGEST_NOUN)) if _tells(words, n)), None)
        if told is None or any(word in AUXILIARIES | PREPOSITIONS for word in lowered[start + 1 : told]):
            continue
        end = _phrase_end(words, start, told)
        if end - told < 2 or _is_question_itself(lowered, start, end):
            continue
        if QUESTION_WORDS & set(lowered[told + 1 : end]) - _RELATIVES or lowered[end - 1] in QUESTION_WORDS:
            continue  # it holds what is asked for: "a band that was formed by who"
        phrase = " ".join(words[start:end]).strip(",;:")
        outer = " ".join([*words[:start], "{}", *words[end:]])
        yield Hop(f"What is the name of {phrase[0].lower()}{phrase[1:]}?", f"{outer}?")


def _tells(words: list[str], place: int) -> bool:
    """Whether the word at ``place`` begins what tells the noun before it from others."""
    word, noun = words[place], words[place - 1]
    is_verb = word.endswith("ed") or word in VERBS or word in ("starring", "featuring")
    return word in _RELATIVES or word == "of" or (is_verb and noun.isalpha() and noun.islower())


def _phrase_end(words: list[str], start: int, told: int) -> int:
    """Where the phrase ends whose telling part begins at ``told``: before the sentence's own verb, or at the end."""
    if start and words[start - 1].lower() in _DO:  # "did the man who built the bridge die"
        return len(words) - _verb_length(words)
    if words[0].lower() in QUESTION_WORDS | PREPOSITIONS:
        # "Where was the coach of the Lionesses born"
        has_verb = words[-1] in VERBS or words[-1].endswith("ed") or words[-1] == "from"
        return len(words) - (has_verb and len(words) - 1 > told + 1)
    relatives = sum(word in _RELATIVES for word in words[told:])
    # Each relative clause has a verb of its own; the sentence's comes after them.
    verbs = [n for n in range(told + 1, len(words)) if words[n] in AUXILIARIES]
    own = verbs[relatives:] if len(verbs) > relatives else verbs[-1:]
    return own[0] if own else len(words)


def _verb_length(words: list[str]) -> int:
    """Of the verb that a question with "did" ends with: "die", "grow up", "die of"."""
    return 2 if words[-1].lower() in PREPOSITIONS | _PARTICLES else 1


def _is_question_itself(words: list[str], start: int, end: int) -> bool:
    """Whether the phrase is all that is asked for: "Who is the coach of the Lionesses"."""
    before = words[:start]
    naming = all(word in AUXILIARIES | QUESTION_WORDS | {"name"} for word in before)
    return end == len(words) and naming


def _possessives(asked: str) -> Iterator[Hop]:
    match = _POSSESSIVE.search(asked)
    if not match:
        return
    owned = match["owned"].split()
    stop = next((n for n, word in enumerate(owned) if n and _ends_noun(word.lower())), len(owned))
    before = asked[: match.start()].split()
    if before and before[-1].lower() in _DO:
        stop = min(stop, len(owned) - _verb_length(owned))
    after = owned[stop:]
    if stop < 1 or match["owner"].lower() in _SHORTENED:
        return
    if not after and all(word.lower() in AUXILIARIES | QUESTION_WORDS for word in before):
        return
    phrase = f"{match['owner']}'s {' '.join(owned[:stop])}"
    yield Hop(f"What is the name of {phrase}?", f"{' '.join([*before, '{}', *after])}?")


def _ends_noun(word: str) -> bool:
    return word in AUXILIARIES | PREPOSITIONS | VERBS | _RELATIVES or word.endswith("ed") or word in ("and", "or")
