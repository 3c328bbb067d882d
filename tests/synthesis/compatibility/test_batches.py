# pyright: standard
# Torch code.
from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import einops
import pytest
import torch
from diffsynth.pipelines import qwen_image

from services.synthesis.compatibility.batches import mend_batches


@pytest.fixture(autouse=True)
def stock() -> Iterator[None]:
    was = qwen_image.rearrange
    qwen_image.rearrange = einops.rearrange
    yield
    qwen_image.rearrange = was


def velocities(pipeline: Any, latents: torch.Tensor) -> torch.Tensor:
    count = len(latents)
    with torch.inference_mode():
        return qwen_image.model_fn_qwen_image(
            dit=pipeline.dit,
            latents=latents,
            timestep=torch.tensor([500.0]),
            prompt_emb=torch.ones(count, 8, 128),
            prompt_emb_mask=torch.ones(count, 8, dtype=torch.long),
            height=64,
            width=64,
        )


def test_diffsynth_takes_a_batch_for_one_picture(pipeline: Any) -> None:
    with pytest.raises(einops.EinopsError):
        velocities(pipeline, torch.zeros(2, 16, 8, 8))


def test_mended_each_picture_of_a_batch_is_what_it_is_alone(pipeline: Any) -> None:
    mend_batches()
    latents = torch.randn(3, 16, 8, 8, generator=torch.Generator().manual_seed(0))
    together = velocities(pipeline, latents)
    alone = torch.cat([velocities(pipeline, each[None]) for each in latents])
    assert torch.allclose(together, alone, atol=1e-4)
