"""Weights as they are computed with or kept, made from those of a checkpoint."""

# pyright: standard
# Torch code.
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version

import torch

from services.pipelines.weights import pages
from services.pipelines.weights.mapping import State
from services.pipelines.weights.rounding import SCALE, round_weight
from services.pipelines.weights.tiers import Precision

# Changes whenever what is written here would be read wrongly, or otherwise, by the code of before.
_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Conversion:
    """How a part's tensors are kept: floats in `dtype`, and those in `rounded` in `precision`."""

    precision: Precision
    dtype: torch.dtype
    rounded: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """Tells conversions, and the libraries that make them, from each other."""
        library = f"-bitsandbytes{version('bitsandbytes')}" if self.precision == "nf4" else ""
        dtype = str(self.dtype).removeprefix("torch.")
        return f"{self.precision}-{dtype}-v{_FORMAT}-torch{torch.__version__}{library}"

    def changes(self, state: State) -> bool:
        """Tells whether anything has to be converted at all."""
        return bool(self.rounded) or any(self._changes(tensor) for tensor in state.values())

    def size_bytes(self, state: State) -> int:
        """Returns about how much the converted tensors take, at most."""
        return sum(
            tensor.numel() * (1 if name in self.rounded else self.dtype.itemsize)
            for name, tensor in state.items()
        )

    def apply(self, state: State) -> Iterator[tuple[str, torch.Tensor]]:
        """Yields the tensors one by one, so that no more than one need be in memory."""
        files = pages.find_mapped_files()
        for name, tensor in state.items():
            if name in self.rounded:
                kept, scale = round_weight(tensor, self.precision)
                yield name, kept
                yield name + SCALE, scale
            elif self._changes(tensor):
                yield name, tensor.to(self.dtype)
            else:
                yield name, tensor
            pages.release(pages.ranges_of([tensor], files))

    def _changes(self, tensor: torch.Tensor) -> bool:
        return tensor.is_floating_point() and tensor.dtype != self.dtype
