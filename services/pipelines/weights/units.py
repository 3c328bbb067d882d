"""What of a model is brought to the device and dropped as one."""

# pyright: standard
# Torch code.
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import torch
from torch import nn

# The modules that repeat, or are large and work alone, of the transformer, its ControlNets, the text encoder
# and the autoencoder, in both libraries; each with the stage in which it computes.
_STAGES = {
    "transformer_blocks": "denoising",
    "controlnet_blocks": "denoising",
    "model.language_model.layers": "reading",
    "model.visual.blocks": "seeing",
    "encoder": "encoding",
    "decoder": "decoding",
}
DENOISING = "denoising"
# Blocks that only some jobs use; they are counted once one did.
_OPTIONAL = ("controlnet_blocks",)
# A table of which a prompt reads a few rows stays on the host, wherever the rest computes.
_TABLE = "model.language_model.embed_tokens"


@dataclass(frozen=True, slots=True)
class Weight:
    """A tensor of a module, and where it lies while it is not on the device."""

    module: nn.Module
    name: str
    source: torch.Tensor

    @property
    def is_kept(self) -> bool:
        """Whether a file has it, or would."""
        return self.name not in self.module._non_persistent_buffers_set

    def put(self, tensor: torch.Tensor) -> None:
        """Has the module compute with `tensor`."""
        if self.name in self.module._parameters:
            self.module._parameters[self.name] = nn.Parameter(tensor, requires_grad=False)
        else:
            self.module._buffers[self.name] = tensor


@dataclass(frozen=True, slots=True, eq=False)
class Unit:
    """A block, whose weights come and go together."""

    path: str
    stage: str
    module: nn.Module
    weights: tuple[Weight, ...]
    size_bytes: int
    is_optional: bool = False


@dataclass(slots=True)
class Parts:
    """All of a pipeline: what comes and goes, what always stays, and what never leaves the host."""

    units: list[Unit] = field(default_factory=list[Unit])
    base: list[Weight] = field(default_factory=list[Weight])
    tables: list[nn.Module] = field(default_factory=list[nn.Module])
    # What stays besides and no file has, as whoever grants budgets counts it.
    buffer_bytes: int = 0

    @property
    def base_bytes(self) -> int:
        """What always stays."""
        return self.buffer_bytes + sum(weight.source.nbytes for weight in self.base if weight.is_kept)

    def add(self, module: nn.Module) -> None:
        """Takes in a part whose weights are where they lie on the host."""
        inside: set[nn.Module] = set()
        for path, block in find_blocks(module):
            inside.update(block.modules())
            weights = tuple(weight for each in block.modules() for weight in _weights_of(each))
            size_bytes = sum(weight.source.nbytes for weight in weights)
            stage = _STAGES[path]
            self.units.append(Unit(path, stage, block, weights, size_bytes, path in _OPTIONAL))
        for path, each in module.named_modules():
            if path == _TABLE:
                self.tables.append(each)
            elif each not in inside:
                self.base.extend(_weights_of(each))


def find_blocks(module: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """Yields the blocks of a part, each with the path of its list or its own."""
    for path in _STAGES:
        try:
            found = module.get_submodule(path)
        except AttributeError:
            continue
        blocks = found if isinstance(found, nn.ModuleList) else (found,)
        yield from ((path, block) for block in blocks)


def _weights_of(module: nn.Module) -> Iterator[Weight]:
    for name, tensor in (*module._parameters.items(), *module._buffers.items()):
        if tensor is not None:
            yield Weight(module, name, tensor.detach())
