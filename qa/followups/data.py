"""What follow-ups are learned from: CANARD's conversations, and others made of neighbouring SQuAD questions.

A question of a conversation that was made leans on it once a name in it, said before, has become a pronoun or was left
out; one stands alone that keeps its names, mostly after a conversation about something else.
"""

from __future__ import annotations

import hashlib
import json
import lzma
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from language import words as en
from language.sentences import sentence_spans
from qa.followups.features import content
from qa.types import Turn

CANARD = "followups-canard.jsonl.xz"
PARAGRAPHS = ("squad-train.json.xz", "nq-qed.json.xz")
ABSTAINED = ("", "I don't know.", "CANNOTANSWER")
FEWEST_QUESTIONS = 3
"""Of a conversation that is made of a paragraph and the one before it."""
ANSWER_CHARS = 220
SHARE_CANARD, SHARE_LEANING = 0.38, 0.26
"""Of what is learned from; the rest stands alone."""

_NAME = re.compile(r"(?:\b[Tt]he )?\b[A-Z][\w.-]*(?: (?:of |the |and )?[A-Z][\w.-]*)*(?P<own>['’]s)?")
_FORMS = {"he": ("him", "his"), "she": ("her", "her"), "it": ("it", "its"), "they": ("them", "their")}
_POINTING = re.compile(
    r"\b(?:he|she|it|they|him|her|them|his|hers|its|their|theirs|this|these|those|that)\b", re.IGNORECASE
)


@dataclass(frozen=True)
class FollowUp:
    """A question in its conversation, and the content words a person would add; none where it stands alone."""

    question: str
    history: tuple[Turn, ...]
    added: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Canard:
    """CANARD's turns with at least one before them, by the hash of their conversation's id."""

    train: tuple[dict[str, Any], ...]
    watched: tuple[dict[str, Any], ...]
    """On which thresholds are chosen."""
    unseen: tuple[dict[str, Any], ...]
    """A fifth, on which nothing is."""


@dataclass(frozen=True)
class Page:
    """An article's title and its paragraphs, each with its questions that have an answer."""

    title: str
    paragraphs: tuple[tuple[str, tuple[dict[str, Any], ...]], ...]


def read_canard(folder: Path) -> Canard:
    """Those in the file ``CANARD`` of ``folder``."""
    parts: dict[str, list[dict[str, Any]]] = {"train": [], "watched": [], "unseen": []}
    with lzma.open(folder / CANARD, "rt", encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            digest = hashlib.sha256(row["conv_id"].encode()).digest()
            part = "unseen" if digest[1] % 5 == 0 else "watched" if digest[2] % 6 == 0 else "train"
            if len(row["history"]) > 2:
                parts[part].append(row)
    return Canard(*(tuple(parts[name]) for name in ("train", "watched", "unseen")))


def read_pages(folder: Path) -> list[Page]:
    """Those in the files ``PARAGRAPHS`` of ``folder``."""
    pages = []
    for name in PARAGRAPHS:
        with lzma.open(folder / name, "rt", encoding="utf-8") as text:
            for article in json.load(text)["data"]:
                paragraphs = [
                    (one["context"], tuple(q for q in one["qas"] if q["answers"])) for one in article["paragraphs"]
                ]
                title = article["title"].replace("_", " ")
                pages.append(Page(title, tuple((text, asked) for text, asked in paragraphs if asked)))
    return [page for page in pages if page.paragraphs]


def turns(said: Sequence[str]) -> list[Turn]:
    """Alternating questions and answers as turns; an abstention is None."""
    answers = [None if answer.strip() in ABSTAINED else answer for answer in said[1::2]]
    return list(zip(said[::2], answers + [None] * (len(said[::2]) - len(answers)), strict=True))


def follow_up(row: dict[str, Any]) -> FollowUp:
    """A row of CANARD without its article's title, as in our product."""
    added = frozenset(content(row["rewrite"]) - content(row["question"]))
    return FollowUp(row["question"], tuple(turns(row["history"][2:])), added)


class Examples:
    """All that is learned from, in an order of chance, without end."""

    def __init__(self, canard: Sequence[dict[str, Any]], pages: Sequence[Page], rng: random.Random) -> None:
        self._canard = canard
        self._pages = pages
        self._talked = [page for page in pages if sum(len(asked) for _, asked in page.paragraphs) >= FEWEST_QUESTIONS]
        self._rng = rng

    def __iter__(self) -> Iterator[FollowUp]:
        """One example after the other."""
        while True:
            chance = self._rng.random()
            if chance < SHARE_CANARD:
                yield self._with_title(self._rng.choice(self._canard))
            elif chance < SHARE_CANARD + SHARE_LEANING:
                if made := self._leaning():
                    yield made
            else:
                yield self._alone()

    def _with_title(self, row: dict[str, Any]) -> FollowUp:
        """A row of CANARD, now and then with the title said first."""
        plain = follow_up(row)
        if self._rng.random() >= 0.2:
            return plain
        title = row["history"][0]
        first: Turn = (title if self._rng.random() < 0.5 else f"who is {title}?", None)
        return FollowUp(plain.question, (first, *plain.history), plain.added)

    def _conversation(self) -> tuple[Page, list[tuple[str, dict[str, Any]]]]:
        """Neighbouring questions of one page, each with its paragraph."""
        while True:
            page = self._rng.choice(self._talked)
            place = self._rng.randrange(len(page.paragraphs))
            before = page.paragraphs[max(0, place - (self._rng.random() < 0.4)) : place]
            asked = [(text, one) for text, questions in before for one in questions[-3:]]
            asked += [(page.paragraphs[place][0], one) for one in page.paragraphs[place][1]]
            if len(asked) >= FEWEST_QUESTIONS:
                return page, asked

    def _leaning(self) -> FollowUp | None:
        """A question whose name became a pronoun or was left out; None where it has none that was said before."""
        page, asked = self._conversation()
        place = self._rng.randrange(1, len(asked))
        history = self._before(asked, place)
        title, said = content(page.title), _said(history)
        pronoun = self._pronoun(" ".join(text for text, _ in page.paragraphs[:8]))
        whole = asked[place][1]["question"]
        made = self._shortened(whole, said, pronoun, title) or self._shortened(whole, said, self._pronoun(whole), said)
        if made is None:
            return None
        question, name = made
        drifted = [history[0]]
        for earlier, answer in history[1:]:
            other = self._shortened(earlier, said, pronoun, said) if self._rng.random() < 0.6 else None
            drifted.append((other[0] if other else earlier, answer))
        added = name - content(question)
        if not added or not added <= _said(drifted):
            return None
        if self._rng.random() < 0.2:
            question, drifted = question.lower(), [(earlier.lower(), answer) for earlier, answer in drifted]
        return FollowUp(question, tuple(drifted), frozenset(added))

    def _alone(self) -> FollowUp:
        """A question that a person could ask of nothing before it, after a conversation about something else."""
        if self._rng.random() < 0.23:
            row = self._rng.choice(self._canard)
            return FollowUp(row["rewrite"], tuple(turns(row["history"][2:])))
        while True:
            _, questions = self._rng.choice(self._rng.choice(self._pages).paragraphs)
            question = self._rng.choice(questions)["question"]
            if not _POINTING.search(question) or self._rng.random() < 0.1:
                break
        if self._rng.random() < 0.4:
            said = turns(self._rng.choice(self._canard)["history"][2:])
            history = said[: self._rng.randint(1, len(said))]
        else:
            _, asked = self._conversation()
            place = self._rng.randrange(1, len(asked))
            history = self._before(asked, place)
        return FollowUp(question.lower() if self._rng.random() < 0.25 else question, tuple(history))

    def _before(self, asked: Sequence[tuple[str, dict[str, Any]]], place: int) -> list[Turn]:
        """The one to three turns before the question at ``place``."""
        first = max(0, place - self._rng.choice((1, 1, 2, 3)))
        return [(one["question"], self._answer(text, one)) for text, one in asked[first:place]]

    def _answer(self, context: str, question: dict[str, Any]) -> str | None:
        """The answer, or the sentence that it stands in, or, now and then, none."""
        answer, start = question["answers"][0]["text"], question["answers"][0]["answer_start"]
        chance = self._rng.random()
        if chance < 0.1:
            return None
        if chance < 0.55:
            return str(answer)
        spans = [(first, last) for first, last in sentence_spans(context) if first <= start < last]
        return context[slice(*spans[0])][:ANSWER_CHARS] if spans else str(answer)

    def _pronoun(self, text: str) -> str:
        """That which ``text`` uses most."""
        words = re.findall(r"\w+", text.lower())
        return max(_FORMS, key=lambda form: words.count(form) + self._rng.random())

    def _shortened(self, text: str, said: set[str], pronoun: str, wanted: set[str]) -> tuple[str, set[str]] | None:
        """``text`` with one name of those ``said`` and ``wanted`` replaced or left out, and its words; None without."""
        names = [match for match in _NAME.finditer(text) if match.start() and content(match.group())]
        for name in self._rng.sample(names, len(names)):
            words = content(name.group())
            new = self._instead(text, name, pronoun) if words <= said and words & wanted else None
            if new is not None and len(new.split()) > 1:
                return new + text[name.end() :], words
        return None

    def _instead(self, text: str, name: re.Match[str], pronoun: str) -> str | None:
        """What stands before the end of ``name`` once it is a pronoun; None where that would be no English."""
        head, tail = text[: name.start()].rstrip(), text[name.end() :]
        before = head.split()[-1].lower()
        as_object, owner = _FORMS[pronoun]
        if name["own"]:
            return f"{head} {owner}"
        after = tail.split()[0].lower() if tail.startswith(" ") and tail.split() else ""
        if name.group()[:4].lower() == "the " and after and after not in en.STOPWORDS | en.VERBS:
            return None  # "the Arsenal crest"
        if before in en.PREPOSITIONS and self._rng.random() < (0.15 if tail.strip(" ?.!") else 0.6):
            there = " there" if before in ("in", "at") and self._rng.random() < 0.3 else ""
            return head[: -len(before)].rstrip() + there
        if before in en.AUXILIARIES:
            return f"{head} {pronoun}"
        is_verb = before in en.VERBS or (len(before) > 4 and before.endswith(("ed", "ing")))
        return f"{head} {as_object}" if is_verb or before in en.PREPOSITIONS else None


def _said(history: Sequence[Turn]) -> set[str]:
    return set().union(*(content(asked) | content(answer or "") for asked, answer in history))
