"""Loads a checkpoint in diffusers' layout into DiffSynth's pipeline, whatever its size."""

# pyright: standard
# Torch code.
from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

# DiffSynth asks the hub at every load otherwise.
os.environ.setdefault("DIFFSYNTH_SKIP_DOWNLOAD", "True")

import torch
from diffsynth.configs import MODEL_CONFIGS
from diffsynth.core import ModelConfig, hash_model_file
from diffsynth.pipelines.qwen_image import QwenImagePipeline

from services.pipelines.exhaustion import is_exhaustion
from services.rpc.errors import ModelUnreadable
from services.synthesis.sized import SizedTextEncoder, SizedTransformer

_PARTS = ("transformer", "text_encoder", "vae")
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
_CONVERTER = (
    "diffsynth.utils.state_dict_converters.qwen_image_text_encoder.QwenImageTextEncoderStateDictConverter"
)


def load_pipeline(folder: Path, dtype: torch.dtype, device: str) -> QwenImagePipeline:
    """Returns the pipeline of a checkpoint with its tokenizer, its ControlNets and, if any, its processor.

    Raises FileNotFoundError when a part is missing.
    """
    parts = [*(folder / part for part in _PARTS), *find_controls(folder)]
    files = [find_weights(part) for part in parts]
    for part, weights in zip(parts, files, strict=True):
        register(part, weights)
    processor = folder / "processor"
    # Annotated as never None, though None is its default.
    shows: Any = ModelConfig(path=str(processor)) if processor.is_dir() else None
    return QwenImagePipeline.from_pretrained(
        torch_dtype=dtype,
        device=device,
        model_configs=[ModelConfig(path=weights) for weights in files],
        tokenizer_config=ModelConfig(path=str(folder / "tokenizer")),
        processor_config=shows,
    )


def read_pipeline(path: Path, dtype: torch.dtype, device: str) -> QwenImagePipeline:
    """Loads as `load_pipeline`; raises ModelUnreadable, or the MemoryError of torch."""
    try:
        return load_pipeline(path, dtype, device)
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        if is_exhaustion(error):
            raise
        raise ModelUnreadable(f"The model in {path.name} cannot be read: {error}", path=path.name) from error


def find_controls(folder: Path) -> list[Path]:
    """Returns the folders of a checkpoint's ControlNets; DiffSynth numbers them in this order."""
    return sorted(config.parent for config in folder.glob("controlnets/*/config.json"))


def find_weights(folder: Path) -> list[str]:
    """Returns the weight files of one part, in the order of their shards."""
    files = sorted(str(path) for path in folder.glob("*.safetensors"))
    if not files:
        raise FileNotFoundError(f"There are no safetensors in {folder.name}.")
    return files


def register(part: Path, weights: list[str]) -> None:
    """Tells DiffSynth what the weights of a part are, unless it knows; it goes by their shapes."""
    model_hash = hash_model_file(weights)
    if not any(known["model_hash"] == model_hash for known in MODEL_CONFIGS):
        config = json.loads((part / "config.json").read_text())
        MODEL_CONFIGS.append({"model_hash": model_hash, **_describe(part, config)})


def _describe(part: Path, config: dict[str, Any]) -> dict[str, Any]:
    if part.parent.name == "controlnets":
        return {
            "model_name": "qwen_image_blockwise_controlnet",
            "model_class": "diffsynth.models.qwen_image_controlnet.QwenImageBlockWiseControlNet",
            "extra_kwargs": {key: config[key] for key in _CONTROL_KEYS},
        }
    if part.name == "transformer":
        return {
            "model_name": "qwen_image_dit",
            "model_class": f"{SizedTransformer.__module__}.{SizedTransformer.__name__}",
            "extra_kwargs": {
                **{key: config[key] for key in _TRANSFORMER_KEYS},
                **{key: config.get(key, False) for key in _LAYERED_KEYS},
            },
        }
    if part.name == "text_encoder":
        return {
            "model_name": "qwen_image_text_encoder",
            "model_class": f"{SizedTextEncoder.__module__}.{SizedTextEncoder.__name__}",
            "state_dict_converter": _CONVERTER,
            "extra_kwargs": {"config": config},
        }
    return {
        "model_name": "qwen_image_vae",
        "model_class": "diffsynth.models.qwen_image_vae.QwenImageVAE",
        "extra_kwargs": {
            **{key: config[key] for key in _VAE_KEYS},
            "image_channels": config.get("input_channels", 3),
        },
    }
