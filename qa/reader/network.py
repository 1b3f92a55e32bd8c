"""The span network: a BERT encoder with a two-way linear head over its tokens. Needs PyTorch; reading does not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from transformers import AutoModel

from qa.reader.features import MASKED


class SpanNetwork(nn.Module):
    """Start and end logits of every token (Devlin et al. 2019, arXiv 1810.04805, section 4.3)."""

    def __init__(self, encoder_path: Path) -> None:
        """Takes the encoder's weights from ``encoder_path``; the head starts untrained."""
        super().__init__()
        # Eager attention beats the fused kernel on a CPU at these lengths (docs/training.md).
        self.encoder = AutoModel.from_pretrained(
            str(encoder_path), attn_implementation="eager", add_pooling_layer=False, local_files_only=True
        )
        self.head = nn.Linear(self.encoder.config.hidden_size, 2)

    def forward(
        self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor, span_mask: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Start and end logits, each ``[windows, tokens]``, from inputs of the same shape."""
        logits = self.head(self.encode(input_ids, attention_mask, token_type_ids))  # [windows, tokens, 2]
        logits = logits.float().masked_fill(~span_mask.bool().unsqueeze(-1), MASKED)
        return logits[..., 0], logits[..., 1]

    def encode(self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor) -> Tensor:
        """The encoder's last hidden states, ``[windows, tokens, channels]``."""
        inputs = {"input_ids": input_ids, "attention_mask": attention_mask, "token_type_ids": token_type_ids}
        hidden: Tensor = self.encoder(**inputs).last_hidden_state
        return hidden


def freeze_lowest(encoder: Any, layers: int) -> None:
    """Leaves the lowest ``layers`` as they are, and always the word embeddings: they are half of the parameters,
    already good, and dear to update on a CPU."""
    encoder.requires_grad_(True)
    encoder.embeddings.requires_grad_(layers == 0)
    encoder.embeddings.word_embeddings.requires_grad_(False)
    for layer in encoder.encoder.layer[:layers]:
        layer.requires_grad_(False)


def span_loss(start: Tensor, end: Tensor, targets: list[list[tuple[int, int]]], owners: list[int]) -> Tensor:
    """Mean negative log-likelihood of the gold spans, within their windows and among the windows of one question.

    ``start`` and ``end`` are ``[windows, tokens]``; ``targets`` holds token spans, end inclusive, per window,
    ``(0, 0)``, the ``[CLS]`` token, for "no answer here"; ``owners`` says which question each window belongs to.
    Several gold spans are alternatives: their probabilities are summed before the logarithm, the marginal
    likelihood of Clark & Gardner 2017 (arXiv 1710.10723). Where a question has several windows, one further
    term asks for the gold span among the spans of all of them, the "shared normalisation" of the same paper,
    on the logits less those of ``[CLS]``: that is the score by which answers are ranked across passages.
    """
    log_start, log_end = torch.log_softmax(start, dim=-1), torch.log_softmax(end, dim=-1)
    own = -_span_log_likelihood(log_start, log_end, list(enumerate(targets)))  # [windows]
    rows_of: dict[int, list[int]] = {}
    for row, owner in enumerate(owners):
        rows_of.setdefault(owner, []).append(row)
    compared = [rows for rows in rows_of.values() if len(rows) > 1 and any((0, 0) not in targets[row] for row in rows)]
    if not compared:
        return own.mean()
    # The windows of a question side by side, [questions, most windows of one * tokens], masked where there are fewer.
    most, tokens = max(map(len, compared)), start.shape[1]
    places = torch.tensor([rows + rows[:1] * (most - len(rows)) for rows in compared], device=start.device)
    there = torch.tensor([[place < len(rows) for place in range(most)] for rows in compared], device=start.device)
    log_start, log_end = (
        torch.log_softmax(_without_null(logits)[places].masked_fill(~there.unsqueeze(-1), MASKED).flatten(1), dim=-1)
        for logits in (start, end)
    )
    shifted = [
        (
            question,
            [
                (place * tokens + first, place * tokens + last)
                for place, row in enumerate(rows)
                if (0, 0) not in targets[row]
                for first, last in targets[row]
            ],
        )
        for question, rows in enumerate(compared)
    ]
    return torch.cat([own, -_span_log_likelihood(log_start, log_end, shifted)]).mean()


def soft_loss(start: Tensor, end: Tensor, soft: Tensor, temperature: float) -> Tensor:
    """How far starts and ends are from where a teacher sees them (Hinton et al. 2015, arXiv 1503.02531).

    ``start`` and ``end`` are ``[windows, tokens]``, ``soft`` is ``[2, windows, tokens]``, the teacher's logits, NaN in
    windows that it has not read. The Kullback-Leibler divergence at ``temperature``, times its square so that its
    gradients stay of one size, mean over the windows read; 0 where there are none. ``[CLS]`` is left out: where the
    answer is if there is one is the teacher's to say, whether there is one is said by the data.
    """
    read = ~soft[0, :, -1].isnan()
    if not read.any():
        return start.sum() * 0.0
    ours, theirs = (
        torch.log_softmax(logits[:, read, 1:] / temperature, dim=-1) for logits in (torch.stack([start, end]), soft)
    )
    divergence = (theirs.exp() * (theirs - ours)).sum(-1)  # [2, windows]
    return temperature**2 * divergence.sum(0).mean()


def _span_log_likelihood(
    log_start: Tensor, log_end: Tensor, spans_of: list[tuple[int, list[tuple[int, int]]]]
) -> Tensor:
    """Of each of ``spans_of``, a row and its spans, the log-chance of any of them, ``[len(spans_of)]``, from the
    log-chances of starts and ends, each ``[rows, tokens]``."""
    most = max(len(spans) for _, spans in spans_of)
    # The first span again where a row has fewer than another, and without a chance there.
    padded = [[(row, *span) for span in spans + spans[:1] * (most - len(spans))] for row, spans in spans_of]
    rows, starts, ends = torch.tensor(padded, device=log_start.device).unbind(-1)  # each [len(spans_of), most]
    there = torch.tensor([[place < len(spans) for place in range(most)] for _, spans in spans_of])
    chances = log_start[rows, starts] + log_end[rows, ends]
    return torch.logsumexp(chances.masked_fill(~there.to(chances.device), -torch.inf), dim=-1)


def _without_null(logits: Tensor) -> Tensor:
    """``logits``, ``[windows, tokens]``, less each window's own null score; ``[CLS]`` itself is masked."""
    relative = logits - logits[:, :1]
    # Tokens that were masked stay so whatever the null score is.
    relative = relative.masked_fill(logits <= MASKED, MASKED)
    return torch.cat([torch.full_like(relative[:, :1], MASKED), relative[:, 1:]], dim=1)
