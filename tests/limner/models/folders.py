"""Model files and folders of a few kilobytes, with the names and shapes of real ones and nothing in them."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

Shapes = Mapping[str, tuple[int, ...]]
BITS = {"F32": 32, "BF16": 16, "F8_E4M3": 8}


def header_of(shapes: Shapes, dtype: str = "BF16") -> tuple[dict[str, Any], int]:
    """Returns the header of those tensors, and how many bytes follow it."""
    header: dict[str, Any] = {}
    at = 0
    for name, shape in shapes.items():
        size_bytes = BITS[dtype] // 8
        for side in shape:
            size_bytes *= side
        header[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [at, at + size_bytes]}
        at += size_bytes
    return header, at


def write_weights(path: Path, shapes: Shapes, dtype: str = "BF16") -> Path:
    """Writes a safetensors file of zeros."""
    header, data_bytes = header_of(shapes, dtype)
    text = json.dumps(header).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(struct.pack("<Q", len(text)) + text + bytes(data_bytes))
    return path


def transformer(width: int = 32, text: int = 16, blocks: int = 2, *, is_layered: bool = False) -> Shapes:
    """Returns the tensors of a transformer of Qwen-Image, the ones that tell it apart."""
    shapes: dict[str, tuple[int, ...]] = {
        "img_in.weight": (width, 64),
        "txt_in.weight": (width, text),
        "proj_out.weight": (64, width),
    }
    if is_layered:
        shapes["time_text_embed.addition_t_embedding.weight"] = (2, width)
    for block in range(blocks):
        for layer in ("to_q", "to_k", "to_v", "to_out.0", "add_q_proj"):
            shapes[f"transformer_blocks.{block}.attn.{layer}.weight"] = (width, width)
    return shapes


def text_encoder(width: int = 16) -> Shapes:
    """Returns the tensors of Qwen 2.5 VL."""
    return {
        "model.embed_tokens.weight": (8, width),
        "model.layers.0.self_attn.q_proj.weight": (width, width),
        "visual.patch_embed.proj.weight": (8, 3, 2, 14, 14),
    }


def vae(channels: int = 16, pixels: int = 3) -> Shapes:
    """Returns the tensors of Qwen-Image's autoencoder."""
    return {
        "encoder.conv_in.weight": (4, pixels, 3, 3, 3),
        "decoder.conv_in.weight": (4, channels, 3, 3, 3),
        "quant_conv.weight": (2 * channels, 2 * channels, 1, 1, 1),
    }


def control(width: int = 32, blocks: int = 2, channels: int = 64) -> Shapes:
    """Returns the tensors of a blockwise ControlNet."""
    shapes: dict[str, tuple[int, ...]] = {"img_in.weight": (width, channels)}
    for block in range(blocks):
        shapes[f"controlnet_blocks.{block}.x_rms.weight"] = (width,)
    return shapes


def lora(width: int = 32, rank: int = 4, blocks: int = 2, style: str = "{}.lora_{}.weight") -> Shapes:
    """Returns the tensors of a LoRA for attention; `style` takes the layer, then A or B."""
    shapes: dict[str, tuple[int, ...]] = {}
    for block in range(blocks):
        layer = f"transformer_blocks.{block}.attn.to_q"
        shapes[style.format(layer, "A")] = (rank, width)
        shapes[style.format(layer, "B")] = (width, rank)
    return shapes


def write_model(folder: Path, pipeline: str = "QwenImagePipeline", **parts: Shapes) -> Path:
    """Writes a whole checkpoint in diffusers' layout; `parts` are put in place of its own."""
    folder.mkdir(parents=True)
    (folder / "model_index.json").write_text(json.dumps({"_class_name": pipeline}))
    whole = {"transformer": transformer(), "text_encoder": text_encoder(), "vae": vae()} | parts
    for part, shapes in whole.items():
        write_weights(folder / part / f"{part}.safetensors", shapes)
        (folder / part / "config.json").write_text("{}")
    for companion in ("tokenizer", "scheduler", "processor"):
        (folder / companion).mkdir()
    return folder


def write_sharded(folder: Path, first: Shapes, second: Shapes) -> None:
    """Writes a part as two files and the index that names them."""
    places: dict[str, str] = {}
    for number, shapes in enumerate((first, second), start=1):
        file = f"model-{number}-of-2.safetensors"
        write_weights(folder / file, shapes)
        places |= dict.fromkeys(shapes, file)
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": places}))
