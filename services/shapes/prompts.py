"""Encodes prompts exactly as QwenImagePipeline does, but with gradients."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import nn
from transformers import Qwen2_5_VLForConditionalGeneration, Qwen2_5_VLProcessor, Qwen2Tokenizer

from services.shapes.tokens import ANSWER, EDIT_DROP, EDIT_TEMPLATE, PICTURE, TEXT_DROP, TEXT_TEMPLATE


def encode(
    encoder: Qwen2_5_VLForConditionalGeneration, tokenizer: Qwen2Tokenizer, prompts: Sequence[str]
) -> tuple[torch.Tensor, torch.Tensor]:
    """Returns embeddings (n, tokens, 128), zero where padded, and their mask (n, tokens)."""
    texts = [TEXT_TEMPLATE + prompt + ANSWER for prompt in prompts]
    tokens = tokenizer(texts, padding=True, return_tensors="pt")
    output = encoder.model(input_ids=tokens.input_ids, attention_mask=tokens.attention_mask)
    mask = tokens.attention_mask[:, TEXT_DROP:]
    return output.last_hidden_state[:, TEXT_DROP:] * mask[..., None], mask


def see(eyes: nn.Module, processor: Qwen2_5_VLProcessor, pictures: NDArray[np.uint8]) -> torch.Tensor:
    """Returns what the text encoder's eyes make of pictures (n, h, w, 3): tokens (n, 16, 128)."""
    images = [Image.fromarray(picture) for picture in pictures]
    inputs = processor.image_processor(images=images, return_tensors="pt")
    seen = eyes(inputs.pixel_values, grid_thw=inputs.image_grid_thw).pooler_output
    return seen.unflatten(0, (len(pictures), -1))


def encode_instructions(
    encoder: Qwen2_5_VLForConditionalGeneration,
    processor: Qwen2_5_VLProcessor,
    instructions: Sequence[str],
    pictures: Sequence[Sequence[Image.Image]],
) -> tuple[torch.Tensor, torch.Tensor]:
    """Encodes instructions with the pictures they are about, as QwenImageEditPlusPipeline, with gradients.

    Returns embeddings (n, tokens, 128), zero where padded, and their mask (n, tokens). Other than diffusers
    0.42.1 it tells the encoder which tokens are pictures (huggingface/diffusers#14194), as DiffSynth does.
    """
    shown = ["".join(map(PICTURE.format, range(1, len(each) + 1))) for each in pictures]
    texts = [EDIT_TEMPLATE + s + i + ANSWER for s, i in zip(shown, instructions, strict=True)]
    flat = [picture for each in pictures for picture in each]
    inputs = processor(
        text=texts, images=flat, padding=True, return_tensors="pt", return_mm_token_type_ids=True
    )
    output = encoder.model(**inputs)
    mask = inputs["attention_mask"][:, EDIT_DROP:]
    return output.last_hidden_state[:, EDIT_DROP:] * mask[..., None], mask
