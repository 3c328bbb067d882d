# pyright: standard
# Torch code.
from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from diffsynth.pipelines.qwen_image import QwenImageUnit_PromptEmbedder
from PIL import Image

from services.shapes.pictures import render
from services.shapes.prompts import encode_instructions
from services.shapes.scenes import requests
from services.synthesis.compatibility import attach_image_positions

INSTRUCTION = "make the circle green"
UNIT = QwenImageUnit_PromptEmbedder()
PICTURES = [render(scene, 128, 128) for scene in requests(2)]


@pytest.fixture
def positioned(pipeline: Any) -> Iterator[None]:
    handle = attach_image_positions(pipeline)
    yield
    handle.remove()


def difference(pipeline: Any, shown: list[Image.Image]) -> float:
    """How far the embedding is from what the encoder says once it is told which tokens are pictures."""
    with torch.no_grad():
        ours = UNIT.process(pipeline, INSTRUCTION, shown)["prompt_emb"]
        seen = [UNIT.resize_image(picture) for picture in shown]
        told, _ = encode_instructions(pipeline.text_encoder, pipeline.processor, [INSTRUCTION], [seen])
    return float((ours - told).abs().max())


@pytest.mark.parametrize("count", [1, 2])
def test_without_positions_a_picture_is_a_line_of_tokens(pipeline: Any, count: int) -> None:
    # When this fails, DiffSynth forwards them itself: positions.py is no longer needed.
    assert difference(pipeline, PICTURES[:count]) > 0.05


@pytest.mark.usefixtures("positioned")
@pytest.mark.parametrize("count", [1, 2])
def test_with_positions_the_encoder_sees_what_it_was_trained_on(pipeline: Any, count: int) -> None:
    assert difference(pipeline, PICTURES[:count]) == 0


@pytest.mark.usefixtures("positioned")
def test_a_prompt_after_a_picture_is_encoded_as_if_there_had_been_none(pipeline: Any) -> None:
    with torch.no_grad():
        before = UNIT.process(pipeline, "a red circle", None)["prompt_emb"]
        UNIT.process(pipeline, INSTRUCTION, PICTURES[:1])
        after = UNIT.process(pipeline, "a red circle", None)["prompt_emb"]
    assert torch.equal(before, after)
