"""Where the pictures are among the tokens of a prompt."""

# pyright: standard
# Torch code.
from __future__ import annotations

from typing import Any

import torch
from torch.utils.hooks import RemovableHandle


def attach_image_positions(pipeline: Any) -> RemovableHandle:
    """Lets the text encoder see each picture in two dimensions instead of as a line of tokens.

    transformers 5 asks for `mm_token_type_ids`, which neither DiffSynth's nor diffusers' pipelines forward
    (huggingface/diffusers#14194). Fits both; for the pipeline's life, or until the handle is removed.
    """
    return pipeline.text_encoder.model.register_forward_pre_hook(_mark_pictures, with_kwargs=True)


def _mark_pictures(
    model: Any, args: tuple[Any, ...], inputs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    if inputs.get("image_grid_thw") is None:
        return args, inputs
    ids: torch.Tensor = inputs["input_ids"]
    return args, inputs | {"mm_token_type_ids": (ids == model.config.image_token_id).int()}
