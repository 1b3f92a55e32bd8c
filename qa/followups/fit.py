"""Fits how the words of a conversation are weighed: ``python -m qa.followups.fit --data DATA``, after the export.

A logistic regression, strongly drawn to 0, on the turns of CANARD that are kept for choosing (``Canard.watched``); then
the lowest threshold at which the tagger takes no more words too many than allowed. Both go into ``followups.json``.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from qa.followups.data import follow_up, read_canard
from qa.followups.tagger import TermTagger
from qa.followups.weighing import Weights, features
from qa.reader.reader import WEIGHTS

STRENGTH = 0.01
"""Inverse strength of the pull to 0, chosen by leaving out a sixth of the conversations at a time."""


def fit(data: Path, folder: Path, too_many: float) -> tuple[Weights, float]:
    """Weights and threshold of the tagger in ``folder``, with at most ``too_many`` words a turn that nobody added."""
    tagger = TermTagger.load(folder)
    values: list[tuple[float, ...]] = []
    wanted: list[bool] = []
    turns = 0
    for one in map(follow_up, read_canard(data).watched):
        row, logits, leans = tagger.read(one.question, one.history)
        if not one.added:
            continue
        turns += 1
        for low, found in features(row, logits).items() if leans else ():
            values.append(found)
            wanted.append(low in one.added)
    scaler = StandardScaler().fit(np.array(values))
    model = LogisticRegression(C=STRENGTH, max_iter=500).fit(scaler.transform(np.array(values)), wanted)
    worth: NDArray[np.float64] = np.round(model.coef_[0] / scaler.scale_, 4)
    scored = np.array(values) @ worth
    order = np.argsort(-scored)
    wrong = np.cumsum(~np.array(wanted)[order]) / turns
    last = int(np.searchsorted(wrong, too_many, side="right")) - 1
    names = [field.name for field in fields(Weights)]
    return Weights(**dict(zip(names, worth.tolist(), strict=True))), round(float(scored[order[last]]), 4)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of the training files")
    parser.add_argument("--folder", type=Path, default=WEIGHTS, help="where the tagger lies")
    parser.add_argument("--too-many", type=float, default=0.85, help="words too many a turn that are allowed")
    arguments = parser.parse_args()
    weights, threshold = fit(arguments.data, arguments.folder, arguments.too_many)
    path = arguments.folder / "followups.json"
    config = json.loads(path.read_text(encoding="utf-8")) | {"weights": asdict(weights), "threshold": threshold}
    path.write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
