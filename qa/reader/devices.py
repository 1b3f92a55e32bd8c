"""Running a network in PyTorch: on which device, in which precision, and as the rest of reading runs it."""

from __future__ import annotations

import time

import torch

from qa.reader.features import Batch
from qa.reader.network import SpanNetwork
from qa.reader.reader import Forward, Logits


def best_device() -> torch.device:
    """A GPU where there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def fastest_precision(device: torch.device) -> str:
    """The faster of the two for one of the network's larger products, by trial.

    Processors with AMX and GPUs multiply numbers of 16 bits several times as fast; some others are slower with them.
    """

    def seconds(dtype: torch.dtype) -> float:
        rows = torch.ones(3600, 384, device=device, dtype=dtype)
        columns = torch.ones(384, 1536, device=device, dtype=dtype)
        started = time.perf_counter()
        (rows @ columns).sum().item()  # reading a number waits for the device
        return time.perf_counter() - started

    return min(("float32", "bfloat16"), key=lambda name: min(seconds(getattr(torch, name)) for _ in range(5)))


def autocast(device: torch.device, precision: str) -> torch.autocast:
    """Products in ``precision``, ``float32`` or ``bfloat16``, within a ``with``."""
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=precision == "bfloat16")


def as_tensors(batch: Batch, device: torch.device) -> tuple[torch.Tensor, ...]:
    """The span network's inputs, in their order."""
    arrays = (batch.input_ids, batch.attention_mask, batch.token_type_ids, batch.span_mask)
    return tuple(torch.from_numpy(array).to(device) for array in arrays)


def in_pytorch(network: SpanNetwork, precision: str = "float32") -> Forward:
    """``network`` as it reads: on the device where it is, without gradients, products in ``precision``."""
    device = next(network.parameters()).device

    def run(batch: Batch) -> Logits:
        with torch.inference_mode(), autocast(device, precision):
            start, end = network(*as_tensors(batch, device))
        return start.cpu().numpy(), end.cpu().numpy()

    return lambda batches: map(run, batches)
