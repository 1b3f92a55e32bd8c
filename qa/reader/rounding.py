"""Training a network to be right with the weights that it will be shipped with, which have four bits."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from qa.reader.network import SpanNetwork
from qa.reader.packed import GROUP, LEVELS, MIDDLE

INPUT_LEVELS = 127
"""On either side of 0; a token's largest input is the last of them (``language.minilm``)."""


class RoundedLinear(nn.Linear):
    """A linear layer that computes as the shipped graph will, and learns as if it did not: gradients pass through
    the rounding as they are (Bengio et al. 2013, arXiv 1308.3432)."""

    def forward(self, hidden: Tensor) -> Tensor:
        """See ``nn.Linear``."""
        with torch.no_grad():
            step = (hidden.abs().amax(-1, keepdim=True) / INPUT_LEVELS).clamp_min(1e-12)
            input_error = (hidden / step).round() * step - hidden
            # What does not learn was rounded once and for all.
            weight_error = rounded(self.weight) - self.weight if self.weight.requires_grad else 0.0
        return functional.linear(hidden + input_error, self.weight + weight_error, self.bias)


def learn_rounded(network: SpanNetwork) -> None:
    """From now on the encoder's linear layers are ``RoundedLinear``; its tables of words, and what is frozen, hold
    rounded weights."""
    with torch.no_grad():
        words = network.encoder.embeddings.word_embeddings.weight
        words.copy_(rounded(words))
        for module in network.encoder.encoder.modules():
            if isinstance(module, nn.Linear):
                module.__class__ = RoundedLinear
                if not module.weight.requires_grad:
                    module.weight.copy_(rounded(module.weight))


def rounded(weights: Tensor) -> Tensor:
    """``weights``, ``[rows, columns]``, as ``qa.reader.packed.pack`` and ``unpack`` give them back."""
    groups = weights.view(len(weights), -1, GROUP)
    largest = groups.gather(-1, groups.abs().argmax(-1, keepdim=True))
    scales = (largest / -MIDDLE).half().float()
    scales = torch.where(scales == 0, torch.ones_like(scales), scales)
    return ((groups / scales).round().clamp(-MIDDLE, LEVELS - MIDDLE - 1) * scales).view_as(weights)
