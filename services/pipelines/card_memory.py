"""How many bytes this process holds on its card."""

# pyright: standard
# Torch code.
from __future__ import annotations

import torch


class CardMeter:
    """Measures what torch's allocator has reserved, cached blocks included; the context is not in it."""

    def held_bytes(self) -> int:
        """Returns what is held now."""
        return torch.cuda.memory_reserved()

    def reset_peak(self) -> None:
        """Begins to look for the next peak."""
        torch.cuda.reset_peak_memory_stats()

    def peak_bytes(self) -> int:
        """Returns the most that was held since `reset_peak`."""
        return torch.cuda.max_memory_reserved()
