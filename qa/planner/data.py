"""What the planner learns from: our own questions and public ones, with the kind of answer each asks for."""

from __future__ import annotations

import json
import lzma
import random
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

OWN_QUESTIONS = Path(__file__).parent / "questions.jsonl"
"""Questions written for this project; those marked ``unseen`` are for checking only."""

LONG_ANSWER = 9
"""Words of an answer from which on its question says nothing of which questions ask for a short one."""

_TREC = {
    "DESC:def": "definition",
    "DESC:manner": "explanation",
    "DESC:reason": "explanation",
    "HUM:desc": "definition",
    "NUM:count": "count",
}
"""What TREC's kinds of description are here; all its names of things, people, places and numbers are facts."""
_NOT_IN_TREC = frozenset({"DESC:desc", "ABBR:exp", "ABBR:abb"})
"""Kinds of TREC that are several kinds here."""
_ASKS_WHETHER = re.compile(
    r"(?:is|are|was|were|am|do|does|did|has|have|had|can|could|will|would|should|may|might)(?:n't)?\s", re.IGNORECASE
)
_OPENINGS = {
    "count": re.compile(r"(?:in |about |approximately |to |for |over )?how many\b", re.IGNORECASE),
    "explanation": re.compile(
        r"(?:why\b|how (?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|come)\b)", re.IGNORECASE
    ),
    "yes_no": _ASKS_WHETHER,
}


@dataclass(frozen=True)
class PlannedQuestion:
    """A question and how it is to be understood."""

    question: str
    label: str
    """Its kind; for the catalogue with what is wanted: ``catalogue.authors``."""
    marks: Mapping[str, str] = field(default_factory=dict)
    """Words of the question that say what it is about (``subject``), which article (``article``), by whom
    (``author``), or what is compared (``side_a``, ``side_b``)."""
    unseen: bool = False
    own: bool = True


def own_questions(path: Path = OWN_QUESTIONS) -> list[PlannedQuestion]:
    """The questions written for this project."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [
        PlannedQuestion(
            row["question"],
            ".".join(part for part in (row["kind"], row.get("wanted")) if part),
            row.get("marks", {}),
            row["unseen"],
        )
        for row in rows
    ]


def public_questions(folder: Path, seed: int = 0) -> list[PlannedQuestion]:
    """Questions of public sets, by what the set says of them or, where it says nothing, by how they open."""
    chosen = random.Random(seed)
    rows = [
        *_kinds(_rows(folder / "kinds.jsonl.xz"), chosen),
        *_lists(_rows(folder / "lists.jsonl.xz"), chosen),
        *((row["question"], "yes_no", {}) for row in _rows(folder / "yes-no.jsonl.xz")),
        *_squad(folder / "squad-train.json.xz", 4000, chosen),
        *_squad(folder / "nq-qed.json.xz", 2500, chosen),
    ]
    first = {question: PlannedQuestion(question, label, marks, own=False) for question, label, marks in reversed(rows)}
    return sorted(first.values(), key=lambda row: row.question)


Row = tuple[str, str, Mapping[str, str]]


def by_opening(question: str) -> str:
    """The kind of a question of a set of facts, where its first words decide it; else ``fact``."""
    return next((kind for kind, opening in _OPENINGS.items() if opening.match(question)), "fact")


def public_subjects(folder: Path) -> list[str]:
    """Titles of encyclopedia articles: things that a question can be about."""
    with lzma.open(folder / "squad-train.json.xz", "rt", encoding="utf-8") as file:
        return [article["title"].replace("_", " ") for article in json.load(file)["data"]]


def _kinds(rows: Iterable[Mapping[str, Any]], chosen: random.Random) -> Iterator[Row]:
    for row in rows:
        question, kind = row["question"], row["kind"]
        if row["split"] == "test" or len(question) > 200:
            continue
        if row["source"] == "trec":
            if kind not in _NOT_IN_TREC:
                yield question.replace(" ?", "?").replace(" 's", "'s"), _TREC.get(kind, "fact"), {}
        elif kind == "COMPARISON":
            yield question, "comparison", {}
        elif kind == "REASON" or (kind == "INSTRUCTION" and question.lower().startswith("how")):
            yield question, "explanation", {}
        elif kind == "DEBATE" and _ASKS_WHETHER.match(question):
            yield question, "yes_no", {}
        elif kind == "FACTOID":
            yield question, by_opening(question), {}
        elif kind == "NOT-A-QUESTION" and chosen.random() < 0.2:
            yield question, "fact", {}


def _lists(rows: Iterable[Mapping[str, Any]], chosen: random.Random) -> Iterator[Row]:
    for row in rows:
        question = row["question"].strip()
        either = _either(question)
        if either:
            if chosen.random() < 0.2:
                yield question, "comparison", either
        elif len(row["spans"]) > 1:
            yield question, "list", {}
        elif chosen.random() < 0.15:
            yield question, "fact", {}


def _either(question: str) -> Mapping[str, str]:
    """What is compared in "Which was first, A or B?"; empty for a question of another shape."""
    before, _, other = question.rstrip(" ?").rpartition(" or ")
    one = before.rstrip(",").rpartition(", ")[2]
    return {"side_a": one, "side_b": other} if one and one != before.rstrip(",") and "," not in other else {}


def _may_list(question: str) -> bool:
    """Whether a question opens as one for several things may; places and times are told one by one too."""
    return by_opening(question) == "fact" and not re.match(r"where|when", question, re.IGNORECASE)


def _is_several(answer: str) -> bool:
    """Whether an answer is of three or more: "A, B and C"."""
    return answer.count(", ") > 1 or (", " in answer and " and " in answer.rpartition(", ")[2])


def _is_told_at_length(answer: str) -> bool:
    """Whether an answer is more than a short one, so that its question may as well ask for an explanation."""
    return len(answer.split()) >= LONG_ANSWER


def _squad(path: Path, number: int, chosen: random.Random) -> Iterator[Row]:
    with lzma.open(path, "rt", encoding="utf-8") as file:
        articles = json.load(file)["data"]
    asked = [
        (asked["question"].strip(), [answer["text"] for answer in asked["answers"]])
        for article in articles
        for paragraph in article["paragraphs"]
        for asked in paragraph["qas"]
    ]
    several = [question for question, answers in asked if _may_list(question) and any(map(_is_several, answers))]
    for question in chosen.sample(several, min(len(several), number // 8)):
        yield question, "list", {}
    for question, answers in chosen.sample(asked, number):
        kind = by_opening(question)
        if not any(map(_is_several, answers)) and not (kind == "fact" and any(map(_is_told_at_length, answers))):
            yield question, kind, {}


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with lzma.open(path, "rt", encoding="utf-8") as file:
        yield from map(json.loads, file)


def place_of(words: str, question: str) -> int:
    """Where ``words`` stand in ``question`` as whole words. Raises ValueError where they do not."""
    found = re.search(rf"(?<!\w){re.escape(words)}(?!\w)", question)
    if found is None:
        raise ValueError(f"{words!r} does not stand in {question!r}")
    return found.start()


def variants(
    row: PlannedQuestion, subjects: Mapping[str, list[str]], chosen: random.Random, copies: int
) -> list[PlannedQuestion]:
    """``row`` as other people would type it: about something else, in lower case, without its mark, with a slip."""
    return [row, *(_typed(_about_something_else(row, subjects, chosen), chosen) for _ in range(copies))]


def _about_something_else(
    row: PlannedQuestion, subjects: Mapping[str, list[str]], chosen: random.Random
) -> PlannedQuestion:
    question, marks = row.question, dict(row.marks)
    for place, name in sorted(((place_of(words, question), name) for name, words in row.marks.items()), reverse=True):
        marks[name] = chosen.choice(subjects[name])
        question = question[:place] + marks[name] + question[place + len(row.marks[name]) :]
    return PlannedQuestion(question, row.label, marks, own=row.own)


def _typed(row: PlannedQuestion, chosen: random.Random) -> PlannedQuestion:
    question, marks = row.question, dict(row.marks)
    if chosen.random() < 0.5:
        question = question.rstrip(" ?")
    elif not question.endswith(("?", ".", "!")) and chosen.random() < 0.3:
        question += "?"
    if chosen.random() < 0.5:
        question, marks = question.lower(), {name: words.lower() for name, words in marks.items()}
    words = question.split(" ")
    marked = " ".join(marks.values())
    slips = [place for place, word in enumerate(words) if len(word) > 3 and word.isalpha() and word not in marked]
    if slips and chosen.random() < 0.25:
        place = chosen.choice(slips)
        at = chosen.randrange(1, len(words[place]) - 1)
        word = words[place]
        swapped = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        words[place] = chosen.choice([swapped, word[:at] + word[at + 1 :]])
        question = " ".join(words)
    return PlannedQuestion(question, row.label, marks, own=row.own)
