"""A layered checkpoint, two libraries: DiffSynth takes a picture apart as diffusers does.

The weights are random, so that nothing can be said of what the layers show.
"""

# pyright: standard
# Torch code.
from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffsynth.models.qwen_image_dit import ApproximateGELU
from diffsynth.pipelines.qwen_image import QwenImagePipeline
from diffusers.pipelines.qwenimage import pipeline_qwenimage_layered as stock_module
from numpy.typing import NDArray
from PIL import Image

from services.shapes.checkpoint import CHECKPOINT
from services.synthesis.compatibility import find_layer_shift
from services.synthesis.compatibility.activation import mend_activation
from services.synthesis.layers import colour_encoder, lay_out
from services.synthesis.loading import load_pipeline

PROMPT = "a red circle on the left, white background"
SIZE = (128, 96)
_STOCK_FORWARD = ApproximateGELU.forward


@pytest.fixture(scope="module")
def pipeline(layered: Path) -> QwenImagePipeline:
    return load_pipeline(layered, torch.float32, "cpu")


@pytest.fixture(autouse=True)
def mended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ApproximateGELU, "forward", _STOCK_FORWARD)
    mend_activation()


@pytest.fixture
def expected(layered: Path, monkeypatch: pytest.MonkeyPatch) -> NDArray[np.int_]:
    """What diffusers makes of the picture; at 640 px, which it insists on, that would take a minute."""
    monkeypatch.setattr(stock_module, "calculate_dimensions", lambda area, ratio: SIZE)
    stock: Any = stock_module.QwenImageLayeredPipeline.from_pretrained(layered, dtype=torch.float32)
    stock.set_progress_bar_config(disable=True)
    (layers,) = stock(
        image=picture(),
        prompt=PROMPT,
        layers=2,
        num_inference_steps=4,
        true_cfg_scale=1.0,
        generator=torch.Generator().manual_seed(3),
    ).images
    return stacked(layers)


def picture() -> Image.Image:
    dots = np.random.default_rng(0).integers(0, 256, (12, 16, 4), dtype=np.uint8)
    return Image.fromarray(dots, "RGBA").resize(SIZE, Image.Resampling.BICUBIC)


def stacked(layers: list[Any]) -> NDArray[np.int_]:
    assert {layer.mode for layer in layers} == {"RGBA"}
    return np.stack([np.asarray(layer) for layer in layers]).astype(int)


def taken_apart(pipeline: QwenImagePipeline, shift: float | None) -> NDArray[np.int_]:
    # Annotated with less than it takes and returns.
    take_apart: Any = pipeline
    whole, *layers = take_apart(
        PROMPT,
        cfg_scale=1.0,
        width=SIZE[0],
        height=SIZE[1],
        seed=3,
        num_inference_steps=4,
        layer_input_image=picture(),
        layer_num=2,
        exponential_shift_mu=shift,
        progress_bar_cmd=list,
    )
    assert whole.size == SIZE
    return stacked(layers)


def test_both_libraries_make_the_same_layers(
    pipeline: QwenImagePipeline, expected: NDArray[np.int_], layered: Path
) -> None:
    ours = taken_apart(pipeline, find_layer_shift(layered, SIZE))
    assert ours.shape == (2, 96, 128, 4)
    assert np.abs(ours - expected).max() <= 1
    assert np.abs(ours[0] - ours[1]).max() > 50  # so that equality says something


def test_with_the_shift_of_painters_they_do_not(
    pipeline: QwenImagePipeline, expected: NDArray[np.int_]
) -> None:
    # When this fails, DiffSynth has healed: services/synthesis/compatibility loses an entry.
    assert np.abs(taken_apart(pipeline, shift=None) - expected).max() > 5


@pytest.mark.parametrize(("kind", "shift"), [("exponential", 2.5), ("linear", np.log(2.5))])
def test_the_shift_grows_with_the_root_of_the_area(tmp_path: Path, kind: str, shift: float) -> None:
    (tmp_path / "scheduler").mkdir()
    (tmp_path / "scheduler" / "scheduler_config.json").write_text(json.dumps({"time_shift_type": kind}))
    assert find_layer_shift(tmp_path, (640, 640)) == pytest.approx(shift)


def test_colours_are_encoded_as_opaque_where_alpha_is_wanted(pipeline: QwenImagePipeline) -> None:
    colours = torch.zeros(1, 3, 32, 32)
    opaque = torch.cat([colours, torch.ones(1, 1, 32, 32)], dim=1)
    assert torch.equal(colour_encoder(pipeline.vae)(colours), pipeline.vae.encode(opaque))


def test_colours_are_encoded_as_they_are_by_a_painter() -> None:
    vae = load_pipeline(CHECKPOINT, torch.float32, "cpu").vae
    colours = torch.zeros(1, 3, 32, 32)
    assert torch.equal(colour_encoder(vae)(colours), vae.encode(colours))


def test_layers_are_laid_out_without_the_whole_picture() -> None:
    latents = torch.arange(3.0).reshape(3, 1, 1, 1).expand(3, 16, 2, 4)
    row = lay_out(latents)
    assert row.shape == (1, 16, 2, 8)
    assert row[0, 0, 0].tolist() == [1, 1, 1, 1, 2, 2, 2, 2]
    assert lay_out(latents[:1]).shape == (1, 16, 2, 4)
