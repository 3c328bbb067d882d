"""What DiffSynth's pipeline expects of its arguments."""

from __future__ import annotations

import json
import math
from pathlib import Path

from PIL import Image

# With one step DiffSynth's standard schedule is NaN, and the image black; Lightning's is fine.
LEAST_STEPS = 2
_TOKEN_PX = 16
_UNSHIFTED_TOKENS = 256


def to_mask(mask: Image.Image) -> Image.Image:
    """Returns a mask of any mode as RGB, white where it is set; DiffSynth fails on one channel or four."""
    return mask.convert("L").convert("RGB")


def to_countdown(start: float, end: float) -> tuple[float, float]:
    """Turns shares of the steps, which rise from 0 to 1, into ControlNetInput's `start` and `end`.

    DiffSynth counts from 1 to 0; a start below its end is never active.
    """
    return 1 - start, 1 - end


def find_zero_cond_t(checkpoint: Path) -> bool:
    """Tells whether pictures are conditioned at time zero, which Edit-2511 was trained with.

    diffusers reads it from the transformer's config.json; DiffSynth wants it said at every call.
    """
    config = json.loads((checkpoint / "transformer" / "config.json").read_text())
    return bool(config.get("zero_cond_t", False))


def find_layer_shift(checkpoint: Path, size_px: tuple[int, int]) -> float:
    """Returns `exponential_shift_mu` for taking a picture of that size apart.

    Layered models want a shift that grows with the root of the area, as diffusers gives them; DiffSynth's
    own is the painters'. A linear shift by s is an exponential one by log s.
    """
    width, height = size_px
    shift = math.sqrt((width // _TOKEN_PX) * (height // _TOKEN_PX) / _UNSHIFTED_TOKENS)
    config = json.loads((checkpoint / "scheduler" / "scheduler_config.json").read_text())
    return math.log(shift) if config.get("time_shift_type") == "linear" else shift
