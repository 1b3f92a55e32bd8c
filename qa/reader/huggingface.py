"""Any Hugging Face extractive question-answering model as a reader, run by PyTorch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import torch
from transformers import AutoModelForQuestionAnswering, AutoTokenizer

from qa.errors import ReaderError
from qa.ports import Text
from qa.reader.features import Batch, Window
from qa.reader.reader import Logits, read_many
from qa.types import Candidate

MAX_TOKENS = 384
STRIDE = 128
BATCH_TOKENS = 4096
"""Padded tokens per forward pass."""


class HuggingFaceReader:
    """A published reader. It was not trained with titles, so it is not shown them; its scores are not
    calibrated, so it has no ``calibration``."""

    def __init__(self, name: str, threads: int | None = None) -> None:
        """Loads model and tokenizer by name or path; raises ReaderError, naming it, when they cannot be.

        ``threads``, PyTorch's choice by default, holds for whatever PyTorch does in this process.
        """
        if threads is not None:
            torch.set_num_threads(threads)
        try:
            self._tokenizer = AutoTokenizer.from_pretrained(name)
            self._model = AutoModelForQuestionAnswering.from_pretrained(name).eval()
        except (OSError, ValueError) as error:
            raise ReaderError(f"the reader {name!r} cannot be loaded: {error}") from error
        if not self._tokenizer.is_fast:
            raise ReaderError(f"the reader {name!r} has no fast tokenizer, so its answers have no place in the text")
        self.name = name

    def read(self, question: str, passages: Sequence[Text], top_k: int = 3) -> list[Candidate]:
        """See ``Reader``; the ``top_k`` best candidates of every passage."""
        [candidates] = read_many(self, self._forward, [(question, passages)], top_k, BATCH_TOKENS)
        return candidates

    def windows_for_pairs(self, triples: Sequence[tuple[str, str, str]]) -> list[Window]:
        """Windows of (question, title, text) triples, as this model's tokenizer writes pairs; titles are left out."""
        windows = []
        for index, (question, _, text) in enumerate(triples):
            if len(self._tokenizer(question, add_special_tokens=False)["input_ids"]) > MAX_TOKENS // 2:
                raise ValueError(f"the question is too long for the window of {self.name}; ask a shorter one")
            cut = self._tokenizer(
                question,
                text,
                truncation="only_second",
                max_length=MAX_TOKENS,
                stride=STRIDE,
                return_overflowing_tokens=True,
                return_offsets_mapping=True,
            )
            for row, ids in enumerate(cut["input_ids"]):
                context = [place for place, part in enumerate(cut.sequence_ids(row)) if part == 1]
                offsets = cut["offset_mapping"][row]
                windows.append(
                    Window(
                        passage=index,
                        ids=tuple(ids),
                        context_start=context[0] if context else len(ids),
                        offsets=tuple((offsets[place][0], offsets[place][1]) for place in context),
                    )
                )
        return windows

    def pad(self, windows: Sequence[Window]) -> Batch:
        """Windows as one batch. The first token, ``[CLS]`` or ``<s>``, stands for "no answer"."""
        shape = (len(windows), max(len(window.ids) for window in windows))
        input_ids = np.full(shape, self._tokenizer.pad_token_id, dtype=np.int64)
        attention_mask = np.zeros(shape, dtype=np.int64)
        token_type_ids = np.zeros(shape, dtype=np.int64)
        for row, window in enumerate(windows):
            input_ids[row, : len(window.ids)] = window.ids
            attention_mask[row, : len(window.ids)] = 1
            token_type_ids[row, window.context_start : len(window.ids)] = 1
        return Batch(input_ids, attention_mask, token_type_ids, attention_mask.astype(np.bool_))

    def _forward(self, batches: Iterable[Batch]) -> Iterable[Logits]:
        return map(self._run, batches)

    def _run(self, batch: Batch) -> Logits:
        inputs = {
            "input_ids": torch.from_numpy(batch.input_ids),
            "attention_mask": torch.from_numpy(batch.attention_mask),
        }
        if "token_type_ids" in self._tokenizer.model_input_names:
            inputs["token_type_ids"] = torch.from_numpy(batch.token_type_ids)
        with torch.inference_mode():
            output = self._model(**inputs)
        return output.start_logits.float().numpy(), output.end_logits.float().numpy()
