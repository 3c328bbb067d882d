"""The sizes of the built-in model: Qwen-Image's own classes, small enough for two processor cores."""

from __future__ import annotations

import torch
from diffusers import AutoencoderKLQwenImage, FlowMatchEulerDiscreteScheduler, QwenImageTransformer2DModel
from transformers import Qwen2_5_VLConfig, Qwen2_5_VLForConditionalGeneration, Qwen2Tokenizer

TEXT_WIDTH = 128
# An editor has to tell the shape that is meant from the others before it can change it.
TEXT_LAYERS, EDITOR_TEXT_LAYERS = 2, 4
LAYERS, HEADS, HEAD_WIDTH = 6, 6, 32


def build_transformer() -> QwenImageTransformer2DModel:
    """Returns the untrained transformer, 8.2 M parameters."""
    return QwenImageTransformer2DModel(
        patch_size=2,
        in_channels=64,
        out_channels=16,
        num_layers=LAYERS,
        attention_head_dim=HEAD_WIDTH,
        num_attention_heads=HEADS,
        joint_attention_dim=TEXT_WIDTH,
        axes_dims_rope=(8, 12, 12),
    )


def build_vae() -> AutoencoderKLQwenImage:
    """Returns the untrained autoencoder, 1.5 M parameters: 8x8 px to one latent pixel of 16 channels."""
    return AutoencoderKLQwenImage(base_dim=12, z_dim=16, dim_mult=[1, 2, 4, 4], num_res_blocks=1)


def build_text_encoder(
    tokenizer: Qwen2Tokenizer, layers: int = TEXT_LAYERS
) -> Qwen2_5_VLForConditionalGeneration:
    """Returns a text encoder with embeddings of unit variance, so that it tells words apart untrained."""
    rope = {"rope_type": "default", "type": "default", "mrope_section": [4, 6, 6], "rope_theta": 1e6}
    ids = tokenizer.convert_tokens_to_ids
    config = Qwen2_5_VLConfig(
        text_config={
            "hidden_size": TEXT_WIDTH,
            "intermediate_size": 256,
            "num_hidden_layers": layers,
            "num_attention_heads": 4,
            "num_key_value_heads": 4,
            "vocab_size": len(tokenizer),
            "max_position_embeddings": 4096,
            "rope_parameters": rope,
            "bos_token_id": None,
            "eos_token_id": ids("<|im_end|>"),
            "pad_token_id": ids("<|endoftext|>"),
        },
        vision_config={
            "depth": 2,
            "hidden_size": 64,
            "intermediate_size": 128,
            "num_heads": 4,
            "out_hidden_size": TEXT_WIDTH,
            "patch_size": 14,
            "spatial_merge_size": 2,
            "temporal_patch_size": 2,
            "window_size": 112,
            "fullatt_block_indexes": [1],
        },
        image_token_id=ids("<|image_pad|>"),
        video_token_id=ids("<|video_pad|>"),
        vision_start_token_id=ids("<|vision_start|>"),
        vision_end_token_id=ids("<|vision_end|>"),
        tie_word_embeddings=False,
    )
    encoder = Qwen2_5_VLForConditionalGeneration(config)
    torch.nn.init.normal_(encoder.get_input_embeddings().weight)
    return encoder


def build_scheduler() -> FlowMatchEulerDiscreteScheduler:
    """Returns Qwen-Image's scheduler with Qwen-Image's numbers."""
    return FlowMatchEulerDiscreteScheduler(
        base_image_seq_len=256,
        base_shift=0.5,
        max_image_seq_len=8192,
        max_shift=0.9,
        shift=1.0,
        shift_terminal=0.02,
        use_dynamic_shifting=True,
        time_shift_type="exponential",
    )
