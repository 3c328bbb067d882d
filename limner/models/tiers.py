"""What each tier costs in quality, in time and in bytes per weight. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from limner.models.entry import Tier

TIERS: tuple[Tier, ...] = tuple(Tier)  # best first
AUTO = "auto"  # as a request says that the studio shall choose
CHOICES: tuple[str, ...] = (AUTO, *TIERS)

# One float32 scale beside each row of a matrix in 8-bit floats, and beside every 64 weights in 4 bits.
_SCALE_BYTES = 4
_NF4_WEIGHTS_PER_SCALE = 64


@dataclass(frozen=True, slots=True)
class Character:
    """What distinguishes a tier from the best one."""

    rounded_bytes: float | None  # of a weight that is rounded, its scale included; None: none is rounded
    is_staged: (
        bool  # only what the present stage computes with lies on the device, as much as a budget admits
    )
    has_small_tiles: bool  # the autoencoder works in small tiles
    quality_loss: float  # 0: none; 1: what nobody would take
    slowdown: float  # of a step, while nothing of the model is on the device; 1: none
    meaning: str  # goes on from "it"


CHARACTERS: dict[Tier, Character] = {
    Tier.FULL: Character(None, False, False, 0.0, 1.0, "keeps all weights on the device at full precision"),
    Tier.FP8: Character(1.0, False, False, 0.02, 1.05, "keeps all weights on the device in 8 bits"),
    Tier.NF4: Character(
        0.5 + _SCALE_BYTES / _NF4_WEIGHTS_PER_SCALE,
        False, False, 0.08, 1.15, "keeps all weights on the device in 4 bits",
    ),
    Tier.OFFLOAD: Character(
        None, True, False, 0.0, 4.0, "brings the weights from the host's memory, as many as do not fit"
    ),
    Tier.STREAM: Character(
        None, True, True, 0.01, 12.0, "reads the weights block by block and paints in small tiles"
    ),
}  # fmt: skip


def below(tier: Tier) -> Tier | None:
    """Returns the next tier that takes less memory; None below the last."""
    place = TIERS.index(tier) + 1
    return TIERS[place] if place < len(TIERS) else None


def is_choice(name: str) -> bool:
    """Tells whether a request may name its tier so; empty stands for `auto`."""
    return not name or name in CHOICES


def explain_choice(name: str) -> str:
    """Returns why a request may not name its tier so, and what it may say."""
    return f"is {name!r}; use one of {', '.join(CHOICES)}"


def rounded_bytes(tier: Tier, weights: int, rows: int, *, whole_bytes: int) -> int:
    """Returns what `weights` of matrices of `rows` rows take; `whole_bytes` is one weight's as computed."""
    kept_bytes = CHARACTERS[tier].rounded_bytes
    if kept_bytes is None:
        return weights * whole_bytes
    return int(weights * kept_bytes) + (rows * _SCALE_BYTES if tier is Tier.FP8 else 0)
