"""What DiffSynth's pipeline expects of its arguments."""

from __future__ import annotations

import json
from pathlib import Path

from PIL import Image

# With one step DiffSynth's standard schedule is NaN, and the image black; Lightning's is fine.
LEAST_STEPS = 2


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
