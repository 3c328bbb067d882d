"""What a pipeline will need, from file headers and formulas: priors, until peaks have been measured."""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from functools import cache
from itertools import chain
from math import prod
from pathlib import Path

# Bytes per decoded pixel in float32. InvokeAI measured 2900 per pixel and byte of dtype at base width 96
# (vae_working_memory.py); the decoder's widest maps scale with that width.
_DECODE_BYTES_PER_PX = 2900 * 4
_QWEN_BASE_DIM = 96

# The loader holds the file's tensor beside the converted one, a shard at a time.
_LARGEST_SHARD_SHARE = 0.25

# float32 on the processor, bfloat16 on a card; the larger one is the safe prior.
_BYTES_PER_PARAMETER = 4

# An interpreter with torch and diffusers imported; measured 250 to 420 MiB of proportional set size.
CONTEXT_PRIOR_BYTES = 400 * 2**20


@dataclass(frozen=True, slots=True)
class Weights:
    """What lies in some parts of a checkpoint folder."""

    parameters: int
    file_bytes: int
    vae_base_dim: int


@cache
def read_weights(path: Path, parts: tuple[str, ...]) -> Weights:
    """Counts the parameters in those folders of `path` from the safetensors headers; reads no tensor."""
    parameters = file_bytes = 0
    for file in chain.from_iterable((path / part).rglob("*.safetensors") for part in parts):
        parameters += sum(prod(shape) for shape in _shapes(file))
        file_bytes += file.stat().st_size
    try:
        base_dim = int(json.loads((path / "vae" / "config.json").read_text())["base_dim"])
    except (OSError, KeyError, ValueError):
        base_dim = _QWEN_BASE_DIM
    return Weights(parameters, file_bytes, base_dim)


def resident_bytes(weights: Weights) -> int:
    """Predicts what the loaded weights hold."""
    return weights.parameters * _BYTES_PER_PARAMETER


def load_extra_bytes(weights: Weights) -> int:
    """Predicts what loading holds beyond the weights."""
    return int(weights.file_bytes * _LARGEST_SHARD_SHARE)


def working_bytes(weights: Weights, area_px: int) -> int:
    """Predicts what a job holds beyond the weights; the VAE's decoder is the peak."""
    per_px = _DECODE_BYTES_PER_PX * weights.vae_base_dim // _QWEN_BASE_DIM
    return area_px * per_px + 64 * 2**20


def _shapes(file: Path) -> list[list[int]]:
    # Format: u64 length, then that many bytes of JSON (https://github.com/huggingface/safetensors).
    with file.open("rb") as stream:
        (length,) = struct.unpack("<Q", stream.read(8))
        header = json.loads(stream.read(length))
    return [entry["shape"] for name, entry in header.items() if name != "__metadata__"]
