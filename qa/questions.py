"""A sentence to questions that it answers, by its form: no model. Pure.

"Ann Lee, a pilot, opened the museum in 1921 because ..." -> who is Ann Lee, who opened it, when, why. What is not
plain is left alone: of a question nobody would ask, nothing is gained.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass

from language import words as en
from language.verbs import is_past
from qa.clauses import (
    CALENDAR,
    DAYS,
    MONTHS,
    SAYING,
    VAGUE,
    Reading,
    Token,
    first_clause,
    is_participle,
    tokens_of,
)
from qa.prose import leans

MOST_WORDS = 40
"""Of a sentence that is looked at."""
QUESTION_WORDS = (4, 16)
"""Fewest and most of a question."""
MOST_DESCRIPTION_WORDS = 12

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


@dataclass(frozen=True)
class Asked:
    """A question with the words of the sentence that answer it: characters from ``start`` to ``end``, exclusive."""

    question: str
    start: int
    end: int


def questions_in(sentence: str, article: str, known: Container[str]) -> list[Asked]:
    """What can be asked that ``sentence`` of ``article`` answers; ``known`` holds the base forms of verbs."""
    tokens = tokens_of(sentence)
    if not 6 <= len(tokens) <= MOST_WORDS or leans(sentence) or re.search(r"[\"“”?()\[\]|]", sentence):
        return []
    found = [*_appositions(sentence, tokens, article), *_titles(sentence, tokens, article)]
    clause = first_clause(tokens)
    if clause is not None:
        found += _of_clause(Reading(sentence, tokens, clause, known, article))
    return [one for one in found if _is_sensible(one.question)]


def is_person(name: str, article: str) -> bool:
    """Whether ``article`` speaks of the bearer of ``name`` by the last name alone too, as one does of people."""
    *first, last = name.split()
    if not first:
        return False
    for match in re.finditer(rf"(?<!\w){re.escape(last)}(?!\w| [A-Z])", article):
        before = article[max(0, match.start() - 30) : match.start()].split()[-1:] or ["."]
        is_named_so = before[0][0].isupper() and before[0].lower() not in en.STOPWORDS and before[0][-1].isalnum()
        if not is_named_so and before[0].lower() not in en.DETERMINERS and before != first[-1:]:
            return True
    return False


def _is_sensible(question: str) -> bool:
    words = [token.text for token in tokens_of(question)][:-1]
    lows = [word.lower() for word in words]
    names = [word for word in words[1:] if word[0].isupper() and word.lower() not in CALENDAR]
    return (
        QUESTION_WORDS[0] - (lows[0] == "who") <= len(words) <= QUESTION_WORDS[1]
        and bool(names)
        and VAGUE.isdisjoint(lows)
    )


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
            yield _asked(f"{'Who' if person else 'What'} {read.verb.low} {subject}", tokens, clause.rest)
    elif (
        is_named
        and _says_enough(tokens, clause.rest)
        and (read.verb.low not in en.BE or is_participle(tokens[clause.rest[0]].low))
    ):
        yield _asked(f"Who {read.verb.low} {_DAY.sub('', rest)}", tokens, clause.subject)
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
        yield Asked(_closed(f"When {turned}"), begins + date.start(1), begins + date.end(1))


def _why(read: Reading, rest: str) -> Iterator[Asked]:
    end = read.clause.rest[-1] + 1
    if end < len(read.tokens) and read.tokens[end].low == "because" and (turned := read.turned(_DAY.sub("", rest))):
        last = read.tokens[-1].start
        yield Asked(_closed(f"Why {turned}"), read.tokens[end].start, last)


def _how_many(read: Reading) -> Iterator[Asked]:
    """Of a subject that is counted, and of what follows on the verb at once."""
    tokens = read.tokens
    if counted := _counted(tokens, read.clause.subject):
        number, things = counted
        if things.stop == read.clause.subject.stop:
            yield _asked(
                f"How many {read.words(things)} {read.verb.low} {_DAY.sub('', read.words(read.clause.rest))}",
                tokens,
                number,
            )
    elif counted := _counted(tokens, read.clause.rest):
        number, things = counted
        after = _DAY.sub("", read.words(range(things.stop, read.clause.rest.stop)))
        if turned := read.turned(after):
            yield _asked(f"How many {read.words(things)} {turned}", tokens, number)


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
        yield _asked(f"Where {turned}", tokens, rest[2:place])


def _appositions(sentence: str, tokens: Sequence[Token], article: str) -> Iterator[Asked]:
    """Of "Ann Lee, the head of Lee Air,": who that is, and who is that."""
    for comma in range(2, len(tokens) - 3):
        if tokens[comma].text != "," or tokens[comma + 1].low not in ("a", "an", "the"):
            continue
        name = range(comma - 1, comma)
        while name.start > 0 and tokens[name.start - 1].is_name:
            name = range(name.start - 1, comma)
        end = next((place for place in range(comma + 2, len(tokens)) if tokens[place].text in ",.;"), -1)
        text = sentence[tokens[name.start].start : tokens[comma - 1].end]
        if not 2 <= len(name) <= 4 or not 3 <= end - comma <= MOST_DESCRIPTION_WORDS or not is_person(text, article):
            continue
        if name.start and tokens[name.start - 1].low in ("and", "of", "the", ","):
            continue
        described = range(comma + 1, end)
        words = [tokens[place] for place in described]
        lows = {word.low for word in words}
        if lows & (VAGUE | {"who", "which"}) or any(
            word.low in en.AUXILIARIES or (is_past(word.low) and word.text.islower()) for word in words[2:]
        ):
            continue
        yield _asked(f"Who is {text}", tokens, described)
        if tokens[comma + 1].low == "the" and any(word.is_name for word in words):
            yield _asked(f"Who is {sentence[words[0].start : words[-1].end]}", tokens, name)


def _titles(sentence: str, tokens: Sequence[Token], article: str) -> Iterator[Asked]:
    """Of "the singer and pilot Ann Lee": who that is."""
    place = 1
    while place < len(tokens):
        end = place
        while end < len(tokens) and tokens[end].is_name:
            end += 1
        start = place
        while start > 0 and _describes(tokens[start - 1]):
            start -= 1
        name = sentence[tokens[place].start : tokens[end - 1].end]
        is_led = start < place and tokens[place - 1].text.islower()
        if is_led and 2 <= end - place <= 3 and is_person(name, article):
            yield _asked(f"Who is {name}", tokens, range(start, place))
        place = max(end, place + 1)


def _describes(token: Token) -> bool:
    if not token.text.islower():
        return token.is_name
    is_noun = token.text.isalpha() and token.low not in en.STOPWORDS | en.VERBS | SAYING
    return is_noun and not is_past(token.low) and not token.low.endswith(("ing", "s"))


def _asked(question: str, tokens: Sequence[Token], answer: range) -> Asked:
    return Asked(_closed(question), tokens[answer[0]].start, tokens[answer[-1]].end)


def _closed(question: str) -> str:
    return " ".join(question.split()).rstrip(" ,.") + "?"
