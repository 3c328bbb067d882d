# pyright: standard
# Torch code.
from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn.functional import linear

from services.pipelines.weights.rounding import expect_rounded, round_weight
from services.pipelines.weights.tiers import Precision

# Of the root mean square; a float8 has three bits of mantissa, a normal float of four bits sixteen values.
ERRORS: dict[Precision, float] = {"fp8": 0.04, "nf4": 0.12}


def rounded(layer: nn.Linear, precision: Precision) -> nn.Linear:
    with torch.device("meta"):
        empty = nn.Linear(layer.in_features, layer.out_features)
    empty.requires_grad_(False)
    expect_rounded(empty, precision)
    kept, scale = round_weight(layer.weight, precision)
    state = {"weight": kept, "weight_scale": scale, "bias": layer.bias.detach()}
    empty.load_state_dict(state, assign=True)
    return empty


@pytest.mark.parametrize("precision", ERRORS)
@pytest.mark.parametrize(("columns", "rows"), [(192, 768), (70, 3)])
@pytest.mark.parametrize("size", [0.02, 2.0])
def test_a_rounded_layer_answers_nearly_the_same(
    precision: Precision, columns: int, rows: int, size: float
) -> None:
    torch.manual_seed(0)
    layer = nn.Linear(columns, rows).requires_grad_(False)
    layer.weight.normal_(std=size)
    x = torch.randn(16, columns)
    exact = linear(x, layer.weight)
    wrong = rounded(layer, precision)(x) - layer(x)
    assert wrong.square().mean().sqrt() <= ERRORS[precision] * exact.square().mean().sqrt()


@pytest.mark.parametrize("precision", ERRORS)
def test_a_rounded_layer_answers_in_the_type_that_it_is_asked_in(precision: Precision) -> None:
    layer = nn.Linear(64, 64).to(torch.bfloat16).requires_grad_(False)
    assert rounded(layer, precision)(torch.ones(2, 64, dtype=torch.bfloat16)).dtype == torch.bfloat16


@pytest.mark.parametrize(("precision", "most"), [("fp8", 1.05), ("nf4", 0.6)])
def test_a_rounded_layer_is_small(precision: Precision, most: float) -> None:
    kept, scale = round_weight(torch.randn(256, 256), precision)
    assert kept.nbytes + scale.nbytes <= most * 256 * 256


def test_a_row_of_zeros_stays_one() -> None:
    layer = nn.Linear(64, 64, bias=True).requires_grad_(False)
    layer.weight.zero_()
    for precision in ERRORS:
        assert torch.equal(rounded(layer, precision)(torch.ones(1, 64)), layer.bias[None])
