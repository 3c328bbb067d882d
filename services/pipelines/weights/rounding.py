"""Linear layers whose weights are kept smaller than they are computed with."""

# pyright: standard
# Torch code.
from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import nn
from torch.nn.functional import linear

from services.pipelines.weights.tiers import Precision

# What belongs to a rounded weight lies beside it in file and module.
SCALE = "_scale"
_FLOAT8 = torch.float8_e4m3fn
_FLOAT8_MAX = torch.finfo(_FLOAT8).max
# Weights that share one scale; bitsandbytes' default, as published checkpoints have it.
_NF4_BLOCK = 64


def round_weight(weight: torch.Tensor, precision: Precision) -> tuple[torch.Tensor, torch.Tensor]:
    """Returns what a weight (out, in) is kept as, and its scales."""
    return _to_float8(weight) if precision == "fp8" else _to_nf4(weight)


def find_linears(module: nn.Module) -> Iterator[tuple[str, nn.Linear]]:
    """Yields the layers whose weights may be rounded, with their names."""
    return ((name, each) for name, each in module.named_modules() if isinstance(each, nn.Linear))


def expect_rounded(layer: nn.Linear, precision: Precision) -> None:
    """Makes an empty layer one that takes weights as `round_weight` returns them; again does no harm."""
    rows, columns = layer.out_features, layer.in_features
    if precision == "fp8":
        layer.__class__, stored, scales = Float8Linear, (rows, columns), (rows, 1)
    else:
        count = rows * columns
        layer.__class__, stored, scales = Nf4Linear, (-(-count // 2), 1), (-(-count // _NF4_BLOCK),)
    # Bytes, not float8: whoever adds an adapter takes a weight's type of float for his own.
    layer.weight = nn.Parameter(torch.empty(stored, dtype=torch.uint8, device="meta"), requires_grad=False)
    layer.register_buffer(f"weight{SCALE}", torch.empty(scales, device="meta"))


class Float8Linear(nn.Linear):
    """Keeps its weight in float8, a scale for each row, and restores it for each forward pass."""

    weight_scale: torch.Tensor

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        """Computes as nn.Linear does, in the input's type."""
        weight = self.weight.view(_FLOAT8).to(input.dtype)
        return linear(input, weight.mul_(self.weight_scale.to(input.dtype)), self.bias)


class Nf4Linear(nn.Linear):
    """Keeps its weight as 4-bit normal floats and restores it for each forward pass."""

    weight_scale: torch.Tensor

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        """Computes as nn.Linear does, in the input's type."""
        from bitsandbytes.functional import QuantState, dequantize_4bit

        state = QuantState(
            self.weight_scale,
            shape=torch.Size((self.out_features, self.in_features)),
            dtype=input.dtype,
            blocksize=_NF4_BLOCK,
            quant_type="nf4",
        )
        weight = dequantize_4bit(self.weight, state)
        return linear(input, weight, self.bias)


def _to_float8(weight: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    exact = weight.float()
    # Without it weights below 1/64, which most are, lose the last of their three bits.
    scale = exact.abs().amax(1, keepdim=True).clamp_min(torch.finfo(torch.float32).tiny) / _FLOAT8_MAX
    return (exact / scale).to(_FLOAT8).view(torch.uint8), scale


def _to_nf4(weight: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    # Imported by those alone who need it: it looks for a card.
    from bitsandbytes.functional import quantize_4bit

    packed, state = quantize_4bit(weight.float().contiguous(), blocksize=_NF4_BLOCK, quant_type="nf4")
    return packed, state.absmax
