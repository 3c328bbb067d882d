"""LoRA weights that only some jobs want."""

# pyright: standard
# Torch code.
from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from peft import LoraConfig, inject_adapter_in_model, set_peft_model_state_dict
from peft.tuners.tuners_utils import BaseTunerLayer
from safetensors.torch import load_file
from torch import nn

_WEIGHTS = "adapter_model.safetensors"


@dataclass(frozen=True, slots=True)
class Adapters:
    """The adapters of a model, each switched on for the jobs that need it; off, nothing is added."""

    layers: tuple[BaseTunerLayer, ...]
    names: frozenset[str]

    @classmethod
    def inject(cls, model: nn.Module, folder: Path) -> Adapters:
        """Loads every adapter in `folder`, each a folder in PEFT's layout, into `model`; all are off."""
        names = sorted(path.parent.name for path in folder.glob("*/adapter_config.json"))
        for name in names:
            config = LoraConfig.from_pretrained(str(folder / name))
            inject_adapter_in_model(config, model, adapter_name=name)
            set_peft_model_state_dict(model, load_file(folder / name / _WEIGHTS), adapter_name=name)
        layers = tuple(layer for layer in model.modules() if isinstance(layer, BaseTunerLayer))
        for layer in layers:
            layer.enable_adapters(False)
        model.requires_grad_(False)
        return cls(layers, frozenset(names))

    @contextmanager
    def active(self, name: str | None) -> Generator[None]:
        """Has the adapter of that name in effect; None, or a name that the model lacks, has none."""
        if name not in self.names:
            yield
            return
        for layer in self.layers:
            layer.enable_adapters(True)
            layer.set_adapter(name)
        try:
            yield
        finally:
            for layer in self.layers:
                layer.enable_adapters(False)
