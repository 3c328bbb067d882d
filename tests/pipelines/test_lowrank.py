# pyright: standard
# Torch code.
from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from services.pipelines.loras import Choice
from services.pipelines.lowrank import adapted
from services.rpc.errors import ModelUnreadable

RANK, WIDTH = 2, 6


class Attention(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.to_q = nn.Linear(WIDTH, WIDTH)


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.attn = Attention()


class Transformer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.transformer_blocks = nn.ModuleList([Block()])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.get_submodule(LAYER)(x)


LAYER = "transformer_blocks.0.attn.to_q"
DOWN = torch.arange(RANK * WIDTH).reshape(RANK, WIDTH) / 7
UP = torch.arange(RANK * WIDTH).reshape(WIDTH, RANK) / 5


def write(path: Path, **further: torch.Tensor) -> Path:
    save_file({f"{LAYER}.lora_A.weight": DOWN, f"{LAYER}.lora_B.weight": UP, **further}, path)
    return path


@pytest.fixture
def transformer() -> Transformer:
    torch.manual_seed(0)
    return Transformer().requires_grad_(False)


def test_a_lora_adds_its_product_at_its_weight_and_leaves_nothing(
    transformer: Transformer, tmp_path: Path
) -> None:
    x = torch.randn(3, WIDTH)
    before = transformer(x)
    with adapted(transformer, [Choice("ink", write(tmp_path / "a.safetensors"), 0.5)]):
        changed = transformer(x)
    torch.testing.assert_close(changed - before, 0.5 * x @ DOWN.T @ UP.T)
    assert torch.equal(transformer(x), before)


def test_several_loras_add_up_and_a_negative_weight_takes_away(
    transformer: Transformer, tmp_path: Path
) -> None:
    x = torch.randn(3, WIDTH)
    file = write(tmp_path / "a.safetensors")
    with adapted(transformer, [Choice("ink", file, 1.0), Choice("ink", file, -1.0)]):
        torch.testing.assert_close(transformer(x), nn.functional.linear(x, *layer(transformer)))


def layer(transformer: Transformer) -> tuple[torch.Tensor, torch.Tensor]:
    linear = transformer.get_submodule(LAYER)
    assert isinstance(linear, nn.Linear)
    return linear.weight, linear.bias


def test_alpha_scales_as_its_trainer_meant(transformer: Transformer, tmp_path: Path) -> None:
    x = torch.randn(3, WIDTH)
    file = write(tmp_path / "a.safetensors", **{f"{LAYER}.alpha": torch.tensor(8.0)})
    before = transformer(x)
    with adapted(transformer, [Choice("ink", file, 1.0)]):
        torch.testing.assert_close(transformer(x) - before, 8 / RANK * x @ DOWN.T @ UP.T)


def test_a_job_that_fails_leaves_nothing(transformer: Transformer, tmp_path: Path) -> None:
    x = torch.randn(3, WIDTH)
    before = transformer(x)
    choice = Choice("ink", write(tmp_path / "a.safetensors"), 1.0)
    with pytest.raises(RuntimeError, match="cancelled"), adapted(transformer, [choice]):
        raise RuntimeError("cancelled")
    assert torch.equal(transformer(x), before)


def test_what_does_not_fit_is_refused_and_nothing_stays(transformer: Transformer, tmp_path: Path) -> None:
    x = torch.randn(3, WIDTH)
    before = transformer(x)
    wide = tmp_path / "wide.safetensors"
    save_file(
        {f"{LAYER}.lora_A.weight": torch.zeros(2, 9), f"{LAYER}.lora_B.weight": torch.zeros(9, 2)}, wide
    )
    (tmp_path / "cut.safetensors").write_bytes(b"abc")
    good = Choice("ink", write(tmp_path / "a.safetensors"), 1.0)
    for name, why in (
        ("wide", "does not fit this model"),
        ("cut", "cannot be read"),
        ("none", "cannot be read"),
    ):
        bad = Choice(name, tmp_path / f"{name}.safetensors", 1.0)
        with (
            pytest.raises(ModelUnreadable, match=f"The LoRA {name} {why}"),
            adapted(transformer, [good, bad]),
        ):
            pass
        assert torch.equal(transformer(x), before)
