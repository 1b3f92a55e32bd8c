"""What articles are about, as a person would name it: names and nouns, told by how the articles write them. Pure.

"Elon Musk", "air quality": no list of names and no model is needed, for the texts together show which words are names,
which are nouns, and which name a short one stands for.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from language import words as en
from language.verbs import is_past
from qa.names import NO_NAMES

LOOKED_AT = 3000
"""Characters of a text: what an article is about it says early."""
MENTIONS_OF_NAME = 4
"""That make a name one of an article's topics where its title has not got it."""
MENTIONS_OF_NOUN = 1
"""That a noun of the title needs in the text."""
SEEN_OFTEN = 3
"""Times that a word must be seen before anything is told of it."""
NOUN_SHARE = 0.4
"""Of a word's places, those that are a noun's, from which on it is taken for one."""
MOST_WORDS = 4
"""Of a name."""
_TOKEN = re.compile(r"[^\W\d_](?:[\w&’'-]|\.(?=\w))*|\d[\d,.]*(?:st|nd|rd|th)?|[^\w\s]")
_WORDS = re.compile(r"[\w’'&-]+")
_POSSESSIVE = re.compile(r"['’]s?\Z")
_ENDS_SENTENCE = (".", "!", "?", "”", '"', "…", ":", ")")
_BEGINS_SENTENCE = frozenset(".!?:\"“”‘’'—-")
_BEFORE_NOUNS = en.DETERMINERS | en.POSSESSIVES | frozenset("of in for on with against over about".split())


@dataclass
class _Usage:
    """How all texts together write their words."""

    capital: Counter[str] = field(default_factory=Counter)
    """Words with a capital that do not begin a sentence."""
    small: Counter[str] = field(default_factory=Counter)
    as_noun: Counter[str] = field(default_factory=Counter)
    as_adjective: Counter[str] = field(default_factory=Counter)
    """Words with a capital right before a noun: "British" in "British troops"."""

    def add(self, tokens: Sequence[str]) -> None:
        """Counts a sentence."""
        for place, token in enumerate(tokens):
            before = tokens[place - 1] if place else "."
            after = tokens[place + 1] if place + 1 < len(tokens) else "."
            word = _POSSESSIVE.sub("", token)
            if token[0].islower():
                self.small[token] += 1
                self.as_noun[token] += _is_where_nouns_stand(before, after)
            elif word[:1].isupper() and before not in _BEGINS_SENTENCE:
                self.capital[word] += 1
                self.as_adjective[word] += word == token and _says_something(after) and not is_past(after)

    def is_name(self, word: str) -> bool:
        """Whether ``word`` has a capital because it is a name."""
        known = self.capital[word] > 0 and self.capital[word] >= 2 * self.small[word.lower()]
        return word[:1].isupper() and word.lower() not in NO_NAMES and known

    def is_noun(self, word: str) -> bool:
        """Whether ``word``, in small letters, is mostly a noun."""
        often = self.small[word] >= SEEN_OFTEN and self.as_noun[word] >= NOUN_SHARE * self.small[word]
        return often and len(word) > 3 and _says_something(word) and not is_past(word) and not word.endswith("ing")

    def is_adjective(self, name: str) -> bool:
        """Whether ``name`` is one word that mostly stands before a noun."""
        return " " not in name and 2 * self.as_adjective[name] >= self.capital[name]


def topics_of(articles: Sequence[tuple[str, str]]) -> list[frozenset[str]]:
    """For each article, given as its title and its text, what it is about, in the casing of the texts.

    A name is a topic where the title has it too, or the text says it often; a noun or a pair of words that ends with
    one only where the title has it too.
    """
    texts = [_sentences(text[:LOOKED_AT]) for _, text in articles]
    usage = _Usage()
    for sentences in texts:
        for tokens in sentences:
            usage.add(tokens)
    counts = [_phrases(sentences, usage) for sentences in texts]
    whole = _Whole(counts)
    found = [_topics(title, count, usage, whole) for (title, _), count in zip(articles, counts, strict=True)]
    written: dict[str, Counter[str]] = defaultdict(Counter)
    for topics in found:
        for topic in topics:
            written[topic.lower()][topic] += 1
    return [frozenset(written[topic.lower()].most_common(1)[0][0] for topic in topics) for topics in found]


def _topics(title: str, count: Counter[str], usage: _Usage, whole: _Whole) -> set[str]:
    words = " ".join(_POSSESSIVE.sub("", word) for word in _WORDS.findall(title.lower()))
    mentions: Counter[str] = Counter()
    in_title = set()
    for phrase, times in count.items():
        meant = whole.name_of(phrase, count) if phrase[0].isupper() else phrase
        mentions[meant] += times
        if f" {phrase.lower()} " in f" {words} ":
            in_title.add(meant)
    names = {
        name
        for name, times in mentions.items()
        if name[0].isupper() and (name in in_title or times >= MENTIONS_OF_NAME) and not usage.is_adjective(name)
    }
    return names | {one for one in in_title if one[0].islower() and mentions[one] >= MENTIONS_OF_NOUN}


class _Whole:
    """Which name a shorter or a longer one stands for: "Biden" and "President Joe Biden" for "Joe Biden"."""

    def __init__(self, counts: Sequence[Counter[str]]) -> None:
        self._known = {name for count in counts for name in count if name[0].isupper()}
        self._mentions: Counter[str] = Counter()
        self._ending: dict[str, Counter[str]] = defaultdict(Counter)
        for count in counts:
            for name, times in count.items():
                if name[0].isupper():
                    self._mentions[name] += times
                    if " " in name:
                        self._ending[name.rpartition(" ")[2]][name] += times

    def name_of(self, name: str, article: Counter[str]) -> str:
        """What ``name`` stands for in an article that has the names ``article``."""
        rest = name.partition(" ")[2]
        if " " in rest:
            return self.name_of(rest, article) if rest in self._known else name
        if rest:
            return name
        own = [other for other in article if other.endswith(f" {name}") and other[0].isupper()]
        if own:
            return self.name_of(max(own, key=lambda other: (article[other], other)), article)
        longer = self._ending.get(name, Counter())
        if not longer:
            return name
        likeliest, times = longer.most_common(1)[0]
        is_plain = times >= 0.6 * longer.total() and longer.total() >= 0.5 * self._mentions[name]
        return self.name_of(likeliest, article) if is_plain else name


def _sentences(text: str) -> list[list[str]]:
    """The tokens of each paragraph that ends as sentences do: headings write what they like with a capital."""
    lines = (line.rstrip() for line in text.split("\n"))
    return [_TOKEN.findall(line) for line in lines if line.endswith(_ENDS_SENTENCE)]


def _phrases(sentences: Sequence[Sequence[str]], usage: _Usage) -> Counter[str]:
    """How often a text has each name, noun, and noun with the word before it."""
    count: Counter[str] = Counter()
    for tokens in sentences:
        count.update(_names(tokens, usage))
        nouns = [token[0].islower() and usage.is_noun(token) for token in tokens]
        for place, token in enumerate(tokens):
            if nouns[place]:
                count[token] += 1
                before = tokens[place - 1] if place else "."
                if before[0].islower() and _says_something(before) and usage.small[before] > 1:
                    count[f"{before} {token}"] += 1
    return count


def _names(tokens: Sequence[str], usage: _Usage) -> Iterator[str]:
    """Runs of words with a capital, the first of which is written so elsewhere too."""
    place = 0
    while place < len(tokens):
        end = place
        while end < len(tokens) and end - place < MOST_WORDS and tokens[end][0].isupper():
            word = _POSSESSIVE.sub("", tokens[end])
            if word.lower() in NO_NAMES or (end == place and not usage.is_name(word)):
                break
            end += 1
            if word != tokens[end - 1]:
                break  # "Biden's Inflation Reduction Act" is two
        is_numbered = place > 0 and tokens[place - 1][0].isdigit() and tokens[place - 1][-1].isalpha()
        if end > place + is_numbered:  # "30th Street" is no "Street"
            yield _POSSESSIVE.sub("", " ".join(tokens[place:end]))
        place = max(end, place + 1)


def _is_where_nouns_stand(before: str, after: str) -> bool:
    """Whether a word between these two is where a noun is: after "the" or an adjective, before a verb or no word."""
    is_led = before.lower() in _BEFORE_NOUNS or (before[0].islower() and before not in en.STOPWORDS)
    ends = not after[0].isalpha() or after.lower() in en.STOPWORDS - en.DETERMINERS or is_past(after)
    return is_led and ends


def _says_something(word: str) -> bool:
    """Whether a word in small letters is neither one that holds sentences together nor a verb's irregular form."""
    is_small = word[0].islower() and word.isalpha() and len(word) > 2
    return is_small and word not in en.STOPWORDS | en.VERBS and not word.endswith("ly")
