"""Trains the planner: ``python -m qa.planner.train DATA`` (the group ``bench`` brings scikit-learn).

``DATA`` is the folder of the public question sets. Writes ``weights.npz`` and prints how the unseen third of our own
questions is read.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.linear_model import LogisticRegression

from language.words import STOPWORDS
from qa.planner.data import PlannedQuestion, own_questions, place_of, public_questions, public_subjects, variants
from qa.planner.features import BUCKETS, question_features, shape, token_features, tokens
from qa.planner.model import EMBEDDING_SCALE, OUTSIDE, PIECES_SCALE, WEIGHTS, QuestionModel
from vectorstore import load_embedder

SEED = 3
DRAWS = 5
"""How often public questions, and how ours are typed, are drawn anew: the model is the mean of as many, since single
ones differ in what they make of a question that could be of two kinds."""
COPIES = 4
"""How often each of our questions is typed anew."""
OWN_WEIGHT = 2.0
"""What a question of ours counts beside a public one: ours are right by hand."""
PER_KIND = {"fact": 4500, "list": 800, "yes_no": 700, "explanation": 600, "count": 400, "definition": 400}
"""Public questions of a kind at most."""
ABOUT_SOMETHING = frozenset({"definition", "summary", "theme", "comparison", "timeline", "catalogue"})
"""Kinds whose own questions have what they are about marked, wherever they say it."""
IN_FRAMES = 2
"""Questions that a word has to stand in, beside what they are about, to be one that questions are built with."""
STRENGTH = 1.0
"""The inverse of the penalty on large weights."""
PART_STRENGTH = 3.0


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="folder of the public question sets")
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    arguments = parser.parse_args()
    own = own_questions()
    seen = [row for row in own if not row.unseen]
    public, things = public_questions(arguments.data), public_subjects(arguments.data)
    drawn = [random.Random(SEED + draw) for draw in range(DRAWS)]
    model = mean([train(seen, _some(public, chosen), things, chosen) for chosen in drawn])
    model.save(arguments.out, seed=SEED)
    sys.stdout.write(report(QuestionModel.load(arguments.out), [row for row in own if row.unseen]) + "\n")


def train(
    own: Sequence[PlannedQuestion], public: Sequence[PlannedQuestion], things: Sequence[str], chosen: random.Random
) -> QuestionModel:
    """A model of ``own`` questions, typed in several ways and about other ``things``, and of public ones."""
    subjects = _subjects(own, things)
    rows = [*public, *(one for row in own for one in variants(row, subjects, chosen, COPIES))]
    frame = frame_words(own)
    kinds = _fit_kinds(rows, frame)
    parts = [one for row in own for one in variants(row, subjects, chosen, COPIES + 2)]
    parts += [row for row in public if row.marks]
    return QuestionModel(**kinds, **_fit_parts(parts, frame), frame=frame)


def mean(models: Sequence[QuestionModel]) -> QuestionModel:
    """The first of ``models``, told kinds apart by the mean of the weights of all."""
    weights = ("by_embedding", "by_piece", "bias")
    return replace(models[0], **{name: np.mean([getattr(one, name) for one in models], axis=0) for name in weights})


def _some(public: Sequence[PlannedQuestion], chosen: random.Random) -> list[PlannedQuestion]:
    """As many of each kind as ``PER_KIND`` says, so that none drowns the others."""
    shuffled = chosen.sample(public, len(public))
    taken: Counter[str] = Counter()
    kept = []
    for row in shuffled:
        if taken[row.label] < PER_KIND.get(row.label, len(public)):
            kept.append(row)
            taken[row.label] += 1
    return kept


def _subjects(own: Sequence[PlannedQuestion], things: Sequence[str]) -> Mapping[str, list[str]]:
    """What can stand in the place of a mark: the words of the same mark in other questions, and ``things``."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for row in own:
        for name, words in row.marks.items():
            found[name].append(words)
    told = [*found["subject"], *found["article"], *things]
    sides = found["side_a"] + found["side_b"]
    return found | {"subject": told, "article": told, "side_a": sides, "side_b": sides}


def frame_words(rows: Sequence[PlannedQuestion]) -> frozenset[str]:
    """The words that several questions have beside what they are about, and the small words of English."""
    counts: Counter[str] = Counter()
    for row in rows:
        if row.label.partition(".")[0] in ABOUT_SOMETHING:
            words, parts = labelled(row)
            counts.update({word for word, part in zip(words, parts, strict=True) if part == OUTSIDE})
    return STOPWORDS | {word for word, count in counts.items() if count >= IN_FRAMES and not word.isdigit()}


def _fit_kinds(rows: Sequence[PlannedQuestion], frame: frozenset[str]) -> dict[str, Any]:
    vectors = np.array(load_embedder().embed_documents([row.question for row in rows]), dtype=np.float32)
    pieces = [question_features(row.question, frame) for row in rows]
    table = hstack([csr_matrix(vectors * EMBEDDING_SCALE), _table(pieces) * PIECES_SCALE]).tocsr()
    fitted = LogisticRegression(C=STRENGTH, max_iter=100)
    fitted.fit(table, [row.label for row in rows], sample_weight=[OWN_WEIGHT if row.own else 1.0 for row in rows])
    width = vectors.shape[1]
    return {
        "labels": tuple(map(str, fitted.classes_)),
        "by_embedding": fitted.coef_[:, :width],
        "by_piece": fitted.coef_[:, width:],
        "bias": fitted.intercept_,
    }


def _fit_parts(rows: Sequence[PlannedQuestion], frame: frozenset[str]) -> dict[str, Any]:
    features, labels = [], []
    names = [OUTSIDE, *sorted({name for row in rows for name in row.marks})]
    follows = np.full((len(names) + 1, len(names) + 1), 0.1)
    for row in rows:
        words, parts = labelled(row)
        words = [shape(word, frame) for word in words]
        kind = row.label.partition(".")[0]
        features += [dict.fromkeys(token_features(words, place, kind), 1.0) for place in range(len(words))]
        labels += parts
        path = [len(names), *map(names.index, parts), len(names)]
        for before, after in pairwise(path):
            follows[before, after] += 1
    fitted = LogisticRegression(C=PART_STRENGTH, max_iter=100).fit(_table(features), labels)
    order = [list(fitted.classes_).index(name) for name in names]
    return {
        "parts": tuple(names),
        "part_by_piece": fitted.coef_[order],
        "part_bias": fitted.intercept_[order],
        "follows": np.log(follows / follows.sum(axis=1, keepdims=True)),
    }


def labelled(row: PlannedQuestion) -> tuple[list[str], list[str]]:
    """The words of a question and what each is part of."""
    found = [token for token in tokens(row.question) if token.word != "?"]
    places = {name: place_of(words, row.question) for name, words in row.marks.items()}
    spans = {name: (place, place + len(row.marks[name])) for name, place in places.items()}
    parts = [
        next((name for name, (start, end) in spans.items() if start <= token.start < end), OUTSIDE) for token in found
    ]
    return [token.word for token in found], parts


def _table(rows: Sequence[Mapping[int, float]]) -> csr_matrix:
    """The rows as a sparse array ``[rows, BUCKETS]``."""
    ends = np.cumsum([0, *map(len, rows)])
    values = np.array([value for row in rows for value in row.values()], dtype=np.float32)
    columns = np.array([column for row in rows for column in row], dtype=np.int32)
    return csr_matrix((values, columns, ends), shape=(len(rows), BUCKETS))


def report(model: QuestionModel, rows: Sequence[PlannedQuestion]) -> str:
    """How ``rows`` are read: the kinds in a table, a line for each that is asked, and how many marks are found."""
    vectors = load_embedder().embed_documents([row.question for row in rows])
    readings = [model.read(row.question, vector) for row, vector in zip(rows, vectors, strict=True)]
    kinds = sorted({row.label.partition(".")[0] for row in rows})
    table = Counter((row.label.partition(".")[0], read.kind) for row, read in zip(rows, readings, strict=True))
    lines = ["asked \\ read".ljust(12) + "".join(kind[:6].rjust(7) for kind in kinds)]
    lines += [kind.ljust(12) + "".join(str(table[kind, read] or "·").rjust(7) for read in kinds) for kind in kinds]
    right = sum(count for (asked, read), count in table.items() if asked == read)
    marked = [(row, read) for row, read in zip(rows, readings, strict=True) if row.marks]
    exact = sum(dict(row.marks) == read.marks for row, read in marked)
    wanted = [(row, read) for row, read in zip(rows, readings, strict=True) if row.label.startswith("catalogue")]
    told = sum(row.label == f"{read.kind}.{read.wanted}" for row, read in wanted)
    lines.append(f"kinds right: {right} of {len(rows)}; wanted of the catalogue: {told} of {len(wanted)}")
    lines.append(f"marks exactly right: {exact} of {len(marked)}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
