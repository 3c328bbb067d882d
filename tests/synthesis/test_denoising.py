# pyright: standard
# Torch code.
from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from diffsynth.diffusion.base_pipeline import ControlNetInput
from diffsynth.models.qwen_image_controlnet import QwenImageBlockWiseControlNet
from diffsynth.pipelines.qwen_image import QwenImageBlockwiseMultiControlNet
from PIL import Image

from services.shapes.architecture import HEAD_WIDTH, HEADS, LAYERS
from services.shapes.checkpoint import CFG, CHECKPOINT, NEGATIVE
from services.shapes.pictures import render
from services.shapes.scenes import requests
from services.shapes.tokens import build_processor
from services.synthesis.denoising import StepSeam, install
from services.synthesis.loading import load_pipeline

PROMPT = "a red circle on the left and a blue square on the right, white background"
STEPS = 5
PICTURE = render(requests(1)[0], 64, 64)
MASK = Image.fromarray(np.pad(np.full((64, 32, 3), 255, np.uint8), ((0, 0), (0, 32), (0, 0))))


class Stopped(Exception):
    """Ends a run at a step boundary, as Cancelled and Parked do."""


@pytest.fixture(scope="module")
def pipeline() -> Any:
    loaded: Any = load_pipeline(CHECKPOINT, torch.bfloat16, "cpu")
    loaded.processor = build_processor(loaded.tokenizer)
    torch.manual_seed(0)
    control = QwenImageBlockWiseControlNet(num_layers=LAYERS, dim=HEADS * HEAD_WIDTH)
    loaded.blockwise_controlnet = QwenImageBlockwiseMultiControlNet([control.to(torch.bfloat16)])
    install(loaded)
    return loaded


@pytest.fixture
def seam(pipeline: Any) -> Iterator[StepSeam]:
    yield pipeline.seam
    pipeline.seam.begin()


def tasks() -> dict[str, dict[str, Any]]:
    # The ControlNet acts in the middle of the schedule only, so that a wrong count changes the image.
    control = ControlNetInput(image=PICTURE, start=0.8, end=0.4)
    return {
        "text": {},
        "guided": {"cfg_scale": CFG},
        "image": {"input_image": PICTURE, "denoising_strength": 0.6},
        "inpaint": {"input_image": PICTURE, "inpaint_mask": MASK},
        "edit": {"edit_image": [PICTURE], "edit_image_auto_resize": False},
        "control": {"blockwise_controlnet_inputs": [control]},
    }


def paint(pipeline: Any, task: dict[str, Any]) -> Any:
    settings = {"cfg_scale": 1.0, "negative_prompt": NEGATIVE} | task
    image = pipeline(PROMPT, width=64, height=64, seed=3, num_inference_steps=STEPS, **settings)
    return np.asarray(image)


def interrupted(pipeline: Any, seam: StepSeam, task: dict[str, Any], after: int) -> torch.Tensor:
    """The latents of a run that was stopped after so many steps."""
    kept: list[torch.Tensor] = []

    def stop(done: int, latents: torch.Tensor, _clean: torch.Tensor) -> None:
        if done == after:
            kept.append(latents)
            raise Stopped

    seam.begin(on_step=stop)
    with pytest.raises(Stopped):
        paint(pipeline, task)
    return kept[0]


@pytest.mark.parametrize("name", tasks())
@pytest.mark.parametrize("after", [1, 3, STEPS])
def test_a_resumed_run_paints_every_pixel_of_the_undisturbed_one(
    pipeline: Any, seam: StepSeam, name: str, after: int
) -> None:
    task = tasks()[name]
    undisturbed = paint(pipeline, task)
    latents = interrupted(pipeline, seam, task, after)
    seam.begin(skip=after, latents=latents)
    assert np.array_equal(paint(pipeline, task), undisturbed)


def test_steps_are_counted_from_the_schedules_start(pipeline: Any, seam: StepSeam) -> None:
    counts: list[int] = []
    latents = interrupted(pipeline, seam, {}, after=2)
    seam.begin(skip=2, latents=latents, on_step=lambda done, _latents, _clean: counts.append(done))
    paint(pipeline, {})
    assert counts == [3, 4, 5]


@pytest.mark.parametrize("name", ["guided", "inpaint"])
def test_the_last_estimate_is_the_result(pipeline: Any, seam: StepSeam, name: str) -> None:
    reports: list[tuple[torch.Tensor, torch.Tensor]] = []
    seam.begin(on_step=lambda _done, latents, clean: reports.append((latents, clean)))
    paint(pipeline, tasks()[name])
    latents, clean = reports[-1]
    assert latents.shape == clean.shape == (1, 16, 8, 8)
    assert (latents - clean).abs().max() < 0.05


def test_what_a_run_was_told_does_not_hold_for_the_next(pipeline: Any, seam: StepSeam) -> None:
    undisturbed = paint(pipeline, {})
    seam.begin(skip=2, latents=torch.zeros(1, 16, 8, 8))
    assert not np.array_equal(paint(pipeline, {}), undisturbed)
    assert np.array_equal(paint(pipeline, {}), undisturbed)


def test_a_control_net_that_counts_from_zero_again_would_paint_something_else(
    pipeline: Any, seam: StepSeam
) -> None:
    # Guards the test above: the ControlNet's window must matter to the image.
    moved = {"blockwise_controlnet_inputs": [ControlNetInput(image=PICTURE, start=0.8, end=0.8)]}
    assert not np.array_equal(paint(pipeline, tasks()["control"]), paint(pipeline, moved))


def test_a_run_is_silent(pipeline: Any, capfd: pytest.CaptureFixture[str]) -> None:
    paint(pipeline, {})
    assert capfd.readouterr() == ("", "")
