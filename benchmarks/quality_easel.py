"""The edit service's pipeline with all the built-in model's parts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from diffsynth.diffusion.base_pipeline import ControlNetInput
from diffsynth.pipelines.qwen_image import QwenImagePipeline
from PIL import Image

from services.pipelines.catalogue import CONTEXT, ENTITIES
from services.shapes.checkpoint import NEGATIVE, STEPS
from services.synthesis import compatibility
from services.synthesis.adapters import Adapters
from services.synthesis.denoising import install
from services.synthesis.loading import find_controls, load_pipeline

SIZE = (128, 128)


# Which adapter an argument of the pipeline wants.
WANTED = {"eligen_entity_prompts": ENTITIES, "context_image": CONTEXT}


@dataclass(frozen=True, slots=True)
class Easel:
    """A pipeline with its adapters and its ControlNets by name, in the order of their ids."""

    pipeline: QwenImagePipeline
    adapters: Adapters
    controls: list[str]

    def paint(self, prompt: str, seed: int, cfg: float, **asked: Any) -> Image.Image:
        """Paints one picture from noise of its own; regions and context have their adapters in effect."""
        with self.adapters.active({name: 1.0 for key, name in WANTED.items() if key in asked}):
            return self.pipeline(
                prompt,
                negative_prompt=NEGATIVE,
                cfg_scale=cfg,
                width=SIZE[0],
                height=SIZE[1],
                seed=seed,
                num_inference_steps=STEPS,
                **asked,
            )

    def control(self, name: str, image: Image.Image, **asked: Any) -> list[ControlNetInput]:
        """Returns what holds a picture to `image` by one ControlNet, at full strength."""
        return [ControlNetInput(controlnet_id=self.controls.index(name), image=image, **asked)]


def set_up(checkpoint: Path) -> Easel:
    """Loads a checkpoint as the edit service does, in float32 on the processor."""
    compatibility.mend()
    pipeline = load_pipeline(checkpoint, torch.float32, "cpu")
    compatibility.attach_image_positions(pipeline)
    install(pipeline)
    adapters = Adapters.inject(pipeline.dit, checkpoint / "adapters")
    return Easel(pipeline, adapters, [folder.name for folder in find_controls(checkpoint)])
