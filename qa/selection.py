"""Candidates to an answer or an abstention, with a calibrated score. Pure; its numbers come with the reader."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from language.normalisation import normalize_answer
from qa.types import Candidate, Passage

CALIBRATION_FILE = "calibration.json"
"""Lies beside a reader's weights."""


@dataclass(frozen=True)
class Calibration:
    """How scores are weighed and turned into chances: a logistic regression fitted on held-out articles."""

    retrieval_weight: float
    """Log-odds that one standard deviation of retrieval score among the passages read is worth."""
    agreement: float
    """Share of a repeated answer's probability mass that counts, 0 (only its best place) to 1 (all)."""
    bias: float
    score_weight: float
    """Weight of the best answer's combined score."""
    margin_weight: float
    """Weight of its lead over the next answer."""
    threshold: float
    """Answers with a smaller chance of being right are abstentions."""

    def chance(self, score: float, margin: float) -> float:
        """Chance, 0 to 1, that an answer with this score and this lead over the next one is right."""
        return 1.0 / (1.0 + math.exp(-(self.bias + self.score_weight * score + self.margin_weight * margin)))


UNCALIBRATED = Calibration(
    retrieval_weight=1.0, agreement=0.1, bias=0.0, score_weight=1.0, margin_weight=0.0, threshold=0.5
)
"""For a reader that nobody has measured: an answer is given where the reader itself prefers it to none. What this
makes of a score orders answers and is no chance, so nobody is to be shown it."""

MAX_MARGIN = 6.0
"""Leads beyond this say nothing more; an only candidate has this one."""


@dataclass(frozen=True)
class Calibrations:
    """The two situations a reader is in: given one passage, or many that were retrieved."""

    passage: Calibration
    library: Calibration

    @classmethod
    def load(cls, path: Path) -> Calibrations:
        """Those stored in a reader's JSON file, among whatever else it holds."""
        data = json.loads(path.read_text(encoding="utf-8"))
        return cls(Calibration(**data["passage"]), Calibration(**data["library"]))

    def save(self, path: Path) -> None:
        """The reverse of ``load``; what else the file holds stays."""
        held = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        path.write_text(json.dumps(held | asdict(self), indent=2) + "\n", encoding="utf-8")


@dataclass(frozen=True)
class RankedAnswer:
    """One answer, wherever it was found: the places that say so, best first."""

    places: tuple[Candidate, ...]
    score: float
    """Combined log-odds of reader and retrieval, over all its places."""

    @property
    def best(self) -> Candidate:
        """The place it is most clearly said."""
        return self.places[0]


@dataclass(frozen=True)
class Selection:
    """The answers in order with their chances of being right; the first is the one to give, if any."""

    answers: tuple[RankedAnswer, ...]
    chances: tuple[float, ...]


def select(candidates: Sequence[Candidate], passages: Sequence[Passage], calibration: Calibration) -> Selection:
    """Every distinct answer among ``candidates``, best first. Abstaining is the caller's: chances decide."""
    ranked = rank_answers(candidates, passages, calibration.retrieval_weight, calibration.agreement)
    chances = [calibration.chance(answer.score, clipped_margin(ranked, at)) for at, answer in enumerate(ranked)]
    return Selection(tuple(ranked), tuple(chances))


def clipped_margin(ranked: Sequence[RankedAnswer], place: int) -> float:
    """Lead of the answer at ``place`` over the best other one, within ``MAX_MARGIN``; that of an only one is it."""
    if len(ranked) < 2:
        return MAX_MARGIN
    rival = ranked[1 if place == 0 else 0]
    return max(-MAX_MARGIN, min(MAX_MARGIN, ranked[place].score - rival.score))


def rank_answers(
    candidates: Sequence[Candidate], passages: Sequence[Passage], retrieval_weight: float, agreement: float
) -> list[RankedAnswer]:
    """Distinct answers, best first: the same words from several passages count as one, and count more."""
    prior = retrieval_weight * standardized([passage.score for passage in passages])
    groups: dict[str, list[tuple[float, Candidate]]] = {}
    for candidate in candidates:
        words = normalize_answer(candidate.text) or candidate.text.lower()
        groups.setdefault(words, []).append((candidate.score + float(prior[candidate.passage]), candidate))
    answers = []
    for places in groups.values():
        places.sort(key=lambda place: -place[0])
        # One vote a passage: a name that stands three times in a paragraph is not three witnesses.
        votes = {candidate.passage: score for score, candidate in reversed(places)}
        top = places[0][0]
        others = sum(math.exp(score - top) for score in votes.values()) - 1.0
        score = top + math.log1p(agreement * others)
        answers.append(RankedAnswer(tuple(candidate for _, candidate in places), score))
    return sorted(answers, key=lambda answer: -answer.score)


def standardized(scores: Sequence[float]) -> np.ndarray:
    """``scores`` less their mean, in standard deviations; zeros where they do not differ."""
    values = np.asarray(scores, dtype=np.float64)
    spread = values.std() if len(values) else 0.0
    return (values - values.mean()) / spread if spread > 1e-9 else np.zeros_like(values)
