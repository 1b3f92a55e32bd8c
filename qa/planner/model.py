"""Reads a question: which kind it is, how sure that is, and which of its words say what it is about. Pure numpy."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qa.planner.features import Token, question_features, shape, token_features, tokens

WEIGHTS = Path(__file__).parent / "weights.npz"
EMBEDDING_SCALE = 5.0
"""What an embedding of unit length is multiplied by beside the hashed pieces, and the pieces by in their turn: how much
a weight on each costs in training. Of 2 to 6 and 2 to 4, by the kinds of questions left out in turn."""
PIECES_SCALE = 3.0
OUTSIDE = "outside"
ALWAYS_HAS = {"comparison": ("side_a", "side_b"), "definition": ("subject",), "theme": ("subject",)}
"""Parts that a question of a kind cannot do without."""

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Reading:
    """How a question is understood from its words alone."""

    kind: str
    chance: float
    """How sure the kind is, 0 to 1."""
    wanted: str = ""
    """For ``catalogue``: ``articles``, ``authors``, ``published`` or ``number``."""
    marks: Mapping[str, str] = field(default_factory=dict)
    """Words of the question by what they say: ``subject``, ``article``, ``author``, ``side_a``, ``side_b``."""
    several: float = 0.0
    """The chance that several things are asked for."""


@dataclass(frozen=True)
class QuestionModel:
    """Logistic regressions over kinds of question and over the parts of one."""

    labels: tuple[str, ...]
    """Kinds, those of the catalogue with what is wanted: ``catalogue.authors``."""
    frame: frozenset[str]
    """The words that questions are built with, whatever they are about."""
    by_embedding: Floats
    """``[labels, 384]``."""
    by_piece: Floats
    """``[labels, BUCKETS]``."""
    bias: Floats
    """``[labels]``."""
    parts: tuple[str, ...]
    """What a word of a question can be part of; ``outside`` first."""
    part_by_piece: Floats
    """``[parts, BUCKETS]``."""
    part_bias: Floats
    """``[parts]``."""
    follows: Floats
    """``[parts + 1, parts + 1]``: log chance that the second follows the first; the last is the question's edge."""

    @classmethod
    def load(cls, path: Path = WEIGHTS) -> QuestionModel:
        """The model that was trained by ``python -m qa.planner.train``."""
        with np.load(path) as stored:
            meta = json.loads(str(stored["meta"]))
            arrays = {name: stored[name].astype(np.float32) for name in stored.files if name != "meta"}
        return cls(labels=tuple(meta["labels"]), parts=tuple(meta["parts"]), frame=frozenset(meta["frame"]), **arrays)

    def save(self, path: Path, **meta: Any) -> None:
        """Writes the weights in half precision, with ``meta`` about how they were made."""
        told = json.dumps({"labels": self.labels, "parts": self.parts, "frame": sorted(self.frame), **meta})
        names = ("by_embedding", "by_piece", "bias", "part_by_piece", "part_bias", "follows")
        arrays = {name: getattr(self, name).astype(np.float16) for name in names}
        np.savez_compressed(path, meta=np.array(told), **arrays)

    def read(self, question: str, vector: Sequence[float]) -> Reading:
        """How ``question`` is understood; ``vector`` is its embedding by all-MiniLM-L6-v2, of unit length."""
        chances = self.chances(question, vector)
        kinds: dict[str, float] = {}
        for label, chance in zip(self.labels, chances, strict=True):
            kind = label.partition(".")[0]
            kinds[kind] = kinds.get(kind, 0.0) + float(chance)
        kind = max(kinds, key=lambda name: kinds[name])
        wanted = max(
            (row for row, label in enumerate(self.labels) if label.partition(".")[0] == kind),
            key=lambda row: chances[row],
        )
        return Reading(
            kind,
            kinds[kind],
            self.labels[wanted].partition(".")[2],
            self.marks(question, kind),
            several=kinds.get("list", 0.0),
        )

    def chances(self, question: str, vector: Sequence[float]) -> Floats:
        """Of each label, ``[labels]``."""
        pieces = question_features(question, self.frame)
        scores = self.by_embedding @ np.asarray(vector, dtype=np.float32) * EMBEDDING_SCALE + self.bias
        scores += self.by_piece[:, list(pieces)] @ np.array(list(pieces.values()), dtype=np.float32) * PIECES_SCALE
        exponents = np.exp(scores - scores.max())
        return np.asarray(exponents / exponents.sum(), dtype=np.float32)

    def marks(self, question: str, kind: str) -> dict[str, str]:
        """The words of ``question`` that say what it is about, by what they say."""
        words = [token for token in tokens(question) if token.word != "?"]
        found: dict[str, list[Token]] = {}
        for token, part in zip(
            words, self._parts([shape(token.word, self.frame) for token in words], kind), strict=True
        ):
            if part != OUTSIDE:
                found.setdefault(part, []).append(token)
        return {part: question[run[0].start : run[-1].end] for part, run in found.items()}

    def unusual(self, question: str) -> str:
        """The longest run of words in ``question`` that questions are not built with; numbers aside."""
        runs: list[list[Token]] = [[]]
        for token in tokens(question):
            if token.word != "?" and shape(token.word, self.frame) == "*":
                runs[-1].append(token)
            elif runs[-1]:
                runs.append([])
        longest = max(runs, key=len)
        return question[longest[0].start : longest[-1].end] if longest else ""

    def _parts(self, words: Sequence[str], kind: str) -> list[str]:
        """The likeliest part of each word; every part that ``kind`` always has comes once, in its order."""
        if not words:
            return []
        states, may_follow, may_end = self._states(kind)
        at = [self.parts.index(part) for part in states]
        scores = np.stack([self._part_scores(words, place, kind)[at] for place in range(len(words))])  # [words, states]
        moves = np.where(may_follow, self.follows[np.ix_(at, at)], -np.inf)
        best = scores[0] + self.follows[-1, at]
        if kind in ALWAYS_HAS:
            best[2:] = -np.inf
        came_from = []
        for row in scores[1:]:
            ways = best[:, None] + moves
            came_from.append(ways.argmax(axis=0))
            best = ways.max(axis=0) + row
        ends = np.where(may_end, best + self.follows[at, -1], -np.inf)
        state = int(ends.argmax())
        path = [state]
        for ways_back in reversed(came_from):
            state = int(ways_back[state])
            path.append(state)
        return [states[state] for state in reversed(path)]

    def _states(self, kind: str) -> tuple[tuple[str, ...], NDArray[np.bool_], NDArray[np.bool_]]:
        """What a word can be part of in a question of ``kind``, what may follow on what, and what may stand last.

        Where nothing has to come, anything may follow on anything. Else the parts that have to come stand in their
        order, each between words outside: ``outside subject outside``.
        """
        always = ALWAYS_HAS.get(kind)
        if always is None:
            return self.parts, np.ones((len(self.parts),) * 2, bool), np.ones(len(self.parts), bool)
        states = (*(one for part in always for one in (OUTSIDE, part)), OUTSIDE)
        steps = np.arange(len(states))[None, :] - np.arange(len(states))[:, None]
        skips = (steps == 2) & (np.arange(len(states)) % 2 == 1)[:, None]  # from one part straight to the next
        return states, (steps == 0) | (steps == 1) | skips, np.arange(len(states)) >= len(states) - 2

    def _part_scores(self, words: Sequence[str], place: int, kind: str) -> Floats:
        columns = token_features(words, place, kind)
        scores = self.part_by_piece[:, columns].sum(axis=1) + self.part_bias
        return np.asarray(scores - np.logaddexp.reduce(scores), dtype=np.float32)


@cache
def load_model() -> QuestionModel:
    """The model that is shipped; one for the whole process."""
    return QuestionModel.load()
