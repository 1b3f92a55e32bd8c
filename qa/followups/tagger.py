"""Whether a question leans on the conversation before it, and on which of its words: one forward pass, no PyTorch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from language.passes import Passes
from qa.followups.features import Row, Rows
from qa.reader.reader import WEIGHTS, load_config
from qa.types import Turn


class TermTagger:
    """Our own (``docs/conversation.md``), after QuReTeC (Voskarides et al. 2020, arXiv 2005.11723).

    Its network has the reader's lower layers, and so lies beside it. Safe to share between threads.
    """

    def __init__(self, network: Path, tokenizer: Tokenizer, *, leans: float, threshold: float) -> None:
        """``network`` is an ONNX file that gives each token one logit, and each row one.

        ``leans`` is the row's logit from which on a question leans on the conversation, ``threshold`` the token's from
        which on a word of it belongs to such a question.
        """
        self._passes = Passes(network, 1)
        self._rows = Rows(tokenizer)
        self._leans = leans
        self._threshold = threshold

    @classmethod
    def load(cls, folder: Path = WEIGHTS) -> TermTagger:
        """That in ``folder``. Raises ReaderError, naming what is missing, when it is incomplete."""
        config = load_config(folder, "followups.json", ("followups.onnx", "tokenizer.json"))
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        return cls(folder / "followups.onnx", tokenizer, leans=config["leans"], threshold=config["threshold"])

    def taken(self, question: str, history: Sequence[Turn]) -> tuple[Row, set[str]]:
        """What was read, and the words in it that belong to ``question``, in lower case: none where it stands alone."""
        row = self._rows.row(question, history)
        if not row.words:
            return row, set()
        inputs = {
            "input_ids": np.array([row.ids], dtype=np.int64),
            "attention_mask": np.ones((1, len(row.ids)), dtype=np.int64),
            "token_type_ids": np.array([row.types], dtype=np.int64),
        }
        tokens, leans = self._passes.run(inputs)
        if leans[0] < self._leans:
            return row, set()
        return row, {word.low for word in row.words if tokens[0][word.token] >= self._threshold}
