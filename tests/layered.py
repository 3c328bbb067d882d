"""A layered checkpoint for tests: diffusers' real classes, in the layout of Qwen-Image-Layered, untrained.

What it makes of a picture means nothing: tests of it are about shapes, counts, repeatability and wiring.
"""

# pyright: standard
# Torch code: diffusers is typed in part only.
from __future__ import annotations

import json
import shutil
from pathlib import Path

import torch
from diffusers.models.autoencoders.autoencoder_kl_qwenimage import AutoencoderKLQwenImage
from diffusers.models.transformers.transformer_qwenimage import QwenImageTransformer2DModel
from torch import nn
from transformers import Qwen2Tokenizer

from services.shapes.architecture import TEXT_WIDTH
from services.shapes.checkpoint import CHECKPOINT
from services.shapes.tokens import build_processor

NAME = "tiny-layered"
_SHARED = ("tokenizer", "text_encoder", "scheduler")
_INDEX = {
    "_class_name": "QwenImageLayeredPipeline",
    "scheduler": ["diffusers", "FlowMatchEulerDiscreteScheduler"],
    "text_encoder": ["transformers", "Qwen2_5_VLForConditionalGeneration"],
    "tokenizer": ["transformers", "Qwen2Tokenizer"],
    "processor": ["transformers", "Qwen2VLProcessor"],
    "transformer": ["diffusers", "QwenImageTransformer2DModel"],
    "vae": ["diffusers", "AutoencoderKLQwenImage"],
}


def write_layered(models: Path) -> Path:
    """Writes the checkpoint into a models folder and returns its own; the text encoder is the shipped one."""
    folder = models / NAME
    folder.mkdir(parents=True)
    (folder / "model_index.json").write_text(json.dumps(_INDEX))
    for part in _SHARED:
        shutil.copytree(CHECKPOINT / part, folder / part)
    build_processor(Qwen2Tokenizer.from_pretrained(folder / "tokenizer")).save_pretrained(
        folder / "processor"
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        _build_transformer().save_pretrained(folder / "transformer")
        _build_vae().save_pretrained(folder / "vae")
    return folder


def _build_transformer() -> QwenImageTransformer2DModel:
    return QwenImageTransformer2DModel(
        patch_size=2,
        in_channels=64,
        out_channels=16,
        num_layers=2,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=TEXT_WIDTH,
        axes_dims_rope=(4, 6, 6),
        use_additional_t_cond=True,
        use_layer3d_rope=True,
    )


def _build_vae() -> AutoencoderKLQwenImage:
    vae = AutoencoderKLQwenImage(
        base_dim=8, z_dim=16, dim_mult=[1, 2, 4, 4], num_res_blocks=1, input_channels=4
    )
    # Untrained it paints everything the same grey; louder, what differs in latents differs in pixels.
    assert isinstance(vae.decoder.conv_out, nn.Conv3d)
    with torch.no_grad():
        vae.decoder.conv_out.weight.mul_(4)
    return vae
