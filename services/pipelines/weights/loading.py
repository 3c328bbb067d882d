"""Models whose weights are mapped, converted at most once, and brought under a budget; for both libraries."""

# pyright: standard
# Torch code.
from __future__ import annotations

import json
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import torch
from accelerate import init_empty_weights
from torch import nn
from transformers.initialization import no_init_weights

from limner.models.demands import BUFFER_BYTES
from services.pipelines.exhaustion import is_exhaustion
from services.pipelines.weights.cache import Cache
from services.pipelines.weights.conversion import Conversion
from services.pipelines.weights.mapping import State, digest, explain, find_weights, map_files, unreadable
from services.pipelines.weights.places import Host, Place
from services.pipelines.weights.residency import Residency
from services.pipelines.weights.rounding import expect_rounded, find_linears
from services.pipelines.weights.tiers import Treatment, treat
from services.pipelines.weights.units import Parts, find_blocks
from services.rpc.errors import ModelUnreadable

Model = TypeVar("Model", bound=nn.Module)

# Small, and the eye sees what it gets wrong.
_NEVER_ROUNDED = "vae"
# What turns hidden states into words: no pipeline reads it, and it takes a gigabyte.
_UNUSED = "lm_head."


@dataclass(slots=True)
class Assembly:
    """The parts of one pipeline on their way into memory."""

    treatment: Treatment
    dtype: torch.dtype
    device: torch.device
    cache: Cache | None = None
    _parts: Parts = field(default_factory=lambda: Parts(buffer_bytes=BUFFER_BYTES))

    def build(self, folder: Path, construct: Callable[[dict[str, Any]], Model]) -> Model:
        """Returns the model that `construct` makes of a folder's config.json, with the folder's weights.

        Raises ModelUnreadable, or the MemoryError of torch.
        """
        with _explained(folder):
            config = _read_config(folder)
            with no_init_weights(), init_empty_weights(include_buffers=False):
                model = construct(config).eval().requires_grad_(False)
            _leave_out_unused(model)
            self._fill(folder, model)
        self._parts.add(model)
        return model

    def reside(self, budget_bytes: int) -> Residency:
        """Brings what stays; raises OutOfMemory when the budget is too small."""
        return Residency(self._parts, self._place(), self.treatment, budget_bytes)

    def _place(self) -> Place:
        if self.device.type == "cpu":
            return Host(self._parts)
        # Imported by those alone who have one.
        from services.pipelines.weights.card import Card

        return Card(self._parts, self.device)

    def _fill(self, folder: Path, model: nn.Module) -> None:
        rounded = self._find_rounded(folder, model)
        files = find_weights(folder)
        state = _to_modules(map_files(files))
        _compare(folder, model, state)
        conversion = Conversion(self.treatment.precision, self.dtype, rounded)
        if conversion.changes(state):
            state = self._convert(conversion, f"{digest(files)}-{conversion.name}", state)
        if rounded:
            for _, block in find_blocks(model):
                for _, layer in find_linears(block):
                    expect_rounded(layer, self.treatment.precision)
        model.load_state_dict(state, assign=True)

    def _find_rounded(self, folder: Path, model: nn.Module) -> frozenset[str]:
        if self.treatment.precision == "full" or folder.name == _NEVER_ROUNDED:
            return frozenset()
        names = {module: name for name, module in model.named_modules()}
        layers = (layer for _, block in find_blocks(model) for _, layer in find_linears(block))
        return frozenset(f"{names[layer]}.weight" for layer in layers)

    def _convert(self, conversion: Conversion, key: str, state: State) -> State:
        if self.cache is not None:
            size_bytes = conversion.size_bytes(state)
            if (found := self.cache.provide(key, conversion.apply(state), size_bytes)) is not None:
                return found
        return dict(conversion.apply(state))


def plan_assembly(
    tier: str, dtype: torch.dtype, device: torch.device, cache_dir: Path | None = None
) -> Assembly:
    """Returns an empty assembly; without a folder for them, conversions are made in memory at every load."""
    cache = Cache(cache_dir / "weights") if cache_dir is not None else None
    return Assembly(treat(tier), dtype, device, cache)


@contextmanager
def _explained(folder: Path) -> Generator[None]:
    """Turns what libraries raise about a model's files into a sentence."""
    try:
        yield
    except ModelUnreadable:
        raise
    except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
        if is_exhaustion(error):
            raise
        raise unreadable(folder, f"cannot be read: {explain(error)}") from error


def _read_config(folder: Path) -> dict[str, Any]:
    path = folder / "config.json"
    try:
        config = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise unreadable(path, f"cannot be read: {explain(error)}") from error
    if not isinstance(config, dict):
        raise unreadable(path, "is no object")
    return config


def _to_modules(state: State) -> State:
    """Names the text encoder's weights as its modules are named; its files keep those of older versions."""
    renamed: State = {}
    for name, tensor in state.items():
        if name.startswith("visual."):
            name = f"model.{name}"
        elif name.startswith("model.") and not name.startswith(("model.language_model.", "model.visual.")):
            name = name.replace("model.", "model.language_model.", 1)
        if not name.startswith(_UNUSED):
            renamed[name] = tensor
    return renamed


def _leave_out_unused(model: nn.Module) -> None:
    if hasattr(model, "lm_head"):
        model.lm_head = nn.Identity()


def _compare(folder: Path, model: nn.Module, state: State) -> None:
    """Raises ModelUnreadable unless `state` is what `model` wants."""
    wanted = {name: tensor.shape for name, tensor in model.state_dict().items()}
    if missing := sorted(wanted.keys() - state.keys()):
        raise unreadable(folder, f"lacks {len(missing)} weights, the first of them {missing[0]}")
    if foreign := sorted(state.keys() - wanted.keys()):
        what = f"has {len(foreign)} weights of another model, the first of them {foreign[0]}"
        raise unreadable(folder, what)
    for name, shape in wanted.items():
        if state[name].shape != shape:
            found = f"{name} is {tuple(state[name].shape)} where config.json says {tuple(shape)}"
            raise unreadable(folder, found)
