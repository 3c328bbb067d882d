"""LoRA weights that only some jobs want."""

# pyright: standard
# Torch code.
from __future__ import annotations

import warnings
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, inject_adapter_in_model, set_peft_model_state_dict
from peft.tuners.lora import LoraLayer
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

from limner.models import lora
from limner.models.headers import HeaderBroken, read_header
from services.pipelines.catalogue import CONTEXT, DETAIL, ENTITIES
from services.rpc.errors import ModelUnreadable

_WEIGHTS, _CONFIG = "adapter_model.safetensors", "adapter_config.json"
# Those that teach something; others, such as those of few steps, are not for this library.
_TEACHING = frozenset({ENTITIES, CONTEXT, DETAIL})


@dataclass(frozen=True, slots=True)
class Adapters:
    """The adapters of a model, each switched on for the jobs that need it; off, nothing is added."""

    layers: tuple[LoraLayer, ...]
    names: frozenset[str]

    @classmethod
    def inject(cls, model: nn.Module, folder: Path) -> Adapters:
        """Loads the adapters in `folder` into `model`, each a folder; all are off."""
        names = sorted(path.name for path in folder.glob("*") if _is_wanted(path))
        for name in names:
            config, state = _read(folder / name)
            with warnings.catch_warnings():
                # PEFT asks whether several adapters are meant.
                warnings.filterwarnings("ignore", "Already found a `peft_config`")
                inject_adapter_in_model(config, model, adapter_name=name)
            set_peft_model_state_dict(model, state, adapter_name=name)
        layers = tuple(layer for layer in model.modules() if isinstance(layer, LoraLayer))
        for layer in layers:
            layer.enable_adapters(False)
        model.requires_grad_(False)
        return cls(layers, frozenset(names))

    @contextmanager
    def active(self, scales: Mapping[str, float]) -> Generator[None]:
        """Has the adapters of those names in effect, each at its scale; one without weights does nothing."""
        names = sorted(self.names & scales.keys())
        if not names:
            yield
            return
        for layer in self.layers:
            layer.enable_adapters(True)
            layer.set_adapter(names)
            for name in names:
                layer.set_scale(name, scales[name])
        try:
            yield
        finally:
            for layer in self.layers:
                layer.enable_adapters(False)


def _is_wanted(folder: Path) -> bool:
    if (folder / _CONFIG).is_file():
        return True
    return folder.name in _TEACHING and next(folder.rglob("*.safetensors"), None) is not None


def _read(folder: Path) -> tuple[LoraConfig, dict[str, torch.Tensor]]:
    if (folder / _CONFIG).is_file():
        config: Any = LoraConfig.from_pretrained(str(folder))
        return config, load_file(folder / _WEIGHTS)
    # As DiffSynth publishes them: a file, whose tensors tell what they change.
    file = min(folder.rglob("*.safetensors"))
    try:
        weights, pairs = load_file(file), lora.pairs_of(read_header(file).tensors)
    except (HeaderBroken, SafetensorError) as error:
        raise ModelUnreadable(f"The adapter {folder.name} cannot be read: {error}", path=file.name) from error
    ranks = {target: pair.rank for target, pair in pairs.items()}
    largest = max(ranks.values(), default=1)
    config = LoraConfig(
        r=largest, lora_alpha=largest, target_modules=list(pairs), rank_pattern=ranks, alpha_pattern=ranks
    )
    state = {f"{target}.lora_A.weight": weights[pair.down] for target, pair in pairs.items()}
    return config, state | {f"{target}.lora_B.weight": weights[pair.up] for target, pair in pairs.items()}
