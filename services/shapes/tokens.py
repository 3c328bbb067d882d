"""Builds the tokenizer: byte-level BPE with Qwen2's pre-tokenizer; every word of the world is one token."""

from __future__ import annotations

import json
import random

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import (
    Qwen2_5_VLProcessor,
    Qwen2Tokenizer,
    Qwen2VLImageProcessor,
    Qwen2VLVideoProcessor,
)
from transformers.models.qwen2.tokenization_qwen2 import PRETOKENIZE_REGEX

from services.shapes.captions import caption
from services.shapes.scenes import COLOURS, KINDS, PLACES, draw_scene

SPECIAL = (
    "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>", "<|vision_pad|>",
    "<|image_pad|>", "<|video_pad|>",
)  # fmt: skip
# What QwenImagePipeline and QwenImageEditPipeline (diffusers 0.42.1) put before a prompt, and drop after
# encoding.
TEXT_TEMPLATE = (
    "<|im_start|>system\nDescribe the image by detailing the color, shape, size, texture, quantity, text, "
    "spatial relationships of the objects and background:<|im_end|>\n<|im_start|>user\n"
)
EDIT_TEMPLATE = (
    "<|im_start|>system\nDescribe the key features of the input image (color, shape, size, texture, "
    "objects, background), then explain how the user's text instruction should alter or modify the "
    "image. Generate a new image that meets the user's requirements while maintaining consistency with "
    "the original input where appropriate.<|im_end|>\n<|im_start|>user\n"
)
ANSWER = "<|im_end|>\n<|im_start|>assistant\n"
# What QwenImageEditPlusPipeline puts before an instruction for each picture.
PICTURE = "Picture {}: <|vision_start|><|image_pad|><|vision_end|>"
TEXT_DROP, EDIT_DROP = 34, 64
# At most 16 tokens of 28x28 px for the text encoder: it sees what is there, the latents show where.
# One more than 112, or DiffSynth's enlarged copies (384 px) are rounded down to 9 tokens.
SEEN_PIXELS = 113 * 113
# Words of tasks still to come (editing, layers), so that later training can keep this vocabulary.
INSTRUCTIONS = (
    "make the circle green, change the colour of the square to red, turn it into a star, add a yellow "
    "star, remove the square, move the triangle to the right, replace the background with blue, from "
    "Picture 1: 2:, color shape under above below next to bigger smaller larger between both other first "
    "second same as is are, an image of two shapes, one shape, nothing, empty, no not without, swap put "
    "place turn into paint draw, pink cyan grey gray brown rectangle diamond hexagon heart photo of "
    "drawing small large light dark"
)


def build_tokenizer(seed: int = 0) -> Qwen2Tokenizer:
    """Trains the tokenizer on the templates, captions and instructions; one seed, one vocabulary."""
    trained = Tokenizer(models.BPE())
    trained.normalizer = normalizers.NFC()
    trained.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(PRETOKENIZE_REGEX), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    trained.decoder = decoders.ByteLevel()
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    # Large enough that merging only stops when every word is whole.
    trainer = trainers.BpeTrainer(
        vocab_size=20_000, min_frequency=1, initial_alphabet=alphabet, show_progress=False
    )
    trained.train_from_iterator(corpus(seed), trainer)
    model = json.loads(trained.to_str())["model"]
    merges = [tuple(merge) for merge in model["merges"]]
    return Qwen2Tokenizer(
        vocab=model["vocab"], merges=merges, eos_token="<|im_end|>", pad_token="<|endoftext|>",
        extra_special_tokens=list(SPECIAL), model_max_length=4096,
    )  # fmt: skip


def build_processor(tokenizer: Qwen2Tokenizer) -> Qwen2_5_VLProcessor:
    """Returns what shows pictures to the text encoder beside its text."""
    size = {"shortest_edge": 28 * 28, "longest_edge": SEEN_PIXELS}
    return Qwen2_5_VLProcessor(
        image_processor=Qwen2VLImageProcessor(size=size),
        tokenizer=tokenizer,
        video_processor=Qwen2VLVideoProcessor(size=size),
    )


def corpus(seed: int) -> list[str]:
    """Returns everything whose words must be whole."""
    rng = random.Random(seed)
    plain = [
        text.replace("<|im_start|>", "").replace("<|im_end|>", "") for text in (TEXT_TEMPLATE, EDIT_TEMPLATE)
    ]
    words = [
        *COLOURS,
        *KINDS,
        *PLACES,
        "a",
        "an",
        "the",
        "center",
        "middle",
        "on",
        "at",
        "in",
        "background",
        "and",
    ]
    starts = words + [word.capitalize() for word in words]
    captions = [caption(draw_scene(rng), rng) for _ in range(2000)]
    return [
        *plain,
        ANSWER.replace("<|im_end|>", "").replace("<|im_start|>", ""),
        INSTRUCTIONS,
        *starts,
        *captions,
    ]
