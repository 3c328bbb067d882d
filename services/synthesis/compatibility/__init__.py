"""What DiffSynth 2.1.12 does otherwise than the weights were trained for, or than a service needs.

Each entry has a test that shows the fault without it, and fails when DiffSynth heals.
"""

from services.synthesis.compatibility.activation import mend_activation
from services.synthesis.compatibility.batches import mend_batches
from services.synthesis.compatibility.pixels import mend_pixels
from services.synthesis.compatibility.positions import attach_image_positions
from services.synthesis.compatibility.settings import (
    LEAST_STEPS,
    find_layer_shift,
    find_zero_cond_t,
    to_countdown,
    to_mask,
)
from services.synthesis.compatibility.talk import mend_talk

__all__ = [
    "LEAST_STEPS",
    "attach_image_positions",
    "find_layer_shift",
    "find_zero_cond_t",
    "mend",
    "to_countdown",
    "to_mask",
]


def mend() -> None:
    """Replaces what is wrong, for every pipeline of this process; again does no harm."""
    mend_activation()
    mend_batches()
    mend_pixels()
    mend_talk()
