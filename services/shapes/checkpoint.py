"""Where the weights lie, and how they get there: diffusers' layout, safetensors only."""

from __future__ import annotations

import copy
from pathlib import Path

import torch
from diffusers import (
    AutoencoderKLQwenImage,
    FlowMatchEulerDiscreteScheduler,
    QwenImagePipeline,
    QwenImageTransformer2DModel,
)
from transformers import Qwen2_5_VLForConditionalGeneration, Qwen2Tokenizer

CHECKPOINT = Path(__file__).parent / "checkpoint"
# Steps and guidance at which the quality figures are measured. True CFG needs a negative prompt: use " ".
STEPS, CFG, NEGATIVE = 20, 4.0, " "


def save_checkpoint(
    folder: Path,
    transformer: QwenImageTransformer2DModel,
    vae: AutoencoderKLQwenImage,
    text_encoder: Qwen2_5_VLForConditionalGeneration,
    tokenizer: Qwen2Tokenizer,
    scheduler: FlowMatchEulerDiscreteScheduler,
) -> None:
    """Writes a whole pipeline; transformer and text encoder in bfloat16, the autoencoder in float32."""
    text_encoder, transformer = (copy.deepcopy(m).to(torch.bfloat16) for m in (text_encoder, transformer))
    pipeline = QwenImagePipeline(scheduler, vae, text_encoder, tokenizer, transformer)
    pipeline.save_pretrained(folder)


def load_vae(folder: Path = CHECKPOINT) -> AutoencoderKLQwenImage:
    """Loads the checkpoint's autoencoder, whose latents have Qwen-Image's moments."""
    return AutoencoderKLQwenImage.from_pretrained(folder / "vae", torch_dtype=torch.float32).eval()


def load_pipeline(folder: Path = CHECKPOINT) -> QwenImagePipeline:
    """Loads the checkpoint as any other Qwen-Image, in float32 on the processor."""
    pipeline = QwenImagePipeline.from_pretrained(folder, dtype=torch.float32, local_files_only=True)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline
