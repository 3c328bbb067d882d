"""A device as plans see it: what it is, what of it may be used, and what stands behind it. Pure."""

from __future__ import annotations

from dataclasses import dataclass

_MARGIN_SHARE_PERCENT = 4
_MARGIN_BYTES = 512 * 2**20
_DISPLAY_MARGIN_BYTES = 2**30  # Desktops take and return memory at will.
_RAM_SHARE_PERCENT = 70
# Compute capabilities (CUDA C++ Programming Guide, "Compute Capabilities"): Ampere computes in bfloat16,
# Ada and Hopper in 8-bit floats.
_BF16_SINCE, _FP8_SINCE = (8, 0), (8, 9)
# Bytes a second of one PCIe lane in one direction, after its encoding.
_LANE_BYTES_PER_S = {1: 0.25e9, 2: 0.5e9, 3: 0.985e9, 4: 1.969e9, 5: 3.938e9, 6: 7.563e9}


@dataclass(frozen=True, slots=True)
class DeviceFacts:
    """One device, and the host behind it, from which weights may be streamed."""

    id: str  # as the arbiter names it: cpu:0, or a card's UUID
    name: str
    total_bytes: int
    budget_bytes: int  # of these: what pipelines may hold, the contexts of their processes included
    host_budget_bytes: int = 0  # what pipelines may hold of the host's memory; on the host itself the same
    capability: tuple[int, int] | None = None  # CUDA's; None on a processor
    pcie_generation: int = 0  # 0: unknown
    pcie_width: int = 0  # lanes; 0: unknown

    @property
    def is_card(self) -> bool:
        """Whether it is not the host itself."""
        return not self.id.startswith("cpu")

    @property
    def computes_bf16(self) -> bool:
        """Whether it computes in bfloat16 at full speed; processors compute in float32 here."""
        return self.capability is not None and self.capability >= _BF16_SINCE

    @property
    def computes_fp8(self) -> bool:
        """Whether it computes in 8-bit floats; any device may store weights in them."""
        return self.capability is not None and self.capability >= _FP8_SINCE

    @property
    def link_bytes_per_s(self) -> float | None:
        """How fast weights come from the host at best; None when unknown or when there is no link."""
        lane = _LANE_BYTES_PER_S.get(self.pcie_generation)
        return lane * self.pcie_width if lane and self.pcie_width else None


def card_budget_bytes(total_bytes: int, reserved_bytes: int, *, has_display: bool) -> int:
    """Returns what pipelines may hold of a card, as the arbiter grants it while nobody else uses the card."""
    return max(0, total_bytes - reserved_bytes - card_margin_bytes(total_bytes, has_display=has_display))


def card_margin_bytes(total_bytes: int, *, has_display: bool) -> int:
    """Returns what is kept back of a card for what nobody sees in time."""
    floor_bytes = _DISPLAY_MARGIN_BYTES if has_display else _MARGIN_BYTES
    return min(total_bytes, max(floor_bytes, total_bytes * _MARGIN_SHARE_PERCENT // 100))


def host_budget_bytes(ram_bytes: int) -> int:
    """Returns what pipelines may hold of the host, as the arbiter grants it unless told otherwise."""
    return ram_bytes * _RAM_SHARE_PERCENT // 100
