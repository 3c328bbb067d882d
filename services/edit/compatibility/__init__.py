"""What DiffSynth 2.1.12 does otherwise than the weights were trained for, or than a service needs.

Each entry has a test that shows the fault without it, and fails when DiffSynth heals.
"""

from services.edit.compatibility.activation import mend_activation
from services.edit.compatibility.positions import attach_image_positions

__all__ = ["attach_image_positions", "mend"]


def mend() -> None:
    """Replaces what is wrong, for every pipeline of this process; again does no harm."""
    mend_activation()
