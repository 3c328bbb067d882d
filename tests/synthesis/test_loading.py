"""One checkpoint, two libraries: DiffSynth paints what diffusers paints."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffsynth.models.qwen_image_dit import ApproximateGELU
from diffsynth.pipelines.qwen_image import QwenImagePipeline
from torch.nn.functional import gelu

from services.rpc.errors import ModelUnreadable
from services.shapes.checkpoint import CFG, CHECKPOINT, NEGATIVE, STEPS
from services.shapes.checkpoint import load_pipeline as load_stock_pipeline
from services.shapes.judge import judge, scene_from_caption
from services.synthesis.compatibility.activation import mend_activation
from services.synthesis.loading import load_pipeline

PROMPT = "a red circle on the left and a blue square on the right, white background"
_STOCK_FORWARD = ApproximateGELU.forward


@pytest.fixture(scope="module")
def pipeline() -> QwenImagePipeline:
    return load_pipeline(CHECKPOINT, torch.float32, "cpu")


@pytest.fixture(autouse=True)
def stock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ApproximateGELU, "forward", _STOCK_FORWARD)


@pytest.fixture
def mended(stock: None) -> None:
    mend_activation()


def painted(pipeline: QwenImagePipeline, seed: int, cfg: float) -> Any:
    return pipeline(
        PROMPT,
        negative_prompt=NEGATIVE,
        cfg_scale=cfg,
        width=128,
        height=128,
        seed=seed,
        num_inference_steps=STEPS,
        progress_bar_cmd=list,
    )


def difference(pipeline: QwenImagePipeline, seed: int) -> int:
    """The largest difference between both libraries' pixels without guidance."""
    stock = load_stock_pipeline()(
        PROMPT,
        width=128,
        height=128,
        num_inference_steps=STEPS,
        true_cfg_scale=1.0,
        generator=torch.Generator().manual_seed(seed),
    ).images[0]
    ours = painted(pipeline, seed, cfg=1.0)
    return int(np.abs(np.asarray(ours).astype(int) - np.asarray(stock).astype(int)).max())


@pytest.mark.usefixtures("mended")
@pytest.mark.parametrize("seed", [0, 1])
def test_both_libraries_paint_the_same_pixels(pipeline: QwenImagePipeline, seed: int) -> None:
    assert difference(pipeline, seed) <= 2


def test_without_the_trained_activation_they_do_not(pipeline: QwenImagePipeline) -> None:
    # When this fails, DiffSynth has healed: services/synthesis/compatibility.py loses an entry.
    layer = ApproximateGELU(4, 4)
    x = torch.randn(8, 4, generator=torch.Generator().manual_seed(0)) * 3
    assert (layer(x) - gelu(layer.proj(x), approximate="tanh")).abs().max() > 5e-3
    assert difference(pipeline, seed=0) > 2


@pytest.mark.usefixtures("mended")
def test_diffsynth_paints_what_it_is_asked_for(pipeline: QwenImagePipeline) -> None:
    image = painted(pipeline, seed=1, cfg=CFG)
    assert judge(image, scene_from_caption(PROMPT)).right


def test_a_checkpoint_without_weights_is_named(tmp_path: Path) -> None:
    shutil.copytree(CHECKPOINT, tmp_path, dirs_exist_ok=True)
    next((tmp_path / "transformer").glob("*.safetensors")).unlink()
    with pytest.raises(ModelUnreadable, match="transformer has no safetensors"):
        load_pipeline(tmp_path, torch.float32, "cpu")
