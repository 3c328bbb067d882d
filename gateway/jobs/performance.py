"""What a job cost, as its results told. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from limner.progress.v1.progress_pb2 import Provenance

# As limner.progress.v1.Provenance names them.
STAGES = ("waiting", "evicting", "loading", "encoding", "denoising", "decoding", "saving")

_SUMMED = (*(f"{stage}_s" for stage in STAGES), "steps", "read_bytes", "streamed_bytes")
_LARGEST = ("peak_bytes", "charged_bytes")


@dataclass(frozen=True, slots=True)
class Performance:
    """Where the time of a job went, and the memory that it took."""

    tier: str = ""  # of the last result
    tier_reason: str = ""  # why no better one; empty for the best
    waiting_s: float = 0.0  # for memory
    evicting_s: float = 0.0  # until the model before was gone
    loading_s: float = 0.0
    encoding_s: float = 0.0
    denoising_s: float = 0.0
    decoding_s: float = 0.0
    saving_s: float = 0.0
    steps: int = 0  # that were made, of all images
    read_bytes: int = 0  # of weights, to load
    streamed_bytes: int = 0  # of weights, while computing
    peak_bytes: int = 0  # on the device; 0 while unknown
    charged_bytes: int = 0  # for that

    @property
    def step_s(self) -> float | None:
        """How long a step took."""
        return self.denoising_s / self.steps if self.steps else None

    @property
    def swap_s(self) -> float:
        """How long it took until the right model was in memory; 0 when it was."""
        return self.evicting_s + self.loading_s

    @property
    def charge_share(self) -> float | None:
        """Which share of the charge was used; more than 1 is more than was granted."""
        return self.peak_bytes / self.charged_bytes if self.peak_bytes and self.charged_bytes else None

    def plus(self, other: Performance) -> Performance:
        """Returns what both cost together, `other` being the later one."""
        sums = {name: getattr(self, name) + getattr(other, name) for name in _SUMMED}
        peaks = {name: max(getattr(self, name), getattr(other, name)) for name in _LARGEST}
        return Performance(tier=other.tier, tier_reason=other.tier_reason, **sums, **peaks)


def read_performance(provenance: Provenance) -> Performance:
    """Returns what one result says of its cost."""
    spent = provenance.stage_durations
    return Performance(
        tier=provenance.tier,
        tier_reason=provenance.tier_reason,
        steps=provenance.steps,
        read_bytes=provenance.read_bytes,
        streamed_bytes=provenance.streamed_bytes,
        peak_bytes=provenance.peak_bytes,
        charged_bytes=provenance.charged_bytes,
        **{f"{stage}_s": spent[stage].ToTimedelta().total_seconds() for stage in STAGES if stage in spent},
    )
