"""Has low-rank weights (LoRAs) take part in one job, computed beside a model's layers and not put into them.

So they go with every tier, whose layers may be rounded or away, and with both libraries, which name layers
alike; and when the job is done, nothing of them is left.
"""

# pyright: standard
# Torch code.
from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

from limner.models import lora
from limner.models.headers import HeaderBroken, read_header
from services.pipelines.loras import Choice
from services.rpc.errors import ModelUnreadable


@dataclass(slots=True)
class _Change:
    """What is added to a layer's answer."""

    down: torch.Tensor  # rank × inputs
    up: torch.Tensor  # outputs × rank, with all factors

    def of(self, inputs: torch.Tensor) -> torch.Tensor:
        """Returns it for those inputs."""
        # To where the job computes, once.
        self.down = self.down.to(inputs.device, inputs.dtype)
        self.up = self.up.to(inputs.device, inputs.dtype)
        return inputs @ self.down.T @ self.up.T


@contextmanager
def adapted(transformer: nn.Module, choices: Sequence[Choice]) -> Generator[None]:
    """Has the chosen LoRAs in effect. Raises ModelUnreadable for one that cannot be read or does not fit."""
    with ExitStack() as hooks:
        for choice in choices:
            for target, change in _read(choice, transformer).items():
                handle = transformer.get_submodule(target).register_forward_hook(_add(change))
                hooks.callback(handle.remove)
        yield


def _add(change: _Change):
    def hook(_layer: nn.Module, inputs: tuple[torch.Tensor, ...], answer: torch.Tensor) -> torch.Tensor:
        return answer + change.of(inputs[0])

    return hook


def _read(choice: Choice, transformer: nn.Module) -> dict[str, _Change]:
    try:
        tensors = read_header(choice.path).tensors
        state = load_file(choice.path)
    except (HeaderBroken, OSError, SafetensorError) as error:
        raise _unreadable(choice, f"cannot be read: {error}") from error
    layers = dict(transformer.named_modules())
    changes: dict[str, _Change] = {}
    for target, pair in lora.pairs_of(tensors).items():
        layer = layers.get(target)
        sizes = (getattr(layer, "out_features", 0), getattr(layer, "in_features", 0))
        if sizes != (pair.outputs, pair.inputs):
            raise _unreadable(choice, f"does not fit this model: it changes {target} otherwise than it is")
        alpha = lora.alpha_of(target, tensors)
        factor = choice.weight * (float(state[alpha]) / pair.rank if alpha else 1.0)
        changes[target] = _Change(state[pair.down], state[pair.up] * factor)
    if not changes:
        raise _unreadable(choice, "has no low-rank weights")
    return changes


def _unreadable(choice: Choice, why: str) -> ModelUnreadable:
    return ModelUnreadable(f"The LoRA {choice.name} {why}; leave it out.", path=choice.path.name)
