"""What a sentence says of a name in passing, to questions: who somebody is, how old, what letters stand for. Pure.

"..., said Ann Lee, 41, the head of Lee Air" -> who is Ann Lee, how old is she, who is the head of Lee Air. The rest
of the sentence may be anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from language import words as en
from language.verbs import is_past
from qa.asking import Asked, asked_of, is_person, is_sensible
from qa.clauses import SAYING, VAGUE, Token, tokens_of

MOST_WORDS = 60
"""Of a sentence that is looked at."""
MOST_DESCRIPTION_WORDS = 12
AGES = range(5, 116)
_OTHERS_WORDS = re.compile(r"“[^”]*(?:”|\Z)|\"[^\"]*(?:\"|\Z)")
_LETTERS = re.compile(r"\(([A-Z]{3,6})\)")
_WORD = re.compile(r"\S+")
_JOINS = frozenset("of for and the on in".split())
LONGEST_NAME = 200
"""Characters before its letters in which a name is looked for."""


def descriptions_in(sentence: str, article: str) -> list[Asked]:
    """What can be asked that ``sentence`` of ``article`` answers in passing; nothing from what it quotes."""
    own = _OTHERS_WORDS.sub(lambda found: " " * len(found.group()), sentence)
    tokens = tokens_of(own)
    if not 6 <= len(tokens) <= MOST_WORDS or own.rstrip().endswith("?"):
        return []
    found = [*_appositions(own, tokens, article), *_titles(own, tokens, article), *_ages(own, tokens, article)]
    return [one for one in (*found, *_letters(own)) if is_sensible(one.question)]


def _ages(sentence: str, tokens: Sequence[Token], article: str) -> Iterator[Asked]:
    """Of "Ann Lee, 41,": how old that is."""
    for comma in range(2, len(tokens) - 2):
        age = tokens[comma + 1].text
        if tokens[comma].text != "," or tokens[comma + 2].text not in (",", ".") or not age.isdecimal():
            continue
        name = _name_before(tokens, comma)
        text = sentence[tokens[name.start].start : tokens[comma - 1].end]
        if 2 <= len(name) <= 4 and int(age) in AGES and is_person(text, article):
            yield asked_of(f"How old is {text}", tokens, range(comma + 1, comma + 2))


def _letters(sentence: str) -> Iterator[Asked]:
    """Of "the National Weather Service (NWS)": what the letters stand for."""
    for found in _LETTERS.finditer(sentence):
        first = max(0, found.start() - LONGEST_NAME)
        initials = ""
        for word in reversed(list(_WORD.finditer(sentence, first, found.start()))):
            is_name = word[0][0].isupper() and word[0][-1].isalnum()
            if len(initials) == len(found[1]) or not (is_name or word[0] in _JOINS):
                break
            initials = word[0][0] + initials if is_name else initials
            if is_name and initials == found[1]:
                end = first + len(sentence[first : found.start()].rstrip())
                yield Asked(f"What does {found[1]} stand for?", word.start(), end)


def _name_before(tokens: Sequence[Token], comma: int) -> range:
    """The tokens of the name that ends at ``comma``."""
    name = range(comma - 1, comma)
    while name.start > 0 and tokens[name.start - 1].is_name:
        name = range(name.start - 1, comma)
    return name


def _appositions(sentence: str, tokens: Sequence[Token], article: str) -> Iterator[Asked]:
    """Of "Ann Lee, the head of Lee Air,": who that is, and who is that."""
    for comma in range(2, len(tokens) - 3):
        if tokens[comma].text != "," or tokens[comma + 1].low not in ("a", "an", "the"):
            continue
        aged = (
            comma - 2 if comma > 3 and tokens[comma - 2].text == "," and tokens[comma - 1].text.isdecimal() else comma
        )
        name = _name_before(tokens, aged)
        end = next((place for place in range(comma + 2, len(tokens)) if tokens[place].text in ",.;"), -1)
        text = sentence[tokens[name.start].start : tokens[aged - 1].end]
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
        yield asked_of(f"Who is {text}", tokens, described)
        if tokens[comma + 1].low == "the" and any(word.is_name for word in words):
            yield asked_of(f"Who is {sentence[words[0].start : words[-1].end]}", tokens, name)


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
            yield asked_of(f"Who is {name}", tokens, range(start, place))
        place = max(end, place + 1)


def _describes(token: Token) -> bool:
    if not token.text.islower():
        return token.is_name
    is_noun = token.text.isalpha() and token.low not in en.STOPWORDS | en.VERBS | SAYING
    return is_noun and not is_past(token.low) and not token.low.endswith(("ing", "s"))
