"""Training examples for the reader: SQuAD-format files in, questions with one passage each out."""

from __future__ import annotations

import heapq
import json
import lzma
import math
import random
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class SoftLabel:
    """A teacher's logits over an example's context: what it thinks of every span, and not only of the best."""

    offsets: tuple[int, ...]
    """Where each token of the context begins, in characters."""
    start: tuple[float, ...]
    """For each token, that the answer begins there."""
    end: tuple[float, ...]
    """For each token, that the answer ends there."""

    def cropped(self, start: int, end: int) -> SoftLabel:
        """The label of the context's characters ``start:end`` alone."""
        inside = [place for place, offset in enumerate(self.offsets) if start <= offset < end]
        return SoftLabel(
            tuple(self.offsets[place] - start for place in inside),
            tuple(self.start[place] for place in inside),
            tuple(self.end[place] for place in inside),
        )


@dataclass(frozen=True)
class Example:
    """A question and one passage, with the character spans (end exclusive) that answer it; none: unanswerable."""

    question: str
    title: str
    context: str
    spans: tuple[tuple[int, int], ...]
    rivals: tuple[str, ...] = ()
    """Passages that a retriever would rank high for the question and that do not answer it, likeliest first."""
    soft: SoftLabel | None = None
    """What the teacher makes of it, where it was asked (``qa.reader.teacher``)."""


@dataclass(frozen=True)
class Paragraph:
    """A passage of the training data with its examples."""

    context: str
    examples: tuple[Example, ...]


@dataclass(frozen=True)
class TrainingArticle:
    """Paragraphs that belong together; ``title`` is empty where the data's own says nothing of the content."""

    title: str
    paragraphs: tuple[Paragraph, ...]


UNTITLED = ("nq-qed", "qamr", "shift-")
"""Files whose titles name the data set and not the article."""


def load_articles(path: Path) -> list[TrainingArticle]:
    """The articles of one SQuAD-format file, plain or xz-compressed."""
    opener = lzma.open if path.suffix == ".xz" else open
    with opener(path, "rt", encoding="utf-8") as file:
        data = json.load(file)["data"]
    titled = not path.name.startswith(UNTITLED)
    articles = []
    for entry in data:
        title = readable_title(entry["title"]) if titled else ""
        paragraphs = tuple(_paragraph(title, paragraph) for paragraph in entry["paragraphs"])
        articles.append(TrainingArticle(title, paragraphs))
    return articles


def readable_title(title: str) -> str:
    """A title as people write it: SQuAD's ``Raleigh,_North_Carolina`` with its spaces back."""
    return title.replace("_", " ").strip()


def _paragraph(title: str, paragraph: dict[str, Any]) -> Paragraph:
    context = paragraph["context"]
    examples = []
    for qa in paragraph["qas"]:
        answers = [] if qa.get("is_impossible") else qa["answers"]
        spans = {(answer["answer_start"], answer["answer_start"] + len(answer["text"])) for answer in answers}
        examples.append(Example(qa["question"].strip(), title, context, tuple(sorted(spans))))
    return Paragraph(context, tuple(examples))


def with_rivals(article: TrainingArticle, count: int = 3) -> Iterator[Example]:
    """Every example of ``article``; an answerable one with up to ``count`` rivals.

    Rivals are those paragraphs of the same article that share the most, and the rarest, words with the
    question and do not hold the answer: what a retriever would hand the reader beside the right one.
    """
    words = [_words(paragraph.context) for paragraph in article.paragraphs]
    frequency = Counter(word for bag in words for word in bag)
    weight = {word: math.log(1 + len(words) / seen) for word, seen in frequency.items()}
    for index, paragraph in enumerate(article.paragraphs):
        for example in paragraph.examples:
            if not example.spans:
                yield example
                continue
            asked = _words(example.question)
            answers = [example.context[start:end].lower() for start, end in example.spans]
            others = [
                (sum(weight[word] for word in asked & words[other]), other)
                for other, candidate in enumerate(article.paragraphs)
                if other != index and not any(answer in candidate.context.lower() for answer in answers)
            ]
            best = heapq.nlargest(count, others)
            yield replace(example, rivals=tuple(article.paragraphs[other].context for _, other in best))


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", text.lower()))


def crop(example: Example, max_chars: int, rng: random.Random) -> Example:
    """``example`` with its context cut to about ``max_chars`` around an answer, at a random place, between words."""
    if len(example.context) <= max_chars:
        return example
    if example.spans:
        first, last = rng.choice(example.spans)
        if last - first > max_chars:
            return example
        low, high = max(0, last - max_chars), min(first, len(example.context) - max_chars)
        start = rng.randint(low, high)
    else:
        start = rng.randint(0, len(example.context) - max_chars)
    end = start + max_chars
    if start > 0 and (space := example.context.rfind(" ", 0, start)) >= 0:
        start = space + 1
    if end < len(example.context) and (space := example.context.find(" ", end)) >= 0:
        end = space
    spans = tuple((s - start, e - start) for s, e in example.spans if start <= s and e <= end)
    soft = example.soft and example.soft.cropped(start, end)
    return replace(example, context=example.context[start:end], spans=spans, soft=soft)


def as_typed(example: Example, rng: random.Random) -> Example:
    """``example`` as people type it: three in ten lose their question mark, a quarter their title."""
    question = example.question.rstrip("? ") if rng.random() < 0.3 else example.question
    title = "" if rng.random() < 0.25 else example.title
    return replace(example, question=question or example.question, title=title)


@dataclass(frozen=True)
class Corpus:
    """Everything to learn from, and the examples kept aside to watch progress on."""

    train: tuple[Example, ...]
    watch: tuple[Example, ...]
    labelled: tuple[Example, ...] = ()
    """Those of ``train`` that the teacher has read, as it read them."""


def load_corpus(data: Path, *, qamr_share: float, watch_articles: int, seed: int) -> Corpus:
    """Reads the training files in ``data``, in random order; ``squad-heldout`` is never opened.

    ``watch`` holds the questions of ``watch_articles`` articles of ``squad-train`` that are left out
    of ``train``.
    """
    rng = random.Random(seed)
    squad = load_articles(data / "squad-train.json.xz")
    rng.shuffle(squad)
    watch = [example for article in squad[:watch_articles] for example in with_rivals(article)]
    train = [example for article in squad[watch_articles:] for example in with_rivals(article)]
    for name in ("nq-qed", "shift-amazon", "shift-reddit"):
        train.extend(examples_in(load_articles(data / f"{name}.json.xz")))
    train.extend(example for example in examples_in(load_articles(data / "qamr.json.xz")) if rng.random() < qamr_share)
    rng.shuffle(train)
    rng.shuffle(watch)
    return Corpus(tuple(train), tuple(watch))


def examples_in(articles: Sequence[TrainingArticle]) -> Iterator[Example]:
    """The questions on ``articles``, in their order."""
    for article in articles:
        for paragraph in article.paragraphs:
            yield from paragraph.examples


def load_labels(folder: Path) -> tuple[Example, ...]:
    """The examples that a teacher has read, from the files that ``qa.reader.teacher`` wrote in ``folder``."""
    lines = (line for path in sorted(folder.glob("*.jsonl")) for line in path.read_text("utf-8").splitlines())
    return tuple(_labelled(json.loads(line)) for line in lines)


def _labelled(fields: dict[str, Any]) -> Example:
    soft = SoftLabel(**{name: tuple(values) for name, values in fields.pop("soft").items()})
    spans = tuple((start, end) for start, end in fields.pop("spans"))
    return Example(**fields | {"rivals": tuple(fields["rivals"])}, spans=spans, soft=soft)
