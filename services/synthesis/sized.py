"""DiffSynth's classes in the sizes that a checkpoint's own configuration tells.

DiffSynth 2.1.12 writes Qwen-Image's sizes into the constructors of its transformer and text encoder. Only
those are replaced: forward passes, names of weights and the pipeline stay its own.
"""

# pyright: standard
# Torch code.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from diffsynth.models.general_modules import AdaLayerNorm, RMSNorm, TimestepEmbeddings
from diffsynth.models.qwen_image_dit import (
    QwenEmbedLayer3DRope,
    QwenEmbedRope,
    QwenImageDiT,
    QwenImageTransformerBlock,
)
from diffsynth.models.qwen_image_text_encoder import QwenImageTextEncoder
from torch import nn
from transformers import Qwen2_5_VLConfig, Qwen2_5_VLModel

_TIMESTEP_WIDTH = 256
_ROPE_THETA = 10_000


class SizedTransformer(QwenImageDiT):
    """A Qwen-Image transformer as diffusers' config.json describes it."""

    def __init__(
        self,
        num_layers: int,
        num_attention_heads: int,
        attention_head_dim: int,
        joint_attention_dim: int,
        in_channels: int,
        axes_dims_rope: list[int],
        use_layer3d_rope: bool = False,
        use_additional_t_cond: bool = False,
    ) -> None:
        nn.Module.__init__(self)
        width = num_attention_heads * attention_head_dim
        positions = QwenEmbedLayer3DRope if use_layer3d_rope else QwenEmbedRope
        self.pos_embed = positions(theta=_ROPE_THETA, axes_dim=list(axes_dims_rope), scale_rope=True)
        self.time_text_embed = TimestepEmbeddings(
            _TIMESTEP_WIDTH,
            width,
            diffusers_compatible_format=True,
            scale=1000,
            align_dtype_to_timestep=False,
            use_additional_t_cond=use_additional_t_cond,
        )
        self.txt_norm = RMSNorm(joint_attention_dim, eps=1e-6)
        self.img_in = nn.Linear(in_channels, width)
        self.txt_in = nn.Linear(joint_attention_dim, width)
        self.transformer_blocks = nn.ModuleList(
            QwenImageTransformerBlock(
                dim=width, num_attention_heads=num_attention_heads, attention_head_dim=attention_head_dim
            )
            for _ in range(num_layers)
        )
        self.norm_out = AdaLayerNorm(width, single=True)
        self.proj_out = nn.Linear(width, in_channels)


class SizedTextEncoder(QwenImageTextEncoder):
    """A Qwen2.5-VL text encoder as transformers' config.json describes it."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        nn.Module.__init__(self)
        self.config = Qwen2_5_VLConfig(**config)
        self.model = Qwen2_5_VLModel(self.config)
        text: Any = self.config.text_config
        self.lm_head = nn.Linear(text.hidden_size, text.vocab_size, bias=False)
