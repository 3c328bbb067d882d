"""Loads a checkpoint in diffusers' layout into DiffSynth's pipeline, whatever its size."""

# pyright: standard
# Torch code.
from __future__ import annotations

import os
from pathlib import Path
from typing import Any

# DiffSynth asks the hub at every load otherwise.
os.environ.setdefault("DIFFSYNTH_SKIP_DOWNLOAD", "True")

import torch
from diffsynth.models.qwen_image_controlnet import QwenImageBlockWiseControlNet
from diffsynth.models.qwen_image_vae import QwenImageVAE
from diffsynth.pipelines.qwen_image import QwenImageBlockwiseMultiControlNet, QwenImagePipeline
from transformers import Qwen2Tokenizer, Qwen2VLProcessor

from limner.models.checkpoint import usable_controls
from services.pipelines.exhaustion import is_exhaustion
from services.pipelines.weights.loading import Assembly
from services.pipelines.weights.tiers import Treatment
from services.rpc.errors import ModelUnreadable
from services.synthesis.sized import SizedTextEncoder, SizedTransformer
from services.synthesis.tiles import decode_in_tiles

_TRANSFORMER_KEYS = (
    "num_layers",
    "num_attention_heads",
    "attention_head_dim",
    "joint_attention_dim",
    "in_channels",
    "axes_dims_rope",
)
# Of layered models; the configurations of others were often written before there were any.
_LAYERED_KEYS = ("use_layer3d_rope", "use_additional_t_cond")
_CONTROL_KEYS = ("num_layers", "in_dim", "additional_in_dim", "dim")
_VAE_KEYS = ("base_dim", "z_dim", "dim_mult", "num_res_blocks")

Config = dict[str, Any]


def load_pipeline(folder: Path, dtype: torch.dtype, device: str) -> QwenImagePipeline:
    """Returns the pipeline of a checkpoint, all of its weights resident; raises as `read_pipeline`."""
    assembly = Assembly(Treatment("full"), dtype, torch.device(device))
    pipeline = read_pipeline(folder, assembly)
    assembly.reside(0)
    return pipeline


def read_pipeline(path: Path, assembly: Assembly) -> QwenImagePipeline:
    """Returns the pipeline of a checkpoint with its tokenizer, its ControlNets and, if any, its processor.

    Raises ModelUnreadable, or the MemoryError of torch.
    """
    pipeline: Any = QwenImagePipeline(device=str(assembly.device), torch_dtype=assembly.dtype)
    pipeline.text_encoder = assembly.build(path / "text_encoder", SizedTextEncoder)
    pipeline.dit = assembly.build(path / "transformer", _build_transformer)
    pipeline.vae = assembly.build(path / "vae", _build_vae)
    controls = [assembly.build(folder, _build_control) for folder in find_controls(path)]
    pipeline.blockwise_controlnet = QwenImageBlockwiseMultiControlNet(controls)
    if assembly.treatment.lean:
        decode_in_tiles(pipeline.vae)
    try:
        pipeline.tokenizer = Qwen2Tokenizer.from_pretrained(path / "tokenizer")
        if (processor := path / "processor").is_dir():
            pipeline.processor = Qwen2VLProcessor.from_pretrained(processor)
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        if is_exhaustion(error):
            raise
        raise ModelUnreadable(f"The model in {path.name} cannot be read: {error}", path=path.name) from error
    return pipeline


def find_controls(folder: Path) -> list[Path]:
    """Returns the folders of a checkpoint's ControlNets that fit it; DiffSynth numbers them in this order."""
    return usable_controls(folder)


def _build_transformer(config: Config) -> SizedTransformer:
    layered = {key: config.get(key, False) for key in _LAYERED_KEYS}
    return SizedTransformer(**{key: config[key] for key in _TRANSFORMER_KEYS}, **layered)


def _build_control(config: Config) -> QwenImageBlockWiseControlNet:
    return QwenImageBlockWiseControlNet(**{key: config[key] for key in _CONTROL_KEYS})


def _build_vae(config: Config) -> QwenImageVAE:
    channels = config.get("input_channels", 3)
    return QwenImageVAE(**{key: config[key] for key in _VAE_KEYS}, image_channels=channels)
