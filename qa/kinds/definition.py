"""``definition``: the sentences that say what something is, or who somebody is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from language.verbs import is_past
from language.words import PREPOSITIONS, PRONOUNS, SPEAKERS, STOPWORDS, VERBS, stems_of, words_of
from qa.choosing import SAME
from qa.gathering import Gatherer
from qa.kinds.fact import FactStrategy
from qa.kinds.theme import ThemeStrategy
from qa.kinds.told import told
from qa.ports import Evidence, Plan, Sentence
from qa.relevance import relevance
from qa.shown import ShownSentences
from qa.types import Answer, Passage

NOT_SAID = "No sentence says outright what “{}” is; this is what is said of it."
READ = 10
"""Passages looked at, for the question and for its subject each."""
MOST_ARTICLES = 2
"""What is said of the subject where no sentence says what it is comes from so many."""
LEAST = 0.7
"""Score from which on a sentence is taken to say what the subject is: its relevance, and what its form is worth."""
SECOND = 0.85
"""Of the first sentence's score, the least that a second one must have."""

SURE = 0.5
"""Chance from which on a short answer is given to what is no person, where no sentence says what it is."""
SURE_OF_A_PERSON = 0.65
"""The same of a person whom its sentence does not name in the question's words: "the UK" may be "Britain" there."""

MOST_LEADING_IN = 4
"""Words before the subject that can be what leads into a sentence."""
FIRST = 0.08
"""What beginning with the subject is worth."""
SURNAME_COSTS = 0.1
"""What a sentence loses that has a person's last name only."""

_BETWEEN = r"[”\"’]?(?:\s*\([^)]*\))?(?:,[^,.]{2,80},)?"
_ADVERB = r"(?:(?!(?:about|at|by|for|from|in|into|like|near|not|of|on|over|to|under|with)\b)\w+\s+)?"
"""X is usually a …, but not: X is on the …"""
_COPULAS = (
    # X is a …, X (or x), known to …, is the …
    (0.3, rf"{_BETWEEN}\s+(?:(?:is|was|are|were)\s+{_ADVERB}(?:an?|the|one|any|when|where)|refers? to|means?)\b"),
    (0.3, rf"{_BETWEEN}\s+stands? for\b"),
    (0.3, rf"{_BETWEEN}\s+(?:took office as|(?:was|were) (?:sworn in|elected|appointed|named|chosen)(?: as)?)\b"),
    (0.15, rf"{_BETWEEN}\s+(?:became|has become|will become|serves? as|served as|works? as)\b"),
)
"""Where X is what the sentence is on: "the observance of X is a …" says nothing of X."""
_AFTER = (
    # X, a …; X – the …
    (
        0.25,
        r"[”\"’]?(?:\s*\([^)]*\))?\s*(?:,|—|–|-{1,2})\s+(?:\d\d, )?(?:an?|the|one|whose|who|which|or|short for)\b",
    ),
    # X (…)
    (0.1, r"[”\"’]?\s*\("),
)
_BEFORE = (
    (0.2, r"\b(?:called|known(?: [^,.]{1,40})? as|named|dubbed|short for)\s+(?:(?:the|an?)\s+)?[“\"‘']?\Z"),
    # the one they needed was X
    (0.15, r"\b(?:is|was|are|were)\s+[“\"‘']?\Z"),
)
"""What the form of a sentence is worth, by the words after the subject and before it, beside its relevance."""
# a wire whisk, the X; his wife, X, …
_IN_APPOSITION, _ITS_END = (
    r"\b(?i:an?|the|his|her|its|their)\s+[^,.]{3,60},\s+(?:the\s+|an?\s+)?[“\"‘']?\Z",
    r"\W*(?:[,.;:(]|\Z)",
)
APPOSITION = 0.2
_BETWEEN_WORDS = r"(?:[\s-]+|\s*[”\"’)]\s+)(?:[“\"‘(](?:[^\s”\"’)]{1,20}[”\"’)]\s+)?)?"
"""A nickname, or a mark, may stand in a name: Ann "Sunny" Lee, the "long haul" fee."""
_LEADS_IN = PREPOSITIONS | {"according"}
_DESCRIPTOR = re.compile(r"(?:\b(\w+)\s+)?\b([a-z]+)\s+[“\"‘']?\Z")
_TITLE = re.compile(r"(?<!\S)([A-Z][\w'’]+)\s+\Z")
DESCRIPTOR = 0.15
"""the French director X, District Attorney X"""


class DefinitionStrategy:
    """Picks the sentence that introduces the subject; where none does, a fact, or else what is said of it."""

    def __init__(self, gatherer: Gatherer, shown: ShownSentences, fact: FactStrategy, theme: ThemeStrategy) -> None:
        self._gatherer = gatherer
        self._shown = shown
        self._theme = theme
        self._fact = fact

    def gather(self, plan: Plan) -> Evidence:
        """See ``Strategy``."""
        passages = self._gatherer.passages(plan.query.text, plan.articles, READ, plan.query.talked_about)
        known = {one.chunk_id for one in passages}
        more = self._gatherer.passages(_subject(plan), plan.articles, READ)
        return Evidence(passages + tuple(one for one in more if one.chunk_id not in known))

    def answer(self, plan: Plan, evidence: Evidence) -> Answer:
        """See ``Strategy``."""
        sentences = self._shown.of_passages(evidence.passages)
        subject, is_person = _subject(plan), words_of(plan.query.text)[:1] in (["who"], ["who's"])
        form = np.array([_worth(one, subject, is_person) for one in sentences], dtype=np.float32)
        if form.any():
            vectors = self._gatherer.vectors([one.text for one in sentences])
            asked = self._gatherer.vector(plan.query.text)
            scores = relevance(sentences, vectors, asked, subject) + form
            scores[form == 0.0] = -np.inf
            if scores.max() >= LEAST:
                chosen = [sentences[place] for place in _best(scores, vectors)]
                return told(plan, chosen, passages=evidence.passages)
        read = self._fact.answer(plan, Evidence(evidence.passages[:READ]))
        if read.text is not None and _may_stand(read, subject, is_person):
            return read
        naming = [one for one in evidence.passages if self._speaks_of(one, subject, is_person)]
        articles = list(dict.fromkeys(one.article_id for one in naming))[:MOST_ARTICLES]
        naming = [one for one in naming if one.article_id in articles]
        said = self._theme.answer(replace(plan, kind="theme", subject=subject), Evidence(tuple(naming)))
        return said if said.text is None else replace(said, notice=NOT_SAID.format(subject))

    def _speaks_of(self, passage: Passage, subject: str, is_person: bool) -> bool:
        """Whether its title or a sentence of it has all of ``subject``: a Jones here, an act there are no Jones Act."""
        said = [passage.title, *(one.text for one in self._gatherer.sentences_of(passage))]
        return any(_names(one, subject, is_person) for one in said)


def _may_stand(read: Answer, subject: str, is_person: bool) -> bool:
    """Whether a short answer may stand where no sentence says what ``subject`` is.

    "Who is the head of the library" asks for a name as often as for what somebody is; but what is said of Kris Allen
    does not say who Tim Allen is.
    """
    likely = read.score or 0.0
    if not is_person:
        return likely >= SURE and _names(f"{read.citations[0].title} {read.citations[0].quote}", subject, is_person)
    quote, said = read.citations[0].quote, read.text or ""
    if not any(character.isalpha() for character in said):
        return False  # an age
    if _names(quote, subject, is_person):
        named = re.search(r"\s+".join(map(re.escape, subject.split())), quote, re.IGNORECASE)
        # One name does not say who another is.
        return not (named and _is_name(named.group()) and _is_name(said))
    is_namesake = not set(words_of(subject)).isdisjoint(words_of(said))
    return likely >= SURE_OF_A_PERSON and not is_namesake


def _is_name(words: str) -> bool:
    return all(word[0].isupper() for word in words.split())


def _names(text: str, subject: str, is_person: bool) -> bool:
    """Whether ``text`` has every word of ``subject``; of a person as it is: the stem of "Tim" is that of "time"."""
    if not is_person:
        return stems_of(subject) <= stems_of(text)
    return {word for word in words_of(subject) if word not in STOPWORDS} <= set(words_of(text))


def _subject(plan: Plan) -> str:
    return plan.subject or " ".join(word for word in words_of(plan.query.text) if word not in STOPWORDS)


def _best(scores: NDArray[np.float32], vectors: NDArray[np.float32]) -> list[int]:
    """The best, and the next where it is nearly as good and says something else."""
    best, *others = (int(place) for place in np.argsort(-scores, kind="stable")[:4])
    second = [n for n in others if scores[n] >= SECOND * scores[best] and vectors[n] @ vectors[best] < SAME]
    return [best, *second[:1]]


def _worth(sentence: Sentence, subject: str, is_person: bool) -> float:
    """See ``worth_of_form``; a last name alone is that of somebody else where the article has not the whole name."""
    article = sentence.article
    has_name = not is_person or _names(sentence.text, subject, is_person)
    if not has_name and not _names(f"{article.title}\n{article.text}", subject, is_person):
        return 0.0
    return worth_of_form(sentence.text, subject, is_person)


def worth_of_form(text: str, subject: str, is_person: bool = False) -> float:
    """What the form of ``text`` is worth in saying what ``subject`` is; 0 where it only mentions it, or does not.

    Of a person, the last name will do.
    """
    words = [word for word in re.findall(r"[^\s?!,\"“”]+", subject) if word.lower() not in ("the", "a", "an")]
    worth = _worth_of_name(text, words, is_person) if words else 0.0
    if not worth and is_person and len(words) > 1:
        alone = re.sub(rf"(?<!\S)[A-Z][\w'’]*\s+(?i:{re.escape(words[-1])})(?!\w)", " ", text)
        worth = max(0.0, _worth_of_name(alone, words[-1:], is_person) - SURNAME_COSTS)
    return worth


def _worth_of_name(text: str, words: Sequence[str], is_person: bool) -> float:
    name = _BETWEEN_WORDS.join(map(re.escape, words))
    found = re.search(rf"(?<!\w){name}(?:s|es)?(?!\w)", text, re.IGNORECASE)
    if found is None:
        return 0.0
    before, after = text[: found.start()], text[found.end() :]
    said_before = words_of(before)
    worth = 0.0
    if not said_before or said_before[-1] not in PREPOSITIONS:
        worth += sum(value for value, pattern in _COPULAS if re.match(pattern, after))
    # "According to X, the …" goes on with something else.
    if not (said_before and len(said_before) <= MOST_LEADING_IN and said_before[0] in _LEADS_IN):
        worth += sum(value for value, pattern in _AFTER if re.match(pattern, after))
    if re.search(_IN_APPOSITION, before) and re.match(_ITS_END, after):
        worth += APPOSITION
    worth += sum(value for value, pattern in _BEFORE if re.search(pattern, before))
    if is_person and found.group()[0].isupper() and _is_described(before, may_be_title=len(words) > 1):
        worth += DESCRIPTOR
    return worth + FIRST * (len(said_before) <= 2) if worth else 0.0


def _is_described(before: str, may_be_title: bool) -> bool:
    """Whether a name that stands after ``before`` is told by the word there: "the director X", "Attorney X".

    What somebody does to X is no such word: "to see X", "I love X". Of a last name alone a capital may be the first.
    """
    word = _DESCRIPTOR.search(before)
    if word is None:
        title = _TITLE.search(before) if may_be_title else None
        return title is not None and title[1].lower() not in STOPWORDS
    is_done = word[2] in VERBS or (word[1] or "").lower() in PRONOUNS.keys() | SPEAKERS | {"to"}
    is_verb = is_past(word[2]) or word[2].endswith("ing") or (word[2].endswith("s") and not word[2].endswith("ss"))
    return word[2] not in STOPWORDS and not is_done and not is_verb
