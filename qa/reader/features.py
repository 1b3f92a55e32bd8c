"""Text to windows of token ids, for training and for reading alike, so that the two cannot drift apart."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

MAX_TITLE_TOKENS = 24
"""A title tells the reader what the passage is about; more than this only costs time."""

LENGTH_STEP = 8
"""Windows are padded to a multiple of this many tokens."""
MASKED = -1e4
"""Logit of a token where no span may start or end; finite, so that bf16 and int8 survive it."""


@dataclass(frozen=True)
class Window:
    """One input row of the network: ``[CLS] question [SEP] title [SEP] context [SEP]``."""

    passage: int
    """Which of the passages handed in this window was cut from."""
    ids: tuple[int, ...]
    context_start: int
    """Index in ``ids`` of the first context token."""
    offsets: tuple[tuple[int, int], ...]
    """Character span in the passage's text of each context token, end exclusive."""

    @property
    def context_end(self) -> int:
        """Index in ``ids`` one past the last context token."""
        return self.context_start + len(self.offsets)


@dataclass(frozen=True)
class Batch:
    """Windows padded to one length; every array is ``[windows, tokens]``."""

    input_ids: NDArray[np.int64]
    attention_mask: NDArray[np.int64]
    token_type_ids: NDArray[np.int64]
    span_mask: NDArray[np.bool_]
    """Where a span may start or end: the context tokens, and ``[CLS]``, which stands for "no answer"."""


class Featurizer:
    """Cuts questions and passages into windows with one tokenizer."""

    def __init__(self, tokenizer: Tokenizer, max_tokens: int = 384, stride: int = 128) -> None:
        """``max_tokens`` bounds a window; consecutive windows of a long passage share ``stride`` tokens."""
        # A tokenizer saved with a sentence-embedding model truncates and pads by itself, which would
        # drop the end of a passage without a word: windows are our own business.
        tokenizer.no_truncation()
        tokenizer.no_padding()
        self._tokenizer = tokenizer
        self._max_tokens = max_tokens
        self._stride = stride
        cls, sep, pad = (tokenizer.token_to_id(token) for token in ("[CLS]", "[SEP]", "[PAD]"))
        if cls is None or sep is None or pad is None:
            raise ValueError("the reader's tokenizer must know [CLS], [SEP] and [PAD]")
        self._cls, self._sep, self._pad = cls, sep, pad

    def windows(self, question: str, passages: Sequence[tuple[str, str]]) -> list[Window]:
        """Every window needed to read ``passages``, pairs of title and text, for one question."""
        return self.windows_for_pairs([(question, title, text) for title, text in passages])

    def windows_for_pairs(self, triples: Sequence[tuple[str, str, str]]) -> list[Window]:
        """Windows of (question, title, text) triples; ``Window.passage`` indexes ``triples``.

        Raises ValueError for a question that leaves less than half of the window to the passage:
        cutting a question silently would answer another one.
        """
        encode = self._tokenizer.encode_batch
        questions, titles, texts = (
            encode([triple[column] for triple in triples], add_special_tokens=False) for column in range(3)
        )
        windows: list[Window] = []
        for index, (question, title, text) in enumerate(zip(questions, titles, texts, strict=True)):
            windows.extend(self._cut(index, question, title, text))
        return windows

    def _cut(self, index: int, question: Encoding, title: Encoding, text: Encoding) -> Iterable[Window]:
        title_ids = title.ids[:MAX_TITLE_TOKENS]
        head = (self._cls, *question.ids, self._sep, *title_ids, self._sep)
        room = self._max_tokens - len(head) - 1
        if room < self._max_tokens // 2:
            raise ValueError(
                f"the question has {len(question.ids)} tokens, too long for the reader's window of {self._max_tokens}; "
                "ask a shorter one"
            )
        step = room - self._stride
        start = 0
        while True:
            end = min(start + room, len(text.ids))
            yield Window(
                passage=index,
                ids=(*head, *text.ids[start:end], self._sep),
                context_start=len(head),
                offsets=tuple(text.offsets[start:end]),
            )
            if end == len(text.ids):
                return
            start += step

    def pad(self, windows: Sequence[Window]) -> Batch:
        """One batch of ``windows``, padded to the longest of them."""
        longest = max(len(window.ids) for window in windows)
        # Few distinct lengths: libraries of kernels keep one prepared for each shape they have met.
        shape = (len(windows), -(-longest // LENGTH_STEP) * LENGTH_STEP)
        input_ids = np.full(shape, self._pad, dtype=np.int64)
        attention_mask = np.zeros(shape, dtype=np.int64)
        token_type_ids = np.zeros(shape, dtype=np.int64)
        span_mask = np.zeros(shape, dtype=np.bool_)
        for row, window in enumerate(windows):
            length = len(window.ids)
            input_ids[row, :length] = window.ids
            attention_mask[row, :length] = 1
            token_type_ids[row, window.context_start : length] = 1
            span_mask[row, 0] = True
            span_mask[row, window.context_start : window.context_end] = True
        return Batch(input_ids, attention_mask, token_type_ids, span_mask)
