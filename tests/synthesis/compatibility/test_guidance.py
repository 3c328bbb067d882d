# pyright: standard
# Torch code.
from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from diffsynth.models.qwen_image_dit import ApproximateGELU
from PIL import Image

from services.shapes.checkpoint import CFG, CHECKPOINT, NEGATIVE, STEPS
from services.shapes.checkpoint import load_pipeline as load_stock_pipeline
from services.synthesis.compatibility.activation import mend_activation
from services.synthesis.denoising import install
from services.synthesis.loading import load_pipeline

PROMPT = "a red circle on the left and a blue square on the right, white background"
SIZE = {"width": 128, "height": 128, "num_inference_steps": STEPS}


@pytest.fixture(scope="module")
def stepped() -> Any:
    loaded: Any = load_pipeline(CHECKPOINT, torch.float32, "cpu")
    install(loaded)
    return loaded


@pytest.fixture(autouse=True)
def activation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ApproximateGELU, "forward", ApproximateGELU.forward)
    mend_activation()


@cache
def diffusers_image() -> Image.Image:
    stock: Any = load_stock_pipeline()
    generator = torch.Generator().manual_seed(0)
    answer = stock(PROMPT, negative_prompt=NEGATIVE, true_cfg_scale=CFG, generator=generator, **SIZE)
    return answer.images[0]


def difference(stepped: Any, rescaled: bool) -> int:
    """The largest difference between both libraries' pixels under guidance."""
    stepped.seam.begin(rescaled=rescaled)
    ours = stepped(PROMPT, negative_prompt=NEGATIVE, cfg_scale=CFG, seed=0, **SIZE)
    return int(np.abs(np.asarray(ours).astype(int) - np.asarray(diffusers_image()).astype(int)).max())


def test_guidance_without_its_length_restored_paints_other_colours(stepped: Any) -> None:
    # When this fails, DiffSynth has healed: guidance.py is no longer needed.
    assert difference(stepped, rescaled=False) > 20


def test_guidance_with_its_length_restored_paints_diffusers_pixels(stepped: Any) -> None:
    assert difference(stepped, rescaled=True) <= 2
