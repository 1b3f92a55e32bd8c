"""The loop that all networks of ours are trained with: pools of examples, a falling rate, checkpoints, a clock.

A run goes on from its last checkpoint as if it had not been stopped. A stretch that has a time ends with it, its rate
having fallen as it would have over all of its examples, so that a slow machine ends with a whole network too.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.utils.data import DataLoader, Dataset

Inputs = TypeVar("Inputs")
"""Of one step, whatever the network takes."""
LOG = "log.jsonl"
WARMUP_SHARE = 0.05
"""Of a stretch that has a time, over which the rate has risen, however few examples that were."""


@dataclass(frozen=True)
class Stretch:
    """A stretch of training: how much is seen, and how fast it is learned."""

    name: str
    examples: int
    learning_rate: tuple[float, float]
    """At its beginning and at its end, evenly in between."""
    warmup: int = 0
    """Examples over which the rate rises from 0."""
    seconds: float = 0.0
    """Time after which it ends, however few examples were seen; 0: none."""
    mean_decay: float = 0.0
    """Of the running mean of the weights, a step. Where there is any, the stretch leaves that mean behind, and not the
    last weights (exponential; Izmailov et al. 2018, arXiv 1803.05407, average evenly)."""

    def rate_at(self, seen: int, elapsed: float = 0.0) -> float:
        """The rate after ``seen`` examples and ``elapsed`` seconds: what is further on decides."""
        passed = min(1.0, elapsed / self.seconds) if self.seconds else 0.0
        first, last = self.learning_rate
        rate = first + (last - first) * max(passed, min(1.0, seen / self.examples))
        return rate * min(1.0, max(seen / self.warmup, passed / WARMUP_SHARE)) if self.warmup else rate

    def is_over(self, elapsed: float) -> bool:
        """Whether its time is up after ``elapsed`` seconds."""
        return 0 < self.seconds <= elapsed


@dataclass(frozen=True)
class Progress:
    """How far a run has come."""

    stretch: int = 0
    pool: int = 0
    """Pools seen of the stretch."""
    seen: int = 0
    """Examples seen of it."""
    elapsed: float = 0.0
    """Seconds spent on it."""


@dataclass(frozen=True)
class Task(Generic[Inputs]):
    """What is trained, and from what."""

    settings: Mapping[str, Any]
    """Everything that decides what comes out, apart from the data: a checkpoint made with others is refused."""
    network: nn.Module
    optimizer: torch.optim.Optimizer
    """Groups of parameters may have ``times``, by which the rate is multiplied for them."""
    stretches: Sequence[Stretch]
    pool: int
    """Examples in a pool; a checkpoint falls between two pools."""
    steps: Callable[[int, int], Iterable[tuple[int, Inputs]]]
    """What is read in a stretch and a pool of it, by their numbers, with the number of examples in each step. Called in
    processes of their own where there are workers, so it must not touch the network."""
    gradients: Callable[[int, Inputs], Tensor]
    """Leaves the gradients of one step with the parameters and gives its loss; the first argument is the stretch."""
    begin: Callable[[int], None] = lambda stretch: None
    """Told when a stretch begins, or goes on after a stop."""
    watch: Callable[[], Mapping[str, float]] = dict
    """Figures for the log, after every eighth pool and at the end of a stretch."""


def learn(task: Task[Inputs], out: Path, device: torch.device, workers: int = 0, checkpoints: bool = True) -> None:
    """Trains, with ``checkpoint.pt``, unless there are to be no ``checkpoints``, and ``log.jsonl`` in ``out``.

    ``workers`` is how many processes prepare pools ahead; 0: this one, when it needs them. Raises ValueError where the
    checkpoint in ``out`` was made with other settings.
    """
    out.mkdir(parents=True, exist_ok=True)
    mean = AveragedModel(task.network) if any(stretch.mean_decay for stretch in task.stretches) else None
    progress = _resume(out, task, mean, device)
    while progress.stretch < len(task.stretches):
        stretch = task.stretches[progress.stretch]
        task.begin(progress.stretch)
        averaging = mean if stretch.mean_decay else None
        if averaging is not None:
            averaging.multi_avg_fn = get_ema_multi_avg_fn(stretch.mean_decay)  # type: ignore[no-untyped-call]
        began = time.monotonic() - progress.elapsed
        for steps in _pools(task, progress, workers):
            now, log = _learn_pool(task, progress, steps, averaging, began)
            done = now.seen >= stretch.examples or stretch.is_over(now.elapsed)
            if done and averaging is not None and averaging.n_averaged:
                task.network.load_state_dict(averaging.module.state_dict())
                averaging.n_averaged.zero_()
            progress = Progress(progress.stretch + 1) if done else now
            if checkpoints:
                save(out, task, mean, progress)
            if done or progress.pool % 8 == 0:
                log |= task.watch()
            with (out / LOG).open("a") as file:
                file.write(json.dumps(log) + "\n")
            if done:
                break


def _learn_pool(
    task: Task[Inputs],
    progress: Progress,
    steps: Iterable[tuple[int, Inputs]],
    averaging: AveragedModel | None,
    began: float,
) -> tuple[Progress, dict[str, Any]]:
    """Where one more pool leads, or as much of it as there is time for, and what the log says of it; ``began`` is when
    the stretch did, as ``time.monotonic`` counts."""
    stretch = task.stretches[progress.stretch]
    parameters = [parameter for group in task.optimizer.param_groups for parameter in group["params"]]
    torch.manual_seed(1_000_003 * progress.stretch + progress.pool)  # what is dropped out, however often it stopped
    losses: list[Tensor] = []
    seen = progress.seen
    for examples, inputs in steps:
        elapsed = time.monotonic() - began
        if stretch.is_over(elapsed) and (losses or seen):  # not one that has not learned anything
            break
        for group in task.optimizer.param_groups:
            group["lr"] = group.get("times", 1.0) * stretch.rate_at(seen, elapsed)
        task.optimizer.zero_grad()
        losses.append(task.gradients(progress.stretch, inputs).detach())
        nn.utils.clip_grad_norm_(parameters, 1.0)
        task.optimizer.step()
        if averaging is not None:
            averaging.update_parameters(task.network)
        seen += examples
    else:
        seen = min(stretch.examples, task.pool * (progress.pool + 1))  # those too that no step could be made of
    loss = round(torch.stack(losses).mean().item(), 4) if losses else None  # waits for the device
    elapsed = time.monotonic() - began
    log = {
        "phase": stretch.name,
        "seen": seen,
        "loss": loss,
        "learning_rate": stretch.rate_at(seen, elapsed),
        "per_second": round((seen - progress.seen) / max(1e-9, elapsed - progress.elapsed), 1),
    }
    return Progress(progress.stretch, progress.pool + 1, seen, elapsed), log


class _Pools(Dataset[list[tuple[int, Inputs]]], Generic[Inputs]):
    """The pools of one stretch."""

    def __init__(self, task: Task[Inputs], stretch: int) -> None:
        self._steps = task.steps
        self._stretch = stretch

    def __getitem__(self, pool: int) -> list[tuple[int, Inputs]]:
        return list(self._steps(self._stretch, pool))


def _pools(task: Task[Inputs], progress: Progress, workers: int) -> Iterator[list[tuple[int, Inputs]]]:
    """The steps of each pool that is left of a stretch."""
    count = -(-task.stretches[progress.stretch].examples // task.pool)
    # Forked, so that what they read from is not copied to each of them.
    ahead: dict[str, Any] = {"num_workers": workers, "multiprocessing_context": "fork"} if workers else {}
    yield from DataLoader(
        _Pools(task, progress.stretch),
        batch_size=None,
        sampler=range(progress.pool, count),
        collate_fn=_as_it_is,
        **ahead,
    )


def _as_it_is(pool: Inputs) -> Inputs:
    return pool


def parameter_groups(network: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """Weight decay on matrices only, as is usual: not on biases and layer norms."""
    trained = [parameter for parameter in network.parameters() if parameter.requires_grad]
    return [
        {"params": [p for p in trained if p.ndim > 1], "weight_decay": weight_decay},
        {"params": [p for p in trained if p.ndim <= 1], "weight_decay": 0.0},
    ]


def save(out: Path, task: Task[Any], mean: AveragedModel | None, progress: Progress) -> None:
    """Writes the checkpoint."""
    state = {
        "config": dict(task.settings),
        "network": task.network.state_dict(),
        "mean": mean and mean.state_dict(),
        "optimizer": task.optimizer.state_dict(),
        "progress": asdict(progress),
    }
    # Written beside and moved: a stop in mid-write leaves the previous checkpoint whole.
    torch.save(state, out / "checkpoint.tmp")
    (out / "checkpoint.tmp").replace(out / "checkpoint.pt")


def _resume(out: Path, task: Task[Any], mean: AveragedModel | None, device: torch.device) -> Progress:
    """That of the last checkpoint, loaded; of a beginning where there is none."""
    path = out / "checkpoint.pt"
    if not path.exists():
        return Progress()
    state = torch.load(path, map_location=device, weights_only=True)
    different = sorted(name for name, value in task.settings.items() if state["config"].get(name) != value)
    if different:
        raise ValueError(f"{path} was made with other settings ({', '.join(different)}); use another --out")
    task.network.load_state_dict(state["network"])
    if mean is not None:
        mean.load_state_dict(state["mean"])
    task.optimizer.load_state_dict(state["optimizer"])
    return Progress(**state["progress"])
