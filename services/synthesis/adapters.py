"""LoRA weights that only some jobs want."""

# pyright: standard
# Torch code.
from __future__ import annotations

import warnings
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from peft import LoraConfig, inject_adapter_in_model, set_peft_model_state_dict
from peft.tuners.lora import LoraLayer
from safetensors.torch import load_file
from torch import nn

_WEIGHTS = "adapter_model.safetensors"


@dataclass(frozen=True, slots=True)
class Adapters:
    """The adapters of a model, each switched on for the jobs that need it; off, nothing is added."""

    layers: tuple[LoraLayer, ...]
    names: frozenset[str]

    @classmethod
    def inject(cls, model: nn.Module, folder: Path) -> Adapters:
        """Loads every adapter in `folder`, each a folder in PEFT's layout, into `model`; all are off."""
        names = sorted(path.parent.name for path in folder.glob("*/adapter_config.json"))
        for name in names:
            config = LoraConfig.from_pretrained(str(folder / name))
            with warnings.catch_warnings():
                # PEFT asks whether several adapters are meant.
                warnings.filterwarnings("ignore", "Already found a `peft_config`")
                inject_adapter_in_model(config, model, adapter_name=name)
            set_peft_model_state_dict(model, load_file(folder / name / _WEIGHTS), adapter_name=name)
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
