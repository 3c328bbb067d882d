# pyright: standard
# Torch code.
from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from services.shapes.checkpoint import CHECKPOINT, NEGATIVE
from services.shapes.pictures import render
from services.shapes.scenes import requests
from services.shapes.tokens import build_processor
from services.synthesis.loading import load_pipeline
from services.synthesis.prompts import PromptMemory, remember_prompts

PICTURES = [render(scene, 64, 64) for scene in requests(2)]
MASK = Image.new("RGB", (64, 64), "white")
ENTITIES = {
    "eligen_entity_prompts": ["a red circle", "a blue star"],
    "eligen_entity_masks": [MASK, MASK],
}


def load() -> Any:
    loaded: Any = load_pipeline(CHECKPOINT, torch.float32, "cpu")
    loaded.processor = build_processor(loaded.tokenizer)
    return loaded


@pytest.fixture(scope="module")
def stock() -> Any:
    return load()


@pytest.fixture(scope="module")
def remembering() -> tuple[Any, PromptMemory]:
    pipeline = load()
    return pipeline, remember_prompts(pipeline)


@pytest.fixture
def memory(remembering: tuple[Any, PromptMemory]) -> Iterator[PromptMemory]:
    yield remembering[1]
    remembering[1].forget()


@pytest.fixture
def pipeline(remembering: tuple[Any, PromptMemory]) -> Any:
    return remembering[0]


def paint(pipeline: Any, seed: int = 0, prompt: str = "a red circle", **more: Any) -> np.ndarray:
    settings = {"negative_prompt": NEGATIVE, "cfg_scale": 2.0, "edit_image_auto_resize": False} | more
    size = {"width": 64, "height": 64, "num_inference_steps": 2, "progress_bar_cmd": list}
    return np.asarray(pipeline(prompt, seed=seed, **size, **settings))


def calls(pipeline: Any, runs: list[dict[str, Any]]) -> int:
    """How often the text encoder is asked in these runs."""
    asked: list[int] = []
    handle = pipeline.text_encoder.register_forward_pre_hook(lambda *_: asked.append(1))
    for run in runs:
        paint(pipeline, **run)
    handle.remove()
    return len(asked)


SWEEPS = {
    "prompt": {},
    "edit": {"edit_image": PICTURES},
    "entities": ENTITIES,
}


@pytest.mark.parametrize(("name", "once"), [("prompt", 2), ("edit", 2), ("entities", 4)])
def test_a_sweep_of_seeds_asks_the_text_encoder_once(
    stock: Any, pipeline: Any, memory: PromptMemory, name: str, once: int
) -> None:
    sweep = [{"seed": seed, **SWEEPS[name]} for seed in range(3)]
    # When the first line fails, DiffSynth remembers by itself: prompts.py is no longer needed.
    assert calls(stock, sweep) == 3 * once
    assert calls(pipeline, sweep) == once
    memory.forget()
    assert calls(pipeline, sweep[:1]) == once


@pytest.mark.usefixtures("memory")
@pytest.mark.parametrize("name", SWEEPS)
def test_what_is_remembered_paints_the_same_pixels(stock: Any, pipeline: Any, name: str) -> None:
    paint(pipeline, 0, **SWEEPS[name])
    assert np.array_equal(paint(pipeline, 1, **SWEEPS[name]), paint(stock, 1, **SWEEPS[name]))


@pytest.mark.usefixtures("memory")
@pytest.mark.parametrize(
    "other",
    [
        {"prompt": "a blue star"},
        {"edit_image": PICTURES[1:]},
        {"edit_image": PICTURES[0]},
        {"edit_image": PICTURES[::-1]},
    ],
)
def test_another_prompt_or_picture_is_not_taken_for_a_known_one(
    stock: Any, pipeline: Any, other: dict[str, Any]
) -> None:
    paint(pipeline, edit_image=PICTURES[:1])
    paint(pipeline, edit_image=PICTURES)
    assert np.array_equal(paint(pipeline, **other), paint(stock, **other))
