"""Whether a question leans on the conversation before it, and on which of its words: one forward pass, no PyTorch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from language.passes import Passes
from qa.followups.features import Row, Rows
from qa.followups.weighing import Weights, scores
from qa.reader.reader import WEIGHTS, load_config
from qa.types import Turn


class TermTagger:
    """Our own (``docs/questions.md``), after QuReTeC (Voskarides et al. 2020, arXiv 2005.11723).

    Its network has the reader's lower layers, and so lies beside it. Safe to share between threads.
    """

    def __init__(
        self, network: Path, tokenizer: Tokenizer, *, leans: float, threshold: float, weights: Weights | None = None
    ) -> None:
        """``network`` is an ONNX file that gives each token one logit, and each row one.

        ``leans`` is the row's logit from which on a question leans on the conversation, ``threshold`` what a word's
        logits and place must be worth, by ``weights``, for it to belong to such a question.
        """
        self._passes = Passes(network, 1)
        self._rows = Rows(tokenizer)
        self._leans = leans
        self._threshold = threshold
        self._weights = weights or Weights()

    @classmethod
    def load(cls, folder: Path = WEIGHTS) -> TermTagger:
        """That in ``folder``. Raises ReaderError, naming what is missing, when it is incomplete."""
        config = load_config(folder, "followups.json", ("followups.onnx", "tokenizer.json"))
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        weights = Weights(**config.get("weights", {}))
        return cls(
            folder / "followups.onnx", tokenizer, leans=config["leans"], threshold=config["threshold"], weights=weights
        )

    def taken(self, question: str, history: Sequence[Turn]) -> tuple[Row, set[str]]:
        """What was read, and the words in it that belong to ``question``, in lower case: none where it stands alone."""
        row, logits, leans = self.read(question, history)
        if not leans:
            return row, set()
        return row, {low for low, score in scores(row, logits, self._weights).items() if score >= self._threshold}

    def read(self, question: str, history: Sequence[Turn]) -> tuple[Row, NDArray[np.float32], bool]:
        """What was read, the logit of each of its tokens, and whether ``question`` leans on it."""
        row = self._rows.row(question, history)
        if not row.words:
            return row, np.zeros(len(row.ids), dtype=np.float32), False
        inputs = {
            "input_ids": np.array([row.ids], dtype=np.int64),
            "attention_mask": np.ones((1, len(row.ids)), dtype=np.int64),
            "token_type_ids": np.array([row.types], dtype=np.int64),
        }
        tokens, leans = self._passes.run(inputs)
        return row, tokens[0], bool(leans[0] >= self._leans)
