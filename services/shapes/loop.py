"""A training loop that a kill costs little: it saves every few minutes and goes on where it stopped."""

from __future__ import annotations

import csv
import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import nn

log = logging.getLogger(__name__)
# A step draws its own random numbers from its index, so that a resumed run sees the same data.
Step = Callable[[int, torch.Generator], dict[str, torch.Tensor]]


@dataclass(slots=True)
class Trainee:
    """A model, its moving average, its optimiser and the number of steps done."""

    model: nn.Module
    average: nn.Module
    optimizer: torch.optim.AdamW
    step: int = 0
    names: list[str] = field(default_factory=list)

    def save(self, path: Path) -> None:
        """Writes everything that going on needs, atomically, without pickle."""
        tensors = {f"model.{k}": v for k, v in self.model.state_dict().items()}
        tensors |= {f"average.{k}": v for k, v in self.average.state_dict().items()}
        for index, state in self.optimizer.state_dict()["state"].items():
            tensors |= {f"optimizer.{index}.{k}": v for k, v in state.items()}
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".part")
        save_file(
            {k: v.detach().contiguous().clone() for k, v in tensors.items()}, draft, {"step": str(self.step)}
        )
        draft.replace(path)
        path.with_suffix(".step").write_text(str(self.step))

    def load(self, path: Path) -> None:
        """Goes back to what `save` wrote, if it did."""
        if not path.exists():
            return
        tensors = load_file(path)
        for prefix, module in (("model.", self.model), ("average.", self.average)):
            module.load_state_dict({k[len(prefix) :]: v for k, v in tensors.items() if k.startswith(prefix)})
        state: dict[int, dict[str, torch.Tensor]] = {}
        for name, value in tensors.items():
            if name.startswith("optimizer."):
                _, index, entry = name.split(".")
                state.setdefault(int(index), {})[entry] = value
        self.optimizer.load_state_dict(self.optimizer.state_dict() | {"state": state})
        self.step = int(path.with_suffix(".step").read_text())


@torch.no_grad()
def follow(average: nn.Module, model: nn.Module, step: int, decay: float = 0.999) -> None:
    """Moves the average towards the model, quickly at the start."""
    weight = 1 - min(decay, (step + 1) / (step + 10))
    for slow, fast in zip(average.parameters(), model.parameters(), strict=True):
        slow.lerp_(fast, weight)


def rate(step: int, steps: int, floor: float = 0.02) -> float:
    """Returns the share of the learning rate: linear warm-up, then half a cosine down to `floor`."""
    warmup = min(300, steps // 20)
    if step < warmup:
        return (step + 1) / warmup
    done = min(1.0, (step - warmup) / max(1, steps - warmup))
    return floor + (1 - floor) * 0.5 * (1 + math.cos(math.pi * done))


def fit(
    name: str, trainee: Trainee, step: Step, steps: int, learning_rate: float, folder: Path,
    *, seed: int = 0, save_every_s: float = 120.0,
) -> None:  # fmt: skip
    """Trains up to `steps`; the first of a step's losses is minimised, all are logged and kept as CSV."""
    state = folder / f"{name}.safetensors"
    trainee.load(state)
    saved_at = time.monotonic()
    while trainee.step < steps:
        losses = advance(trainee, step, learning_rate * rate(trainee.step, steps), seed)
        if trainee.step % 20 == 0 or trainee.step == steps:
            record(folder / f"{name}.csv", name, trainee.step, steps, losses)
        if time.monotonic() - saved_at > save_every_s or trainee.step == steps:
            trainee.save(state)
            saved_at = time.monotonic()


def advance(trainee: Trainee, step: Step, learning_rate: float, seed: int) -> dict[str, float]:
    """Takes one step and returns its losses; a group of parameters may want a multiple of the rate."""
    generator = torch.Generator().manual_seed(seed * 10_000_019 + trainee.step)
    for group in trainee.optimizer.param_groups:
        group["lr"] = learning_rate * group.get("multiple", 1.0)
    losses = step(trainee.step, generator)
    trainee.optimizer.zero_grad(set_to_none=True)
    next(iter(losses.values())).backward()
    nn.utils.clip_grad_norm_(trainee.model.parameters(), 1.0)
    trainee.optimizer.step()
    follow(trainee.average, trainee.model, trainee.step)
    trainee.step += 1
    return {k: v.item() for k, v in losses.items()}


def record(path: Path, name: str, step: int, steps: int, losses: dict[str, float]) -> None:
    """Appends a line to the loss curve, and says where the training stands."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = not path.exists()
    with path.open("a", newline="") as file:
        writer = csv.writer(file)
        if fresh:
            writer.writerow(["step", "seconds", *losses])
        writer.writerow([step, round(time.time()), *(f"{v:.5f}" for v in losses.values())])
    log.info("%s %d/%d %s", name, step, steps, " ".join(f"{k}={v:.4f}" for k, v in losses.items()))
