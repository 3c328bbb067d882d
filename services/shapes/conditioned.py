"""Runs DiffSynth's transformer on batches of prompts that speak for areas, with or without a ControlNet.

DiffSynth's own `model_fn_qwen_image` takes one picture at a time; this computes the same for many.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from diffsynth.models.qwen_image_controlnet import QwenImageBlockWiseControlNet
from diffsynth.models.qwen_image_dit import QwenImageDiT
from safetensors.torch import load_file

from services.shapes.checkpoint import CHECKPOINT
from services.shapes.flow import TOKEN_PX
from services.synthesis.compatibility.activation import mend_activation
from services.synthesis.sized import SizedTransformer

_SIZES = (
    "num_layers",
    "num_attention_heads",
    "attention_head_dim",
    "joint_attention_dim",
    "in_channels",
    "axes_dims_rope",
)


@dataclass(frozen=True, slots=True)
class Text:
    """Encoded prompts (n, words, width), which words count (n, words), and where they speak.

    `area` (n, tokens) is true where the picture listens; everywhere without it.
    """

    embeddings: torch.Tensor
    mask: torch.Tensor
    area: torch.Tensor | None = None


@dataclass(frozen=True, slots=True)
class Control:
    """A ControlNet and the packed latents (n, tokens, 64 or 68) that it holds the pictures to."""

    net: QwenImageBlockWiseControlNet
    conditioning: torch.Tensor


@dataclass(frozen=True, slots=True)
class Lesson:
    """Pictures of one size in px, as latents (n, tokens, 64), with all that they are painted from.

    `weights` (n, tokens, 1) are one on average; `conditioning` is what a ControlNet, or without one the
    transformer itself, is shown. `noise_most` is the highest level of noise. `whole` says in one prompt
    what the others say together, where that is known.
    """

    size: tuple[int, int]
    latents: torch.Tensor
    weights: torch.Tensor
    texts: tuple[Text, ...]
    conditioning: torch.Tensor | None = None
    noise_most: float = 1.0
    whole: Text | None = None


def load_dit(folder: Path = CHECKPOINT) -> QwenImageDiT:
    """Loads the checkpoint's transformer as DiffSynth's, in float32 and frozen."""
    mend_activation()
    config = json.loads((folder / "transformer" / "config.json").read_text())
    dit = SizedTransformer(**{name: config[name] for name in _SIZES})
    weights = load_file(folder / "transformer" / "diffusion_pytorch_model.safetensors")
    dit.load_state_dict({name: tensor.float() for name, tensor in weights.items()})
    return dit.eval().requires_grad_(False)


def predict(
    dit: QwenImageDiT,
    noisy: torch.Tensor,
    sigmas: torch.Tensor,
    size: tuple[int, int],
    texts: Sequence[Text],
    control: Control | None = None,
    context: torch.Tensor | None = None,
) -> torch.Tensor:
    """Returns the velocity of latents (n, tokens, 64) of pictures of `size` px; the global prompt is last.

    `context` are the packed latents of a picture of the same size that follows the painted one.
    """
    tokens = noisy.shape[1]
    pictures = [noisy] if context is None else [noisy, context]
    grid = [(1, size[1] // TOKEN_PX, size[0] // TOKEN_PX)] * len(pictures)
    image = dit.img_in(torch.cat(pictures, dim=1))
    words = torch.cat([dit.txt_in(dit.txt_norm(text.embeddings)) for text in texts], dim=1)
    temb = dit.time_text_embed(sigmas, image.dtype)
    # Every prompt's words begin at the same position.
    turns = [dit.pos_embed(grid, [text.mask.shape[1]], device=image.device) for text in texts]
    rope = turns[0][0], torch.cat([turn for _, turn in turns])
    attention = join(texts, image.shape[1])
    held = control.net.process_controlnet_conditioning(control.conditioning) if control else None
    for index, block in enumerate(dit.transformer_blocks):
        words, image = block(image, words, temb, image_rotary_emb=rope, attention_mask=attention)
        if control:
            image = image + control.net.blockwise_forward(image, held, index)
    return dit.proj_out(dit.norm_out(image, temb))[:, :tokens]


def join(texts: Sequence[Text], tokens: int) -> torch.Tensor:
    """Tells who attends to whom (n, 1, all, all): no prompt to another, and each only to its own area."""
    count = len(texts[0].mask)
    owners = torch.cat([torch.full((text.mask.shape[1],), i) for i, text in enumerate(texts)])
    everywhere = torch.ones(count, tokens, dtype=torch.bool)
    heard = torch.cat(
        [
            (everywhere if text.area is None else text.area)[:, None].expand(-1, text.mask.shape[1], -1)
            for text in texts
        ],
        dim=1,
    )
    words = len(owners)
    allowed = torch.ones(count, words + tokens, words + tokens, dtype=torch.bool)
    allowed[:, :words, :words] = owners[:, None] == owners
    allowed[:, :words, words:] = heard
    allowed[:, words:, :words] = heard.mT
    counts = torch.cat([*(text.mask.bool() for text in texts), everywhere], dim=1)
    # Padding must see something, or its softmax is not a number.
    return (allowed & counts[:, None] | torch.eye(words + tokens, dtype=torch.bool))[:, None]
