"""English words: those that carry no subject, those that hold questions together, and a word without its ending.

All in lower case. The classes are closed ones, so they hold no names and no topics.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


BE = _words("is are was were be isn't aren't wasn't weren't")
AUXILIARIES = BE | _words(
    "did does do has have had can could will would should may might must shall"
    " didn't doesn't don't hasn't haven't hadn't can't couldn't won't wouldn't shouldn't"
)
QUESTION_WORDS = _words("who whom whose what which when where why how who's what's where's when's how's")
DETERMINERS = _words("the a an any some this that these those every each all no")
PREPOSITIONS = _words(
    "in on at to from of for with by about after before during since until under over into between against near as than"
)
CONJUNCTIONS = _words("and or but so if because when while where who which that though although until")
ADVERBS = _words("ever also still really actually now not then never already else here there later again")
LINKS = AUXILIARIES | QUESTION_WORDS | DETERMINERS | PREPOSITIONS | CONJUNCTIONS | ADVERBS

PRONOUNS = {
    **dict.fromkeys(("he", "him", "his", "she", "her", "hers"), "person"),
    **dict.fromkeys(("it", "its"), "thing"),
    **dict.fromkeys(("they", "them", "their", "theirs"), ""),
}
"""What each pronoun stands for; "they" may be either."""
POSSESSIVES = _words("his its their hers theirs")
SPEAKERS = _words("i you we me us my your our")

NAME_JOINS = _words("and of the de van von &")
VERBS = _words(  # the irregular verbs, as they stand after "did" or "was"
    "arise be bear beat become begin bend bind bite bleed blow break bring build burn buy catch choose come cost cut"
    " deal dig do draw drink drive eat fall feed feel fight find fly forget forgive freeze get give go grow hang have"
    " hear hide hit hold hurt keep know lay lead learn leave lend let lie lose make mean meet pay put quit read ride"
    " ring rise run say see seek sell send set shake shoot show shut sing sink sit sleep speak spend split spread"
    " stand steal stick strike swear swim swing take teach tell think throw understand wake wear win write"
    " beaten begun born bought broken brought built caught chosen done drawn driven eaten fallen felt fought found"
    " given gone got grown heard held hidden kept known led left lost made meant met paid sold sent shot shown sung"
    " spent spoken stolen struck sworn taken taught thought thrown told understood won worn written"
)

STOPWORDS = (LINKS | PRONOUNS.keys() | SPEAKERS) - {"may"} | _words(
    "am be been being doing having yes please much many more most other few both same such own only just very too"
    " itself out off up down further through once nor s t"
)
"""Words that carry no subject; a month does. Left in, they make a search touch nearly every chunk and rank by
chance."""


def fold(text: str) -> str:
    """``text`` in one case and without accents: "Beyoncé" and "BEYONCE" are the same."""
    return "".join(one for one in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(one))


_ENDINGS = ("ingly", "edly", "ings", "ing", "ied", "ies", "ed", "es", "s", "ly")
_MIN_STEM = 3


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """``word`` without its ending; rough, since it is only ever compared with other stems of its making."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _MIN_STEM:
            word = word[: -len(ending)]
            break
    if len(word) > _MIN_STEM and word.endswith("e"):
        word = word[:-1]
    return word[:-1] if len(word) > _MIN_STEM and word[-1] == word[-2] else word


WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")


def words_of(text: str) -> list[str]:
    """The words of ``text``, in lower case."""
    return [word.lower().replace("’", "'") for word in WORD.findall(text)]


def stems_of(text: str) -> frozenset[str]:
    """The words of ``text`` that carry its subject, without their endings and without "'s"."""
    return frozenset(stem(word.removesuffix("'s")) for word in words_of(text) if word not in STOPWORDS)
