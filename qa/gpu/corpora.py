"""What is read on the machine with the GPU, prepared before it travels."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from pathlib import Path

from qa.followups.train import Conversations
from qa.reader.data import Corpus, Example, examples_in, load_articles, load_corpus
from qa.reader.evidence_data import EvidenceCorpus, load_evidence_corpus
from qa.reader.recipe import RECIPE

CORPORA = "corpora.pickle.xz"
"""The file that it travels in."""
QAMR_SHARE = 0.3
"""Of the questions on single sentences, which all of them together would be a fifth."""


@dataclass(frozen=True)
class Corpora:
    """Everything that is read there, prepared here."""

    spans: Corpus
    evidence: EvidenceCorpus
    conversations: Conversations
    measured: dict[str, tuple[Example, ...]]
    """Questions to measure with, never to learn from."""

    @classmethod
    def load(cls, data: Path) -> Corpora:
        """From the training files in ``data``, and to measure with the half of ``squad-heldout`` that choices are
        fitted on, and ``news-evidence-dev``."""
        spans = load_corpus(data, qamr_share=QAMR_SHARE, watch_articles=RECIPE.watch_articles, seed=RECIPE.seed)
        heldout = sorted(load_articles(data / "squad-heldout.json.xz"), key=lambda article: article.title)
        measured = {"fitted half of squad-heldout": heldout[: len(heldout) // 2]}
        measured["news-evidence-dev"] = load_articles(data / "news-evidence-dev.json.xz")
        return cls(
            replace(spans, watch=()),
            load_evidence_corpus(data),
            Conversations.load(data),
            {name: tuple(examples_in(articles)) for name, articles in measured.items()},
        )

    def first(self, count: int) -> Corpora:
        """``count`` questions of each, for a try."""
        rng = random.Random(RECIPE.seed)
        return Corpora(
            Corpus(self.spans.train[:count], ()),
            EvidenceCorpus(self.evidence.train[:count], {}),
            Conversations(self.conversations.canard[:count], self.conversations.pages[:count]),
            {name: tuple(rng.sample(part, min(count, len(part)))) for name, part in self.measured.items()},
        )
