"""The built-in model, made as large as a benchmark wants."""

# pyright: standard
# Torch code.
from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from diffusers.models.transformers.transformer_qwenimage import QwenImageTransformer2DModel
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
    config = _copy_others(folder)
    trained = load_file(CHECKPOINT / "transformer" / _WEIGHTS)
    _save(folder, 0, {name: each.to(dtype) for name, each in trained.items()})
    shapes = {name: each.shape for name, each in trained.items()}
    for first in range(config["num_layers"], layers, _PER_SHARD):
        numbers = range(first, min(first + _PER_SHARD, layers))
        _save(folder, first, {name: each.to(dtype) for name, each in _draw_blocks(shapes, numbers)})
    _configure(folder, config | {"num_layers": layers})
    return folder


def widen(folder: Path, heads: int = 48, layers: int = 4) -> Path:
    """Writes a checkpoint with few, large transformer blocks of zeros, 340 MB each; returns `folder`.

    As real ones, its tensors are large; it paints nothing.
    """
    config = _copy_others(folder) | {"num_attention_heads": heads, "num_layers": layers}
    with torch.device("meta"):
        built: Any = QwenImageTransformer2DModel.from_config(config)
        empty: dict[str, torch.Tensor] = built.state_dict()
    for number in range(layers):
        of_block = {n: each for n, each in empty.items() if n.startswith(f"transformer_blocks.{number}.")}
        _save(folder, number, {name: torch.zeros(each.shape) for name, each in of_block.items()})
    others = {n: each for n, each in empty.items() if not n.startswith("transformer_blocks.")}
    _save(folder, layers, {name: torch.zeros(each.shape) for name, each in others.items()})
    _configure(folder, config)
    return folder


def _copy_others(folder: Path) -> dict[str, Any]:
    """Copies all but the transformer, which alone grows, and returns the transformer's configuration."""
    folder.mkdir(parents=True)
    for source in CHECKPOINT.iterdir():
        if source.is_dir() and source.name not in {"transformer", "controlnets", "adapters"}:
            shutil.copytree(source, folder / source.name)
    shutil.copy(CHECKPOINT / "model_index.json", folder)
    (folder / "transformer").mkdir()
    return json.loads((CHECKPOINT / "transformer" / "config.json").read_text())


def _configure(folder: Path, config: dict[str, Any]) -> None:
    (folder / "transformer" / "config.json").write_text(json.dumps(config))


def _save(folder: Path, number: int, state: dict[str, torch.Tensor]) -> None:
    save_file(state, folder / "transformer" / f"model-{number:05}.safetensors")


def _draw_blocks(shapes: dict[str, torch.Size], numbers: range) -> Iterator[tuple[str, torch.Tensor]]:
    first = "transformer_blocks.0."
    for number in numbers:
        for name, shape in shapes.items():
            if name.startswith(first):
                inner = name.removeprefix(first)
                yield f"transformer_blocks.{number}.{inner}", _draw(inner, shape, number)


def _draw(name: str, shape: torch.Size, seed: int) -> torch.Tensor:
    if name.startswith(_GATES):
        return torch.zeros(shape)
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed)) * 0.02
