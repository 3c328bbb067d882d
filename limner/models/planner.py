"""In which tiers a model runs on a device, what each takes there, and why not better. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from limner.models import profiles as known
from limner.models.activations import Shape, working_bytes
from limner.models.device import DeviceFacts
from limner.models.entry import Tier
from limner.models.profiles import Profiles
from limner.models.sizes import Sizes, Stage
from limner.models.tiers import CHARACTERS, TIERS

_CONTEXT_BYTES = 400 * 2**20  # of a process: its libraries on the host, CUDA's context on a card
_WIDE_BYTES, _HALF_BYTES = 4, 2  # of a number in float32 and bfloat16
_GB = 10**9


class Fit(StrEnum):
    """Whether a tier would run on a device of which nobody else holds anything."""

    NOW = "now"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Demand:
    """What a tier takes on a device, whatever device that is."""

    tier: Tier
    resident_min_bytes: int  # of weights; with less it does not run
    resident_max_bytes: int  # with more nothing is gained
    working_bytes: int  # beyond the weights, with any of these budgets
    load_extra_bytes: int
    context_bytes: int
    host_bytes: int  # besides, on the host, if the device is a card

    @property
    def least_bytes(self) -> int:
        """The least that the device must have."""
        return self.peak_bytes(self.resident_min_bytes)

    def peak_bytes(self, budget_bytes: int) -> int:
        """Returns the most that is held when weights may hold so much."""
        return budget_bytes + self.context_bytes + max(self.working_bytes, self.load_extra_bytes)


@dataclass(frozen=True, slots=True)
class TierPlan:
    """How a model would run in one tier on one device."""

    tier: Tier
    fits: Fit
    resident_bytes: int  # of weights: all that the tier wants, or what the device admits
    working_bytes: int
    load_extra_bytes: int
    context_bytes: int
    host_bytes: int
    peak_bytes: int
    load_s: float | None
    step_s: float | None
    measured: bool  # True: times, and the peak if known, from profiles of this machine
    reason: str  # in plain words: why it does not run, or what it does


def demand(sizes: Sizes, tier: Tier, shape: Shape, *, on_card: bool, context_bytes: int = 0) -> Demand:
    """Returns what the model takes in `tier` for a request of that shape."""
    number_bytes = _HALF_BYTES if on_card else _WIDE_BYTES
    character = CHARACTERS[tier]
    whole_bytes = sizes.whole_bytes(tier, number_bytes)
    floor_bytes = sizes.floor_bytes(tier, number_bytes)
    most_bytes = sizes.base_bytes(number_bytes) + max(
        sizes.stage_bytes(stage, tier, number_bytes) for stage in Stage
    )
    least_bytes = floor_bytes if character.is_staged else whole_bytes
    most_bytes = max(floor_bytes, most_bytes) if character.is_staged else whole_bytes
    return Demand(
        tier=tier,
        resident_min_bytes=least_bytes,
        resident_max_bytes=most_bytes,
        working_bytes=_working_bytes(sizes, tier, shape, number_bytes),
        load_extra_bytes=sizes.largest_tensor * number_bytes,
        context_bytes=context_bytes or _CONTEXT_BYTES,
        host_bytes=_host_bytes(sizes, tier, number_bytes) if on_card else 0,
    )


def plan(
    sizes: Sizes,
    device: DeviceFacts,
    shape: Shape,
    profiles: Profiles = known.NONE,
    tiers: Iterable[Tier] = TIERS,
) -> tuple[TierPlan, ...]:
    """Returns how the model would run in each of `tiers` on `device`, best first."""
    wanted = frozenset(tiers)
    return tuple(_plan(sizes, device, shape, profiles, tier) for tier in TIERS if tier in wanted)


def choose(plans: Iterable[TierPlan]) -> TierPlan | None:
    """Returns the best tier that fits; None when none does."""
    return next((each for each in plans if each.fits is Fit.NOW), None)


def _plan(sizes: Sizes, device: DeviceFacts, shape: Shape, profiles: Profiles, tier: Tier) -> TierPlan:
    needed = demand(sizes, tier, shape, on_card=device.is_card)
    room_bytes = device.budget_bytes - needed.peak_bytes(0)
    budget_bytes = max(needed.resident_min_bytes, min(needed.resident_max_bytes, room_bytes))
    lacks_host = device.is_card and 0 < device.host_budget_bytes < needed.host_bytes
    fits = Fit.NOW if budget_bytes <= room_bytes and not lacks_host else Fit.NEVER
    row = profiles.find(sizes.model, sizes.revision, tier, shape.area_px)
    computed_bytes = needed.peak_bytes(budget_bytes)
    return TierPlan(
        tier=tier,
        fits=fits,
        resident_bytes=budget_bytes,
        working_bytes=needed.working_bytes,
        load_extra_bytes=needed.load_extra_bytes,
        context_bytes=needed.context_bytes,
        host_bytes=needed.host_bytes,
        peak_bytes=(row.peak_bytes if row else 0) or computed_bytes,
        load_s=row.load_s if row else None,
        step_s=row.step_s if row else None,
        measured=row is not None,
        reason=_explain(needed, device, budget_bytes, lacks_host=lacks_host, fits=fits),
    )


def _working_bytes(sizes: Sizes, tier: Tier, shape: Shape, number_bytes: int) -> int:
    """Returns what a job takes beyond the weights that stay.

    In a staged tier another stage's weights are gone while one computes, so that a stage with little weight
    may take more without anybody noticing; with a budget of the least nothing is gained.
    """
    character = CHARACTERS[tier]
    stages = working_bytes(sizes, shape, number_bytes, small_tiles=character.has_small_tiles)
    return max(stages.values())


def _host_bytes(sizes: Sizes, tier: Tier, number_bytes: int) -> int:
    """Returns what must lie in the host's memory beside a card: the table, and what comes and goes."""
    table_bytes = sizes.table_weights * number_bytes
    return table_bytes + (sizes.whole_bytes(tier, number_bytes) if tier is Tier.OFFLOAD else 0)


def _explain(needed: Demand, device: DeviceFacts, budget_bytes: int, *, lacks_host: bool, fits: Fit) -> str:
    where = "this card" if device.is_card else "this machine's budget"
    if lacks_host:
        return (
            f"{needed.tier} needs {_gb(needed.host_bytes)} of the host's memory, and "
            f"{_gb(device.host_budget_bytes)} may be used"
        )
    if fits is Fit.NEVER:
        return (
            f"{needed.tier} needs {_gb(needed.least_bytes)}, {where} has {_gb(device.budget_bytes)} to give"
        )
    if budget_bytes < needed.resident_max_bytes:
        kept = f"{_gb(budget_bytes)} of {_gb(needed.resident_max_bytes)}"
        return f"{needed.tier} keeps {kept} of weights there at a time"
    return f"{needed.tier} {CHARACTERS[needed.tier].meaning}"


def _gb(count_bytes: int) -> str:
    return f"{count_bytes / _GB:.1f} GB"
