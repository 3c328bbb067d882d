# pyright: standard
# Torch code.
from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffsynth.diffusion import FlowMatchScheduler
from diffsynth.diffusion.base_pipeline import ControlNetInput
from diffsynth.pipelines.qwen_image import (
    QwenImageBlockwiseMultiControlNet,
    QwenImageUnit_BlockwiseControlNet,
    QwenImageUnit_EntityControl,
)
from PIL import Image

from services.shapes.checkpoint import CHECKPOINT
from services.synthesis.compatibility import LEAST_STEPS, find_zero_cond_t, to_countdown, to_mask

SIDE_PX = 64
MASK = Image.fromarray(np.pad(np.full((SIDE_PX, SIDE_PX // 2), 255, np.uint8), ((0, 0), (0, SIDE_PX // 2))))
PICTURE = Image.new("RGB", (SIDE_PX, SIDE_PX), "white")


def sigmas(template: Any, steps: int) -> torch.Tensor:
    scheduler = FlowMatchScheduler(template)
    scheduler.set_timesteps(steps, dynamic_shift_len=256)
    return scheduler.sigmas


def test_one_step_of_the_standard_schedule_is_no_number() -> None:
    # When this fails, DiffSynth has healed: LEAST_STEPS may be one.
    assert sigmas("Qwen-Image", 1).isnan().all()
    assert sigmas("Qwen-Image", LEAST_STEPS).isfinite().all()
    assert sigmas("Qwen-Image-Lightning", 1).isfinite().all()


@torch.no_grad()
def entity_mask(pipeline: Any, mask: Image.Image) -> torch.Tensor:
    return QwenImageUnit_EntityControl().preprocess_masks(pipeline, [mask], 8, 8, 1)[0]


@torch.no_grad()
def control_latents(pipeline: Any, mask: Image.Image) -> torch.Tensor:
    given = [ControlNetInput(image=PICTURE, inpaint_mask=mask)]
    unit = QwenImageUnit_BlockwiseControlNet()
    return unit.process(pipeline, given, False, 128, 64)["blockwise_controlnet_conditioning"][0]


@pytest.mark.parametrize("use", [entity_mask, control_latents])
def test_a_mask_of_one_channel_is_refused_until_it_is_made_rgb(pipeline: Any, use: Any) -> None:
    # When this fails, DiffSynth has healed: to_mask is no longer needed for its sake.
    with pytest.raises(Exception, match="Wrong shape: expected 3 dims"):
        use(pipeline, MASK)
    use(pipeline, to_mask(MASK))


@pytest.mark.parametrize("mode", ["1", "L", "RGB", "RGBA", "P"])
def test_a_mask_of_any_mode_is_white_where_it_is_set(pipeline: Any, mode: str) -> None:
    mask = to_mask(MASK.convert(mode))
    assert mask.mode == "RGB"
    set_cells = entity_mask(pipeline, mask)[0, 0]
    assert torch.equal(set_cells[:, :4], torch.ones(8, 4))
    assert torch.equal(set_cells[:, 4:], torch.zeros(8, 4))


class Countdown(torch.nn.Module):
    """A ControlNet that says when it is asked."""

    def blockwise_forward(self, image: torch.Tensor, *_: object) -> torch.Tensor:
        return torch.ones_like(image)


def active_steps(start: float, end: float, steps: int = 11) -> list[int]:
    control = QwenImageBlockwiseMultiControlNet([Countdown()])  # pyright: ignore[reportArgumentType]
    given, image = [ControlNetInput(start=start, end=end)], torch.zeros(1)
    answers = [
        control.blockwise_forward(
            image, [image], given, progress_id=step, num_inference_steps=steps, block_id=0
        )
        for step in range(steps)
    ]
    return [step for step, answer in enumerate(answers) if isinstance(answer, torch.Tensor)]


def test_a_control_net_counts_down() -> None:
    # When this fails, DiffSynth has changed: to_countdown would turn its window round.
    assert active_steps(0.2, 0.5) == []
    assert active_steps(*to_countdown(0.2, 0.5)) == [2, 3, 4, 5]
    assert active_steps(*to_countdown(0.0, 1.0)) == list(range(11))


@pytest.mark.parametrize(("config", "answer"), [({}, False), ({"zero_cond_t": True}, True)])
def test_zero_cond_t_is_what_the_transformer_was_trained_with(
    tmp_path: Path, config: dict[str, bool], answer: bool
) -> None:
    (tmp_path / "transformer").mkdir()
    (tmp_path / "transformer" / "config.json").write_text(json.dumps(config))
    assert find_zero_cond_t(tmp_path) is answer


def test_the_built_in_model_was_trained_without_zero_cond_t() -> None:
    assert not find_zero_cond_t(CHECKPOINT)


def test_a_transparent_picture_is_refused_by_the_autoencoder(pipeline: Any) -> None:
    # Why services/edit flattens what people send.
    picture = pipeline.preprocess_image(PICTURE.convert("RGBA"))
    with pytest.raises(RuntimeError, match="to have 3 channels"):
        pipeline.vae.encode(picture)
