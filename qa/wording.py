"""What a question is made of, by word order and small words: names, subject, verb. No parser and no model. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from language import words as en
from language.verbs import is_past

_WORD = re.compile(r"\w+(?:[-.]\w+|['’](?!(?:s|re|ve|ll|d)\b)\w+)*|['’](?:s|re|ve|ll|d)\b|[^\w\s]")


@dataclass(frozen=True)
class Word:
    """A word, or a sign."""

    text: str
    low: str
    """In lower case."""
    start: int
    """Character offsets, end exclusive."""
    end: int


def words_in(text: str) -> list[Word]:
    """The words and signs of ``text``; a possessive's "'s" is one of its own."""
    return [Word(m.group(), m.group().lower().replace("’", "'"), *m.span()) for m in _WORD.finditer(text)]


def content_in(text: str) -> set[str]:
    """The words of ``text`` that are no small words, in lower case."""
    return set(re.findall(r"\w+", text.lower())) - en.STOPWORDS


def first_of(lows: Sequence[str], wanted: Iterable[str], start: int = 0) -> int:
    """The index of the first word that is one of ``wanted``; -1 if there is none."""
    return next((i for i in range(start, len(lows)) if lows[i] in wanted), -1)


def cut_out(text: str, words: Sequence[Word], span: range) -> str:
    """The words of a range, with the "the" before a name."""
    first = span.start - (span.start > 0 and words[span.start - 1].low == "the")
    return text[words[first].start : words[span.stop - 1].end]


def names_in(words: Sequence[Word]) -> list[range]:
    """Runs of capitalised words: "Kanye West", "Tower of London", "Kim and Kanye"."""
    runs: list[range] = []
    for i, word in enumerate(words):
        if word.text[0].isupper() and word.low not in en.STOPWORDS:
            between = [joint.low for joint in words[runs[-1].stop : i]] if runs else ["the"]
            joined = between != ["the"] and en.NAME_JOINS.issuperset(between)
            runs.append(range(runs.pop().start if joined else i, i + 1))
    return runs


def with_its_noun(words: Sequence[Word], name: range) -> range:
    """The name with the noun it describes: "an Arctic tern", "the Webb telescope is", but not "the Beatles sang"."""
    lows = [word.low for word in words]
    before, rest = lows[: name.start][-1:], lows[name.stop :]
    if len(rest) < 2 or before not in (["a"], ["an"], ["the"]) or ends_subject("", rest[0]):
        return name
    # After "the" a verb may follow at once; what has another one behind it is none.
    is_noun = before != ["the"] or is_verb(rest[1]) or rest[1] in en.AUXILIARIES
    return range(name.start, name.stop + 1) if is_noun else name


def subject_in(words: Sequence[Word]) -> range:
    """The grammatical subject of a question, or the object of "who" with a verb; empty where it is not plain."""
    lows = [word.low for word in words]
    wh = first_of(lows, en.QUESTION_WORDS)
    aux = first_of(lows, en.AUXILIARIES | {"'s"}, wh + 1)
    who_acts = wh >= 0 and lows[wh] == "who" and aux != wh + 1  # "Who painted Guernica?"
    if wh >= 0 and lows[wh] in {"which", "what", "how"} and (aux < 0 or any(map(is_verb, lows[aux + 1 : aux + 2]))):
        if aux < 0 and any(map(is_verb, lows[wh + 1 : wh + 2])):
            return range(0)  # "What happened in 1966?"
        return range(wh + 1, aux if aux > 0 else min(wh + 2, len(lows)))  # "Which composer wrote it?"
    if not who_acts and aux != 0 and (wh < 0 or aux < 0):
        return range(0)
    start = wh + 2 if who_acts else aux + 1
    if who_acts and any(map(is_verb, lows[start : start + 1])):
        return range(0)  # "Who got disqualified?"
    name = next((run for run in names_in(words) if run.start in (start, start + 1)), range(0))
    if name and name.start == start and lows[name.stop : name.stop + 1] != ["'s"]:
        return name
    end = max(start + 1, name.stop)
    while end < len(lows) and not ends_subject(lows[end - 1], lows[end]):
        end += 1
    if not who_acts and lows[aux] not in en.BE and not any(map(is_verb, lows[end : end + 1])):
        end = max(end - 1, start + 1, name.stop)  # "did ada receive": a regular verb
    return range(start, min(end, len(lows)))


def ends_subject(before: str, low: str) -> bool:
    """Whether a subject cannot go on with ``low`` after ``before``."""
    return is_verb(low) or not low[-1].isalnum() or (low in en.STOPWORDS - {"of"} and before != "of")


def is_verb(low: str) -> bool:
    """Whether ``low`` is an irregular verb, or has a regular one's ending."""
    return low in en.VERBS or is_past(low) or (len(low) > 4 and low.endswith(("ed", "ing")))
