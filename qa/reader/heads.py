"""The evidence network: the reader's encoder with heads for items, sentences and verdicts. Needs PyTorch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional
from transformers import AutoModel

OUTSIDE, BEGIN, INSIDE = range(3)
UNKNOWN = -1
"""In place of a label that nobody knows."""
TAG_WEIGHT = 0.3
SEVERAL_WEIGHT = 0.3


class EvidenceNetwork(nn.Module):
    """What each token is to a question, and what the whole passage says to it.

    ``token_head`` gives every token four logits: outside, at the beginning of and inside an item of the answer (Segal
    et al. 2019, arXiv 1909.13375), and being part of a sentence that answers. ``passage_head`` gives four from
    ``[CLS]``: that several answers are asked for, and yes, no, open.
    """

    def __init__(self, encoder_path: Path) -> None:
        """Takes the encoder's weights from ``encoder_path``; the heads start untrained."""
        super().__init__()
        # Eager attention beats the fused kernel on a CPU at these lengths (docs/training.md).
        self.encoder = AutoModel.from_pretrained(
            str(encoder_path), attn_implementation="eager", add_pooling_layer=False, local_files_only=True
        )
        size = self.encoder.config.hidden_size
        self.token_head, self.passage_head = nn.Linear(size, 4), nn.Linear(size, 4)
        with torch.no_grad():
            self.token_head.bias.copy_(torch.tensor([4.0, 0.0, 0.0, -1.0]))  # most tokens are no part of an answer

    def forward(self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor) -> tuple[Tensor, Tensor]:
        """Logits of tokens, ``[windows, tokens, 4]``, and of passages, ``[windows, 4]``."""
        inputs = {"input_ids": input_ids, "attention_mask": attention_mask, "token_type_ids": token_type_ids}
        hidden: Tensor = self.encoder(**inputs).last_hidden_state
        return self.token_head(hidden).float(), self.passage_head(hidden[:, 0]).float()


@dataclass(frozen=True)
class Targets:
    """What is to be learned from a batch; ``UNKNOWN`` where nothing is."""

    tags: NDArray[np.int64]
    """``[windows, tokens]``."""
    sentence_of: NDArray[np.int64]
    """``[windows, tokens]``: the number, within its window, of the sentence that a token belongs to."""
    answers: NDArray[np.int64]
    """``[windows, sentences]``: whether a sentence answers."""
    weights: NDArray[np.float32]
    """``[windows]``: of a window's sentences."""
    several: NDArray[np.int64]
    """``[windows]``."""
    verdicts: NDArray[np.int64]
    """``[windows]``: 0 yes, 1 no, 2 open."""


def evidence_loss(tokens: Tensor, passages: Tensor, targets: Targets) -> Tensor:
    """The sum of four losses, each the mean over the windows that something is known of.

    ``tokens`` and ``passages`` are what ``EvidenceNetwork`` gives.
    """
    device = tokens.device
    losses = [
        TAG_WEIGHT * _tag_loss(tokens[..., :3], torch.from_numpy(targets.tags).to(device)),
        _sentence_loss(tokens[..., 3], targets),
        SEVERAL_WEIGHT * _several_loss(passages[:, 0], torch.from_numpy(targets.several).to(device)),
        _verdict_loss(passages[:, 1:], torch.from_numpy(targets.verdicts).to(device)),
    ]
    return torch.stack(losses).sum()


def _tag_loss(logits: Tensor, tags: Tensor) -> Tensor:
    """Negative log-likelihood of a window's tags."""
    each = functional.cross_entropy(logits.transpose(1, 2), tags, ignore_index=UNKNOWN, reduction="none")
    return each.sum() / (tags != UNKNOWN).any(1).sum().clamp(min=1)


def _sentence_loss(logits: Tensor, targets: Targets) -> Tensor:
    """That each sentence answers or not, and which of them and of "none here" does.

    A sentence's logit is the mean over its tokens; "none here" has the logit 0, which makes sentences of different
    passages comparable, as ``[CLS]`` does spans.
    """
    of, answers, weights = (
        torch.from_numpy(array).to(logits.device) for array in (targets.sentence_of, targets.answers, targets.weights)
    )
    count = answers.shape[1]
    member = functional.one_hot(of.clamp(min=0), count).float() * (of >= 0).unsqueeze(
        -1
    )  # [windows, tokens, sentences]
    means = torch.einsum("wt,wts->ws", logits, member) / member.sum(1).clamp(min=1)
    known = answers != UNKNOWN
    each = functional.binary_cross_entropy_with_logits(means, answers.clamp(min=0).float(), reduction="none")
    separate = (each * known).sum(1) / known.sum(1).clamp(min=1)
    right = means.masked_fill(answers != 1, -torch.inf)
    none = torch.zeros_like(means[:, :1]).masked_fill((answers == 1).any(1, keepdim=True), -torch.inf)
    all_of_them = torch.cat([torch.zeros_like(none), means.masked_fill(~known, -torch.inf)], dim=1)
    which = torch.logsumexp(all_of_them, 1) - torch.logsumexp(torch.cat([none, right], dim=1), 1)
    weights = weights * known.any(1)
    return ((2 * separate + which) * weights).sum() / weights.sum().clamp(min=1)


def _several_loss(logits: Tensor, several: Tensor) -> Tensor:
    known = several != UNKNOWN
    if not known.any():
        return logits.sum() * 0.0
    return functional.binary_cross_entropy_with_logits(logits[known], several[known].float())


def _verdict_loss(logits: Tensor, verdicts: Tensor) -> Tensor:
    if not (verdicts != UNKNOWN).any():
        return logits.sum() * 0.0
    return functional.cross_entropy(logits, verdicts, ignore_index=UNKNOWN)
