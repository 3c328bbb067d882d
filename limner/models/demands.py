"""What a model in one tier takes of a device, by how much its weights may hold there. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from limner.models.activations import Shape, number_bytes_on, working_bytes
from limner.models.entry import Tier
from limner.models.sizes import Sizes, Stage
from limner.models.tiers import CHARACTERS

# Of a process: an interpreter with its libraries (measured 250 to 420 MiB), or CUDA's context.
CONTEXT_BYTES = 400 * 2**20
# A load onto a card copies tensor by tensor; on the host it may convert one.
_CARD_LOAD_EXTRA_BYTES = 64 * 2**20
# What a process holds of a pipeline besides its tensors, on the host: code that is first used by a job, and
# the objects of its modules. Measured by benchmarks/memory_prediction.py.
_PIPELINE_BYTES, _BLOCK_OBJECTS_BYTES = 36 * 2**20, 400 * 2**10
# Tables of sines and the like, which no file has.
BUFFER_BYTES = 8 * 2**20
_BUDGET_STEPS = 3  # that are asked for between all weights and the least


@dataclass(frozen=True, slots=True)
class Demand:
    """What one tier takes, whatever device it is."""

    tier: Tier
    whole_bytes: int  # of all weights that may be on the device
    base_bytes: int  # of those that always are
    floor_bytes: int  # the least with which it computes at all
    stage_bytes: Mapping[Stage, int]  # of the weights that come and go
    stage_working_bytes: Mapping[Stage, int]
    load_extra_bytes: int
    context_bytes: int
    is_card: bool
    table_bytes: int

    @property
    def resident_min_bytes(self) -> int:
        """With a smaller budget it does not run, or is another tier."""
        return self.floor_bytes if CHARACTERS[self.tier].is_staged else self._least_resident_bytes

    @property
    def resident_max_bytes(self) -> int:
        """With a larger budget nothing is gained."""
        return self._one_stage_bytes if CHARACTERS[self.tier].is_staged else self.whole_bytes

    @property
    def _one_stage_bytes(self) -> int:
        return max(self.floor_bytes, self.base_bytes + max(self.stage_bytes.values()))

    @property
    def _least_resident_bytes(self) -> int:
        # Where weights are rounded, what is not needed at a stage may be away: the transformer stays.
        return self.whole_bytes if self.tier is Tier.FULL else self._one_stage_bytes

    def held_bytes(self, stage: Stage, budget_bytes: int) -> int:
        """Returns what weights hold in a stage when they may hold so much."""
        if budget_bytes >= self.whole_bytes and not CHARACTERS[self.tier].is_staged:
            return self.whole_bytes
        return min(budget_bytes, max(self.floor_bytes, self.base_bytes + self.stage_bytes[stage]))

    def peak_bytes(self, budget_bytes: int) -> int:
        """Returns the most that the process holds when weights may hold so much."""
        return self.context_bytes + max(
            budget_bytes + self.load_extra_bytes, budget_bytes + self.working_bytes(budget_bytes)
        )

    def working_bytes(self, budget_bytes: int) -> int:
        """Returns what a job takes at most beyond `budget_bytes`; what a stage does not hold of it is its."""
        stages = self.stage_working_bytes.items()
        most_bytes = max(self.held_bytes(stage, budget_bytes) + extra for stage, extra in stages)
        return max(0, most_bytes - budget_bytes)

    def largest_budget_bytes(self, device_bytes: int) -> int | None:
        """Returns the largest budget of use on a device that has so much to give; None when none will do."""
        least_bytes, most_bytes = self.resident_min_bytes, self.resident_max_bytes
        if self.peak_bytes(most_bytes) <= device_bytes:
            return most_bytes
        if self.peak_bytes(least_bytes) > device_bytes:
            return None
        # The peak grows with the budget, so that halving finds the last one that fits.
        while most_bytes - least_bytes > 1:
            middle_bytes = (least_bytes + most_bytes) // 2
            if self.peak_bytes(middle_bytes) <= device_bytes:
                least_bytes = middle_bytes
            else:
                most_bytes = middle_bytes
        return least_bytes

    def budgets_bytes(self) -> tuple[int, ...]:
        """Returns the budgets worth asking for where the device is not known, largest first."""
        least_bytes, most_bytes = self.resident_min_bytes, self.resident_max_bytes
        span_bytes = most_bytes - least_bytes
        if self.tier is Tier.STREAM or not span_bytes:
            return (least_bytes,)
        if not CHARACTERS[self.tier].is_staged:
            return (most_bytes, least_bytes)
        steps = range(_BUDGET_STEPS, -1, -1)
        return tuple(least_bytes + span_bytes * step // _BUDGET_STEPS for step in steps)

    def host_bytes(self, budget_bytes: int) -> int:
        """Returns what must lie in the host's memory beside a card: tables, and what comes and goes."""
        if not self.is_card:
            return 0
        coming_bytes = max(0, self._one_stage_bytes - budget_bytes) if self.tier is not Tier.STREAM else 0
        return self.table_bytes + coming_bytes


def demand(
    sizes: Sizes, tier: Tier, shape: Shape, *, on_card: bool, context_bytes: int = CONTEXT_BYTES
) -> Demand:
    """Returns what the model takes in `tier` for a request of that shape."""
    number_bytes = number_bytes_on(on_card=on_card)
    character = CHARACTERS[tier]
    stages = working_bytes(sizes, shape, on_card=on_card, small_tiles=character.has_small_tiles)
    always_bytes = (
        0 if on_card else _PIPELINE_BYTES + _BLOCK_OBJECTS_BYTES * sum(b.count for b in sizes.blocks)
    )
    return Demand(
        tier=tier,
        whole_bytes=sizes.whole_bytes(tier, number_bytes) + BUFFER_BYTES,
        base_bytes=sizes.base_bytes(number_bytes) + BUFFER_BYTES,
        floor_bytes=sizes.floor_bytes(tier, number_bytes) + BUFFER_BYTES,
        stage_bytes={stage: sizes.stage_bytes(stage, tier, number_bytes) for stage in Stage},
        stage_working_bytes={
            stage: always_bytes + extra + _restored_bytes(sizes, tier, stage, number_bytes)
            for stage, extra in stages.items()
        },
        load_extra_bytes=_CARD_LOAD_EXTRA_BYTES if on_card else sizes.largest_tensor * number_bytes,
        context_bytes=context_bytes,
        is_card=on_card,
        table_bytes=sizes.table_weights * number_bytes,
    )


def _restored_bytes(sizes: Sizes, tier: Tier, stage: Stage, number_bytes: int) -> int:
    """Returns what the largest rounded matrix of a stage takes while it is computed with."""
    if CHARACTERS[tier].rounded_bytes is None:
        return 0
    return number_bytes * max((b.largest_matrix for b in sizes.blocks if b.stage is stage), default=0)
