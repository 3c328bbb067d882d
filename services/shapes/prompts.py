"""Encodes prompts exactly as QwenImagePipeline does, but with gradients."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from transformers import Qwen2_5_VLForConditionalGeneration, Qwen2Tokenizer

from services.shapes.tokens import ANSWER, TEXT_DROP, TEXT_TEMPLATE


def encode(
    encoder: Qwen2_5_VLForConditionalGeneration, tokenizer: Qwen2Tokenizer, prompts: Sequence[str]
) -> tuple[torch.Tensor, torch.Tensor]:
    """Returns embeddings (n, tokens, 128), zero where padded, and their mask (n, tokens)."""
    texts = [TEXT_TEMPLATE + prompt + ANSWER for prompt in prompts]
    tokens = tokenizer(texts, padding=True, return_tensors="pt")
    output = encoder.model(input_ids=tokens.input_ids, attention_mask=tokens.attention_mask)
    mask = tokens.attention_mask[:, TEXT_DROP:]
    return output.last_hidden_state[:, TEXT_DROP:] * mask[..., None], mask
