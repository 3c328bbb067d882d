"""Heads that look at the same place in another picture: they do, and nobody else sees anything new."""

# pyright: standard
# Torch code.
from __future__ import annotations

from typing import Any

import pytest
import torch

from services.shapes.architecture import HEADS, build_transformer
from services.shapes.lookout import BLOCKS, HEADS_OF_BLOCK, hold_gaze, look_across

SIDE = 4  # tokens
TOKENS, WORDS = SIDE * SIDE, 5


def build() -> Any:
    torch.manual_seed(0)
    return build_transformer()


def run(transformer: Any) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return transformer(
        hidden_states=torch.randn(1, 2 * TOKENS, 64, generator=generator),
        timestep=torch.tensor([0.5]),
        encoder_hidden_states=torch.randn(1, WORDS, 128, generator=generator),
        encoder_hidden_states_mask=torch.ones(1, WORDS, dtype=torch.long),
        img_shapes=[[(1, SIDE, SIDE)] * 2],
        return_dict=False,
    )[0]


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[torch.Tensor]:
    """The attention of every block that runs, (heads, tokens, tokens)."""
    found: list[torch.Tensor] = []
    attend = torch.nn.functional.scaled_dot_product_attention

    def watch(*args: Any, **named: Any) -> torch.Tensor:
        query, key = named["query"], named["key"]
        found.append((query @ key.mT / query.shape[-1] ** 0.5).softmax(-1)[0])
        return attend(*args, **named)

    monkeypatch.setattr(torch.nn.functional, "scaled_dot_product_attention", watch)
    return found


def test_the_heads_look_at_the_same_place_in_the_picture_that_follows(looks: list[torch.Tensor]) -> None:
    transformer = build()
    look_across(transformer)
    with torch.no_grad():
        run(transformer)
    painted = torch.arange(WORDS, WORDS + TOKENS)
    for number, shares in enumerate(looks):
        same_place = shares[:, painted, painted + TOKENS].mean(1)
        if number in BLOCKS:
            assert same_place[-HEADS_OF_BLOCK:].min() > 0.8
            assert same_place[: HEADS - HEADS_OF_BLOCK].max() < 0.3
        else:
            assert same_place.max() < 0.3


def test_training_leaves_their_eyes_where_they_are() -> None:
    transformer = build()
    look_across(transformer)
    hold_gaze(transformer)
    run(transformer).square().mean().backward()
    attention = transformer.transformer_blocks[BLOCKS[0]].attn
    rows = HEADS_OF_BLOCK * transformer.config.attention_head_dim
    assert not attention.to_q.weight.grad[-rows:].any()
    assert attention.to_q.weight.grad[:-rows].any()
    assert attention.to_v.weight.grad[:-rows].any()
    assert attention.to_out[0].weight.grad[:, -rows:].any()
