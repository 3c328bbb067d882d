"""In which tiers a model runs on a device, what each takes there, and why not better. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from limner.amounts import in_gb
from limner.models import profiles as known
from limner.models.activations import Shape
from limner.models.demands import Demand, demand
from limner.models.device import DeviceFacts
from limner.models.entry import Tier
from limner.models.profiles import Profiles
from limner.models.sizes import Sizes
from limner.models.tiers import CHARACTERS, TIERS


class Fit(StrEnum):
    """Whether a tier would run on a device of which nobody else holds anything."""

    NOW = "now"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class TierPlan:
    """How a model would run in one tier on one device."""

    tier: Tier
    fits: Fit
    resident_bytes: int  # of weights: all that the tier wants, or what the device admits
    working_bytes: int
    load_extra_bytes: int
    context_bytes: int
    host_bytes: int  # besides, if the device is a card
    peak_bytes: int
    load_s: float | None
    step_s: float | None
    measured: bool  # True: times, and the peak if known, from profiles of this machine
    reason: str  # in plain words: why it does not run, or what it does


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
    admitted_bytes = needed.largest_budget_bytes(device.budget_bytes)
    budget_bytes = admitted_bytes or needed.resident_min_bytes
    host_bytes = needed.host_bytes(budget_bytes)
    lacks_host = device.is_card and 0 < device.host_budget_bytes < host_bytes
    row = profiles.find(sizes.model, sizes.revision, tier, shape.area_px)
    if admitted_bytes is None:
        reason = _explain_lack(needed, device)
    elif lacks_host:
        reason = (
            f"{tier} needs {in_gb(host_bytes)} of the host's memory, of which "
            f"{in_gb(device.host_budget_bytes)} may be used"
        )
    else:
        reason = _explain(needed, budget_bytes)
    return TierPlan(
        tier=tier,
        fits=Fit.NEVER if admitted_bytes is None or lacks_host else Fit.NOW,
        resident_bytes=budget_bytes,
        working_bytes=needed.working_bytes(budget_bytes),
        load_extra_bytes=needed.load_extra_bytes,
        context_bytes=needed.context_bytes,
        host_bytes=host_bytes,
        peak_bytes=(row.peak_bytes if row else 0) or needed.peak_bytes(budget_bytes),
        load_s=row.load_s if row else None,
        step_s=row.step_s if row else None,
        measured=row is not None,
        reason=reason,
    )


def _explain_lack(needed: Demand, device: DeviceFacts) -> str:
    where = "this card" if device.is_card else "this machine"
    least_bytes = needed.peak_bytes(needed.resident_min_bytes)
    return f"{needed.tier} needs {in_gb(least_bytes)}, and {where} has {in_gb(device.budget_bytes)} to give"


def _explain(needed: Demand, budget_bytes: int) -> str:
    if budget_bytes < needed.resident_max_bytes:
        kept = f"{in_gb(budget_bytes)} of {in_gb(needed.resident_max_bytes)}"
        return f"{needed.tier} keeps {kept} of weights on the device at a time"
    return f"{needed.tier} {CHARACTERS[needed.tier].meaning}"
