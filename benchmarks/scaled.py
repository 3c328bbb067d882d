"""The built-in model, made as large as a benchmark wants, that paints the same pictures."""

# pyright: standard
# Torch code.
from __future__ import annotations

import json
import shutil
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from services.shapes.checkpoint import CHECKPOINT

_WEIGHTS = "diffusion_pytorch_model.safetensors"
_PER_SHARD = 8
# What multiplies a block's answer before it is added to what came in.
_GATES = ("img_mod", "txt_mod")


def deepen(folder: Path, layers: int, dtype: torch.dtype = torch.float32) -> Path:
    """Writes the built-in checkpoint with so many transformer blocks, 5 MB each in float32; returns `folder`.

    Those that are added compute as much as the others, with random weights, and add nothing.
    """
    for source in CHECKPOINT.iterdir():
        if source.is_dir() and source.name not in {"transformer", "controlnets", "adapters"}:
            shutil.copytree(source, folder / source.name)
    shutil.copy(CHECKPOINT / "model_index.json", folder)
    target = folder / "transformer"
    target.mkdir()
    config = json.loads((CHECKPOINT / "transformer" / "config.json").read_text())
    trained = config["num_layers"]
    (target / "config.json").write_text(json.dumps(config | {"num_layers": layers}))
    state = load_file(CHECKPOINT / "transformer" / _WEIGHTS)
    save_file({name: each.to(dtype) for name, each in state.items()}, target / "model-00000.safetensors")
    block = {
        name.removeprefix("transformer_blocks.0."): each.shape
        for name, each in state.items()
        if name.startswith("transformer_blocks.0.")
    }
    for first in range(trained, layers, _PER_SHARD):
        numbers = range(first, min(first + _PER_SHARD, layers))
        added = {
            f"transformer_blocks.{number}.{name}": _draw(name, shape, number).to(dtype)
            for number in numbers
            for name, shape in block.items()
        }
        save_file(added, target / f"model-{first:05}.safetensors")
    return folder


def _draw(name: str, shape: torch.Size, seed: int) -> torch.Tensor:
    if name.startswith(_GATES):
        return torch.zeros(shape)
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed)) * 0.02
