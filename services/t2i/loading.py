"""Loads a checkpoint into diffusers' own pipeline."""

# pyright: standard
# Torch code: diffusers is typed in part only, so strictness would report its gaps, not ours.
from __future__ import annotations

from pathlib import Path
from typing import Any

from diffusers.models.autoencoders.autoencoder_kl_qwenimage import AutoencoderKLQwenImage
from diffusers.models.transformers.transformer_qwenimage import QwenImageTransformer2DModel
from diffusers.pipelines.qwenimage.pipeline_qwenimage import QwenImagePipeline
from transformers import Qwen2_5_VLConfig, Qwen2_5_VLForConditionalGeneration

from services.pipelines.exhaustion import is_exhaustion
from services.pipelines.weights.loading import Assembly
from services.rpc.errors import ModelUnreadable

# Of decoded pixels: as small as seams allow (512 and 384 are what it was made for).
_TILE_PX, _STRIDE_PX = 256, 192


def read_pipeline(path: Path, assembly: Assembly) -> QwenImagePipeline:
    """Returns the pipeline of a checkpoint; raises ModelUnreadable, or the MemoryError of torch."""
    parts: dict[str, Any] = {
        "text_encoder": assembly.build(path / "text_encoder", _build_text_encoder),
        "transformer": assembly.build(path / "transformer", _build_transformer),
        "vae": assembly.build(path / "vae", _build_vae),
    }
    if assembly.treatment.lean:
        parts["vae"].enable_tiling(_TILE_PX, _TILE_PX, _STRIDE_PX, _STRIDE_PX)
    try:
        return QwenImagePipeline.from_pretrained(path, local_files_only=True, **parts)
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        if is_exhaustion(error):
            raise
        raise ModelUnreadable(f"The model in {path.name} cannot be read: {error}", path=path.name) from error


def _build_text_encoder(config: dict[str, Any]) -> Qwen2_5_VLForConditionalGeneration:
    return Qwen2_5_VLForConditionalGeneration(Qwen2_5_VLConfig(**config))


def _build_transformer(config: dict[str, Any]) -> QwenImageTransformer2DModel:
    built: Any = QwenImageTransformer2DModel.from_config(config)
    return built


def _build_vae(config: dict[str, Any]) -> AutoencoderKLQwenImage:
    built: Any = AutoencoderKLQwenImage.from_config(config)
    return built
