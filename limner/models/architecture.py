"""Tells by the names and shapes of tensors what they are weights of. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from limner.models.headers import Tensor

Tensors = Mapping[str, Tensor]

QWEN_IMAGE, QWEN_IMAGE_21 = "qwen-image", "qwen-image-2.1"


class Part(StrEnum):
    """What of a pipeline some weights are."""

    PIPELINE = "pipeline"  # all parts, in a folder
    TRANSFORMER = "transformer"
    TEXT_ENCODER = "text encoder"
    VAE = "autoencoder"
    CONTROL = "ControlNet"
    LORA = "LoRA"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Architecture:
    """What weights are, and the numbers by which parts fit together; 0 where a part has no such number."""

    family: str  # of this studio, or a foreign one's own name; empty: unknown
    part: Part
    blocks: int = 0
    width: int = 0
    text_width: int = 0  # of the prompt: what a transformer reads, and what a text encoder writes
    channels: int = 0  # of latents
    extra_channels: int = 0  # that a ControlNet reads beside latents: its mask
    pixel_channels: int = 0
    rank: int = 0  # of a LoRA, its largest
    is_layered: bool = False
    is_scaled: bool = False  # 8-bit numbers with scales of their own, as ComfyUI writes them


# What other programs put before the names.
_PREFIXES = ("model.diffusion_model.", "diffusion_model.", "transformer.", "module.")
_FP8_SCALES = ("scaled_fp8", ".scale_weight", ".weight_scale", ".comfy_quant")
# One name is enough to know those that cannot be used; the first that occurs counts.
_FOREIGN = (
    (r"conditioner\.embedders\.|add_embedding\.linear_1\.weight", "Stable Diffusion XL"),
    (r"cond_stage_model\.|(^|\.)input_blocks\.0\.|(^|\.)down_blocks\.0\.attentions\.", "Stable Diffusion"),
    (r"(^|\.)joint_blocks\.0\.|(^|\.)pos_embed\.pos_embed$", "Stable Diffusion 3"),
    (r"(^|\.)(double_blocks\.0\.img_attn|single_transformer_blocks\.0|single_blocks\.0)\.", "FLUX"),
    (r"(^|\.)(noise_refiner|context_refiner)\.0\.", "Z-Image or Lumina"),
    (r"(^|\.)blocks\.0\.cross_attn\.|(^|\.)patch_embedding\.weight$", "Wan"),
    (r"encoder\.block\.0\.layer\.0\.SelfAttention\.", "a T5 text encoder"),
    (r"text_model\.encoder\.layers\.0\.", "a CLIP text encoder"),
)


def identify(tensors: Tensors) -> Architecture:
    """Returns what `tensors` are weights of; of family "" and part UNKNOWN when nobody knows."""
    plain = _without_prefix(tensors)
    is_scaled = any(name.endswith(_FP8_SCALES) for name in plain)
    for look in (_transformer, _transformer_21, _control, _control_21, _text_encoder, _vae):
        if (found := look(plain)) is not None:
            return replace(found, is_scaled=is_scaled)
    for pattern, family in _FOREIGN:
        if any(re.search(pattern, name) for name in plain):
            return Architecture(family, Part.UNKNOWN)
    return Architecture("", Part.UNKNOWN)


def count_blocks(tensors: Tensors, stem: str) -> int:
    """Returns how many different numbers follow `stem` in the tensors' names."""
    pattern = re.compile(re.escape(stem) + r"\.(\d{1,6})\.")
    return len({match[1] for name in tensors if (match := pattern.match(name))})


def _transformer(tensors: Tensors) -> Architecture | None:
    image, text = _shape(tensors, "img_in.weight", 2), _shape(tensors, "txt_in.weight", 2)
    if image is None or text is None or "transformer_blocks.0.attn.add_q_proj.weight" not in tensors:
        return None
    if "controlnet_x_embedder.weight" in tensors:
        # InstantX's: a transformer of few blocks whose outputs are added to the real one's.
        return Architecture("qwen-image (InstantX)", Part.CONTROL, width=image[0], channels=image[1])
    return Architecture(
        QWEN_IMAGE,
        Part.TRANSFORMER,
        blocks=count_blocks(tensors, "transformer_blocks"),
        width=image[0],
        text_width=text[1],
        channels=image[1],
        is_layered="time_text_embed.addition_t_embedding.weight" in tensors,
    )


def _transformer_21(tensors: Tensors) -> Architecture | None:
    image, text = _shape(tensors, "img_in.weight", 2), _shape(tensors, "txt_in.in_layer.weight", 2)
    if image is None or text is None:
        return None
    blocks = count_blocks(tensors, "transformer_blocks")
    return Architecture(QWEN_IMAGE_21, Part.TRANSFORMER, blocks, image[0], text[1], image[1])


def _control(tensors: Tensors) -> Architecture | None:
    image = _shape(tensors, "img_in.weight", 2)
    if image is None or "controlnet_blocks.0.x_rms.weight" not in tensors:
        return None
    # Packed latents have four times 16 channels, and a mask four more.
    extra = image[1] % 64
    blocks = count_blocks(tensors, "controlnet_blocks")
    return Architecture(
        QWEN_IMAGE, Part.CONTROL, blocks, image[0], channels=image[1] - extra, extra_channels=extra
    )


def _control_21(tensors: Tensors) -> Architecture | None:
    image = _shape(tensors, "control_img_in.weight", 2)
    if image is None or "control_blocks.0.before_proj.weight" not in tensors:
        return None
    blocks = count_blocks(tensors, "control_blocks")
    return Architecture(QWEN_IMAGE_21, Part.CONTROL, blocks, image[0], channels=image[1])


def _text_encoder(tensors: Tensors) -> Architecture | None:
    for stem in ("model.language_model", "language_model.model", "model"):
        embedding = _shape(tensors, f"{stem}.embed_tokens.weight", 2)
        if embedding is None:
            continue
        if f"{stem}.layers.0.self_attn.q_norm.weight" in tensors:
            sees = any("visual.deepstack_merger_list." in name for name in tensors)
            family = QWEN_IMAGE_21 if sees else "a Qwen 3 text model"
        elif any("visual.patch_embed." in name for name in tensors):
            family = QWEN_IMAGE
        else:
            family = "a language model without eyes"
        blocks = count_blocks(tensors, f"{stem}.layers")
        return Architecture(family, Part.TEXT_ENCODER, blocks, embedding[1], embedding[1])
    return None


def _vae(tensors: Tensors) -> Architecture | None:
    encoder, decoder = tensors.get("encoder.conv_in.weight"), tensors.get("decoder.conv_in.weight")
    if encoder is None or decoder is None or len(encoder.shape) < 4 or len(decoder.shape) < 4:
        return None
    is_rms = "encoder.down_blocks.0.norm1.gamma" in tensors or any(
        name.endswith("resnets.0.norm1.gamma") for name in tensors
    )
    if len(encoder.shape) == 5 and "quant_conv.weight" in tensors:
        family = QWEN_IMAGE
    elif is_rms:
        family = QWEN_IMAGE_21
    else:
        family = "an autoencoder of Stable Diffusion or FLUX"
    return Architecture(
        family,
        Part.VAE,
        width=encoder.shape[0],
        channels=decoder.shape[1],
        pixel_channels=encoder.shape[1],
    )


def _without_prefix(tensors: Tensors) -> Tensors:
    for prefix in _PREFIXES:
        if tensors and all(name.startswith(prefix) for name in tensors):
            return {name.removeprefix(prefix): tensor for name, tensor in tensors.items()}
    return tensors


def _shape(tensors: Tensors, name: str, dimensions: int) -> tuple[int, ...] | None:
    tensor = tensors.get(name)
    return tensor.shape if tensor is not None and len(tensor.shape) == dimensions else None
