"""Where the weights lie, and how they get there: diffusers' layout, safetensors only."""

from __future__ import annotations

import copy
import os
import shutil
from pathlib import Path

import torch
from diffusers import AutoencoderKLQwenImage, QwenImageEditPlusPipeline, QwenImagePipeline
from safetensors.torch import load_file
from transformers import Qwen2_5_VLForConditionalGeneration, Qwen2Tokenizer

from services.shapes.architecture import build_scheduler, build_vae
from services.shapes.flow import Painter, build_painter
from services.shapes.tokens import build_processor

_WEIGHTS = "diffusion_pytorch_model.safetensors"
CHECKPOINT = Path(__file__).parent / "checkpoint"
EDIT_CHECKPOINT = CHECKPOINT.with_name("edit_checkpoint")
# Steps and guidance at which the quality figures are measured. True CFG needs a negative prompt: use " ".
STEPS, CFG, NEGATIVE = 20, 4.0, " "


def save_painter(
    folder: Path, painter: Painter, vae: AutoencoderKLQwenImage, tokenizer: Qwen2Tokenizer
) -> None:
    """Writes a whole pipeline; transformer and text encoder in bfloat16, the autoencoder in float32."""
    rounded = copy.deepcopy(painter).to(torch.bfloat16)
    QwenImagePipeline(
        build_scheduler(), vae, rounded.text_encoder, tokenizer, rounded.transformer
    ).save_pretrained(folder)


def save_editor(folder: Path, painter: Painter, tokenizer: Qwen2Tokenizer, vae_from: Path) -> None:
    """Writes what was trained on edits as a pipeline with the autoencoder of the checkpoint `vae_from`."""
    rounded = copy.deepcopy(painter).to(torch.bfloat16)
    vae = folder / "vae"
    # Saving again would write through the links.
    shutil.rmtree(vae, ignore_errors=True)
    QwenImageEditPlusPipeline(
        build_scheduler(),
        load_vae(vae_from),
        rounded.text_encoder,
        tokenizer,
        build_processor(tokenizer),
        rounded.transformer,
    ).save_pretrained(folder)
    for file in vae.iterdir():
        file.unlink()
        # Of files, not of the folder: that one a wheel would leave out.
        file.symlink_to(os.path.relpath(vae_from / "vae" / file.name, vae))


def load_vae(folder: Path = CHECKPOINT) -> AutoencoderKLQwenImage:
    """Loads the checkpoint's autoencoder, whose latents have Qwen-Image's moments."""
    vae = build_vae()
    vae.load_state_dict(load_file(folder / "vae" / _WEIGHTS))
    return vae.eval()


def load_painter(tokenizer: Qwen2Tokenizer, folder: Path = CHECKPOINT) -> Painter:
    """Loads the checkpoint's transformer and text encoder in float32, to be trained further."""
    # Its file has the names of an older transformers, which from_pretrained translates.
    saved = Qwen2_5_VLForConditionalGeneration.from_pretrained(folder / "text_encoder", dtype=torch.float32)
    painter = build_painter(tokenizer, 0, saved.config.text_config.num_hidden_layers)
    painter.text_encoder.load_state_dict(saved.state_dict())
    painter.transformer.load_state_dict(load_file(folder / "transformer" / _WEIGHTS))
    return painter


def load_pipeline(folder: Path = CHECKPOINT) -> QwenImagePipeline:
    """Loads the checkpoint as any other Qwen-Image, in float32 on the processor."""
    pipeline = QwenImagePipeline.from_pretrained(folder, dtype=torch.float32, local_files_only=True)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline
