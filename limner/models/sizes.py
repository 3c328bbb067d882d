"""How large a model is: what comes and goes as one, what always stays, how wide it computes. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from limner.models import tiers
from limner.models.entry import Tier


class Stage(StrEnum):
    """In which a part of a pipeline computes."""

    READING = "reading"  # the prompt
    SEEING = "seeing"  # pictures, as the text encoder does
    ENCODING = "encoding"
    DENOISING = "denoising"
    DECODING = "decoding"


@dataclass(frozen=True, slots=True)
class Block:
    """Weights that come to the device and leave it together, `count` times alike."""

    stage: Stage
    count: int
    matrix_weights: int  # of linear layers, which may be rounded
    matrix_rows: int
    other_weights: int
    largest_matrix: int = 0  # weights of the largest linear layer, restored as a whole
    never_rounded: bool = False

    def size_bytes(self, tier: Tier, whole_bytes: int) -> int:
        """Returns what one of them takes in `tier`; `whole_bytes` is one weight's as computed with."""
        its_tier = Tier.FULL if self.never_rounded else tier
        matrices = tiers.rounded_bytes(
            its_tier, self.matrix_weights, self.matrix_rows, whole_bytes=whole_bytes
        )
        return matrices + self.other_weights * whole_bytes


@dataclass(frozen=True, slots=True)
class Widths:
    """How wide a model computes."""

    transformer: int = 3072
    text: int = 3584
    vae_base: int = 96


@dataclass(frozen=True, slots=True)
class Sizes:
    """One model, as one service loads it."""

    model: str
    revision: str
    blocks: tuple[Block, ...]
    base_weights: int  # that belong to no block and always stay on the device
    table_weights: int = 0  # that never leave the host
    file_bytes: int = 0
    largest_tensor: int = 0  # weights of the largest tensor
    widths: Widths = Widths()
    from_files: bool = False  # True: read from the files' headers. False: from the catalogue's counts.

    def base_bytes(self, whole_bytes: int) -> int:
        """Returns what always stays on the device."""
        return self.base_weights * whole_bytes

    def stage_bytes(self, stage: Stage, tier: Tier, whole_bytes: int) -> int:
        """Returns what the blocks of a stage take together."""
        return sum(b.count * b.size_bytes(tier, whole_bytes) for b in self.blocks if b.stage is stage)

    def whole_bytes(self, tier: Tier, whole_bytes: int) -> int:
        """Returns what everything takes that may be on the device."""
        blocks = sum(self.stage_bytes(stage, tier, whole_bytes) for stage in Stage)
        return self.base_bytes(whole_bytes) + blocks

    def floor_bytes(self, tier: Tier, whole_bytes: int) -> int:
        """Returns the least that will do: of a stage two blocks, since one comes while one computes."""
        return self.base_bytes(whole_bytes) + max(
            (self._largest_two(stage, tier, whole_bytes) for stage in Stage), default=0
        )

    def _largest_two(self, stage: Stage, tier: Tier, whole_bytes: int) -> int:
        alike = ((b.size_bytes(tier, whole_bytes), b.count) for b in self.blocks if b.stage is stage)
        each = [size for size, count in alike for _ in range(min(2, count))]
        return sum(sorted(each)[-2:])
