"""What the evidence network learns from: questions with one passage each, and what is known of the two together."""

from __future__ import annotations

import json
import lzma
import random
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from language.sentences import sentence_spans
from qa.reader.data import Example, TrainingArticle, load_articles, with_rivals
from qa.reader.polar import exchangeable_by, polar_question

Span = tuple[int, int]
Verdict = Literal["yes", "no", "open"]
VERDICTS: tuple[Verdict, ...] = ("yes", "no", "open")


@dataclass(frozen=True)
class Judged:
    """A question and a passage. Where a field is None nobody knows, and nothing is learned from it."""

    question: str
    title: str
    text: str
    items: tuple[Span, ...] | None = None
    """What answers it, each item apart; none: the passage does not."""
    several: bool | None = None
    """Whether several answers are asked for."""
    evidence: tuple[Span, ...] | None = None
    """What answers or explains it: the sentences that these characters lie in."""
    verdict: Verdict | None = None
    weight: float = 1.0
    """Of its sentences in the loss."""


@dataclass(frozen=True)
class EvidenceCorpus:
    """Examples to learn from, in random order, and examples kept aside, by the part of the data they are of."""

    train: tuple[Judged, ...]
    aside: dict[str, tuple[Judged, ...]]


ASIDE_ARTICLES = 6
"""Articles of ``squad-train`` kept aside: the six that the reader has not learned from either."""
ASIDE_SHARE = 0.1
"""Of every other file."""


MIX = {
    "several": 4500,
    "one": 3000,
    "nothing": 2500,
    "reasons": 3000,
    "discourse": 2000,
    "meetings": 300,
    "verdicts": 4000,
    "polar": 3000,
}
"""How many examples of each part are learned from: questions with several answers, with one, passages without answer,
reasons and long answers, sentences in discourse, talk, yes-or-no questions and those made of others."""


def load_evidence_corpus(data: Path, seed: int = 13) -> EvidenceCorpus:
    """Reads the training files in ``data``; ``squad-heldout`` is never opened.

    What is kept aside shares no article (``squad-train``), context (``lists``, ``nq-qed``), stretch of sentences
    (``discourse``) or meeting with what is learned from.
    """
    rng = random.Random(seed)
    squad = load_articles(data / "squad-train.json.xz")
    rng.shuffle(squad)  # as qa.reader.data.load_corpus does: the same articles are kept aside
    shifts = [a for name in ("shift-amazon", "shift-reddit") for a in load_articles(data / f"{name}.json.xz")]
    natural = load_articles(data / "nq-qed.json.xz")
    paragraphs = [p for article in natural for p in article.paragraphs]
    cut = int(len(paragraphs) * ASIDE_SHARE)
    rows = {name: _rows(data / f"{name}.jsonl.xz") for name in ("lists", "discourse", "yes-no", "meetings-qmsum")}

    known, kept = _Squad(squad[ASIDE_ARTICLES:], rng), _Squad(squad[:ASIDE_ARTICLES], rng)
    answered = list(known.judged())
    answered += [_single(e) for p in paragraphs[cut:] for e in p.examples]
    answered += [_single(e) for a in shifts for p in a.paragraphs for e in p.examples if e.spans]
    parts: dict[str, list[Judged]] = {"polar": known.polar()}
    aside: dict[str, list[Judged]] = {
        "squad": list(kept.judged()),
        "polar": kept.polar(),
        "natural": [_single(e) for p in paragraphs[:cut] for e in p.examples],
    }

    contexts = sorted({row["context"] for row in rows["lists"]})
    # Each split has its own order, which nothing else that is drawn can move.
    random.Random(f"{seed} lists").shuffle(contexts)
    hidden = set(contexts[: int(len(contexts) * ASIDE_SHARE)])
    aside["lists"] = [_listed(row) for row in rows["lists"] if row["context"] in hidden]
    answered += [_listed(row) for row in rows["lists"] if row["context"] not in hidden]

    cut = int(len(rows["discourse"]) * (1 - ASIDE_SHARE))
    parts["discourse"] = list(_discourse(rows["discourse"][:cut], rng))
    aside["discourse"] = list(_discourse(rows["discourse"][cut:], rng))

    random.Random(f"{seed} yes-no").shuffle(rows["yes-no"])
    cut = int(len(rows["yes-no"]) * ASIDE_SHARE)
    parts["verdicts"] = list(_verdicts(rows["yes-no"][cut:], open_share=0.25, rng=rng))
    aside["verdicts"] = list(_verdicts(rows["yes-no"][:cut], open_share=0.25, rng=rng))

    cut = int(len(rows["meetings-qmsum"]) * ASIDE_SHARE)
    parts["meetings"] = list(_meetings(rows["meetings-qmsum"][cut:], rng))
    aside["meetings"] = list(_meetings(rows["meetings-qmsum"][:cut], rng))

    for judged in answered:
        parts.setdefault(part_of(judged), []).append(judged)
    train = [judged for name, count in MIX.items() for judged in _drawn(parts[name], count, rng)]
    rng.shuffle(train)
    for kept_aside in aside.values():
        rng.shuffle(kept_aside)
    return EvidenceCorpus(tuple(train), {name: tuple(part) for name, part in aside.items()})


def part_of(judged: Judged) -> str:
    """The part of ``MIX`` that a question about some answer belongs to."""
    if judged.several:
        return "several"
    if judged.evidence == ():
        return "nothing"
    return "reasons" if judged.weight > 1 else "one"


def _drawn(part: Sequence[Judged], count: int, rng: random.Random) -> Iterator[Judged]:
    """``count`` of them at random, all once before any comes again."""
    while count > 0:
        yield from rng.sample(part, min(count, len(part)))
        count -= len(part)


def _rows(path: Path) -> list[dict[str, Any]]:
    with lzma.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


# One answer, or several that stand together

_REASON = re.compile(
    r"\b(why|how(?! (?:many|much|old|long|far|tall|big|large|often))|reason|purpose|cause[sd]?)\b", re.I
)
LONG_ANSWER_WORDS = 8


def _single(example: Example) -> Judged:
    """An answerable question as its answer's items and sentences."""
    answers = [(start, end) for start, end in example.spans]
    start, end = max(answers, key=lambda span: span[1] - span[0])  # of several people's the fullest
    answer = example.context[start:end]
    items = split_items(example.question, answer)
    explains = bool(_REASON.search(example.question)) or len(answer.split()) >= LONG_ANSWER_WORDS
    return Judged(
        example.question,
        example.title,
        example.context,
        # A reason has no items, and two words with "and" between them may be one answer or two.
        items=None if explains else tuple((start + s, start + e) for s, e in items) if items else None,
        several=len(items) > 1 if items and not explains else None,
        evidence=tuple(answers),
        weight=2.0 if explains else 1.0,
    )


_JOINT = re.compile(r"(?<!\s)\s*+[,;]\s*+(?:(?:and|or|&|as well as)\s++)?|(?<!\s)\s++(?:and|or|&|as well as)\s++")
_CONJUNCTION = re.compile(r"\b(?:and|or|as well as)\b|&")
_PLURAL = re.compile(
    r"\b(?:two|three|four|five|six|seven|eight|ten|both|several|some|names of|list|"
    r"(?:what|which|who)\s+(?:\w+\s+){0,3}?(?:are|were|have|do))\b",
    re.I,
)


def split_items(question: str, answer: str) -> list[Span]:
    """The items of an answer that lists some ("A, B and C"), one span where it lists none; none where it is unclear."""
    edges = [0, *(edge for joint in _JOINT.finditer(answer) for edge in joint.span()), len(answer)]
    parts = list(zip(edges[::2], edges[1::2], strict=True))
    conjunction = _CONJUNCTION.search(answer)
    if len(parts) == 1 or (conjunction is None and len(parts) == 2):
        return [(0, len(answer))]
    words = [answer[s:e].split() for s, e in parts]
    short = all(1 <= len(part) <= 5 for part in words)
    alike = len({part[-1][:1].isupper() for part in words if part}) == 1
    numbers = any(character.isdigit() for character in answer)
    plural = bool(_PLURAL.search(question))
    if conjunction is not None and short and alike and not numbers and (len(parts) > 2 or plural):
        return parts
    return []


def _listed(row: dict[str, Any]) -> Judged:
    spans = tuple((span["start"], span["start"] + len(span["text"])) for span in row["spans"])
    return Judged(row["question"], "", row["context"], items=spans, several=len(spans) > 1, evidence=spans)


# SQuAD, and yes-or-no questions made of it


class _Squad:
    """The questions of some articles, their paragraphs' rivals, and what else might have been the answer."""

    def __init__(self, articles: Sequence[TrainingArticle], rng: random.Random) -> None:
        self._rng = rng
        self._examples = [[*with_rivals(article)] for article in articles]
        asked = (e.question for e in self._all() if " did " in e.question)
        self._verbs = frozenset(word for question in asked for word in question.split())

    def _all(self) -> Iterator[Example]:
        for examples in self._examples:
            yield from examples

    def judged(self) -> Iterator[Judged]:
        """All of them; a quarter of the answered ones with a rival too, as a passage without answer."""
        for example in self._all():
            if not example.spans:
                yield _nothing(example.question, example.title, example.context)
                continue
            yield _single(example)
            if example.rivals and self._rng.random() < 0.25:
                yield _nothing(example.question, example.title, self._rng.choice(example.rivals))

    def polar(self) -> list[Judged]:
        """Yes-or-no questions: of each three a true one, a false one, an open one."""
        found: list[Judged] = []
        for examples in self._examples:
            answers = defaultdict(set)
            for e in examples:
                for start, end in e.spans[:1]:
                    answers[exchangeable_by(e.question, e.context[start:end])].add(e.context[start:end])
            for example in examples:
                if example.spans and example.rivals and (made := self._made(example, answers)):
                    found += made
        return found

    def _made(self, example: Example, answers: dict[tuple[str, ...], set[str]]) -> list[Judged]:
        start, end = example.spans[0]
        answer = example.context[start:end]
        before = example.context[:start].split()[-1:] or [""]
        others = {
            other
            for other in answers[exchangeable_by(example.question, answer)]
            if not set(other.lower().split()) & set(answer.lower().split())
        }
        near = sorted(other for other in others if other in example.context)  # the hardest to tell apart
        choices = near or sorted(others)
        if not choices:
            return []
        swapped = self._rng.choice(choices)
        true = polar_question(example.question, answer, before[0], self._verbs)
        false = polar_question(example.question, swapped, before[0], self._verbs)
        if true is None or false is None:
            return []
        evidence = ((start, end),)
        rival = self._rng.choice(example.rivals)
        return [
            Judged(true, example.title, example.context, evidence=evidence, verdict="yes"),
            Judged(false, example.title, example.context, evidence=evidence, verdict="no"),
            Judged(self._rng.choice([true, false]), example.title, rival, evidence=(), verdict="open"),
        ]


def _nothing(question: str, title: str, text: str) -> Judged:
    return Judged(question, title, text, items=(), evidence=())


# The other files

_CUES = {"What is the reason": ("why", "why", "What is the reason"), "In what manner": ("how", "how", "In what manner")}


def _discourse(rows: Sequence[dict[str, Any]], rng: random.Random) -> Iterator[Judged]:
    """Each question with its sentence among sentences that stand near it in the file, which are on like subjects."""
    sentences = list(dict.fromkeys(row["sentence"].replace("\\'", "'").strip() for row in rows))
    place = {sentence: index for index, sentence in enumerate(sentences)}
    for row in rows:
        gold = row["sentence"].replace("\\'", "'").strip()
        near = sentences[max(0, place[gold] - 12) : place[gold] + 13]
        others = rng.sample([one for one in near if one != gold], min(len(near) - 1, rng.randint(2, 5)))
        at = rng.randint(0, len(others))
        start = sum(len(one) + 1 for one in others[:at])
        text = " ".join([*others[:at], gold, *others[at:]])
        question = row["question"].replace("??", "?").strip()
        for cue, said in _CUES.items():
            if question.startswith(cue):
                question = rng.choice(said) + question[len(cue) :]
        yield Judged(question, "", text, evidence=((start, start + len(gold)),), weight=1.5)


def _verdicts(rows: Sequence[dict[str, Any]], open_share: float, rng: random.Random) -> Iterator[Judged]:
    """Each question with its verdict, and ``open_share`` of them once more with a passage on something like it."""
    words = [frozenset(re.findall(r"\w{4,}", row["passage"].lower())) for row in rows]
    for row in rows:
        title, verdict = row["title"], {"yes": "yes", "no": "no", "maybe": "open"}[row["answer"]]
        text = row["passage"]
        if row["source"] == "pubmedqa":  # what was found stands at the end
            text = _last_sentences(text, 700)
        yield Judged(row["question"], title, text, verdict=verdict)  # type: ignore[arg-type]
        if rng.random() < open_share:
            asked = frozenset(re.findall(r"\w{4,}", f"{row['question']} {title}".lower()))
            others = [
                (len(asked & words[other]), other)
                for other in rng.sample(range(len(rows)), min(len(rows), 400))
                if rows[other]["passage"] != row["passage"] and rows[other]["title"] != title
            ]
            if others:
                _, other = max(others)
                unrelated = _last_sentences(rows[other]["passage"], 700)
                yield Judged(row["question"], rows[other]["title"], unrelated, evidence=(), verdict="open")


def _last_sentences(text: str, characters: int) -> str:
    start = next((start for start, _ in sentence_spans(text) if len(text) - start <= characters), 0)
    return text[start:]


def _meetings(rows: Sequence[dict[str, Any]], rng: random.Random) -> Iterator[Judged]:
    """Stretches of talk about what was asked, at its border, and elsewhere."""
    for row in rows:
        turns = [
            re.sub(r"(?<!\s)\s*+\{\w+\}\s*+|(?<!\s)\s++(?=[.,?!'’])", lambda m: " " if "{" in m[0] else "", turn)
            for turn in row["turns"]
        ]
        for query in row["specific"]:
            inside = {turn for first, last in query["spans"] for turn in range(int(first), int(last) + 1)}
            borders = [int(edge) for span in query["spans"] for edge in span]
            for middle in (
                *rng.sample(sorted(inside), min(2, len(inside))),
                rng.choice(borders),
                rng.randrange(len(turns)),
            ):
                text, evidence = "", []
                for turn in range(max(0, middle - 4), len(turns)):
                    if len(text) + len(turns[turn]) > 900 and text:
                        break
                    said = turns[turn][:900].strip()
                    if turn in inside and said:
                        evidence.append((len(text), len(text) + len(said)))
                    text += f"{said}\n\n"  # each turn a paragraph
                yield Judged(query["query"], "", text, evidence=tuple(evidence), weight=0.5)


# As it is read

CROPS = (150, 250, 400, 600)
"""Lengths in characters: short ones are quick to learn from, long ones are what will be read."""


def varied(judged: Judged, rng: random.Random) -> Judged:
    """``judged`` as it may come: cut to some of its sentences around what answers, without its title or question mark
    now and then, a fifth in lower case."""
    question = judged.question.rstrip("? ") if rng.random() < 0.3 else judged.question
    if rng.random() < 0.2:
        question = question.lower()
    title = "" if rng.random() < 0.25 else judged.title
    judged = replace(judged, question=question or judged.question, title=title)
    # All of a passage may count towards a verdict.
    return cropped(judged, rng.choice(CROPS), rng) if judged.verdict in (None, "open") or judged.evidence else judged


def cropped(judged: Judged, characters: int, rng: random.Random) -> Judged:
    """``judged`` with about ``characters`` of its text: whole sentences, among them all that answer if they fit."""
    sentences = sentence_spans(judged.text)
    if len(judged.text) <= characters or len(sentences) < 2:
        return judged
    known = [span for spans in (judged.items, judged.evidence) for span in spans or ()]
    holding = [i for i, (s, e) in enumerate(sentences) if any(s < end and start < e for start, end in known)]
    first, last = (holding[0], holding[-1]) if holding else (rng.randrange(len(sentences)),) * 2
    while True:
        ways = [(first - 1, last)] * (first > 0) + [(first, last + 1)] * (last + 1 < len(sentences))
        if not ways:
            break
        way = rng.choice(ways)
        if sentences[way[1]][1] - sentences[way[0]][0] > characters:
            break
        first, last = way
    start, end = sentences[first][0], sentences[last][1]

    def inside(spans: tuple[Span, ...] | None) -> tuple[Span, ...] | None:
        return spans and tuple((s - start, e - start) for s, e in spans if start <= s and e <= end)

    return replace(judged, text=judged.text[start:end], items=inside(judged.items), evidence=inside(judged.evidence))
