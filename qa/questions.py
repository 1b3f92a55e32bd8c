"""A sentence to questions that it answers, by its form: no model. Pure.

"Ann Lee opened the museum in 1921 because ..." -> who opened it, when, why. What is not
plain is left alone: of a question nobody would ask, nothing is gained.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Sequence

from language import words as en
from qa.asking import Asked, asked_of, closed, is_person, is_sensible
from qa.clauses import (
    CALENDAR,
    DAYS,
    MONTHS,
    SAYING,
    Reading,
    Token,
    first_clause,
    is_participle,
    tokens_of,
)
from qa.prose import leans

MOST_WORDS = 40
"""Of a sentence that is looked at."""

_DATE = re.compile(
    rf"\b(?:in|on)\s+((?:(?:{MONTHS})\b(?:\s+\d{{1,2}}\b)?(?:,?\s+\d{{4}}\b)?)|\d{{1,2}}\s+(?:{MONTHS})\b(?:\s+\d{{4}}\b)?"
    r"|(?:1[5-9]|20)\d\d\b)"
)
_DAY = re.compile(rf"\b(?:(?:on|late|early|last)\s++){{0,2}}(?:{DAYS})\b(?:\s++(?:morning|night|afternoon|evening))?")
_NUMBERS = frozenset(
    "two three four five six seven eight nine ten eleven twelve dozens hundreds thousands hundred thousand".split()
)
_TIMES = frozenset("day days week weeks month months year years time times hours minutes".split())
_ABOUT = frozenset("at least more than about nearly almost some around over".split())
_PLURALS = frozenset("people children men women".split())


def questions_in(sentence: str, article: str, known: Container[str]) -> list[Asked]:
    """What can be asked that ``sentence`` of ``article`` answers; ``known`` holds the base forms of verbs."""
    tokens = tokens_of(sentence)
    if not 6 <= len(tokens) <= MOST_WORDS or leans(sentence) or re.search(r"[\"“”?()\[\]|]", sentence):
        return []
    found: list[Asked] = []
    clause = first_clause(tokens)
    if clause is not None:
        found += _of_clause(Reading(sentence, tokens, clause, known, article))
    return [one for one in found if is_sensible(one.question)]


# --- the questions ---


def _of_clause(read: Reading) -> Iterator[Asked]:
    clause, tokens = read.clause, read.tokens
    after = tokens[clause.rest.stop].text if clause.rest.stop < len(tokens) else ""
    if (
        read.verb.low in SAYING
        or not clause.rest
        or after in ("'", "’")
        or any(tokens[place].low in SAYING for place in clause.rest)
    ):
        return
    rest = read.words(clause.rest)
    if any(tokens[place].low in en.AUXILIARIES - {"be"} for place in clause.rest):
        return  # "A bridge built in 1883 was closed": the first of two verbs is none
    subject = read.subject
    is_named = all(tokens[place].is_name for place in clause.subject) and subject[0].isupper()
    if is_named and read.verb.low in ("is", "was") and tokens[clause.rest[0]].low in ("a", "an", "the"):
        person = is_person(subject, read.article)
        if person or len(clause.subject) == 1:
            yield asked_of(f"{'Who' if person else 'What'} {read.verb.low} {subject}", tokens, clause.rest)
    elif (
        is_named
        and _says_enough(tokens, clause.rest)
        and (read.verb.low not in en.BE or is_participle(tokens[clause.rest[0]].low))
    ):
        yield asked_of(f"Who {read.verb.low} {_DAY.sub('', rest)}", tokens, clause.subject)
    yield from _when(read, rest)
    yield from _why(read, rest)
    yield from _how_many(read)
    yield from _where(read)


def _says_enough(tokens: Sequence[Token], rest: range) -> bool:
    """Whether ``rest`` tells one event from others: it names something, and not only whose."""
    named = any(
        tokens[place].is_name and "'" not in tokens[place].text and "’" not in tokens[place].text for place in rest
    )
    last = tokens[rest[-1]].low
    if last in _TIMES:
        return False  # "the day after ..."
    return named and len(rest) - 2 * (last in CALENDAR) >= 4


def _when(read: Reading, rest: str) -> Iterator[Asked]:
    date = _DATE.search(rest)
    begins = read.tokens[read.clause.rest[0]].start
    if date is None:
        opening = read.sentence[: read.tokens[read.clause.subject[0]].start]
        date, begins = _DATE.match(opening[:1].lower() + opening[1:]), 0
        without = rest
    else:
        without = f"{rest[: date.start()].rstrip()} {rest[date.end() :].lstrip()}"
    first = read.tokens[read.clause.rest[0]].low
    if read.verb.low in ("has", "have", "had") or (read.verb.low in en.BE and not is_participle(first)):
        return
    without = re.sub(r"\s(?:back|early|late|later|as early|as late)$", "", without.rstrip())
    if date and " and " in f"{rest} "[: date.start()] and begins:
        return  # the date may be that of a second verb
    if date and (turned := read.turned(_DAY.sub("", without).strip())):
        yield Asked(closed(f"When {turned}"), begins + date.start(1), begins + date.end(1))


def _why(read: Reading, rest: str) -> Iterator[Asked]:
    end = read.clause.rest[-1] + 1
    if end < len(read.tokens) and read.tokens[end].low == "because" and (turned := read.turned(_DAY.sub("", rest))):
        last = read.tokens[-1].start
        yield Asked(closed(f"Why {turned}"), read.tokens[end].start, last)


def _how_many(read: Reading) -> Iterator[Asked]:
    """Of a subject that is counted, and of what follows on the verb at once."""
    tokens = read.tokens
    if counted := _counted(tokens, read.clause.subject):
        number, things = counted
        if things.stop == read.clause.subject.stop:
            yield asked_of(
                f"How many {read.words(things)} {read.verb.low} {_DAY.sub('', read.words(read.clause.rest))}",
                tokens,
                number,
            )
    elif counted := _counted(tokens, read.clause.rest):
        number, things = counted
        after = _DAY.sub("", read.words(range(things.stop, read.clause.rest.stop)))
        if turned := read.turned(after):
            yield asked_of(f"How many {read.words(things)} {turned}", tokens, number)


def _counted(tokens: Sequence[Token], span: range) -> tuple[range, range] | None:
    """Where the number stands and where what it counts, at the beginning of ``span``."""
    place = span.start
    while place < span.stop and tokens[place].low in _ABOUT:
        place += 1
    number = place
    while place < span.stop and (
        tokens[place].low in _NUMBERS
        or re.fullmatch(r"\d{1,3}(?:,\d{3})*|\d+", tokens[place].text)
        or tokens[place].text == ","
    ):
        place += 1
    if number == place or re.fullmatch(r"(?:1[5-9]|20)\d\d", tokens[number].text):
        return None
    for last in range(place, min(place + 3, span.stop)):
        low = tokens[last].low
        if not tokens[last].text.isalpha() or low in en.STOPWORDS or low in ("percent", "per"):
            return None
        if low in _PLURALS or (len(low) > 3 and low.endswith("s") and not low.endswith("ss")):
            return range(number, place), range(place, last + 1)
    return None


def _where(read: Reading) -> Iterator[Asked]:
    """Of "was born in Oslo": the place follows on a participle."""
    tokens, rest = read.tokens, read.clause.rest
    if read.verb.low not in ("was", "were", "is") or len(rest) < 3:
        return
    participle, led = tokens[rest[0]].low, tokens[rest[1]].low
    if led not in ("in", "at", "near") or not is_participle(participle):
        return
    place = 2
    while place < len(rest) and (tokens[rest[place]].is_name or (tokens[rest[place]].low == "the" and place == 2)):
        place += 1
    if tokens[rest[place - 1]].is_name and (turned := read.turned(participle)):
        yield asked_of(f"Where {turned}", tokens, rest[2:place])
