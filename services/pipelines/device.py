"""Where a worker computes."""

# pyright: standard
# Torch code.
from __future__ import annotations

import os

import torch

from services.rpc.errors import LimnerError


def to_torch_device(device: str) -> torch.device:
    """Translates the arbiter's name of a device; a card is the only one that this process shall see."""
    if device.startswith("cpu"):
        return torch.device("cpu")
    if torch.cuda.is_initialized():
        raise LimnerError("A worker stays on the card of its first lease.")
    os.environ["CUDA_VISIBLE_DEVICES"] = device
    return torch.device("cuda:0")


def dtype_on(device: torch.device) -> torch.dtype:
    """Returns what weights are computed in there: processors are slow at half precision."""
    return torch.float32 if device.type == "cpu" else torch.bfloat16
