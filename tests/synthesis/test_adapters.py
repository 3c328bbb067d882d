# pyright: standard
# Torch code.
from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from services.synthesis.adapters import Adapters

WIDTH, RANK = 6, 2
LAYER = "transformer_blocks.0.attn.to_q"
DOWN = torch.arange(RANK * WIDTH).reshape(RANK, WIDTH) / 7
UP = torch.arange(RANK * WIDTH).reshape(WIDTH, RANK) / 5


@pytest.fixture
def transformer() -> nn.Module:
    torch.manual_seed(0)
    attention = nn.ModuleDict({"attn": nn.ModuleDict({"to_q": nn.Linear(WIDTH, WIDTH)})})
    return nn.ModuleDict({"transformer_blocks": nn.ModuleList([attention])}).requires_grad_(False)


def test_adapters_as_diffsynth_publishes_them_need_no_configuration(
    transformer: nn.Module, tmp_path: Path
) -> None:
    for name in ("entities", "lightning"):
        (tmp_path / name).mkdir()
        pair = {f"{LAYER}.lora_A.default.weight": DOWN, f"{LAYER}.lora_B.default.weight": UP}
        save_file(pair, tmp_path / name / "model.safetensors")
    x = torch.randn(3, WIDTH)
    before = transformer.get_submodule(LAYER)(x)
    adapters = Adapters.inject(transformer, tmp_path)
    assert adapters.names == {"entities"}
    layer = transformer.get_submodule(LAYER)
    assert torch.equal(layer(x), before)
    with adapters.active({"entities": 0.5}):
        torch.testing.assert_close(layer(x) - before, 0.5 * x @ DOWN.T @ UP.T)
    assert torch.equal(layer(x), before)


def test_a_folder_without_adapters_changes_nothing(transformer: nn.Module, tmp_path: Path) -> None:
    assert Adapters.inject(transformer, tmp_path / "none").names == frozenset()
