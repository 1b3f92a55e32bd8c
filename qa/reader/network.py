"""The span network: a BERT encoder with a two-way linear head over its tokens. Needs PyTorch; reading does not."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from transformers import AutoModel

MASKED = -1e4
"""Logit of a token where no span may start or end; finite, so that bf16 and int8 survive it."""


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
        hidden = self.encoder(input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids)
        logits = self.head(hidden.last_hidden_state)  # [windows, tokens, 2]
        logits = logits.float().masked_fill(~span_mask.bool().unsqueeze(-1), MASKED)
        return logits[..., 0], logits[..., 1]


def span_loss(start: Tensor, end: Tensor, targets: list[list[tuple[int, int]]]) -> Tensor:
    """Mean negative log-likelihood of the gold spans; ``targets`` holds token spans, end inclusive, per window.

    Several gold spans of one window are alternatives: their probabilities are summed before the
    logarithm, the marginal likelihood of Clark & Gardner 2017 (arXiv 1710.10723). ``(0, 0)``, the
    ``[CLS]`` token, stands for "no answer here".
    """
    log_start = torch.log_softmax(start, dim=-1)
    log_end = torch.log_softmax(end, dim=-1)
    losses = []
    for row, spans in enumerate(targets):
        starts = torch.tensor([span[0] for span in spans], device=start.device)
        ends = torch.tensor([span[1] for span in spans], device=start.device)
        losses.append(-torch.logsumexp(log_start[row, starts] + log_end[row, ends], dim=0))
    return torch.stack(losses).mean()
